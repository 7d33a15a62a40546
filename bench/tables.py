"""The benchmark's numbers for a human."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.table import Table

if TYPE_CHECKING:
    from bench.closes import Report


def tables(report: Report) -> tuple[Table, Table]:
    """Times and processor time."""
    return _times(report), _processor(report)


def _times(report: Report) -> Table:
    durable, plain, ratios = report.durable, report.plain, report.ratios
    table = Table(
        title=f"{report.closes} closes, ms from XADD, p50 / p95 / p99",
        title_justify="left",
        caption=f"history of one close: {durable.history_events} events, {durable.history_bytes} bytes",
        caption_justify="left",
        box=SIMPLE_HEAD,
    )
    for name in ("until", "durable", "plain loop", "ratio of p50"):
        table.add_column(name, justify="left" if name == "until" else "right", no_wrap=True)
    table.add_row("order at the exchange", str(durable.order), str(plain.order), f"{ratios['order_p50']:.1f}")
    table.add_row("workflow closed", str(durable.closed), "-", "-")
    table.add_row("result received", str(durable.result), str(plain.result), f"{ratios['result_p50']:.1f}")
    return table


def _processor(report: Report) -> Table:
    durable, plain = report.durable.processor_ms, report.plain.processor_ms
    table = Table(title="processor ms per close", title_justify="left", box=SIMPLE_HEAD)
    for name in ("process", "durable", "plain loop"):
        table.add_column(name, justify="left" if name == "process" else "right", no_wrap=True)
    for name in dict.fromkeys((*durable, *plain)):
        table.add_row(name, *(f"{one[name]:.2f}" if name in one else "-" for one in (durable, plain)))
    sums = (sum(durable.values()), sum(plain.values()))
    table.add_row("all", *(f"{one:.2f}" for one in sums), style="bold")
    return table
