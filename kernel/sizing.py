"""From a current size and a target size to quantities the exchange accepts.

Everything is counted in whole units of the finest decimal place involved, so nothing is ever rounded, only floored.
MIN_NOTIONAL is not consulted: the exchange exempts reduce-only exits from it (R54).
"""

from dataclasses import dataclass, replace
from decimal import Decimal
from math import gcd, lcm

from kernel.decimals import not_negative, positive
from kernel.errors import KernelError

MAX_PIECES = 10_000  # so that sizing ends; no position is that many times its symbol's largest order


@dataclass(frozen=True, slots=True)
class LotRules:
    """LOT_SIZE and MARKET_LOT_SIZE of a symbol, in units of the asset. A step or maximum of 0 means no such rule."""

    min_qty: Decimal
    max_qty: Decimal
    step: Decimal
    market_min_qty: Decimal
    market_max_qty: Decimal
    market_step: Decimal

    def __post_init__(self) -> None:
        for name in LotRules.__slots__:
            not_negative(name, getattr(self, name))
        _grid(self, 0)  # rules that contradict each other are the adapter's news, not a running close's

    @property
    def values(self) -> tuple[Decimal, ...]:
        """All six numbers."""
        return tuple(getattr(self, name) for name in LotRules.__slots__)


@dataclass(frozen=True, slots=True)
class Sizing:
    """Quantities to send, in this order: the odd piece first, then full pieces. `residue` is what they leave over.

    All but the first are `largest_piece`. So the first order alone, with the number of those that follow, tells the
    whole: after a crash nothing else may be left of an attempt (R68).
    """

    quantities: tuple[Decimal, ...]
    residue: Decimal
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Grid:
    """The quantities both filters accept: offset + k * step, from `least` to `most`, in units of 10^-places."""

    places: int
    offset: int
    step: int
    least: int
    most: int | None
    full: int
    """Every piece but the first, 0 if nothing is ever split: see `_full_piece`."""

    def units(self, value: Decimal) -> int:
        return _units(value, self.places)

    def quantity(self, units: int) -> Decimal:
        return Decimal(f"{units}E-{self.places}")

    def floor(self, units: int) -> int:
        """The largest accepted quantity up to `units` (whatever the maximum), or 0."""
        on_grid = units - (units - self.offset) % self.step
        return on_grid if on_grid >= self.least else 0


def target_after(size: Decimal, fraction: Decimal, lots: LotRules, base: Decimal | None = None) -> Decimal:
    """The quantity that should remain after closing `fraction` of `base` (of `size` where no base is given).

    100 at 25, 50, 75 % leaves 75, then 37.5, then 9.375. What is closed is floored to both grids, so never more
    than the fraction (R67); exactly 1 leaves 0, dust included. Raises KernelError on a fraction outside (0, 1].
    """
    not_negative("size", size)
    if positive("fraction", fraction) > 1:
        raise KernelError(f"fraction is {fraction}: it must be above 0 and at most 1", "fraction")
    if fraction == 1:
        return Decimal(0)
    whole = size if base is None else positive("base", base)
    grid = _grid(lots, max(_places(size), _places(whole) + _places(fraction)))
    numerator, denominator = fraction.as_integer_ratio()
    closing = grid.floor(grid.units(whole) * numerator // denominator)
    return grid.quantity(max(0, grid.units(size) - closing))


def size_orders(current: Decimal, target: Decimal, lots: LotRules) -> Sizing:
    """The reduce-only quantities that bring a position from `current` to `target`, both unsigned.

    Each piece lies on both grids and within both filters' bounds; their sum never exceeds current - target (R53).
    """
    not_negative("current", current)
    not_negative("target", target)
    grid = _grid(lots, max(_places(current), _places(target)))
    amount = max(0, grid.units(current) - grid.units(target))
    pieces = _pieces(amount, grid)
    residue = amount - sum(pieces)
    return Sizing(
        quantities=tuple(grid.quantity(piece) for piece in pieces),
        residue=grid.quantity(residue),
        reasons=_reasons(pieces, residue, grid),
    )


def largest_piece(lots: LotRules) -> Decimal:
    """The size of every piece but the first; 0 when no maximum exists, and so nothing is ever split.

    A first piece may be larger, up to the maximum.
    """
    grid = _grid(lots, 0)
    return grid.quantity(grid.full)


def _pieces(amount: int, grid: _Grid) -> list[int]:
    """As few full pieces as leave the first one within the maximum, which it then reaches down to the minimum."""
    most = grid.floor(amount if grid.most is None else grid.most)
    if most == 0:
        return []
    over = amount - most - grid.step + 1  # what the first piece cannot take
    count = -(-over // grid.full) if grid.full and over > 0 else 0
    lead = grid.floor(amount - count * grid.full)
    if count and not lead:  # only where the minimum is more than half of the maximum: not every amount has pieces
        count, lead = count - 1, most
    return [lead, *[grid.full] * min(count, MAX_PIECES - 1)] if lead else []


def _reasons(pieces: list[int], residue: int, grid: _Grid) -> tuple[str, ...]:
    if not pieces:
        return ("quantity_below_minimum",)
    reasons = ("quantity_split_over_maximum",) if len(pieces) > 1 else ()
    if residue and grid.floor(residue):
        return (*reasons, "residue_needs_another_attempt")
    return (*reasons, "residue_below_grid") if residue else reasons


def _grid(lots: LotRules, places: int) -> _Grid:
    places = max(places, *(_places(value) for value in lots.values))
    low, high, step, market_low, market_high, market_step = (_units(value, places) for value in lots.values)
    offset, combined = _meet(low, step or 1, market_low, market_step or 1)
    floor = max(low, market_low, 1)
    least = floor + (offset - floor) % combined
    most = min((limit for limit in (high, market_high) if limit), default=None)
    grid = _Grid(places, offset, combined, least, most, 0)
    return replace(grid, full=_full_piece(grid, max(low, market_low), gapless=not (step or market_step)))


def _full_piece(grid: _Grid, low: int, *, gapless: bool) -> int:
    """What a first piece can exceed by any amount below the minimum, so that first and full pieces make every amount.

    With full pieces as large as the maximum, a rest below the minimum would belong to no piece, and neither could it be
    closed later. Where the minimum is one step, as it is nearly everywhere, this is the maximum. The result must not
    depend on how finely the grid is counted: it is also read without the position's own digits.
    """
    most = 0 if grid.most is None else grid.floor(grid.most)
    extra = low if gapless else grid.least - grid.step
    return grid.floor(max(most - max(0, extra), grid.least)) if most else 0


def _meet(a: int, m: int, b: int, n: int) -> tuple[int, int]:
    """Where x = a (mod m) and x = b (mod n) hold together: offset and step (Chinese remainder theorem)."""
    shared = gcd(m, n)
    if (b - a) % shared:
        raise KernelError(
            "LOT_SIZE and MARKET_LOT_SIZE have no quantity in common: check the symbol's exchange information", "lots"
        )
    k = (b - a) // shared * pow(m // shared, -1, n // shared) % (n // shared)
    return a + k * m, lcm(m, n)


def _places(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _units(value: Decimal, places: int) -> int:
    numerator, denominator = value.as_integer_ratio()
    scale: int = 10**places
    return numerator * scale // denominator
