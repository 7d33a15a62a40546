"""What the safety net reads: everything from the exchange, nothing from Redis."""

from temporalio import activity

from activities.failures import as_application_errors
from activities.interfaces import Safety
from activities.safety_openings import Openings
from contracts.safety import SafetyReading
from exchange.port import ExchangePort
from exchange.safety_port import SafetyPort


class SafetyReader(Safety):
    """Positions, margin and opening times."""

    def __init__(self, exchange: ExchangePort, reads: SafetyPort, account: str) -> None:
        self._exchange = exchange
        self._reads = reads
        self._account = account
        self._openings = Openings(exchange)

    @activity.defn(name="read_for_safety")
    async def read_for_safety(self) -> SafetyReading:
        """See :class:`activities.interfaces.Safety`."""
        with as_application_errors():
            held = await self._reads.margined_positions()
        return SafetyReading(
            account=self._account,
            exchange_time_ms=self._exchange.now_ms(),
            positions=held,
            openings=await self._openings.of(tuple(each.position for each in held)),
        )
