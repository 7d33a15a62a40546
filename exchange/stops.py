"""Conditional orders over REST: sent under a name of ours, and found again by it.

The library's own way to place them throws a client's name away and makes one up, so its direct methods are used.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

from aiohttp import ClientTimeout

from contracts.errors import ExchangeRefused
from contracts.order import SendReport, Verdict
from contracts.stop import StopReport, StopState, StopTicket
from exchange import wire
from exchange.clock import ExchangeClock
from exchange.failure import without_secrets
from exchange.reads import Reads
from exchange.refusals import CLOCK_CODES, NO_SUCH_ORDER
from exchange.signed_client import CallFailed, SignedClient
from exchange.stop_form import stop_form

_WEEK_MS: Final = timedelta(days=7) // timedelta(milliseconds=1)
_MOST_ROWS: Final = 1000
_URGENCY: Final = 2
"""As a full close: it protects a whole position."""

Doubt = Callable[[], Awaitable[SendReport | None]]
"""Why nothing may be sent to this account, if it may not."""


class StopOrders:
    """Implements :class:`exchange.stop_port.StopPort`."""

    def __init__(
        self, client: SignedClient, reads: Reads, clock: ExchangeClock, timeout: ClientTimeout, doubt: Doubt
    ) -> None:
        self._client = client
        self._reads = reads
        self._clock = clock
        self._timeout = timeout
        self._doubt = doubt

    async def place(self, ticket: StopTicket) -> StopReport:
        """Send the stop once, signed with the ticket's own timestamp.

        Never raises for anything the exchange or the network does.

        Raises:
            UnsafeTicket: a programming error: the ticket could open or flip. Nothing was sent.
        """
        form = stop_form(ticket)
        if doubt := await self._doubt():
            return StopReport(**doubt.model_dump(exclude={"order"}))
        try:
            how = {"timeout": self._timeout, "urgency": _URGENCY}
            answer = await self._client.futures_create_algo_order(**form, requests_params=how)
        except CallFailed as failed:
            report = _failed_report(failed)
        else:
            return _answered_report(answer, ticket)
        if report.code in CLOCK_CODES:
            await self._reads.set_clock()
        return report

    async def by_client_id(self, symbol: str, client_algo_id: str) -> StopState | None:
        """None if the exchange does not know the id (which, soon after a send, proves nothing). Weight 1."""
        try:
            answer = await self._reads.ask(self._client.futures_get_algo_order(clientAlgoId=client_algo_id))
        except ExchangeRefused as refused:
            if refused.code == NO_SUCH_ORDER:
                return None
            raise
        return wire.stop_state(wire.row(answer, f"a conditional order of {symbol}"))

    async def recent(self, symbol: str) -> tuple[StopState, ...]:
        """Every conditional order of the symbol of the last seven days, whatever its state. Weight 5."""
        start = self._clock.now_ms() - _WEEK_MS + 1
        request = self._client.futures_get_all_algo_orders(symbol=symbol, startTime=start, limit=_MOST_ROWS)
        return wire.rows(await self._reads.ask(request), "conditional orders", wire.stop_state)


def _failed_report(failed: CallFailed) -> StopReport:
    meaning = failed.meaning
    return StopReport(
        verdict=meaning.verdict,
        code=failed.failure.code,
        message=failed.failure.describe(),
        reaction=meaning.reaction,
        retry_after_ms=meaning.retry_after_ms,
    )


def _answered_report(answer: object, ticket: StopTicket) -> StopReport:
    """The report of a 2xx answer. One that is not about this ticket's stop leaves the outcome unknown."""
    try:
        stop = wire.stop_state(wire.row(answer, "a conditional order"))
    except wire.UnreadableAnswer as error:
        return StopReport(verdict=Verdict.UNKNOWN, message=str(error))
    if stop.client_algo_id != ticket.client_algo_id:
        other = without_secrets(stop.client_algo_id)
        return StopReport(verdict=Verdict.UNKNOWN, message=f"the answer is about {other}")
    return StopReport(verdict=Verdict.ACCEPTED, stop=stop)
