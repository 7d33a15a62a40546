"""`harvest shadow-report`."""

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Final

from rich.console import Console

from contracts.errors import HarvestError, InvalidIntent
from contracts.wire_time import moment_of
from harvest.account_access import account_access
from harvest.exit_code import ExitCode
from harvest.interrupt import run
from harvest.shadow_reading import ShadowReport, Wanted, shadow_report
from harvest.shadow_view import as_json, as_tables
from runtime.load import load_settings
from runtime.log_lines import configure_logging
from runtime.settings import LogFormat, LogLevel, Settings

_WIDEST: Final = 160


def report(
    *,
    since: str | None = None,
    until: str | None = None,
    symbol: str | None = None,
    taker_fee: str = "0.0005",
    json: bool = False,
) -> int:
    """Compare what shadow mode suggested with what happened, straight from the exchange.

    Settings and keys are the worker's (HARVEST_...). It only reads. Ends with 1 if a symbol could not be read.

    Args:
        since: the first decision to look at, ISO-8601 or epoch.
        until: decisions from here on are left out.
        symbol: only this one.
        taker_fee: of the notional; what a close would have cost.
        json: one JSON object with exact numbers.
    """
    settings = load_settings()
    configure_logging(LogFormat.CONSOLE, LogLevel.ERROR)
    wanted = Wanted(
        account=settings.account,
        since=_moment("since", since),
        until=_moment("until", until),
        symbol=symbol.upper() if symbol else None,
    )
    fee = _fee(taker_fee)
    found = run(_read(settings, wanted, fee))
    if json:
        print(as_json(found, wanted, fee))
    else:
        console = Console(markup=False)  # names come from others
        console.width = max(console.width, _WIDEST)
        console.print(as_tables(found))
    return ExitCode.FAILED if found.unread else ExitCode.OK


async def _read(settings: Settings, wanted: Wanted, fee: Decimal) -> ShadowReport:
    async with account_access(settings) as (redis, exchange):
        return await shadow_report(redis, exchange, wanted, fee)


def _moment(name: str, text: str | None) -> datetime | None:
    try:
        return moment_of(f"--{name}", text.strip()) if text is not None else None
    except InvalidIntent as wrong:
        raise HarvestError(str(wrong)) from wrong


def _fee(text: str) -> Decimal:
    try:
        fee = Decimal(text)
    except InvalidOperation as wrong:
        raise HarvestError(f"--taker-fee {text}: a fraction of the notional, as in 0.0005") from wrong
    if not 0 <= fee < Decimal("0.1"):
        raise HarvestError(f"--taker-fee {text}: a fraction of the notional, as in 0.0005")
    return fee
