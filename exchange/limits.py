"""What the exchange says about our rate, and the gate that keeps us away while it has told us to stay away."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from exchange.classify import Scope


@dataclass(frozen=True, slots=True)
class Usage:
    """The counters of the latest answers. None until an answer carried them."""

    weight_1m: int | None = None
    """Request weight of our IP address in this minute; the exchange allows 2400."""
    orders_10s: int | None = None
    """Orders of the account in these 10 s; the exchange allows 300."""
    orders_1m: int | None = None
    """Orders of the account in this minute; the exchange allows 1200."""


_HEADERS: Final = ("X-MBX-USED-WEIGHT-1M", "X-MBX-ORDER-COUNT-10S", "X-MBX-ORDER-COUNT-1M")


class Limits:
    """Usage and closed gates of one address and account. A request while banned prolongs the ban."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.usage = Usage()
        self._monotonic = monotonic
        self._closed_until = dict.fromkeys(Scope, 0.0)

    def read(self, headers: Mapping[str, str]) -> None:
        """Take the counters of an answer. Refused orders may lack them; then the last ones stand."""
        weight, orders_10s, orders_1m = (_count(headers.get(name)) for name in _HEADERS)
        usage = self.usage
        self.usage = Usage(
            usage.weight_1m if weight is None else weight,
            usage.orders_10s if orders_10s is None else orders_10s,
            usage.orders_1m if orders_1m is None else orders_1m,
        )

    def close(self, scope: Scope, wait_ms: int) -> None:
        """Let nothing of the scope out for that long. A shorter wait never shortens a longer one."""
        until = self._monotonic() + wait_ms / 1000
        self._closed_until[scope] = max(self._closed_until[scope], until)

    def wait_ms(self, *, order: bool) -> int:
        """Milliseconds until a call may go out; 0 if it may now.

        Args:
            order: whether the call places a new order.
        """
        until = self._closed_until[Scope.ADDRESS]
        if order:
            until = max(until, self._closed_until[Scope.ORDERS])
        return max(0, round((until - self._monotonic()) * 1000))


def _count(header: str | None) -> int | None:
    return int(header) if header is not None and header.isdigit() else None
