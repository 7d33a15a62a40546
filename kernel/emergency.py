"""The emergency stop: a loss so deep that nothing else is asked."""

from decimal import Decimal
from typing import Final

EMERGENCY_R: Final = Decimal("-1.5")
"""R_net below this closes the whole position at once (the user's autonomous trader, rule four)."""


def is_emergency(r_net: Decimal) -> bool:
    """Whether a net R multiple calls for the emergency stop."""
    return r_net < EMERGENCY_R
