"""The tables of the demo's closes: under way, what they came to, their orders; and the checklist of all proofs.

Each fits into a terminal of 100 columns.
"""

from collections.abc import Iterable
from decimal import Decimal

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from harvest.close_record import STAGES, CloseRecord
from harvest.proofs import Proof

_YES, _NO, _NONE = ("✔", "green"), ("✘", "bold red"), ("-", "dim")


def live_table(records: Iterable[CloseRecord]) -> Table:
    """Each close with the milliseconds, from its entry, at which it reached each stage."""
    table = plain_table("closes (ms after the entry)", left=("symbol", "decision"), right=STAGES)
    table.add_column("outcome", no_wrap=True)
    for record in records:
        times = (str(record.stages.get(stage, "")) for stage in STAGES)
        table.add_row(record.symbol, record.title, *times, _outcome(record))
    return table


def closes_table(records: Iterable[CloseRecord]) -> Table:
    """How each close ended and how fast, with its own intent, order, fill and position proofs."""
    times = ("ms to order", "ms to result")
    table = plain_table("closes", left=("symbol", "decision", "outcome"), right=(*times, "position"))
    table.add_column("proofs", no_wrap=True)
    for record in records:
        to_order = "" if record.ordered_ms is None else f"{record.ordered_ms:.0f}"
        to_result = "" if record.result_ms is None else str(record.result_ms)
        position = "" if record.position is None else f"{record.position.normalize():f}"
        table.add_row(record.symbol, record.title, _outcome(record), to_order, to_result, position, _ticks(record))
    return table


def orders_table(records: Iterable[CloseRecord]) -> Table:
    """The order of each close, by our published result; the proofs compare it with the exchange."""
    numbers = ("filled", "avg price", "fee", "PnL")
    table = plain_table("orders", left=("symbol", "order id", "status"), right=numbers)
    for record in records:
        fields = record.result.fields if record.result else {}
        if fields.get("order_id"):
            money = (_short(fields.get(name, "")) for name in ("avg_price", "commission", "realized_pnl"))
            filled = fields.get("filled_qty", "")
            table.add_row(record.symbol, fields["order_id"], fields.get("order_status", ""), filled, *money)
    return table


def proofs_table(proofs: Iterable[Proof]) -> Table:
    """The checklist, with what was seen."""
    table = plain_table("proofs", left=("", "proof"), right=())
    table.add_column("evidence")
    for number, proof in enumerate(proofs, 1):
        table.add_row(mark(proof.ok), f"{number} {proof.name}", Text(proof.evidence))
    return table


def plain_table(title: str, left: Iterable[str], right: Iterable[str]) -> Table:
    """A table with words on the left and numbers on the right; more columns may follow."""
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in left:
        table.add_column(name, no_wrap=True)
    for name in right:
        table.add_column(name, justify="right")
    return table


def _short(text: str) -> str:
    """A number as a human reads it; JSON has it in full."""
    return f"{Decimal(text):.6g}" if text else ""


def _outcome(record: CloseRecord) -> Text:
    if not record.outcome:
        return Text("...", style="dim")
    repeats = f" +{len(record.repeats)}" if record.repeats else ""
    return Text(record.outcome + repeats, style="green" if record.outcome == record.expected else "bold red")


def _ticks(record: CloseRecord) -> Text:
    marks = record.proofs
    if marks is None:
        return mark(None)
    return Text(" ").join(mark(each) for each in marks)


def mark(ok: bool | None) -> Text:
    """A tick, a cross, or nothing to judge."""
    sign, style = _NONE if ok is None else _YES if ok else _NO
    return Text(sign, style=style)
