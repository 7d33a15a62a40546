"""P1, the stops kernel: where stop and take-profit of a position belong now, and why (original system, section 1.9).

Pure and without memory. The original could place a trailing stop beyond the market (stop 106.1, take-profit 106.07,
R72). Here stop < price < take-profit holds for every long and the mirror of it for every short: what lies on the wrong
side is clamped, and the reasons say so.
"""

from dataclasses import dataclass
from decimal import Decimal, localcontext

from kernel.decimals import ARITHMETIC, clamp, positive
from kernel.kill_score import MarketState
from kernel.side import Side
from kernel.stops_theta import DEFAULT, StopsTheta

_LEAST_SHARE_OF_PRICE = Decimal("0.01")  # a stop or target of a hundredth of the price is as far as any can be
_TREND_TO_EXTEND = Decimal("0.3")
_STRENGTH_TO_EXTEND = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class StopsPosition:
    """One open position. Prices in quote currency; `peak` and `trough` since opening; no stop is None.

    `entry_price` is for the audit: P1 works from the price.
    """

    side: Side
    entry_price: Decimal
    price: Decimal
    peak: Decimal
    trough: Decimal
    current_stop: Decimal | None

    def __post_init__(self) -> None:
        for name in ("entry_price", "price", "peak", "trough"):
            positive(name, getattr(self, name))
        if self.current_stop is not None:
            positive("current_stop", self.current_stop)

    @property
    def extreme(self) -> Decimal:
        """The best price so far: what the trailing stop hangs on."""
        return self.peak if self.side is Side.LONG else self.trough


@dataclass(frozen=True, slots=True)
class StopsProposal:
    """Distances as fractions of price, as the formulas give them; prices after clamping; reasons in order."""

    stop_dist: Decimal
    tp_dist: Decimal
    trail_gap: Decimal
    stop: Decimal
    take_profit: Decimal
    reasons: tuple[str, ...]


def propose_stops(position: StopsPosition, market: MarketState, theta: StopsTheta = DEFAULT) -> StopsProposal:
    """Stop and take-profit for one position. Total on validated inputs."""
    with localcontext(ARITHMETIC):
        stop_dist = stop_distance(market, theta)
        trail_gap = _weighted(market, theta.k_trail, theta.sl_min_pct)
        extension = _extension(market, theta)
        tp_dist = max(theta.tp_min_pct, _weigh(market, theta.k_tp) * market.sigma * extension)
        stop, stop_reasons, clamps = _stop(position, stop_dist, trail_gap, theta)
        target, target_clamps = _target(position, tp_dist)
    extended = ("tp_extended",) if extension > 1 + theta.eps else ()
    reasons = (*stop_reasons, f"regime_{dominant_regime(market)}", *extended, *clamps, *target_clamps)
    return StopsProposal(stop_dist, tp_dist, trail_gap, stop, target, reasons)


def stop_distance(market: MarketState, theta: StopsTheta = DEFAULT) -> Decimal:
    """P1's stop distance as a fraction of price: the risk unit of R when nothing else is recorded."""
    return _weighted(market, theta.k_sl, theta.sl_min_pct)


def dominant_regime(market: MarketState) -> str:
    """trend, mr or chop: the most probable, the first of these among equals."""
    shares = {"trend": market.p_trend, "mr": market.p_mr, "chop": market.p_chop}
    return max(shares, key=lambda name: shares[name])


def _weighted(market: MarketState, weights: tuple[Decimal, Decimal, Decimal], least: Decimal) -> Decimal:
    with localcontext(ARITHMETIC):
        return max(least, _weigh(market, weights) * market.sigma)


def _weigh(market: MarketState, weights: tuple[Decimal, Decimal, Decimal]) -> Decimal:
    trend, mean_reverting, chop = weights
    return trend * market.p_trend + mean_reverting * market.p_mr + chop * market.p_chop


def _extension(market: MarketState, theta: StopsTheta) -> Decimal:
    if market.p_trend <= _TREND_TO_EXTEND or market.ts <= _STRENGTH_TO_EXTEND:
        return Decimal(1)
    gain = theta.tp_extend_gain * clamp(market.ts, Decimal(0), Decimal(1)) * market.p_trend
    return 1 + min(theta.tp_extend_max, gain)


def _stop(
    position: StopsPosition, stop_dist: Decimal, trail_gap: Decimal, theta: StopsTheta
) -> tuple[Decimal, tuple[str, ...], tuple[str, ...]]:
    """The stop, the original's codes, and the codes of clamps. `sign` turns "tighter" into "greater" on both sides."""
    sign = position.side.sign
    plain = position.price * (1 - sign * stop_dist)
    trail = position.extreme * (1 - sign * trail_gap)
    codes = ("trail_active",) if (trail - plain) * sign > theta.eps else ()
    stop, clamps = _before_market(trail if (trail - plain) * sign > 0 else plain, position, theta)
    held, code = _held(stop, position, theta)
    stop, passed = _before_market(held, position, theta)
    if passed:
        clamps = (*clamps, "sl_in_force_passed")
    return stop, (*codes, *code), tuple(dict.fromkeys((*clamps, *passed)))


def _held(stop: Decimal, position: StopsPosition, theta: StopsTheta) -> tuple[Decimal, tuple[str, ...]]:
    """The stop in force instead of a looser one."""
    current = position.current_stop
    if not theta.monotonic_sl or current is None:
        return stop, ()
    gain = (stop - current) * position.side.sign
    if gain < -theta.eps:
        return current, ("sl_tightened_monotonic",)
    return stop, ("sl_tightening",) if gain > theta.eps else ()


def _before_market(stop: Decimal, position: StopsPosition, theta: StopsTheta) -> tuple[Decimal, tuple[str, ...]]:
    """R72: a stop at or beyond the price would trigger at once; it moves to the least distance before the price."""
    price, sign = position.price, position.side.sign
    if (price - stop) * sign <= 0:
        return price * (1 - sign * theta.sl_min_pct), ("sl_clamped_to_price",)
    least = price * _LEAST_SHARE_OF_PRICE
    return (stop, ()) if stop >= least else (least, ("sl_clamped_above_zero",))


def _target(position: StopsPosition, tp_dist: Decimal) -> tuple[Decimal, tuple[str, ...]]:
    target = position.price * (1 + position.side.sign * tp_dist)
    least = position.price * _LEAST_SHARE_OF_PRICE
    return (target, ()) if target >= least else (least, ("tp_clamped_above_zero",))
