"""Hold or exit: the two scores of the user's exit evaluator, and the R steps it was replaced by when it was silent.

Formulas, weights and percentages are the original's (section 3.2). Two things differ: a share is taken once for each
exit score, not on every look (R68), and a loser's partial close is not called profit taking.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from enum import StrEnum

from kernel.decimals import ARITHMETIC
from kernel.position_view import PositionView
from kernel.side import Side

_HOUR = Decimal(3600)
_FUNDING_HOURS = 8
_NEAR_PEAK = Decimal("0.02")
_MOMENTUM = Decimal("0.3")
_MOST = Decimal("0.75")
_HUNDREDTH = Decimal("0.01")
# (R after fees above, points, the first that holds counts)
_PROFIT_POINTS = ((Decimal(8), 6), (Decimal(5), 4), (Decimal(3), 3), (Decimal(2), 1))


class Leaning(StrEnum):
    """What the scores say."""

    HOLD = "HOLD"
    PARTIAL_CLOSE = "PARTIAL_CLOSE"
    CLOSE = "CLOSE"


@dataclass(frozen=True, slots=True)
class ExitQuestion:
    """`r` without costs, in risk units; `r_history` the last of them, oldest first."""

    r: Decimal
    age_seconds: Decimal
    near_peak: bool
    regime_changed: bool
    volatility_expanding: bool
    confidence_lost: bool
    r_history: tuple[Decimal, ...] = ()

    @property
    def hours(self) -> Decimal:
        """Age in hours."""
        return self.age_seconds / _HOUR

    @property
    def r_after_fees(self) -> Decimal:
        """R less entry and exit fee of 0.04 % and 0.01 % for each eight hours, at an assumed risk of 2 %."""
        return self.r - (Decimal("0.08") + Decimal("0.01") * int(self.hours / _FUNDING_HOURS)) / 2

    @property
    def fees_eating(self) -> bool:
        """A profit of which less than one risk unit is left after fees."""
        return self.r > 0 and self.r_after_fees < 1


@dataclass(frozen=True, slots=True)
class ExitAnswer:
    """The leaning, the fraction of the current size, both scores, and which rule of the evaluator decided."""

    leaning: Leaning
    fraction: Decimal
    hold_score: int
    exit_score: int
    code: str


def weigh(question: ExitQuestion) -> ExitAnswer:
    """Both scores and what follows from them."""
    with localcontext(ARITHMETIC):
        hold, leave = _hold_score(question), _exit_score(question)
        leaning, fraction, code = _decide(question, hold, leave)
    return ExitAnswer(leaning, fraction, hold, leave, code)


def fall_back(r: Decimal) -> ExitAnswer:
    """The decision by R alone, as the trader made it without its evaluator."""
    if r >= 5:
        return ExitAnswer(Leaning.CLOSE, Decimal(1), 0, 10, "fallback_extreme_profit")
    if r >= 3:
        return ExitAnswer(Leaning.CLOSE, Decimal(1), 2, 8, "fallback_high_profit")
    if r >= 2:
        return ExitAnswer(Leaning.PARTIAL_CLOSE, Decimal("0.5"), 4, 6, "fallback_partial_profit")
    if r >= Decimal("0.5"):
        return ExitAnswer(Leaning.CLOSE, Decimal(1), 3, 8, "fallback_fee_protection")
    return ExitAnswer(Leaning.HOLD, Decimal(0), 5, 0, "fallback_hold")


def near_peak(view: PositionView) -> bool:
    """Whether the mark is within 2 % of the best price so far."""
    best, mark = view.extreme_price, view.mark_price
    away = (best - mark) / best if view.side is Side.LONG else (mark - best) / best
    return away < _NEAR_PEAK


def _hold_score(question: ExitQuestion) -> int:
    points = (
        (2, not question.regime_changed),
        (1, question.volatility_expanding),
        (2, _has_momentum(question.r_history)),
        (1, not question.confidence_lost),
        (1, question.hours < 1 and question.r > 1),
        (1, question.near_peak),
    )
    return sum(value for value, holds in points if holds)


def _exit_score(question: ExitQuestion) -> int:
    points = (
        (5, question.regime_changed),
        (3, not question.volatility_expanding),
        (4, question.confidence_lost),
        (3, question.hours > 6 and question.r < 5),
        (4, question.fees_eating),
        (2, question.hours > 24),
        (3, not question.near_peak),
    )
    return sum(value for value, holds in points if holds) + _profit_points(question)


def _profit_points(question: ExitQuestion) -> int:
    for above, points in _PROFIT_POINTS:
        if question.r_after_fees > above:
            return points
    return 3 if question.fees_eating else 0


def _has_momentum(history: tuple[Decimal, ...]) -> bool:
    return len(history) >= 3 and (history[-1] - history[-3]) / 2 > _MOMENTUM


def _decide(question: ExitQuestion, hold: int, leave: int) -> tuple[Leaning, Decimal, str]:
    if question.r_after_fees > 8:
        return Leaning.CLOSE, Decimal(1), "extreme_profit"
    if question.fees_eating:
        return Leaning.CLOSE, Decimal(1), "fees_eat_profit"
    if leave > hold + 2:
        if question.regime_changed or question.confidence_lost:
            return Leaning.CLOSE, Decimal(1), "regime_flip_or_confidence_lost"
        return Leaning.PARTIAL_CLOSE, _rounded(Decimal(leave) / 12), "conditions_weakening"
    if leave >= hold - 1:
        base = Decimal("0.25") + min(Decimal("0.30"), question.r / 20)
        fraction = _rounded(base + Decimal("0.1") * max(0, leave - hold))
        if fraction > 0:
            return Leaning.PARTIAL_CLOSE, fraction, "profit_taking" if question.r > 0 else "loss_cutting"
    return Leaning.HOLD, Decimal(0), "hold"


def _rounded(fraction: Decimal) -> Decimal:
    # The original's binary 0.525 lay just above the half: halves go up.
    return min(_MOST, fraction).quantize(_HUNDREDTH, ROUND_HALF_UP)
