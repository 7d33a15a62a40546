"""What follows a broken rate limit: 429 with Retry-After, and 418 for whoever goes on asking."""

from fnmatch import fnmatchcase

from simulator.errors import ApiError
from simulator.fault import Fault

TOO_MANY = "Too many requests; current limit of IP(127.0.0.1) is 2400 requests per minute."
BANNED = (
    "Way too many requests; IP(127.0.0.1) banned until {}. Please use the websocket for live updates to avoid bans."
)
S_AS_US = 1_000_000


class Penalty:
    """One address that was told to stay away."""

    def __init__(self, fault: Fault, number: int, now_us: float) -> None:
        self.number = number
        self.banned = False
        self._call = fault.call
        self._tolerance = fault.tolerance
        self._ban_us = fault.ban_s * S_AS_US
        self._until_us = now_us + fault.retry_after_s * S_AS_US

    def lasts(self, now_us: float) -> bool:
        """Whether it is not over yet."""
        return now_us < self._until_us

    def covers(self, call: str) -> bool:
        """Whether it concerns this call."""
        return fnmatchcase(call, self._call)

    def refuse(self, now_us: float, exchange_ms: int) -> ApiError:
        """Count one call that came all the same; too many of them become a ban."""
        self._tolerance -= 1
        if self._tolerance < 0 and not self.banned:
            self.banned = True
            self._until_us = now_us + self._ban_us
        left_s = (self._until_us - now_us) / S_AS_US
        if self.banned:
            return stay_away(BANNED.format(exchange_ms + round(left_s * 1000)), 418, left_s)
        return stay_away(TOO_MANY, 429, left_s)


def stay_away(msg: str, status: int, seconds: float) -> ApiError:
    """-1003 with whole seconds to wait, rounded up."""
    return ApiError(-1003, msg, status, {"Retry-After": str(max(1, -int(-seconds // 1)))})
