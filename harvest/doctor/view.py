"""The verdicts for people and for programs."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from harvest.doctor.verdict import Check, Level, all_well

_STYLE: Final = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "bold red", Level.SKIPPED: "dim"}


def as_json(checks: Sequence[Check]) -> str:
    """One object."""
    rows = [
        {"name": each.name, "level": each.verdict.level, "fact": each.verdict.fact, "fix": each.verdict.fix}
        for each in checks
    ]
    return json.dumps({"ok": all_well(checks), "checks": rows})


def as_lines(checks: Sequence[Check]) -> str:
    """One line a check, for files and pipes."""
    rows = tuple(_condensed(checks))
    width = max(len(each.name) for each in rows)
    return "\n".join([*(_line(each, width) for each in rows), conclusion(checks)])


def print_table(checks: Sequence[Check]) -> None:
    """For a terminal."""
    table = Table(box=SIMPLE_HEAD)
    for heading in ("", "check", "fact", "what to do"):
        table.add_column(heading, overflow="fold")
    for each in _condensed(checks):
        verdict, style = each.verdict, _STYLE[each.verdict.level]
        table.add_row(Text(verdict.level, style=style), each.name, Text(verdict.fact), Text(verdict.fix))
    console = Console(markup=False, highlight=False)  # facts hold names that others have given
    console.print(table)
    console.print(conclusion(checks), style=_STYLE[Level.OK if all_well(checks) else Level.FAIL])


def conclusion(checks: Sequence[Check]) -> str:
    """How it is, in one sentence."""
    counted = {level: sum(each.verdict.level is level for each in checks) for level in Level}
    warnings, failures = counted[Level.WARN], counted[Level.FAIL]
    also = f", {warnings} to know of" if warnings else ""
    if not failures:
        return f"nothing fails: {counted[Level.OK]} of {len(checks)} checks are ok{also}"
    unasked = f", {counted[Level.SKIPPED]} not asked" if counted[Level.SKIPPED] else ""
    named = ", ".join(check.name for check in checks if check.failed)
    return f"{failures} of {len(checks)} checks FAIL ({named}){also}{unasked}"


def _condensed(checks: Sequence[Check]) -> Iterator[Check]:
    """What was not asked for the same reason is one line: it must not hide what failed."""
    for verdict, group in groupby(checks, key=lambda check: check.verdict):
        alike = tuple(group)
        if verdict.level is not Level.SKIPPED or len(alike) == 1:
            yield from alike
        else:
            fact = f"{verdict.fact}: {', '.join(check.name for check in alike)}"
            yield Check(f"{len(alike)} checks", replace(verdict, fact=fact))


def _line(check: Check, width: int) -> str:
    verdict = check.verdict
    todo = f" -> {verdict.fix}" if verdict.fix else ""
    return f"{verdict.level:<8}{check.name:<{width}}  {verdict.fact}{todo}"
