"""Fee protection: a profit that is given back until costs are all that is left of it."""

from decimal import Decimal

from kernel.finding import ExitAction, Finding, Situation
from kernel.position_view import PositionView
from kernel.rules_config import RulesConfig


def fee_protection(situation: Situation) -> Finding | None:
    """Fires when a profit that was once several times the costs no longer covers them, but is still one.

    Costs: fees and funding paid for what is open, and the fee of the exit still to come, all in quote currency.
    """
    view, config = situation.view, situation.config
    profit = view.profit_per_unit * view.quantity
    costs = _costs(view, config)
    best = (view.extreme_price - view.entry_price) * view.side.sign * view.quantity
    if not config.fee_protection or not 0 < profit <= costs or best < config.fee_arm * costs:
        return None
    return Finding(
        rule="fee_protection",
        action=ExitAction.CLOSE,
        reason=f"fee_protection (profit={profit:.4f}, costs={costs:.4f}, best={best:.4f})",
        codes=("fee_protection",),
        hold_score=3,
        exit_score=8,
        numbers=(("profit", profit), ("costs", costs), ("best_profit", best)),
    )


def _costs(view: PositionView, config: RulesConfig) -> Decimal:
    return view.fees_paid + view.funding_paid + config.fee_rate * view.mark_price * view.quantity
