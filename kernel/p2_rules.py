"""P2 as rules: the kill score, which asks nothing of profit, and the tranches, which do."""

from collections.abc import Mapping
from decimal import Decimal

from kernel.finding import Abstention, ExitAction, Finding, Situation, highest_taken
from kernel.harvest import HarvestAction
from kernel.rules_config import Harvest

_TRANCHES: Mapping[HarvestAction, tuple[ExitAction, int]] = {
    HarvestAction.PARTIAL_25: (ExitAction.PARTIAL_25, 25),
    HarvestAction.PARTIAL_50: (ExitAction.PARTIAL_50, 50),
    HarvestAction.PARTIAL_75: (ExitAction.PARTIAL_75, 75),
}


def kill_score(situation: Situation) -> Finding | Abstention | None:
    """K at or above its threshold closes winners and losers alike."""
    if situation.p2 is None:
        return Abstention("kill_score", situation.view.market_missing)
    decision = situation.p2
    if decision.action is not HarvestAction.FULL_CLOSE_PROPOSED:
        return None
    return Finding(
        rule="kill_score",
        action=ExitAction.FULL_CLOSE_PROPOSED,
        reason=f"kill_score_triggered (K={decision.kill_score:.4f}, R={decision.r_net:.2f})",
        codes=decision.reasons,
        numbers=(
            ("kill_score", decision.kill_score),
            ("R_net", decision.r_net),
            ("k_regime_flip", decision.components.regime_flip),
            ("k_sigma_spike", decision.components.sigma_spike),
            ("k_ts_drop", decision.components.ts_drop),
            ("k_age_penalty", decision.components.age_penalty),
        ),
    )


def tranche(situation: Situation) -> Finding | Abstention | None:
    """25, 50 or 75 % of the current size at T1, T2, T3. Each once, and none below one already taken (R68)."""
    if situation.config.harvest is not Harvest.TRANCHES:
        return None
    if situation.p2 is None:
        return Abstention("tranche", situation.view.market_missing)
    decision = situation.p2
    if decision.action not in _TRANCHES:
        return None
    action, percent = _TRANCHES[decision.action]
    if percent <= highest_taken("p", situation.view.rungs_taken):
        return None
    if decision.r_net < situation.config.min_r:
        return Abstention("tranche", "below_min_r")
    return Finding(
        rule="tranche",
        action=action,
        reason=f"harvest_partial_{percent} (R={decision.r_net:.2f})",
        codes=(f"harvest_partial_{percent}",),
        fraction=Decimal(percent) / 100,
        rung=f"p{percent}",
        hold_score=0,
        exit_score=6,
        numbers=(("R_net", decision.r_net), ("kill_score", decision.kill_score)),
    )
