"""Sums of a shadow report. Amounts of different quote currencies are never added up."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from harvest.shadow_compare import Compared

_QUOTES: Final = ("USDT", "USDC", "FDUSD", "BUSD", "USD1", "BTC", "ETH", "BNB")

NOT_IN_IT: Final = (
    "slippage and market impact of the suggested close: it is priced at the mark",
    "funding between the suggestion and what happened",
    "what the freed margin would have been used for, and what would have been decided after the close",
)
"""What a difference does not contain."""


@dataclass(frozen=True, slots=True)
class Total:
    """Money in ``quote``."""

    name: str
    quote: str
    count: int
    suggested: Decimal
    happened: Decimal

    @property
    def difference(self) -> Decimal:
        """Positive: the suggestions would have been better."""
        return self.suggested - self.happened


def totals(compared: Iterable[Compared], name_of: Callable[[Compared], str]) -> list[Total]:
    """By name and quote currency, the largest difference first."""
    groups: dict[tuple[str, str], list[Compared]] = {}
    for each in compared:
        groups.setdefault((name_of(each), quote_of(each.suggestion.symbol)), []).append(each)
    found = [_total(name, quote, group) for (name, quote), group in groups.items()]
    return sorted(found, key=lambda total: (-abs(total.difference), total.name, total.quote))


def quote_of(symbol: str) -> str:
    """The currency of a symbol's money; the symbol itself where that cannot be told."""
    return next((quote for quote in _QUOTES if symbol.partition("_")[0].endswith(quote)), symbol)


def _total(name: str, quote: str, group: Iterable[Compared]) -> Total:
    kept = list(group)
    return Total(
        name=name,
        quote=quote,
        count=len(kept),
        suggested=sum((each.suggested_pnl for each in kept), Decimal(0)),
        happened=sum((each.happened_pnl for each in kept), Decimal(0)),
    )
