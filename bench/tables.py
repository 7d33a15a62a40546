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
    durable, plain, bare, ratios = report.durable, report.plain, report.bare, report.ratios
    table = Table(
        title=f"{report.closes} closes, ms from XADD, p50 / p95 / p99",
        title_justify="left",
        caption=f"history of one close: {durable.history_events} events, {durable.history_bytes} bytes",
        caption_justify="left",
        box=SIMPLE_HEAD,
    )
    for name in ("until", "durable", "plain loop", "ratio", "bare shape", "ratio "):
        table.add_column(name, justify="left" if name == "until" else "right", no_wrap=True)
    order, closed = f"{ratios['order_p50_to_bare']:.1f}", f"{ratios['closed_p50_to_bare']:.1f}"
    table.add_row(
        "order at the exchange",
        *(str(durable.order), str(plain.order), f"{ratios['order_p50']:.1f}", str(bare.order), order),
    )
    table.add_row("result received", str(durable.result), str(plain.result), f"{ratios['result_p50']:.1f}", "-", "-")
    weights = ("-" if way.weight is None else f"{way.weight:.1f}" for way in (durable, plain))
    table.add_row("workflow closed", str(durable.closed), "-", "-", str(bare.result), closed)
    table.add_row("request weight per close", *weights, "-", "-", "-")
    return table


def _processor(report: Report) -> Table:
    ways = (report.durable.processor_ms, report.plain.processor_ms, report.bare.processor_ms)
    table = Table(title="processor ms per close", title_justify="left", box=SIMPLE_HEAD)
    for name in ("process", "durable", "plain loop", "bare shape"):
        table.add_column(name, justify="left" if name == "process" else "right", no_wrap=True)
    for name in dict.fromkeys(process for way in ways for process in way):
        table.add_row(name, *(f"{way[name]:.2f}" if name in way else "-" for way in ways))
    table.add_row("all", *(f"{sum(way.values()):.2f}" for way in ways), style="bold")
    return table
