"""Liquidation protection: leave while leaving is still one's own decision."""

from decimal import Decimal

from kernel.finding import Abstention, ExitAction, Finding, Situation
from kernel.position_view import PositionView
from kernel.rules_config import RulesConfig

_RULE = "liquidation_protection"


def liquidation_protection(situation: Situation) -> Finding | Abstention | None:
    """Fires when the mark is nearer to the liquidation price than the buffer, or beyond it."""
    view, config = situation.view, situation.config
    if view.liquidation_price is None:
        return Abstention(_RULE, "liquidation_price_unknown")
    distance = (view.mark_price - view.liquidation_price) * view.side.sign / view.mark_price
    buffer = liquidation_buffer(view, view.liquidation_price, config)
    if distance > buffer:
        return None
    return Finding(
        rule=_RULE,
        action=ExitAction.LIQUIDATION_RISK,
        reason=f"liquidation_protection (distance={distance:.4f}, buffer={buffer:.4f})",
        codes=("liquidation_protection",),
        emergency=True,
        numbers=(("distance", distance), ("buffer", buffer), ("liquidation_price", view.liquidation_price)),
    )


def liquidation_buffer(view: PositionView, liquidation_price: Decimal, config: RulesConfig) -> Decimal:
    """The distance to keep, as a fraction of price: 2 %, or a quarter of the way from entry where that is shorter.

    The original's flat 2 % is all the way there is at 50x: it would have closed such a position as it opened.
    """
    way = (view.entry_price - liquidation_price) * view.side.sign / view.entry_price
    if way <= 0:
        return config.liquidation_buffer_pct
    return min(config.liquidation_buffer_pct, way * config.liquidation_way_share)
