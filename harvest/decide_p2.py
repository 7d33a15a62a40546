"""`harvest decide` with `"kernel": "p2"`: harvest or close, and why."""

from collections.abc import Mapping
from typing import Final

from harvest.question import MARKET, Question
from kernel.harvest import HarvestDecision, HarvestPosition, HarvestTheta, evaluate

_REQUIRED: Final = ("side", "entry", "pnl", "age", *MARKET)
_OPTIONAL: Final = ("theta", "stop_dist_pct", "sl")
_COMPONENTS: Final = ("regime_flip", "sigma_spike", "ts_drop", "age_penalty")
WIRE_NAMES: Final[Mapping[str, str]] = {
    "entry_price": "entry", "pnl_per_unit": "pnl", "age_seconds": "age", "current_stop": "sl",
}  # fmt: skip


def decide_p2(question: Question) -> dict[str, object]:
    """P2's answer. Raises KernelError."""
    question.check_names(_REQUIRED, _OPTIONAL)
    position = HarvestPosition(
        question.side(),
        question.number("entry"),
        question.number("pnl"),
        question.number("age"),
        question.optional("sl"),
    )
    stop_distance = question.optional("stop_dist_pct")
    return _answer(evaluate(position, question.market(), stop_distance, question.theta(HarvestTheta)))


def _answer(decision: HarvestDecision) -> dict[str, object]:
    return {
        "R_net": decision.r_net,
        "risk_unit": decision.risk_unit,
        "cost_est": decision.cost_estimate,
        "kill_score": decision.kill_score,
        "components": {name: getattr(decision.components, name) for name in _COMPONENTS},
        "action": decision.action.value,
        "new_sl": decision.new_stop,
        "reasons": decision.reasons,
    }
