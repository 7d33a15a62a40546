"""What the hold/exit evaluator asks beyond prices: has the regime changed, does volatility expand, how went R."""

from collections import deque
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from kernel.kill_score import MarketState
from kernel.position_view import NO_SIGNALS, ExitSignals, PositionView

LOOK_EVERY_MS: Final = 30_000
"""Between two looks that count: the evaluator's numbers were made for a cycle of half a minute."""
_LOOKS: Final = 3
_EXPANDING: Final = Decimal("1.1")
"""Sigma that has grown by so much over the looks expands."""


@dataclass(frozen=True, slots=True)
class _Look:
    at_ms: int
    r: Decimal
    sigma: Decimal


class WatchSignals:
    """Remembers the last looks at each position. After a restart it has to look again first, and says so."""

    def __init__(self) -> None:
        self._looks: dict[str, deque[_Look]] = {}

    def of(self, life: str, view: PositionView, first_regime: str, now_ms: int) -> ExitSignals:
        """The signals now; none while there is no market or too few looks. Nobody measures confidence.

        Args:
            life: names the position and its generation.
            first_regime: the regime when the position was first seen with a market.
        """
        if view.market is None or view.stop_dist_pct is None:
            return NO_SIGNALS
        looks = self._looks.setdefault(life, deque(maxlen=_LOOKS))
        if not looks or now_ms - looks[-1].at_ms >= LOOK_EVERY_MS:
            r = view.profit_per_unit / (view.entry_price * view.stop_dist_pct)
            looks.append(_Look(now_ms, r, view.market.sigma))
        history = tuple(look.r for look in looks)
        if len(looks) < _LOOKS:
            return ExitSignals(regime_changed=regime_of(view.market) != first_regime, r_history=history)
        return ExitSignals(
            regime_changed=regime_of(view.market) != first_regime,
            volatility_expanding=view.market.sigma > looks[0].sigma * _EXPANDING,
            r_history=history,
        )

    def forget_all_but(self, lives: set[str]) -> None:
        """Positions that are gone are not looked at any more."""
        self._looks = {life: looks for life, looks in self._looks.items() if life in lives}


def regime_of(market: MarketState) -> str:
    """The most probable one: trend, mr or chop."""
    shares = {"trend": market.p_trend, "mr": market.p_mr, "chop": market.p_chop}
    return max(shares, key=lambda name: shares[name])
