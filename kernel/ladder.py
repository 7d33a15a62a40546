"""Ladders: profit taken at levels, in fractions of the original size, each level once.

The levels come from the leverage engine (LSF, profit as a fraction of price) or from configured steps of R. When the
price has jumped several levels, they are taken together.
"""

from dataclasses import dataclass
from decimal import Decimal

from kernel.finding import ALL, Abstention, ExitAction, Finding, Situation, highest_taken
from kernel.leverage import LeverageInputs, leverage_levels
from kernel.rules_config import Harvest


@dataclass(frozen=True, slots=True)
class _Levels:
    """`reached` and `fractions` run together; `prefix` names the rungs."""

    prefix: str
    profit: Decimal
    targets: tuple[Decimal, ...]
    fractions: tuple[Decimal, ...]


def ladder(situation: Situation) -> Finding | Abstention | None:
    """The untaken levels that the profit has reached."""
    config = situation.config
    if config.harvest not in (Harvest.LSF, Harvest.R_LADDER):
        return None
    if situation.view.market is None:
        return Abstention("ladder", situation.view.market_missing)
    levels = _lsf(situation) if config.harvest is Harvest.LSF else _steps(situation)
    reached = sum(1 for target in levels.targets if levels.profit >= target)
    taken = min(highest_taken(levels.prefix, situation.view.rungs_taken), len(levels.targets))
    if reached <= taken:
        return None
    if situation.r.r_net < config.min_r:
        return Abstention("ladder", "below_min_r")
    return _take(situation, levels, taken, reached)


def _lsf(situation: Situation) -> _Levels:
    view, config = situation.view, situation.config
    funding = view.funding_rate or Decimal(0)  # missing is 0 in the engine itself
    levels = leverage_levels(LeverageInputs(view.leverage, config.base_tp, config.base_sl, funding=funding))
    return _Levels("lsf", view.profit_per_unit / view.entry_price, levels.targets, levels.scheme)


def _steps(situation: Situation) -> _Levels:
    steps = situation.config.ladder
    return _Levels("r", situation.r.r_net, tuple(step.r for step in steps), tuple(step.fraction for step in steps))


def _take(situation: Situation, levels: _Levels, taken: int, reached: int) -> Finding:
    view = situation.view
    wanted = sum(levels.fractions[taken:reached], Decimal(0)) * view.original_quantity
    quantity = min(wanted, view.quantity)
    whole = quantity == view.quantity
    rung = f"{levels.prefix}{reached}"
    return Finding(
        rule="ladder",
        action=ExitAction.CLOSE if whole else ExitAction.PARTIAL_CLOSE,
        reason=f"harvest_ladder_{rung} (R={situation.r.r_net:.2f})",
        codes=tuple(f"harvest_{levels.prefix}{number}" for number in range(taken + 1, reached + 1)),
        fraction=ALL if whole else quantity / view.quantity,
        quantity=quantity,
        rung=rung,
        exit_score=6,
        numbers=(("R_net", situation.r.r_net), ("profit", levels.profit), ("level", levels.targets[reached - 1])),
    )
