"""Whole numbers in texts that others wrote."""

from typing import Final

_LONGEST: Final = 30


def whole(digits: str) -> int | None:
    """A number of plain digits, of ordinary length; None for anything else: superscripts too, which Python also calls
    digits and then cannot read.
    """
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= _LONGEST else None
