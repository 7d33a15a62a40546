"""What suggestions would have brought, against what happened instead. Pure.

Both worlds are told apart contract by contract, as if Harvest had been live from the first suggestion on. A reduction
by whoever is matched with the suggestions that were open before it, oldest first; so is each contract closed once at
most in either world, and nothing is counted twice when several suggestions want the same contracts.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final

from harvest.shadow_suggestion import Suggestion, Uncompared

ZERO: Final = Decimal(0)
_LAG_MS: Final = 60_000
"""The position may have been read so long before the moment that its suggestion names."""
_SKEW_MS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Fill:
    """A trade of the position's side. Quantity signed: bought positive; fee in quote currency."""

    at_ms: int
    quantity: Decimal
    price: Decimal
    fee: Decimal
    fee_estimated: bool = False
    """It was paid in another asset; the taker rate stands for it."""


@dataclass(frozen=True, slots=True)
class Story:
    """What happened to one side of a symbol: its fills, oldest first, and what is open after the last of them."""

    fills: tuple[Fill, ...]
    amount_now: Decimal
    """Signed."""
    mark_now: Decimal | None
    """None if nothing is open."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One suggestion in both worlds. Quantities in the asset, money in quote currency, after fees."""

    suggestion: Suggestion
    quantity: Decimal
    """Compared; less than suggested where earlier suggestions had taken the rest."""
    closed: Decimal = ZERO
    """Of it, by anybody, later."""
    closed_value: Decimal = ZERO
    fees: Decimal = ZERO
    first_ms: int | None = None
    last_ms: int | None = None
    mark_now: Decimal | None = None
    fees_estimated: bool = False
    taker_fee: Decimal = ZERO

    @property
    def open(self) -> Decimal:
        """Of the compared quantity, nobody has closed this so far."""
        return self.quantity - self.closed

    @property
    def average_price(self) -> Decimal | None:
        """Of what was closed later."""
        return self.closed_value / self.closed if self.closed else None

    @property
    def suggested_pnl(self) -> Decimal:
        """At the mark of its decision, less the taker fee."""
        return self._pnl(self.quantity, self.quantity * self.suggestion.mark_price) - self._fee(
            self.quantity * self.suggestion.mark_price
        )

    @property
    def happened_pnl(self) -> Decimal:
        """What was closed at its prices less its fees, and what is open at today's mark less the taker fee."""
        still = self.open * (self.mark_now or ZERO)
        return self._pnl(self.quantity, self.closed_value + still) - self.fees - self._fee(still)

    @property
    def difference(self) -> Decimal:
        """Positive: the suggestion would have been better."""
        return self.suggested_pnl - self.happened_pnl

    def _pnl(self, quantity: Decimal, value: Decimal) -> Decimal:
        return (value - quantity * self.suggestion.entry_price) * self.suggestion.side.sign

    def _fee(self, value: Decimal) -> Decimal:
        return value * self.taker_fee


@dataclass
class _Walk:
    """Changes while the fills are walked."""

    taker_fee: Decimal
    mark_now: Decimal | None
    waiting: list[Compared] = field(default_factory=list)
    done: list[Compared | Uncompared] = field(default_factory=list)

    def suggest(self, suggestion: Suggestion, size: Decimal) -> None:
        free = size - sum((each.open for each in self.waiting), ZERO)
        if free <= ZERO:
            self.done.append(uncompared(suggestion, "earlier suggestions had closed everything already"))
            return
        quantity = min(suggestion.quantity, free)
        self.waiting.append(Compared(suggestion, quantity, mark_now=self.mark_now, taker_fee=self.taker_fee))

    def reduce(self, fill: Fill, closing: Decimal) -> None:
        for index, each in enumerate(self.waiting):
            taken = min(each.open, closing)
            self.waiting[index] = _with_fill(each, fill, taken) if taken else each
            closing -= taken
        self.done += [each for each in self.waiting if not each.open]
        self.waiting = [each for each in self.waiting if each.open]


def compare(suggestions: Iterable[Suggestion], story: Story, taker_fee: Decimal) -> list[Compared | Uncompared]:
    """Compare all suggestions about one side of one symbol, each told once.

    Args:
        taker_fee: fraction of the notional.
    """
    amounts = _amounts(story)
    walk = _Walk(taker_fee, story.mark_now)
    at: dict[int, list[Suggestion]] = {}
    for each in sorted(suggestions, key=lambda each: (each.at_ms, each.id)):
        cut = _cut(each, story.fills, amounts)
        if cut is None:
            walk.done.append(uncompared(each, f"position was {each.position}, and the trades lead to another"))
        else:
            at.setdefault(cut, []).append(each)
    for count in range(len(story.fills) + 1):
        if count:
            fill = story.fills[count - 1]
            walk.reduce(fill, _closing(amounts[count - 1], fill))
        for each in at.get(count, ()):
            walk.suggest(each, abs(amounts[count]))
    return [*walk.done, *walk.waiting]


def told_once(suggestions: Iterable[Suggestion]) -> tuple[list[Suggestion], list[Uncompared]]:
    """The first of each decision, and its repeats."""
    first: dict[tuple[object, ...], Suggestion] = {}
    repeats: list[Uncompared] = []
    for each in sorted(suggestions, key=lambda each: (each.at_ms, each.id)):
        known = first.setdefault(each.identity, each)
        if known is not each:
            repeats.append(uncompared(each, f"repeats {known.id}"))
    return list(first.values()), repeats


def uncompared(suggestion: Suggestion, reason: str) -> Uncompared:
    """No number for this one."""
    return Uncompared(suggestion.id, suggestion.symbol, suggestion.rule, reason, suggestion.account)


def _amounts(story: Story) -> list[Decimal]:
    """The signed position before all fills and after each, from what is there now backwards."""
    amounts = [story.amount_now]
    for fill in reversed(story.fills):
        amounts.append(amounts[-1] - fill.quantity)
    return amounts[::-1]


def _cut(suggestion: Suggestion, fills: Sequence[Fill], amounts: Sequence[Decimal]) -> int | None:
    """How many fills there had been when the position was read. Clocks and reads differ by a little; amounts decide."""
    low = high = by_clock = bisect_right(fills, suggestion.at_ms, key=lambda fill: fill.at_ms)
    while low > 0 and fills[low - 1].at_ms >= suggestion.at_ms - _LAG_MS:
        low -= 1
    while high < len(fills) and fills[high].at_ms <= suggestion.at_ms + _SKEW_MS:
        high += 1
    near = [count for count in range(low, high + 1) if amounts[count] == suggestion.position]
    right_side = suggestion.position * suggestion.side.sign > ZERO
    return min(near, key=lambda count: abs(count - by_clock)) if near and right_side else None


def _closing(before: Decimal, fill: Fill) -> Decimal:
    """How much of it made the position smaller. A fill through zero opens the other side with its rest."""
    return min(abs(fill.quantity), abs(before)) if before * fill.quantity < ZERO else ZERO


def _with_fill(compared: Compared, fill: Fill, quantity: Decimal) -> Compared:
    return replace(
        compared,
        closed=compared.closed + quantity,
        closed_value=compared.closed_value + quantity * fill.price,
        fees=compared.fees + fill.fee * quantity / abs(fill.quantity),
        first_ms=fill.at_ms if compared.first_ms is None else compared.first_ms,
        last_ms=fill.at_ms,
        fees_estimated=compared.fees_estimated or fill.fee_estimated,
    )
