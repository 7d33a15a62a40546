"""The hold/exit evaluator as the last of the rules."""

from kernel.finding import Abstention, ExitAction, Finding, Situation, highest_taken
from kernel.hold_exit import ExitAnswer, ExitQuestion, Leaning, fall_back, near_peak, weigh
from kernel.rules_config import HoldExit

_RULE = "hold_exit"


def hold_exit(situation: Situation) -> Finding | Abstention | None:
    """What the scores say, where somebody knows the market. R is taken without costs: the scores count fees."""
    if situation.config.hold_exit is HoldExit.OFF:
        return None
    if situation.view.market is None:
        return Abstention(_RULE, situation.view.market_missing)
    if situation.config.hold_exit is HoldExit.FALLBACK:
        return _finding(situation, fall_back(situation.r_gross), ())
    question = _question(situation)
    if question is None:
        return Abstention(_RULE, "signals_missing")
    # R73: the original took every detector that was missing for good news. Here it is told.
    unknown = ("confidence_unknown",) if situation.view.signals.confidence_lost is None else ()
    return _finding(situation, weigh(question), unknown)


def _question(situation: Situation) -> ExitQuestion | None:
    signals = situation.view.signals
    if signals.regime_changed is None or signals.volatility_expanding is None:
        return None
    return ExitQuestion(
        r=situation.r_gross,
        age_seconds=situation.view.age_seconds,
        near_peak=near_peak(situation.view),
        regime_changed=signals.regime_changed,
        volatility_expanding=signals.volatility_expanding,
        confidence_lost=bool(signals.confidence_lost),
        r_history=signals.r_history,
    )


def _finding(situation: Situation, answer: ExitAnswer, codes: tuple[str, ...]) -> Finding | None:
    if answer.leaning is Leaning.HOLD:
        return None
    whole = answer.leaning is Leaning.CLOSE
    if not whole and answer.exit_score <= highest_taken("x", situation.view.rungs_taken):
        return None
    scores = f"exit={answer.exit_score}, hold={answer.hold_score}"
    return Finding(
        rule=_RULE,
        action=ExitAction.CLOSE if whole else ExitAction.PARTIAL_CLOSE,
        reason=f"{answer.code} (R={situation.r_gross:.2f}, {scores})",
        codes=(answer.code, *codes),
        fraction=answer.fraction,
        rung=None if whole else f"x{answer.exit_score}",
        hold_score=answer.hold_score,
        exit_score=answer.exit_score,
        numbers=(("R_gross", situation.r_gross),),
    )
