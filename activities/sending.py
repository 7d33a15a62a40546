"""Handing an order over, without waiting for an answer that is already overtaken by events."""

import asyncio
from typing import Final

from contracts.order import SendReport, Ticket, Verdict
from exchange.port import ExchangePort, FillFeed

GRACE_SECONDS: Final = 1.0
"""After the stream says that the order came to its end. Answers come at about the same time as that word; one that is
so much later is most likely lost, and looking the order up takes less time than waiting for it to be given up."""
LONGEST_SECONDS: Final = 60.0

_overtaken: set[asyncio.Task[SendReport]] = set()
"""Sends whose answers nobody waits for any more. They end by themselves."""


async def send(exchange: ExchangePort, feed: FillFeed | None, ticket: Ticket) -> SendReport:
    """The exchange's answer; or UNKNOWN soon after the stream told the order's end.

    The stream's word decides nothing but how long the answer is waited for: what became of the order is then read, and
    if the stream was wrong, that takes as long as it takes after any lost answer. Raises what ``place`` raises.
    """
    if feed is None:
        return await exchange.place(ticket)
    sending = asyncio.create_task(exchange.place(ticket))
    telling = asyncio.create_task(_told(feed, ticket))
    try:
        await asyncio.wait({sending, telling}, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait({sending}, timeout=GRACE_SECONDS if _knows(telling) else None)
    except asyncio.CancelledError:
        sending.cancel()
        raise
    finally:
        telling.cancel()
        await asyncio.wait({telling})
    if sending.done():
        return sending.result()
    _overtaken.add(sending)
    sending.add_done_callback(_forget)
    return SendReport(verdict=Verdict.UNKNOWN, message="the order is told to have ended, its answer is not back")


async def _told(feed: FillFeed, ticket: Ticket) -> None:
    """Return when the stream told that the order came to its end."""
    mark = feed.mark(ticket.symbol)
    while not feed.ended(ticket.symbol, ticket.client_order_id):
        await feed.news(ticket.symbol, mark, LONGEST_SECONDS)
        mark = feed.mark(ticket.symbol)


def _knows(telling: asyncio.Task[None]) -> bool:
    return telling.done() and not telling.cancelled() and telling.exception() is None


def _forget(sending: asyncio.Task[SendReport]) -> None:
    _overtaken.discard(sending)
    if not sending.cancelled():
        sending.exception()
