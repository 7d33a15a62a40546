"""Names that survive the loss of every store of ours: of a position's generation, of a rung, of an order, of a plan.

Only ids, counts and exact fractions enter. A float or a time in an identity once sent 20 duplicates of one order (R02).
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256

from kernel.actions import CloseKind, Normalised
from kernel.errors import KernelError

LONGEST_CLIENT_ORDER_ID = 36  # the exchange's limit (-4015)

_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"
_HASH_LENGTH = 7
_MOST_DIGITS = 100  # of a fraction; far beyond any that is ever read, and far below what Python refuses to convert
_LARGEST_COUNT = 2**64
_RUNG = re.compile(r"[a-z0-9]+")
_CLIENT_ORDER_ID = re.compile(r"hv-(0|[1-9a-z][0-9a-z]*)-([a-z0-9]+)-([1-9][0-9]*)(?:-(0|[1-9][0-9]*))?")


@dataclass(frozen=True, slots=True)
class OrderKey:
    """What a client order id of ours says. `pieces_after`: how many further pieces this attempt was split into."""

    generation: int
    rung: str
    attempt: int
    pieces_after: int | None


def generation_code(trade_id: int) -> str:
    """The trade id of the fill that opened the position, in base 36."""
    return _base36(_whole("generation", trade_id, 0))


def rung_of(producer_id: str | None, fraction: Decimal | None) -> str:
    """The rung a decision stands on: the producer's own id, hashed, where there is one, else the fraction it closes.

    Different fractions never share a rung. Raises KernelError on a fraction outside (0, 1] or without end, and on an id
    that is no Unicode text.
    """
    if producer_id is not None and producer_id.strip():
        return "i" + _short_hash(producer_id.strip())
    if fraction is None:
        return "full"
    digits, exponent = _exact(fraction)
    if exponent < -3:
        return "g" + _short_hash(f"{digits}E{exponent}")
    permille = digits * 10 ** (exponent + 3)
    return {1000: "full", 250: "p25", 500: "p50", 750: "p75"}.get(permille, f"f{permille}")


def rung_of_decision(producer_id: str | None, said: Normalised) -> str:
    """The rung of a decision as its words were read.

    A partial close by quantity without an id is its quantity: the same again is a repeat, another one is not.
    """
    if said.kind is not CloseKind.PARTIAL:
        return rung_of(producer_id, None)
    if said.fraction is None and said.quantity is not None:
        return rung_of(producer_id or f"quantity {said.quantity.normalize():f}", None)
    return rung_of(producer_id, said.fraction)


def client_order_id(generation: int, rung: str, attempt: int, pieces_after: int | None = None) -> str:
    """`hv-<generation>-<rung>-<attempt>[-<pieces_after>]`: letters, digits and hyphens, at most 36 (idea 1).

    Raises KernelError on a float anywhere, a malformed rung or an id that the exchange would refuse.
    """
    if not _RUNG.fullmatch(rung):
        raise KernelError(f"rung is {rung!r}: only lower-case letters and digits", "rung")
    text = f"hv-{generation_code(generation)}-{rung}-{_whole('attempt', attempt, 1)}"
    if pieces_after is not None:
        text += f"-{_whole('pieces_after', pieces_after, 0)}"
    if len(text) > LONGEST_CLIENT_ORDER_ID:
        raise KernelError(f"client order id {text} is longer than {LONGEST_CLIENT_ORDER_ID}: shorten the rung", "rung")
    return text


def parse_client_order_id(text: str) -> OrderKey | None:
    """The key of an order of ours, or None for somebody else's order."""
    match = _CLIENT_ORDER_ID.fullmatch(text) if len(text) <= LONGEST_CLIENT_ORDER_ID else None
    if match is None:
        return None
    generation, rung, attempt, pieces = match.groups()
    return OrderKey(int(generation, 36), rung, int(attempt), None if pieces is None else int(pieces))


def plan_id(account: str, symbol: str, generation: int, rung: str) -> str:
    """16 hex digits that name one decision on one position, for the user's own streams."""
    parts = (account, symbol, generation_code(generation), rung)
    # Each part carries its length: no two different plans can be joined to the same text.
    return sha256(_encoded("".join(f"{len(part)}:{part}," for part in parts))).hexdigest()[:16]


def _whole(name: str, value: object, least: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= _LARGEST_COUNT:
        raise KernelError(f"{name} is {_shown(value)}: it must be a whole number from {least} (R02)", name)
    return value


def _shown(value: object) -> str:
    # Python refuses to print an int of thousands of digits, with a ValueError that no caller expects.
    endless = isinstance(value, int) and abs(value) > _LARGEST_COUNT
    return "beyond any count" if endless else repr(value)[:60]


def _exact(fraction: object) -> tuple[int, int]:
    """digits and exponent without trailing zeros, exactly: 0.250 -> (25, -2)."""
    if not isinstance(fraction, Decimal) or not fraction.is_finite() or not 0 < fraction <= 1:
        message = f"fraction is {_shown(fraction)}: it must be a Decimal above 0 and at most 1 (R02)"
        raise KernelError(message, "fraction")
    _, digits, exponent = fraction.as_tuple()
    text = "".join(map(str, digits))
    significant = text.rstrip("0")
    if len(significant) > _MOST_DIGITS:
        raise KernelError(f"fraction has {len(significant)} digits: at most {_MOST_DIGITS} are told apart", "fraction")
    return int(significant), int(exponent) + len(text) - len(significant)


def _short_hash(text: str) -> str:
    number = int.from_bytes(sha256(_encoded(text)).digest(), "big")
    return _base36(number % 36**_HASH_LENGTH).zfill(_HASH_LENGTH)


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise KernelError(f"{ascii(text)[:60]} is no Unicode text: it cannot be part of an identity", "id") from error


def _base36(number: int) -> str:
    digits = ""
    while number or not digits:
        number, digit = divmod(number, 36)
        digits = _BASE36[digit] + digits
    return digits
