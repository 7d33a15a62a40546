"""The exchange: whether it answers, whom it takes us for, and what it lets us do. Costs 17 request weight."""

import time
from typing import Final

from contracts.errors import ExchangeUnavailable, HarvestError
from exchange.binance import BinanceExchange
from harvest.doctor.question import Question
from harvest.doctor.spans import some
from harvest.doctor.verdict import Verdict, fail, ok, warn
from runtime.settings import Settings
from worker import endpoint_of

DOOR: Final = "exchange"
CREDENTIALS: Final = "credentials"
_AGAIN: Final = "ask again; if it lasts, look at the exchange's status page"
_OFF_MS: Final = 1000
_WEIGHT_ALLOWED: Final = 2400
_WEIGHT_HIGH: Final = 0.8


class ExchangeChecks:
    """The questions to the exchange. The session is made by the first one, and then used by all.

    The adapter is made and not connected: nothing of its upkeep runs, and no user stream.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._exchange: BinanceExchange | None = None

    @property
    def account_alias(self) -> str | None:
        """The exchange's own name of the account; None while it has not told."""
        return self._exchange.account_alias if self._exchange is not None else None

    @property
    def question(self) -> Question:
        """Whether it answers, and then all others."""
        return Question(
            DOOR,
            self._answers,
            "look at the way there (network, proxy, HARVEST_VENUE, HARVEST_EXCHANGE_URL) and at its status page",
            (
                Question("clock", self._clock, _AGAIN),
                Question("request weight", self._weight, _AGAIN),
                Question(
                    CREDENTIALS,
                    self._credentials,
                    _AGAIN,
                    (
                        Question("account alias", self._alias, _AGAIN),
                        Question("position mode", self._position_mode, _AGAIN),
                        Question("positions", self._positions, _AGAIN),
                    ),
                ),
            ),
        )

    async def close(self) -> None:
        """End the session, if there is one."""
        if self._exchange is not None:
            await self._exchange.close()

    @property
    def _there(self) -> BinanceExchange:
        if self._exchange is None:
            raise HarvestError("the exchange is asked before it is known to answer")
        return self._exchange

    async def _answers(self) -> Verdict:
        # Whose keys they are is a question of its own here, so the adapter is not told whose they should be.
        endpoint = endpoint_of(self._settings).model_copy(update={"user_stream": False, "account_alias": ""})
        self._exchange = BinanceExchange(endpoint)
        try:
            await self._exchange.exchange_time_ms()
        except ExchangeUnavailable as away:
            raise ExchangeUnavailable(f"{endpoint.origin} does not answer: {away}") from away
        return ok(f"{self._settings.venue.value} answers at {endpoint.origin}")

    async def _clock(self) -> Verdict:
        """Orders are signed by the exchange's clock; the ages of decisions are told by this machine's."""
        before = time.time()
        told_ms = await self._there.exchange_time_ms()
        after = time.time()
        skew_ms, doubt_ms = round(told_ms - (before + after) / 2 * 1000), round((after - before) / 2 * 1000)
        said = f"this machine is {abs(skew_ms)} ms {'behind' if skew_ms > 0 else 'ahead'}, within {doubt_ms} ms"
        if abs(skew_ms) > _OFF_MS + doubt_ms:
            return warn(said, "set its clock by NTP: decisions made here seem older or younger than they are")
        return ok(said)

    async def _weight(self) -> Verdict:
        used = self._there.usage.weight_1m
        if used is None:
            return ok("the exchange does not tell how much is used")
        said = f"{used} of {_WEIGHT_ALLOWED} used by this address in this minute"
        if used > _WEIGHT_HIGH * _WEIGHT_ALLOWED:
            return warn(said, "find out who else asks from this address: closes wait for the rest")
        return ok(said)

    async def _credentials(self) -> Verdict:
        await self._there.check_credentials()
        return ok("accepted, and the account may trade")

    async def _alias(self) -> Verdict:
        alias, wanted = self.account_alias, self._settings.account_alias
        if wanted and wanted != alias:
            return fail(
                f"the keys are those of {alias}, and HARVEST_ACCOUNT_ALIAS says {wanted}: nothing is sent",
                "give the keys of that account, or correct HARVEST_ACCOUNT_ALIAS",
            )
        return ok(f"{alias}, as wanted" if wanted else f"{alias} (any would do: HARVEST_ACCOUNT_ALIAS is not set)")

    async def _position_mode(self) -> Verdict:
        return ok("hedge: long and short apart" if await self._there.hedge_mode() else "one-way")

    async def _positions(self) -> Verdict:
        symbols = sorted({position.symbol for position in await self._there.safety_reads.open_positions()})
        return ok(f"{len(symbols)} open: {some(symbols)}" if symbols else "none is open: there is nothing to close")
