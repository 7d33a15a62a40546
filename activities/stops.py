"""Placing stops and looking for them, as activities."""

from contextlib import nullcontext

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.failures import as_application_errors
from activities.held_back import count_held_back
from activities.interfaces import Stops
from activities.orders import beating
from activities.stops_view import StopsReader
from contracts.mode import Mode
from contracts.order import Reaction, Verdict
from contracts.ownership import AccountClaim
from contracts.stop import StopLook, StopReport, StopsRequest, StopState, StopsView, StopTicket
from exchange.background import in_background
from exchange.order_form import UnsafeTicket
from exchange.port import ExchangePort
from exchange.stop_port import StopPort


class ExchangeStops(Stops):
    """Stops over the exchange's ports."""

    def __init__(
        self,
        exchange: ExchangePort,
        stops: StopPort,
        reader: StopsReader,
        mode: Mode,
        claim: AccountClaim | None = None,
    ) -> None:
        self._exchange = exchange
        self._stops = stops
        self._reader = reader
        self._mode = mode
        self._claim = claim

    @activity.defn(name="read_stops")
    async def read_stops(self, request: StopsRequest) -> StopsView:
        """See :class:`activities.interfaces.Stops`."""
        with as_application_errors(), in_background() if request.background else nullcontext():
            view = await self._reader.read(request)
        return view.model_copy(update={"shadow": self._mode is not Mode.LIVE})

    @activity.defn(name="place_stop")
    async def place_stop(self, ticket: StopTicket) -> StopReport:
        """See :class:`activities.interfaces.Stops`. Raises ``NotSent`` only where nothing left this process."""
        if self._mode is not Mode.LIVE:
            raise ApplicationError("this worker runs in shadow mode and sends nothing", type="NotSent")
        if activity.info().attempt > 1:
            return StopReport(verdict=Verdict.UNKNOWN, message="a stop's activity was repeated; it is looked for")
        if self._exchange.now_ms() > ticket.timestamp_ms + ticket.recv_window_ms:
            message = "the ticket expired before it was sent"
            return StopReport(verdict=Verdict.REFUSED, reaction=Reaction.NEW_ATTEMPT, message=message)
        if self._claim and (owner := await self._claim.owned_by_another()):
            message = f"the account belongs to {owner} now: nothing was sent"
            return StopReport(verdict=Verdict.REFUSED, reaction=Reaction.HUMAN, message=message)
        try:
            async with beating():
                report = await self._stops.place(ticket)
        except UnsafeTicket as unsafe:  # before sending; another error may come of an answer, which proves nothing
            raise ApplicationError(str(unsafe), type="NotSent") from unsafe
        if report.reaction is Reaction.BACK_OFF:
            count_held_back("stop")
        return report

    @activity.defn(name="look_for_stop")
    async def look_for_stop(self, ticket: StopTicket) -> StopLook:
        """See :class:`activities.interfaces.Stops`."""
        with as_application_errors():
            now = await self._exchange.exchange_time_ms()  # before the look: what it does not show was not there then
            found = await self._stops.by_client_id(ticket.symbol, ticket.client_algo_id)
        return StopLook(exchange_time_ms=now, stop=found if found and _is_of(found, ticket) else None)


def _is_of(stop: StopState, ticket: StopTicket) -> bool:
    """A name may be used again once its stop has ended: one that is not what the ticket asks for is another."""
    asked = (ticket.side, ticket.position_side, ticket.trigger_price, ticket.quantity)
    return (stop.side, stop.position_side, stop.trigger_price, stop.quantity) == asked
