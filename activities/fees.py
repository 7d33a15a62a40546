"""What the account pays for a fill, as read: to tell whether a fee that was only told can be right."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from contracts.order import Trade

PRINTED: Final = Decimal("0.00000001")
"""The exchange prints fees and profits with eight decimals, and says nowhere which way it rounds."""
LATEST: Final = 20
"""Trades that are learnt from: the rate changes with the account's volume."""

Kind = tuple[str, bool, str]
"""Symbol, maker or taker, and the asset that the fee is paid in."""


class FeeRates:
    """One trade of each kind, the largest of the latest read, stands for its rate.

    A rate that changed, or that changes all the time (fees paid in another coin), fits no longer: then fills are read
    as if nothing had been told, and what was read is learnt.
    """

    def __init__(self) -> None:
        self._known: dict[Kind, Trade] = {}

    def learn(self, symbol: str, trades: Sequence[Trade]) -> None:
        """Take note of trades that the exchange itself answered with, oldest first."""
        latest = sorted(trades[-LATEST:], key=_quote)
        self._known.update({(symbol, trade.maker, trade.commission_asset): trade for trade in latest})

    def fits(self, symbol: str, trade: Trade) -> bool:
        """Whether this fill's fee is, to the last printed digit, what the known rate makes of it."""
        known = self._known.get((symbol, trade.maker, trade.commission_asset))
        if known is None:
            return False
        difference = trade.commission * _quote(known) - known.commission * _quote(trade)
        return abs(difference) <= PRINTED * (_quote(known) + _quote(trade))


def _quote(trade: Trade) -> Decimal:
    return trade.price * trade.quantity
