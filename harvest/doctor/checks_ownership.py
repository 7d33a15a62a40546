"""Who holds the claim on the exchange account: us, another installation that lives, or nobody."""

from datetime import timedelta
from typing import Final, cast

from contracts.mode import Mode
from contracts.names import key_owner
from contracts.ownership import CLAIM_MS
from harvest.doctor import checks_exchange, checks_redis, checks_temporal
from harvest.doctor.checks_exchange import ExchangeChecks
from harvest.doctor.checks_redis import RedisChecks
from harvest.doctor.checks_temporal import TemporalChecks
from harvest.doctor.question import Question
from harvest.doctor.spans import span
from harvest.doctor.verdict import Verdict, fail, ok, skipped, warn
from runtime.ownership import RENEW_SECONDS, installation
from runtime.settings import Settings

_START: Final = "start the worker: it claims the account and keeps it"


class OwnershipChecks:
    """The question who sends, for which all three services have to be known."""

    def __init__(
        self, settings: Settings, redis: RedisChecks, temporal: TemporalChecks, exchange: ExchangeChecks
    ) -> None:
        self._settings = settings
        self._redis = redis
        self._temporal = temporal
        self._exchange = exchange

    @property
    def question(self) -> Question:
        """To be asked when the services have been."""
        return Question("ownership", self._ask, "`harvest owner` asks for it alone")

    async def _ask(self) -> Verdict:
        known = {
            checks_redis.DOOR: self._redis.open,
            checks_temporal.DOOR: self._temporal.open,
            checks_exchange.CREDENTIALS: self._exchange.account_alias is not None,
        }
        if missing := [name for name, there in known.items() if not there]:
            return skipped(*missing)
        alias = self._exchange.account_alias or ""
        ours = await installation(self._temporal.client, self._settings.account)
        key = key_owner(self._settings.venue.value, alias)
        owner = cast("bytes | None", await self._redis.redis.get(key))
        if owner is None:
            return self._nobody(alias)
        left = timedelta(milliseconds=await self._redis.redis.pttl(key))
        return self._held(owner.decode(errors="replace"), ours, left)

    def _nobody(self, alias: str) -> Verdict:
        if self._settings.mode is not Mode.LIVE:
            return ok(f"nobody sends orders to {alias}, and in shadow mode nobody has to")
        return warn(f"nobody holds the claim on {alias}: no live worker was here in the last {_life()}", _START)

    def _held(self, owner: str, ours: str, left: timedelta) -> Verdict:
        """A lifetime runs down from its last renewal: what is left of it says when that was."""
        since = timedelta(milliseconds=CLAIM_MS) - left
        lives = since <= 2 * timedelta(seconds=RENEW_SECONDS)
        when = _when(since, left)
        if owner == ours:
            held = f"ours: {owner}, {when}"
            return ok(held) if lives else warn(f"{held}: no worker keeps it", _START)
        if self._settings.mode is not Mode.LIVE:
            return ok(f"orders are sent by {owner}, {when}; in shadow mode we send none")
        if not lives:
            return warn(f"{owner} holds the claim, {when}, and seems dead", f"{_START} when the claim has run out")
        return fail(
            f"orders are sent by another installation that lives: {owner}, {when}; we are {ours} and send nothing",
            "stop that one, or `harvest owner --take` if it cannot be reached",
        )


def _when(since: timedelta, left: timedelta) -> str:
    if left < timedelta(0):
        return "without a lifetime"
    return f"renewed {span(since)} ago" if since >= timedelta(0) else "taken by hand (`harvest owner --take`)"


def _life() -> str:
    return span(timedelta(milliseconds=CLAIM_MS))
