"""Steps 5 to 7, as activities."""

from redis.exceptions import RedisError
from temporalio import activity

from activities.canonical_record import CanonicalRecord
from activities.confirmation import Confirmation
from activities.failures import as_application_errors
from activities.interfaces import Results
from activities.publisher import Publisher
from activities.resting import left_behind
from activities.stop_bell import StopBell
from contracts.close import ConcludeRequest, Conclusion, PublishRequest
from exchange.port import ExchangePort


class VerifiedResults(Results):
    """Publishes only what was verified a moment before."""

    def __init__(
        self,
        exchange: ExchangePort,
        confirmation: Confirmation,
        publisher: Publisher,
        bell: StopBell | None = None,
        canonical: CanonicalRecord | None = None,
    ) -> None:
        self._exchange = exchange
        self._confirmation = confirmation
        self._publisher = publisher
        self._bell = bell
        self._canonical = canonical

    @activity.defn(name="confirm_verify_publish")
    async def confirm_verify_publish(self, request: ConcludeRequest) -> Conclusion:
        """See :class:`activities.interfaces.Results`.

        Redis being away does not undo the verification: the conclusion says so, and the workflow publishes later.
        """
        with as_application_errors():
            conclusion = await self._confirmation.conclude(request)
        if not conclusion.verified:
            return conclusion
        if self._bell and conclusion.result.executed:
            self._bell.ring(request.symbol)
        problem = "" if request.hold_back else await self._publish(request, conclusion)
        left = await left_behind(self._exchange, request, conclusion.result)  # last: nobody waits for this
        published = not (problem or request.hold_back)
        return conclusion.model_copy(update={"published": published, "problem": problem, "resting": left})

    async def _publish(self, request: ConcludeRequest, conclusion: Conclusion) -> str:
        """What went wrong; empty if nothing did."""
        try:
            if self._canonical:  # first: whoever reads the result finds the record as it says
                await self._canonical.follow(request, conclusion.result)
            await self._publisher.publish(conclusion.result)
            await self._publisher.record_position(request, conclusion.result)
        except RedisError as failed:
            return f"redis: {failed}"
        return ""

    @activity.defn(name="publish")
    async def publish(self, request: PublishRequest) -> int:
        """See :class:`activities.interfaces.Results`."""
        with as_application_errors():
            return sum([await self._publisher.publish(result) for result in request.results])
