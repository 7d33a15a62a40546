"""What a failed call says about the order: refused for certain, or nobody knows. Pure.

The rule behind the table: a refusal must be *proved*. Only the exchange's own error code, an edge that turns requests
away before the exchange (429, 418, 403), one exact 503 text, and a connection that never came about prove it.
Everything else may have executed, and asking costs two reads while a doubled order costs money (R46).
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from contracts.order import Reaction, Verdict
from exchange.failure import Failure, FailureKind
from exchange.refusals import REFUSALS

_BANNED_UNTIL: Final = re.compile(r"banned until (\d{13})")
_LONGEST_BAN_MS: Final = 3 * 24 * 3_600_000
_RATE_LIMIT_MS: Final = 60_000
_BAN_MS: Final = 120_000
_FIREWALL_MS: Final = 60_000
_RECONNECT_MS: Final = 200
_UNAVAILABLE_MS: Final = 200


class Scope(StrEnum):
    """Which calls a rate limit concerns."""

    ADDRESS = "address"
    """Everything that leaves from our IP address."""
    WEIGHT = "weight"
    """What costs request weight, which new orders do not."""
    ORDERS = "orders"
    """New orders of the account."""


@dataclass(frozen=True, slots=True)
class Classification:
    """What is known after a failed call."""

    verdict: Verdict
    reaction: Reaction | None = None
    """None when the verdict is UNKNOWN."""
    retry_after_ms: int = 0
    throttles: Scope | None = None
    """Set when the answer is a rate limit or a ban that later calls must respect."""


_UNKNOWN: Final = Classification(Verdict.UNKNOWN)


def classify(failure: Failure, now_ms: int) -> Classification:
    """Judge a failed call.

    Args:
        failure: what happened.
        now_ms: the exchange's clock, to turn the end of a ban into a wait.
    """
    if failure.kind is FailureKind.HELD_BACK:
        return _back_off(failure.retry_after_ms or 0)
    if failure.kind is FailureKind.NOT_SENT:
        return _back_off(_RECONNECT_MS)
    if failure.kind is FailureKind.LOST or failure.status is None:
        return _UNKNOWN
    return _of_status(failure, failure.status, now_ms)


def _of_status(failure: Failure, status: int, now_ms: int) -> Classification:
    match status:
        case 429 | 418:
            return _throttled(failure, now_ms, _RATE_LIMIT_MS if status == 429 else _BAN_MS)
        case 403:
            return _back_off(failure.retry_after_ms or _FIREWALL_MS, Scope.ADDRESS)
        case 408:
            return _UNKNOWN
        case 503 if _says(failure, "unknown error"):
            return _UNKNOWN
        case 503 if _is(failure, "service unavailable"):
            return _back_off(failure.retry_after_ms or _UNAVAILABLE_MS)
    return _of_code(failure, status, now_ms)


def _of_code(failure: Failure, status: int, now_ms: int) -> Classification:
    code = failure.code
    if code is None:
        return _UNKNOWN  # a gateway's page, an empty or a cut body: it proves nothing
    if code in {-1003, -1015}:
        return _throttled(failure, now_ms, REFUSALS[code].wait_ms)
    if code == -1106 and _says(failure, "reduceonly"):
        return Classification(Verdict.REFUSED, Reaction.RECONFIGURE)  # the account is in hedge mode (R55)
    known = REFUSALS.get(code)
    if known is not None and known.reaction is None:
        return _UNKNOWN
    if known is not None:
        return Classification(Verdict.REFUSED, known.reaction, known.wait_ms)
    if 400 <= status < 500:
        # A code that is new to us, in a 4xx: the exchange looked at the request and said no, so it did not execute; but
        # we cannot know what would help, and trying blindly is how loops begin.
        return Classification(Verdict.REFUSED, Reaction.HUMAN)
    return _UNKNOWN


def _throttled(failure: Failure, now_ms: int, otherwise_ms: int) -> Classification:
    waits = [failure.retry_after_ms or 0]
    if not failure.retry_after_ms and (banned := _BANNED_UNTIL.search(failure.text)):
        waits.append(int(banned.group(1)) - now_ms)  # a moment, which needs a clock that is right; a span does not
    wait_ms = max(waits)
    return _back_off(wait_ms if wait_ms > 0 else otherwise_ms, _scope(failure))


def _scope(failure: Failure) -> Scope:
    """A 429 is about request weight; whoever goes on reading is banned, but an order costs none."""
    if failure.code == -1015:
        return Scope.ORDERS
    return Scope.WEIGHT if failure.status == 429 else Scope.ADDRESS


def _back_off(wait_ms: int, throttles: Scope | None = None) -> Classification:
    """However long a header says: a close must come back, and a timer has an end."""
    return Classification(Verdict.REFUSED, Reaction.BACK_OFF, min(wait_ms, _LONGEST_BAN_MS), throttles)


def _says(failure: Failure, words: str) -> bool:
    return words in failure.text.lower()


def _is(failure: Failure, words: str) -> bool:
    """The exact text: a gateway's HTML page titled "503 Service Unavailable" proves nothing."""
    return failure.text.lower().rstrip(". ") == words
