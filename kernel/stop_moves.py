"""The rules that move the stop and close nothing: profit lock and trailing. A stop only ever tightens.

None proposes a stop at or beyond the mark: the exchange would refuse it or trigger it at once (-2021).
"""

from decimal import Decimal

from kernel.finding import NOTHING, Abstention, ExitAction, Finding, Numbers, Situation
from kernel.position_view import PositionView
from kernel.profit_lock import profit_lock as lock_level
from kernel.rules_config import Trailing
from kernel.stops import StopsPosition, propose_stops


def profit_lock(situation: Situation) -> Finding | Abstention | None:
    """Just beyond entry, once R has reached the lock (section 1.4)."""
    view, theta = situation.view, situation.theta
    if not situation.config.profit_lock or situation.r.r_net < theta.lock_R:
        return None
    stop = lock_level(view.side, view.entry_price, view.stop, theta.be_plus_pct)
    if stop is None:
        return None
    if view.beyond(stop):
        return Abstention("profit_lock", "level_beyond_mark")
    numbers = (("R_net", situation.r.r_net), ("lock_R", theta.lock_R))
    return _move("profit_lock", ExitAction.PROFIT_LOCK_SL, stop, ("profit_lock",), numbers)


def trailing(situation: Situation) -> Finding | Abstention | None:
    """Behind the best price so far, once R was good enough there."""
    config, view = situation.config, situation.view
    if config.trailing is Trailing.OFF or situation.r_best < config.trail_from_r:
        return None
    if config.trailing is Trailing.P1:
        return _trail_p1(situation)
    sign = view.side.sign
    if config.trailing is Trailing.RISK:
        stop = view.extreme_price - sign * config.trail_risk_units * situation.r.risk_unit
    else:
        stop = view.extreme_price * (1 - sign * config.trail_gap_pct)
    return _trail(situation, stop, ())


def _trail_p1(situation: Situation) -> Finding | Abstention | None:
    view = situation.view
    if view.market is None:
        return Abstention("trailing", view.market_missing)
    peak, trough = max(view.peak_price, view.mark_price), min(view.trough_price, view.mark_price)
    position = StopsPosition(view.side, view.entry_price, view.mark_price, peak, trough, view.stop)
    proposal = propose_stops(position, view.market, situation.config.stops)
    return _trail(situation, proposal.stop, proposal.reasons)


def _trail(situation: Situation, stop: Decimal, codes: tuple[str, ...]) -> Finding | Abstention | None:
    view = situation.view
    if stop <= 0 or not _worth_it(view, stop, situation.config.trail_step_pct):
        return None
    if view.beyond(stop):
        return Abstention("trailing", "level_beyond_mark")
    numbers = (("R_net", situation.r.r_net), ("extreme", view.extreme_price))
    return _move("trailing", ExitAction.MOVE_SL_TRAIL, stop, ("trailing_stop", *codes), numbers)


def _worth_it(view: PositionView, stop: Decimal, step: Decimal) -> bool:
    if not view.tightens(stop):
        return False
    return view.stop is None or abs(stop - view.stop) >= step * view.mark_price


def _move(rule: str, action: ExitAction, stop: Decimal, codes: tuple[str, ...], numbers: Numbers) -> Finding:
    return Finding(
        rule=rule,
        action=action,
        reason=f"{codes[0]} (stop={stop})",
        codes=codes,
        fraction=NOTHING,
        new_stop=stop,
        hold_score=5,
        exit_score=0,
        numbers=numbers,
    )
