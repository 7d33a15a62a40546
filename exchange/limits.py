"""What the exchange allows us, what is used of it, and whether a call may go out now.

Three budgets: request weight of our address, and orders of the account in 10 s and in a minute. Their sizes come from
exchangeInfo, their use from our own counting and from the headers of every answer. Beside them gates, which the
exchange closes by saying so; a request while banned prolongs the ban.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import structlog

from exchange.allowance import Allowance
from exchange.call import Call
from exchange.classify import Scope
from exchange.digits import whole
from exchange.leases import WHOLE, Leases
from exchange.promises import KEPT_MS, Promises
from exchange.window import Taken, Window

BACKGROUND_SHARE: Final = 0.5
"""Of the weight; what is left belongs to closes."""
_WEIGHT: Final = "X-MBX-USED-WEIGHT-1M"
_ORDERS_10S: Final = "X-MBX-ORDER-COUNT-10S"
_ORDERS_1M: Final = "X-MBX-ORDER-COUNT-1M"
_WHY: Final = {
    Scope.ADDRESS: "the exchange has banned this address",
    Scope.WEIGHT: "the exchange limits this address's reads",
    Scope.ORDERS: "the exchange limits this account's orders",
}
_NO_ORDER_SLOT: Final = "the account's orders of this interval are used up"
_KEPT_SLOT: Final = "more urgent orders go first"
_NO_WEIGHT: Final = "the address's request weight of this minute is used up, or kept for closes under way"

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Usage:
    """The counters of the latest answers. None until an answer carried them."""

    weight_1m: int | None = None
    """Request weight of our IP address in this minute; the exchange allows 2400."""
    orders_10s: int | None = None
    """Orders of the account in these 10 s; the exchange allows 300."""
    orders_1m: int | None = None
    """Orders of the account in this minute; the exchange allows 1200."""


@dataclass(frozen=True, slots=True)
class Wait:
    """How long a call has to wait, and for what. Zero: it may go now."""

    ms: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """What a call holds of the budgets until it is answered."""

    weight: Taken
    orders: tuple[Taken, ...] = ()


class Limits:
    """Budgets and gates of one address and account.

    Args:
        now_ms: the exchange's clock, epoch milliseconds: its intervals are intervals of that clock.
        monotonic: seconds; for gates, which are closed for a time and not until a date.
    """

    def __init__(
        self,
        now_ms: Callable[[], int] = lambda: int(time.time() * 1000),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.usage = Usage()
        self._now_ms = now_ms
        self._monotonic = monotonic
        self._closed_until = dict.fromkeys(Scope, 0.0)
        self._weight = Window(60_000, 2400)
        self._orders_10s = Window(10_000, 300)
        self._adopted = False
        self._orders_1m = Window(60_000, 1200)
        self._leases = Leases()
        self._promises = Promises()

    def adopt(self, allowed: Allowance) -> None:
        """Take the sizes of the budgets; what is not said, or 0, leaves one as it is."""
        self._adopted = True
        self._weight.limit = allowed.weight_1m or self._weight.limit
        self._orders_10s.limit = allowed.orders_10s or self._orders_10s.limit
        self._orders_1m.limit = allowed.orders_1m or self._orders_1m.limit

    def close(self, scope: Scope, wait_ms: int) -> None:
        """Let nothing of the scope out for that long. A shorter wait never shortens a longer one."""
        until = self._monotonic() + wait_ms / 1000
        if until > self._closed_until[scope]:
            self._closed_until[scope] = until
            _log.error(_WHY[scope], scope=scope.value, wait_ms=wait_ms, weight_1m=self.usage.weight_1m)

    def wait(self, call: Call) -> Wait:
        """How long until the call may go out."""
        gate = self._gate(call)
        if gate.ms:
            return gate
        now = self._now_ms()
        if call.places_order:
            return self._wait_for_slot(call, now)
        return self._wait_for_weight(call, now)

    def take(self, call: Call) -> Passage:
        """Let the call out: from here on it counts."""
        now = self._now_ms()
        if not call.places_order and not call.background:
            self._leases.spend(call.symbol, call.weight, now)
        if not call.places_order:
            return Passage(self._weight.take(now, call.weight))
        self._promises.redeem(self._orders_10s.interval(now), call.urgency)
        orders = (self._orders_10s.take(now, 1), self._orders_1m.take(now, 1))
        return Passage(self._weight.take(now, call.weight), orders)

    def answered(self, passage: Passage, headers: Mapping[str, str], *, refused: bool) -> None:
        """An answer came. An order that was refused without counts did not take a slot.

        Args:
            passage: what :meth:`take` gave.
            headers: the answer's.
            refused: whether the answer is a definite refusal.
        """
        now = self._now_ms()
        weight, *orders = (_count(headers.get(name)) for name in (_WEIGHT, _ORDERS_10S, _ORDERS_1M))
        self._weight.answered(passage.weight, now, weight)
        for window, taken, told in zip((self._orders_10s, self._orders_1m), passage.orders, orders, strict=False):
            if refused and told is None:
                window.released(taken, now)
            else:
                window.answered(taken, now, told)
        self._tell(weight, *orders)

    def lost(self, passage: Passage, *, sent: bool) -> None:
        """No answer came. What may have arrived counts.

        Args:
            passage: what :meth:`take` gave.
            sent: whether anything of the request may have been written.
        """
        now = self._now_ms()
        windows = (self._weight, self._orders_10s, self._orders_1m)
        for window, taken in zip(windows, (passage.weight, *passage.orders), strict=False):
            if sent:
                window.answered(taken, now, None)
            else:
                window.released(taken, now)

    def promise(self, call: Call, wait: Wait) -> Wait:
        """The wait of a call that is turned away. An order's includes those who were turned away before it, so that
        not all come back at once for the same slots.
        """
        if not call.places_order or wait.why != _NO_ORDER_SLOT:
            return wait
        window, now = self._orders_10s, self._now_ms()
        first = window.interval(now + wait.ms)
        turn = self._promises.make(first, call.urgency, window.limit)
        return Wait(wait.ms + (turn - first) * window.span_ms, wait.why)

    def _gate(self, call: Call) -> Wait:
        scopes = (Scope.ADDRESS, Scope.ORDERS) if call.places_order else (Scope.ADDRESS, Scope.WEIGHT)
        scope = max(scopes, key=self._closed_until.__getitem__)
        ms = max(0, round((self._closed_until[scope] - self._monotonic()) * 1000))
        return Wait(ms, _WHY[scope] if ms else "")

    def _wait_for_slot(self, call: Call, now: int) -> Wait:
        """An order may go if both counts allow it and no more urgent one has been promised the slot."""
        full = [window.turns_in_ms(now) for window in (self._orders_10s, self._orders_1m) if window.left(now) < 1]
        if full:
            return Wait(max(full), _NO_ORDER_SLOT)
        window = self._orders_10s
        kept_ms = KEPT_MS - (window.span_ms - window.turns_in_ms(now))
        kept = self._promises.before(window.interval(now), call.urgency)
        return Wait(kept_ms, _KEPT_SLOT) if kept_ms > 0 and window.left(now) <= kept else Wait(0)

    def _wait_for_weight(self, call: Call, now: int) -> Wait:
        """A close that has begun may use what there is; one that begins leaves the others what they still need."""
        if not self._adopted and call.path.endswith("/exchangeInfo"):
            return Wait(0)  # what tells how large the budget is does not wait for a budget that is only assumed
        left = self._weight.left(now)
        if call.background:
            left -= self._leases.outstanding(now) + round(self._weight.limit * (1 - BACKGROUND_SHARE))
        elif call.symbol and not self._leases.holds(call.symbol, now):
            needed = min(max(call.weight, WHOLE), self._weight.limit)
            if needed <= left < needed + self._leases.outstanding(now):
                return Wait(min(self._leases.ends_in_ms(now), self._weight.turns_in_ms(now)), _NO_WEIGHT)
            left -= needed - call.weight
        return Wait(0) if call.weight <= left else Wait(self._weight.turns_in_ms(now), _NO_WEIGHT)

    def _tell(self, weight: int | None, orders_10s: int | None, orders_1m: int | None) -> None:
        """Refused orders may lack the counts; then the last ones stand."""
        usage = self.usage
        self.usage = Usage(
            usage.weight_1m if weight is None else weight,
            usage.orders_10s if orders_10s is None else orders_10s,
            usage.orders_1m if orders_1m is None else orders_1m,
        )


def _count(header: str | None) -> int | None:
    return None if header is None else whole(header)
