"""How decimals are read from and written to the wire."""

import re
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

PLAIN = re.compile(r"^([0-9]{1,20})(\.[0-9]{1,20})?$")
ZERO = Decimal(0)
_EIGHT = Decimal("0.00000001")


def fixed(value: Decimal, places: int) -> str:
    """Text with exactly `places` decimals."""
    return f"{value:.{places}f}"


def trimmed(value: Decimal) -> str:
    """Text with at most eight decimals and no trailing zeros."""
    text = f"{value:.8f}"
    return text.rstrip("0").rstrip(".")


def rounded(value: Decimal) -> Decimal:
    """Money is kept to eight decimals."""
    return value.quantize(_EIGHT)


def floor_to(value: Decimal, step: Decimal) -> Decimal:
    """The largest multiple of `step` that is not above `value`."""
    return (value / step).to_integral_value(ROUND_FLOOR) * step


def ceil_to(value: Decimal, step: Decimal) -> Decimal:
    """The smallest multiple of `step` that is not below `value`."""
    return (value / step).to_integral_value(ROUND_CEILING) * step


def places_of(value: Decimal) -> int:
    """Decimals as written: 0.0000100 has seven."""
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def significant_places(value: Decimal) -> int:
    """Decimals that carry something: 0.0100 has two."""
    return places_of(value.normalize())
