"""A shadow report for people, and for programs."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from harvest.shadow_compare import Compared
from harvest.shadow_reading import ShadowReport, Wanted
from harvest.shadow_suggestion import Uncompared
from harvest.shadow_totals import NOT_IN_IT, Total, quote_of, totals

_MONEY: Final = Decimal("0.01")
_PRICE: Final = Decimal("0.00000001")
_TOTALS: Final = (("rule", lambda each: each.suggestion.rule), ("symbol", lambda each: each.suggestion.symbol))


def as_json(report: ShadowReport, wanted: Wanted, taker_fee: Decimal) -> str:
    """One object. Numbers are decimal text, exact; times are epoch milliseconds."""
    compared = report.compared
    said = {
        "account": wanted.account,
        "since": wanted.since.isoformat() if wanted.since else None,
        "until": wanted.until.isoformat() if wanted.until else None,
        "symbol": wanted.symbol,
        "taker_fee": f"{taker_fee:f}",
        "compared": [_row(each) for each in compared],
        "not_compared": [
            {"id": each.id, "symbol": each.symbol, "rule": each.rule, "reason": each.reason}
            for each in report.uncompared
        ],
        **{f"by_{name}": [_sum(each) for each in totals(compared, of)] for name, of in _TOTALS},
        "total": [_sum(each) for each in totals(compared, lambda _: "all")],
        "not_in_the_difference": NOT_IN_IT,
        "unread_symbols": report.unread,
        "trimmed_before": report.trimmed_before or None,
    }
    return json.dumps(said, indent=2)


def as_tables(report: ShadowReport) -> RenderableType:
    """Each suggestion with both worlds, the sums, what could not be compared, and what the numbers leave out."""
    parts: list[RenderableType] = [_suggestions(report.compared)]
    parts += [_sums(f"by {name}", totals(report.compared, of)) for name, of in _TOTALS]
    parts.append(_sums("all", totals(report.compared, lambda _: "all")))
    if report.uncompared:
        parts.append(_left(report.uncompared))
    parts.append(Text("Difference above 0: the suggestion would have been better. Not in it:"))
    parts += [Text(f"  - {each}") for each in NOT_IN_IT]
    if report.trimmed_before:
        parts.append(Text(f"Suggestions before {report.trimmed_before} are not kept any more.", style="bold"))
    return Group(*parts)


def _row(compared: Compared) -> dict[str, object]:
    said = compared.suggestion
    return {
        "id": said.id,
        "symbol": said.symbol,
        "side": said.side.value,
        "action": said.action,
        "rule": said.rule,
        "generation": str(said.generation),
        "rung": said.rung,
        "config_version": said.config_version,
        "decided_at": said.at_ms,
        "r_net": _plain(said.r_net),
        "kill_score": _plain(said.kill_score),
        "suggested_quantity": _plain(said.quantity),
        "quantity": _plain(compared.quantity),
        "mark_price": _plain(said.mark_price),
        "entry_price": _plain(said.entry_price),
        "closed_quantity": _plain(compared.closed),
        "closed_average_price": _plain(compared.average_price),
        "first_closed_after_ms": _after(compared, compared.first_ms),
        "last_closed_after_ms": _after(compared, compared.last_ms),
        "open_quantity": _plain(compared.open),
        "mark_now": _plain(compared.mark_now) if compared.open else None,
        "fees_estimated": compared.fees_estimated,
        "quote": quote_of(said.symbol),
        "suggested_pnl": _plain(compared.suggested_pnl),
        "happened_pnl": _plain(compared.happened_pnl),
        "difference": _plain(compared.difference),
    }


def _sum(total: Total) -> dict[str, object]:
    return {
        "name": total.name,
        "quote": total.quote,
        "count": total.count,
        "suggested_pnl": _plain(total.suggested),
        "happened_pnl": _plain(total.happened),
        "difference": _plain(total.difference),
    }


def _suggestions(compared: Iterable[Compared]) -> Table:
    table = Table(title="suggestions and what happened", box=SIMPLE_HEAD, title_justify="left")
    for name in ("decided (UTC)", "symbol", "rule"):
        table.add_column(name, no_wrap=True)
    for name in ("quantity", "mark", "closed at", "after", "open at", "suggested", "happened", "difference"):
        table.add_column(name, justify="right", no_wrap=True)
    for each in compared:
        said = each.suggestion
        table.add_row(
            datetime.fromtimestamp(said.at_ms / 1000, UTC).strftime("%m-%d %H:%M:%S"),
            f"{said.symbol} {said.side.value}",
            said.rule,
            _short(each.quantity),
            _short(said.mark_price),
            f"{_short(each.closed)} @ {_short(each.average_price)}" if each.closed else "",
            _span(each),
            f"{_short(each.open)} @ {_short(each.mark_now)}" if each.open else "",
            *_money(each.suggested_pnl, each.happened_pnl, each.difference, estimated=each.fees_estimated),
        )
    return table


def _sums(title: str, sums: Iterable[Total]) -> Table:
    table = Table(title=title, box=SIMPLE_HEAD, title_justify="left")
    table.add_column("")
    for name in ("suggestions", "suggested", "happened", "difference", ""):
        table.add_column(name, justify="right", no_wrap=True)
    for each in sums:
        money = _money(each.suggested, each.happened, each.difference)
        table.add_row(each.name, str(each.count), *money, each.quote)
    return table


def _left(uncompared: Iterable[Uncompared]) -> Table:
    table = Table(title="not compared", box=SIMPLE_HEAD, title_justify="left")
    for name in ("suggestion", "symbol", "rule", "why"):
        table.add_column(name)
    for each in uncompared:
        table.add_row(each.id, each.symbol, each.rule, Text(each.reason))
    return table


def _money(suggested: Decimal, happened: Decimal, difference: Decimal, *, estimated: bool = False) -> list[Text]:
    style = "green" if difference > 0 else "red" if difference < 0 else ""
    plain = [Text(f"{each.quantize(_MONEY):+f}") for each in (suggested, happened)]
    return [*plain, Text(f"{'~' if estimated else ''}{difference.quantize(_MONEY):+f}", style=style)]


def _span(compared: Compared) -> str:
    first, last = _after(compared, compared.first_ms), _after(compared, compared.last_ms)
    if first is None or last is None:
        return ""
    return _seconds(first) if first == last else f"{_seconds(first)}..{_seconds(last)}"


def _seconds(milliseconds: int) -> str:
    seconds = Decimal(milliseconds) / 1000
    return f"{seconds:.1f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def _after(compared: Compared, at_ms: int | None) -> int | None:
    return None if at_ms is None else at_ms - compared.suggestion.at_ms


def _short(number: Decimal | None) -> str:
    return "?" if number is None else f"{number.quantize(_PRICE).normalize():f}"


def _plain(number: Decimal | None) -> str | None:
    return None if number is None else f"{number:f}"
