"""Everything that moved the wallet, row by row; the wallet is the sum of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import count

FIRST_ID = 9_689_000_000


@dataclass(frozen=True, slots=True)
class Income:
    """One movement of the wallet, USDT; `kind` as GET income names it. `info` is a trade id or a reason."""

    kind: str
    symbol: str
    amount: Decimal
    time: int
    transaction_id: int
    info: str = ""
    trade_id: str = ""


class IncomeBook:
    """Append-only, oldest first."""

    def __init__(self) -> None:
        self._rows: list[Income] = []
        self._ids = count(FIRST_ID)

    def add(self, kind: str, symbol: str, amount: Decimal, time: int, trade_id: int | None = None) -> None:
        """Note a movement; one of nothing leaves no row."""
        if amount:
            trade = "" if trade_id is None else str(trade_id)
            self._rows.append(Income(kind, symbol, amount, time, next(self._ids), trade or kind, trade))

    def rows(self, symbol: str | None = None, kind: str | None = None) -> Iterator[Income]:
        """All movements, of one symbol or of one kind if asked for."""
        return (row for row in self._rows if symbol in (None, row.symbol) and kind in (None, row.kind))
