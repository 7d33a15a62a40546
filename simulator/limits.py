"""Request weight per minute and order counts, with the headers, refusals and bans they cause."""

from collections import Counter
from dataclasses import dataclass

from simulator.clock import Clock
from simulator.config import SimulatorConfig
from simulator.errors import ApiError, refusal


@dataclass(slots=True)
class Window:
    """A count that starts again with each interval of the exchange's clock."""

    span_ms: int
    limit: int
    interval: int = -1
    count: int = 0

    def add(self, now: int, amount: int) -> int:
        """Count and return the interval's total."""
        interval = now // self.span_ms
        if interval != self.interval:
            self.interval, self.count = interval, 0
        self.count += amount
        return self.count

    def retry_after(self, now: int) -> str:
        """Whole seconds until the interval ends."""
        return str(max(1, (self.span_ms - now % self.span_ms + 999) // 1000))


FIRST_BAN_MS = 2 * 60_000
LONGEST_BAN_MS = 3 * 24 * 3600 * 1000
BANNED = (
    "Way too many requests; IP(127.0.0.1) banned until {}. Please use the websocket for live updates to avoid bans."
)


class Limits:
    """The three limits of one IP address and one account. Who goes on after 429 is banned, each time twice as long."""

    def __init__(self, config: SimulatorConfig, clock: Clock) -> None:
        self._clock = clock
        self._refused = Window(60_000, config.refusals_before_ban)
        self._banned_until = 0
        self._next_ban_ms = FIRST_BAN_MS
        self.weight = Window(60_000, config.weight_per_minute)
        self.orders_10s = Window(10_000, config.orders_per_10s)
        self.orders_1m = Window(60_000, config.orders_per_minute)
        self._charged = 0
        self._refused_as: Counter[str] = Counter()

    def rows(self) -> dict[str, object]:
        """Everything since the start: weight that was counted, and refusals by status and code."""
        return {"weight": self._charged, "refused": dict(self._refused_as)}

    def charge(self, weight: int) -> None:
        """Count a call's weight; calls without weight pass even when the limit is reached, but no call passes a ban."""
        now = self._clock.now_ms()
        if now < self._banned_until:
            raise self._ban(now)
        used = self.weight.add(now, weight)
        self._charged += weight
        if weight and used > self.weight.limit:
            if self._refused.add(now, 1) > self._refused.limit:
                self._banned_until = now + self._next_ban_ms
                self._next_ban_ms = min(2 * self._next_ban_ms, LONGEST_BAN_MS)
                raise self._ban(now)
            raise self._too_many(refusal(-1003, self.weight.limit), self.weight, now)

    def weight_header(self) -> dict[str, str]:
        """Goes out with every answer."""
        return {"X-MBX-USED-WEIGHT-1M": str(self.weight.add(self._clock.now_ms(), 0))}

    def check_order(self) -> None:
        """Refuse when one more order would exceed a limit."""
        now = self._clock.now_ms()
        for window, name in ((self.orders_10s, "10 SECOND"), (self.orders_1m, "1 MINUTE")):
            if window.add(now, 0) >= window.limit:
                raise self._too_many(refusal(-1015, window.limit, name), window, now)

    def count_order(self, ten_seconds: int = 1, minute: int = 1) -> dict[str, str]:
        """Count an accepted order; the headers that go out with it."""
        now = self._clock.now_ms()
        return {
            "X-MBX-ORDER-COUNT-10S": str(self.orders_10s.add(now, ten_seconds)),
            "X-MBX-ORDER-COUNT-1M": str(self.orders_1m.add(now, minute)),
        }

    def _ban(self, now: int) -> ApiError:
        seconds = max(1, (self._banned_until - now + 999) // 1000)
        return self._noted(ApiError(-1003, BANNED.format(self._banned_until), 418, {"Retry-After": str(seconds)}))

    def _too_many(self, error: ApiError, window: Window, now: int) -> ApiError:
        error.headers["Retry-After"] = window.retry_after(now)
        return self._noted(error)

    def _noted(self, error: ApiError) -> ApiError:
        self._refused_as[f"{error.status} {error.code}"] += 1
        return error
