"""The scripted market's tables: decisions, stop moves, and the books. Each fits into a terminal of 110 columns."""

from collections.abc import Iterable
from decimal import Decimal

from rich.table import Table
from rich.text import Text

from harvest.demo_tables import mark, plain_table
from harvest.market_evidence import MarketEvidence, StopEvidence
from harvest.market_record import MarketRecord
from harvest.market_rows import MarketRow, plain, row_of_evidence

_GOOD = frozenset({"CLOSED_FLAT", "REDUCED", "STOP_MOVED"})


def decisions_table(rows: Iterable[MarketRow]) -> Table:
    """What the watch decided and what came of it."""
    table = plain_table("decisions of the watch", left=("",), right=())
    for name in ("symbol", "rule", "action"):
        table.add_column(name, no_wrap=True)
    for name in ("R", "K"):
        table.add_column(name, justify="right")
    table.add_column("outcome", no_wrap=True)
    for name in ("closed", "position"):
        table.add_column(name, justify="right")
    for row in rows:
        outcome = Text(row.outcome, style="green" if row.outcome in _GOOD else "bold red")
        closed = row.closed if row.left else ""
        left = row.left or f"stop {row.closed}"
        table.add_row(
            f"{row.ms / 1000:.1f} s", row.symbol, row.rule, row.action, row.r, row.kill_score, outcome, closed, left
        )
    return table


def market_tables(record: MarketRecord) -> tuple[Table, ...]:
    """Everything at the end, by the exchange's own books."""
    seen = record.evidence
    rows = [row_of_evidence(made, seen, record.began_ms) for made in seen.made]
    return decisions_table(rows), stops_table(seen), books_table(seen)


def stops_table(seen: MarketEvidence) -> Table:
    """Every stop that ever rested at the exchange."""
    table = plain_table("stops at the exchange", left=("symbol",), right=("from", "to", "quantity"))
    table.add_column("at the end", no_wrap=True)
    before: dict[str, StopEvidence] = {}
    for stop in seen.stops:
        earlier = before.get(stop.symbol)
        came_from = plain(earlier.level) if earlier else "none"
        table.add_row(stop.symbol, came_from, plain(stop.level), plain(stop.quantity), stop.status.lower())
        before[stop.symbol] = stop
    return table


def books_table(seen: MarketEvidence) -> Table:
    """Our results beside the exchange's ledger, in USDT and with all digits."""
    table = plain_table("books, USDT", left=("",), right=("our results", "exchange"))
    table.add_column("")
    ours = seen.published_pnl - seen.published_fees - seen.opening_fees + seen.funding
    rows: tuple[tuple[str, Decimal | None, Decimal], ...] = (
        ("realised PnL", seen.published_pnl, seen.ledger_pnl),
        ("fees of the closes", -seen.published_fees, -seen.ledger_fees),
        ("fees of the openings", None, -seen.opening_fees),
        ("funding", None, seen.funding),
        ("together, and the wallet", ours, seen.wallet_change),
    )
    for name, published, booked in rows:
        same = None if published is None else published == booked
        table.add_row(name, "" if published is None else f"{published:f}", f"{booked:f}", mark(same))
    return table
