"""The tables in docs/conformance.md: which client was driven through which route, by which of its calls.

python -m tests.conformance.table writes it anew.
"""

import asyncio
from collections.abc import Mapping, Sequence

from simulator.route_table import ROUTES
from tests.conformance.absent import ABSENT, UNDRIVEN_METHODS, UNDRIVEN_STREAMS
from tests.conformance.driver import DRIVERS, Driver, Seen, drive
from tests.conformance.environment import ROOT, clients_python

PAGE = ROOT / "docs/conformance.md"
BEGIN, END = "<!-- written by tests/conformance/table.py: begin -->", "<!-- end -->"
Reports = Mapping[Driver, Seen]


def rendered(reports: Reports) -> str:
    """Everything between the two marks."""
    parts = ["### Clients", _clients(reports), "### Routes", _routes(reports), "### Streams", _streams(reports)]
    return "\n\n".join([*parts, "### Not driven", _reasons()])


def in_page(text: str) -> str:
    """What a page has between the marks."""
    _, found, rest = text.partition(BEGIN)
    inside, ended, _ = rest.partition(END)
    assert found, "no table"
    assert ended, "no end of the table"
    return inside.strip()


def _clients(reports: Reports) -> str:
    rows = [
        (driver.title, seen.client, str(len(seen.driven)), str(len(seen.routes)), str(len(seen.streams)))
        for driver, seen in reports.items()
    ]
    return _table(("client", "version", "calls driven", "routes reached", "streams followed"), rows)


def _routes(reports: Reports) -> str:
    chosen = {driver: seen for driver, seen in reports.items() if seen.driven}
    rows = [
        (f"`{route}`", *(_calls(seen.driven, route) for seen in chosen.values()))
        for route in sorted(ROUTES, key=_by_path)
    ]
    return _table(("route", *(driver.title for driver in chosen)), rows)


def _streams(reports: Reports) -> str:
    chosen = {driver: seen for driver, seen in reports.items() if seen.streams}
    streams = {stream for seen in chosen.values() for names in seen.streams.values() for stream in names}
    rows = [(f"`{stream}`", *(_calls(seen.streams, stream) for seen in chosen.values())) for stream in sorted(streams)]
    return _table(("stream", *(driver.title for driver in chosen)), rows)


def _reasons() -> str:
    """What is not driven, grouped by why."""
    grouped: dict[str, list[str]] = {}
    for name, reason in {**ABSENT, **UNDRIVEN_METHODS, **UNDRIVEN_STREAMS}.items():
        grouped.setdefault(reason, []).append(f"`{name}`")
    rows = [(", ".join(names), why) for why, names in grouped.items()]
    return _table(("route, or a client's own name for it", "why"), rows)


def _calls(driven: Mapping[str, list[str]], target: str) -> str:
    return ", ".join(sorted(f"`{name}`" for name, reached in driven.items() if target in reached))


def _by_path(route: str) -> tuple[str, ...]:
    return tuple(reversed(route.split()))


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


async def write() -> None:
    """Drive every client and put what it did into the page."""
    await clients_python()
    table = rendered(dict(zip(DRIVERS, await asyncio.gather(*map(drive, DRIVERS)), strict=True)))
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(text.replace(in_page(text), table), encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(write())
