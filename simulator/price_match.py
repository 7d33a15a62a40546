"""Limits that the exchange takes from the book."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.errors import refusal

if TYPE_CHECKING:
    from decimal import Decimal

    from simulator.exchange import Exchange

PRICE_MATCHES = {
    "OPPONENT": (1, True),
    "OPPONENT_5": (5, True),
    "OPPONENT_10": (10, True),
    "OPPONENT_20": (20, True),
    "QUEUE": (1, False),
    "QUEUE_5": (5, False),
    "QUEUE_10": (10, False),
    "QUEUE_20": (20, False),
}
"""Which level of the book, and whether of the opposite side."""


def matched_price(exchange: Exchange, symbol: str, side: str, wanted: str) -> Decimal:
    """The price of that level; -5041 when the book does not go so deep."""
    number, opposite = PRICE_MATCHES[wanted]
    bids, asks = exchange.depth(symbol, number)
    levels = asks if (side == "BUY") == opposite else bids
    if len(levels) < number:
        raise refusal(-5041)
    return levels[number - 1].price
