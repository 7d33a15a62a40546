"""The profit lock: a stop just beyond entry, proposed once a position has earned enough."""

from decimal import Decimal, localcontext

from kernel.decimals import ARITHMETIC
from kernel.side import Side


def profit_lock(side: Side, entry_price: Decimal, current_stop: Decimal | None, be_plus_pct: Decimal) -> Decimal | None:
    """The stop price to move to, or None when the current stop is as tight already (section 1.4).

    LONG entry * (1 + be_plus), SHORT entry * (1 - be_plus). A stop is never loosened.
    """
    with localcontext(ARITHMETIC):
        level = entry_price * (1 + side.sign * be_plus_pct)
        if current_stop is not None and (level - current_stop) * side.sign <= 0:
            return None
        return level
