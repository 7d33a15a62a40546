"""The side of a position."""

from decimal import Decimal
from enum import StrEnum

from kernel.errors import KernelError


class Side(StrEnum):
    """LONG gains when the price rises, SHORT when it falls."""

    LONG = "LONG"
    SHORT = "SHORT"

    @property
    def sign(self) -> Decimal:
        """+1 for LONG, -1 for SHORT: the sign of the position's quantity on the exchange."""
        return Decimal(1) if self is Side.LONG else Decimal(-1)

    @property
    def exit_order_side(self) -> str:
        """The order side that reduces this position."""
        return "SELL" if self is Side.LONG else "BUY"

    @classmethod
    def of(cls, signed_quantity: Decimal) -> "Side":
        """The side of a signed quantity; raises KernelError on zero, which has none."""
        # R39: abs() once dropped the sign and shorts looked long. Here only the sign decides.
        if not signed_quantity.is_finite() or signed_quantity == 0:
            raise KernelError(f"a quantity of {signed_quantity} has no side: there is no position", "quantity")
        return cls.LONG if signed_quantity > 0 else cls.SHORT
