"""One verdict for one position: every rule there is, in one order.

What protects stands before what takes profit, and no profit rule is asked before it (R22). Of several rules that fire,
one that closes everything goes before one that closes a part, else the first in order: a part that can never be sent
must not keep a time stop waiting. A stop that moves goes along with a partial close, as in P2, and stands alone when
nothing closes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, localcontext

from kernel.decimals import ARITHMETIC
from kernel.fees import fee_protection
from kernel.finding import ALL, NOTHING, Abstention, ExitAction, Finding, Numbers, Rule, Situation
from kernel.funding import funding_bleed
from kernel.harvest import HarvestPosition, evaluate, r_net
from kernel.hold_exit_rule import hold_exit
from kernel.ladder import ladder
from kernel.liquidation import liquidation_protection
from kernel.p2_rules import kill_score, tranche
from kernel.position_view import PositionView
from kernel.price_stops import emergency_stop, stop_hit, take_profit_hit
from kernel.rules_config import RulesConfig, Targets
from kernel.stop_moves import profit_lock, trailing
from kernel.targets import scaled_by_leverage
from kernel.time_stop import time_stop

ORDER: tuple[Rule, ...] = (
    emergency_stop,
    stop_hit,
    take_profit_hit,
    liquidation_protection,
    kill_score,
    tranche,
    ladder,
    profit_lock,
    trailing,
    time_stop,
    funding_bleed,
    fee_protection,
    hold_exit,
)
DEFAULT = RulesConfig()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do with one position now.

    Args:
        fraction: of the current size: 1 closes everything, 0 nothing.
        quantity: the same in the asset, never more than the position; floored to the exchange's steps elsewhere.
        rung: what the watch has to remember as taken; None where nothing is counted.
        new_stop: the stop to move to, with `stop_action` for its word.
        reason: for people; `codes` for programs, the decisive rule's first.
        notes: rules that could not be asked, `<rule>:<why>`, and fallbacks in use (R50). Nothing is weighed by them.
        r_net: P2's R, after estimated costs.
        kill_score: None without a market.
    """

    action: ExitAction
    fraction: Decimal
    quantity: Decimal
    rung: str | None
    new_stop: Decimal | None
    stop_action: ExitAction | None
    rule: str
    reason: str
    codes: tuple[str, ...]
    hold_score: int
    exit_score: int
    emergency: bool
    numbers: Numbers
    notes: tuple[str, ...]
    r_net: Decimal
    kill_score: Decimal | None


_HOLD = Finding("none", ExitAction.NONE, "hold", ("no_rule_fired",), NOTHING, hold_score=5, exit_score=0)


def judge(view: PositionView, config: RulesConfig = DEFAULT) -> Verdict:
    """The verdict on one position. Total on validated inputs; the same inputs give the same verdict."""
    with localcontext(ARITHMETIC):
        situation = situate(view, config)
        findings: list[Finding] = []
        notes = _fallbacks(situation)
        for answer in _answers(situation):
            if isinstance(answer, Abstention):
                notes.append(answer.code)
            else:
                findings.append(answer)
        return _verdict(situation, findings, tuple(notes))


def _fallbacks(situation: Situation) -> list[str]:
    """R50: everyone once fell back to a 2 % stop, and nobody saw it."""
    used = (
        ("fallback_stop_used", situation.r.fallback_stop_used),
        ("market_estimated", situation.view.market is not None and situation.view.market_estimated),
    )
    return [note for note, holds in used if holds]


def situate(view: PositionView, config: RulesConfig = DEFAULT) -> Situation:
    """What all rules share: R, thresholds, P2's decision."""
    theta = config.theta
    if config.targets is Targets.BY_LEVERAGE:
        theta = scaled_by_leverage(theta, view.leverage)
    position = HarvestPosition(view.side, view.entry_price, view.profit_per_unit, view.age_seconds, view.stop)
    distance = risk_distance(view)
    p2 = None if view.market is None else evaluate(position, view.market, distance, theta)
    return Situation(view, config, theta, r_net(position, distance, theta), p2)


def risk_distance(view: PositionView) -> Decimal | None:
    """The risk unit as a fraction of entry: the recorded one, else the stop in force; None is P2's visible fallback.

    A stop beyond entry is no risk: taken for one, it once hid losses as R = 0.
    """
    if view.stop_dist_pct is not None or view.stop is None:
        return view.stop_dist_pct
    distance = (view.entry_price - view.stop) * view.side.sign / view.entry_price
    return distance if 0 < distance < 1 else None


def _answers(situation: Situation) -> Iterator[Finding | Abstention]:
    for rule in ORDER:
        answer = rule(situation)
        if answer is None:
            continue
        yield answer
        if isinstance(answer, Finding) and answer.fraction == ALL:
            return  # nothing that follows could say more


def _verdict(situation: Situation, findings: list[Finding], notes: tuple[str, ...]) -> Verdict:
    closes = [finding for finding in findings if finding.fraction > NOTHING]
    chosen = next((finding for finding in closes if finding.fraction == ALL), closes[0] if closes else None)
    move = None if chosen and chosen.fraction == ALL else _tightest(situation, findings)
    leading = chosen or move or _HOLD
    codes = leading.codes if move is None or leading is move else leading.codes + move.codes
    return Verdict(
        action=leading.action,
        fraction=leading.fraction,
        quantity=_quantity(leading, situation.view),
        rung=leading.rung,
        new_stop=move.new_stop if move else None,
        stop_action=move.action if move else None,
        rule=leading.rule,
        reason=leading.reason,
        codes=codes,
        hold_score=leading.hold_score,
        exit_score=leading.exit_score,
        emergency=leading.emergency,
        numbers=leading.numbers,
        notes=notes,
        r_net=situation.r.r_net,
        kill_score=situation.p2.kill_score if situation.p2 else None,
    )


def _quantity(leading: Finding, view: PositionView) -> Decimal:
    if leading.fraction == ALL:
        return view.quantity
    wanted = leading.fraction * view.quantity if leading.quantity is None else leading.quantity
    return min(wanted, view.quantity)


def _tightest(situation: Situation, findings: list[Finding]) -> Finding | None:
    moves = [finding for finding in findings if finding.new_stop is not None]
    sign = situation.view.side.sign
    return max(moves, key=lambda move: (move.new_stop or NOTHING) * sign, default=None)
