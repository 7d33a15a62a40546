"""The name of a protective stop: whose it is, of which position, and the how-manieth. No time and no float (R02)."""

import re
from dataclasses import dataclass
from hashlib import sha256

from kernel.errors import KernelError
from kernel.identity import LONGEST_CLIENT_ORDER_ID, generation_code
from kernel.side import Side

_PLACE_LENGTH = 7
_STOP_ID = re.compile(r"hs-([0-9a-z]{7})-(0|[1-9a-z][0-9a-z]*)-([1-9][0-9]*)")


@dataclass(frozen=True, slots=True)
class StopKey:
    """What a stop id of ours says. `place`: symbol and side, as :func:`place_of` writes them."""

    place: str
    generation: int
    sequence: int


def place_of(symbol: str, side: Side) -> str:
    """Symbol and side in seven characters: the exchange looks stops up by id alone, across all symbols."""
    number = int.from_bytes(sha256(f"{symbol} {side}".encode()).digest(), "big")
    return generation_code(number % 36**_PLACE_LENGTH).zfill(_PLACE_LENGTH)


def stop_id(symbol: str, side: Side, generation: int, sequence: int) -> str:
    """`hs-<place>-<generation>-<sequence>`; never the same for two stops.

    It does not begin as an order of a close does: the order that a stop becomes may inherit it.

    Raises KernelError on a sequence below 1 and on a name that the exchange would refuse.
    """
    if sequence < 1:
        raise KernelError(f"sequence is {sequence}: stops are counted from 1", "sequence")
    text = f"hs-{place_of(symbol, side)}-{generation_code(generation)}-{sequence}"
    if len(text) > LONGEST_CLIENT_ORDER_ID:
        raise KernelError(f"stop id {text} is longer than {LONGEST_CLIENT_ORDER_ID}", "sequence")
    return text


def parse_stop_id(text: str) -> StopKey | None:
    """The key of a stop of ours, or None for somebody else's."""
    match = _STOP_ID.fullmatch(text) if len(text) <= LONGEST_CLIENT_ORDER_ID else None
    return StopKey(match[1], int(match[2], 36), int(match[3])) if match else None
