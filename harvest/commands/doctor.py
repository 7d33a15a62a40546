"""`harvest doctor`."""

import sys
from collections.abc import Sequence

from contracts.errors import InvalidSettings
from harvest.doctor.examination import examination, without_settings
from harvest.doctor.verdict import Check, all_well
from harvest.doctor.view import as_json, as_lines, print_table
from harvest.exit_code import ExitCode
from harvest.interrupt import run
from runtime.load import load_settings
from runtime.log_lines import configure_logging
from runtime.settings import LogFormat, LogLevel, Settings


def doctor(*, json: bool = False, address: str | None = None) -> int:
    """Say why nothing closes, and what to do. It only looks: nothing is changed, and no order is sent.

    Settings and keys are the worker's (HARVEST_...). Ends with 1 if anything fails.

    Args:
        json: one JSON object, {"ok": ..., "checks": [{"name", "level", "fact", "fix"}]}.
        address: Temporal's host:port; else TEMPORAL_ADDRESS and the rest of Temporal's own configuration.
    """
    configure_logging(LogFormat.CONSOLE, LogLevel.ERROR)
    try:
        settings = load_settings()
    except InvalidSettings as wrong:
        checks = without_settings(wrong)
        _tell(checks, json=json)
    else:
        checks = run(_examine(settings, address, json=json))
    return ExitCode.OK if all_well(checks) else ExitCode.FAILED


async def _examine(settings: Settings, address: str | None, *, json: bool) -> tuple[Check, ...]:
    async with examination(settings, address) as checks:
        _tell(checks, json=json)
    return checks


def _tell(checks: Sequence[Check], *, json: bool) -> None:
    if json:
        print(as_json(checks), flush=True)
    elif sys.stdout.isatty():
        print_table(checks)
    else:
        print(as_lines(checks), flush=True)
