"""What a public stream's name asks for."""

import re
from dataclasses import dataclass

from simulator.intervals import NAMES

ONE = re.compile(
    r"(?P<symbol>[a-z0-9_]+)@(?P<kind>markPrice|aggTrade|bookTicker|kline_(?P<interval>\w+)|depth(?P<levels>5|10|20)?)"
    r"(?:@(?P<pace>1s|3s|100ms|250ms|500ms))?"
)
ALL = re.compile(r"!(?P<kind>markPrice@arr|bookTicker)(?:@(?P<pace>1s|3s))?")
PUBLIC = frozenset({"bookTicker", "depth"})
PACES = {"1s": 4, "3s": 12, "100ms": 1, "250ms": 1, "500ms": 2}
"""Quarters of a second between two messages."""
USUAL = {"markPrice": 12, "markPrice@arr": 12, "depth": 1, "kline": 1}


@dataclass(frozen=True, slots=True)
class Topic:
    """A stream: of one symbol or (None) of all. `pace` in quarters of a second, 0 for what is sent as it happens."""

    kind: str
    symbol: str | None
    pace: int
    interval: str = ""
    levels: int = 0

    @property
    def category(self) -> str:
        """Under which address it is served: public for the book, market for the rest."""
        return "public" if self.kind in PUBLIC else "market"

    @classmethod
    def parse(cls, name: str) -> "Topic | None":
        """The stream of that name; None when there is none, which the exchange does not complain about either."""
        if found := ALL.fullmatch(name):
            return cls(found["kind"], None, PACES.get(found["pace"], USUAL.get(found["kind"], 0)))
        found = ONE.fullmatch(name)
        if found is None or (found["interval"] and found["interval"] not in NAMES):
            return None
        kind = "kline" if found["interval"] else "depth" if found["kind"].startswith("depth") else found["kind"]
        pace = PACES.get(found["pace"], USUAL.get(kind, 0))
        return cls(kind, found["symbol"].upper(), pace, found["interval"] or "", int(found["levels"] or 0))
