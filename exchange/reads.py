"""Asking the exchange: a failure becomes an error of ours, and a wrong clock is set right on the way."""

from collections.abc import Awaitable
from typing import Final

import structlog

from contracts.errors import ExchangeError
from contracts.mode import Venue
from exchange.clock import ExchangeClock
from exchange.read_errors import read_error
from exchange.refusals import CLOCK_CODES
from exchange.signed_client import CallFailed, SignedClient
from exchange.wire import integer, row

_JUST_NOW_S: Final = 1.0

_log = structlog.get_logger(__name__)


class Reads:
    """One question at a time, without retries."""

    def __init__(self, client: SignedClient, clock: ExchangeClock, venue: Venue) -> None:
        self._client = client
        self._clock = clock
        self._venue = venue

    async def ask(self, request: Awaitable[object]) -> object:
        """The answer to a request of the client.

        Raises:
            ExchangeError: from the error tree. It carries no cause: the library's exceptions contain signed URLs.
        """
        try:
            return await request
        except CallFailed as failed:
            failure, meaning = failed.failure, failed.meaning
        if failure.code in CLOCK_CODES:
            await self.set_clock()
        raise read_error(failure, meaning, self._venue)

    async def exchange_time_ms(self) -> int:
        """The exchange's clock, asked for now; sets ours. Never later than the true time."""
        asked_at = self._clock.reading()
        answer = await self.ask(self._client.futures_time())
        server_ms = integer(row(answer, "the exchange's time"), "serverTime")
        self._clock.adopt(server_ms, asked_at)
        return server_ms

    async def set_clock(self) -> None:
        """Set our clock unless that was done just now. A failure is only logged: the next -1021 asks again (R60)."""
        if self._clock.age_s() < _JUST_NOW_S:
            return
        try:
            await self.exchange_time_ms()
        except ExchangeError as error:
            _log.warning("clock not synchronised", venue=self._venue.value, error=str(error))
