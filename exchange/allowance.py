"""How much the exchange allows: from exchangeInfo, and from the refusals that name a limit."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from exchange.wire import Row, integer, text

_MOST_ORDERS: Final = re.compile(r"current limit is (\d+) orders per (\d*) ?(SECOND|MINUTE)", re.IGNORECASE)
_MOST_WEIGHT: Final = re.compile(r"current limit\b.{0,60}?\bis (\d+) requests per minute", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Allowance:
    """Sizes of the budgets; None where the source does not say."""

    weight_1m: int | None = None
    orders_10s: int | None = None
    orders_1m: int | None = None


_FIELDS: Final = {
    ("REQUEST_WEIGHT", "MINUTE", 1): "weight_1m",
    ("ORDERS", "SECOND", 10): "orders_10s",
    ("ORDERS", "MINUTE", 1): "orders_1m",
}


def of_rows(rows: Iterable[object]) -> Allowance:
    """The ``rateLimits`` of exchangeInfo. Rows of another kind or interval, and unreadable ones, say nothing to us.

    Raises:
        UnreadableAnswer: a row of ours without its limit.
    """
    found: dict[str, int] = {}
    for row in rows:
        if isinstance(row, dict) and (name := _FIELDS.get(_kind(row))):
            found[name] = integer(row, "limit")
    return Allowance(**found)


def of_refusal(message: str) -> Allowance:
    """The limit that a -1015 or -1003 names, so that one refusal is enough to learn it."""
    if orders := _MOST_ORDERS.search(message):
        limit, count, unit = int(orders[1]), orders[2], orders[3].upper()
        if unit == "SECOND" and count == "10":
            return Allowance(orders_10s=limit)
        return Allowance(orders_1m=limit) if unit == "MINUTE" and count in {"", "1"} else Allowance()
    weight = _MOST_WEIGHT.search(message)
    return Allowance(weight_1m=int(weight[1])) if weight else Allowance()


def _kind(row: Row) -> tuple[str, str, int]:
    if "rateLimitType" not in row or "interval" not in row or "intervalNum" not in row:
        return ("", "", 0)
    return (text(row, "rateLimitType"), text(row, "interval"), integer(row, "intervalNum"))
