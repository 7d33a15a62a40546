"""`harvest owner`."""

import json as json_text
import sys
from typing import Final, cast

from redis.asyncio import Redis

from contracts.errors import HarvestError
from contracts.names import key_owner
from harvest.account_access import account_access
from harvest.exit_code import ExitCode
from harvest.interrupt import run
from harvest.temporal_client import connect
from runtime.load import load_settings
from runtime.log_lines import configure_logging
from runtime.ownership import installation
from runtime.settings import LogFormat, LogLevel, Settings

_TAKEN_MS: Final = 60_000
"""Time to start a worker that renews it. If none does, whoever had it before goes on."""


def owner(*, take: bool = False, json: bool = False, address: str | None = None) -> int:
    """Say which installation may send orders to the exchange account, and whether that is this one.

    Settings and keys are the worker's (HARVEST_...).

    Args:
        take: make it this one, for a minute; its workers keep it from there, and those of the other stop.
        json: one JSON object.
        address: Temporal's host:port; else TEMPORAL_ADDRESS and the rest of Temporal's own configuration.
    """
    settings = load_settings()
    configure_logging(LogFormat.CONSOLE, LogLevel.ERROR)
    said = run(_look(settings, address, take=take))
    print(json_text.dumps(said) if json else _sentence(said))
    return ExitCode.OK


async def _look(settings: Settings, address: str | None, *, take: bool) -> dict[str, object]:
    ours = await installation(await connect(address), settings.account)
    async with account_access(settings) as (redis, exchange):
        if exchange.account_alias is None:
            raise HarvestError("the exchange did not tell whose account this is")
        key = key_owner(settings.venue.value, exchange.account_alias)
        before = await _owner(redis, key)
        if take:
            await redis.set(key, ours, px=_TAKEN_MS)
            print(f"taken from {before or 'nobody'}; start a worker within a minute", file=sys.stderr)
        now = await _owner(redis, key)
        left = await redis.pttl(key)
    return {
        "account_alias": exchange.account_alias,
        "owner": now or None,
        "left_ms": left if now else None,
        "this_installation": ours,
        "is_this": now == ours,
        "key": key,
    }


async def _owner(redis: Redis, key: str) -> str:
    raw = cast("bytes | None", await redis.get(key))
    return raw.decode(errors="replace") if raw is not None else ""


def _sentence(said: dict[str, object]) -> str:
    account, owner = said["account_alias"], said["owner"]
    if owner is None:
        return (
            f"nobody sends orders to the exchange account {account}; this installation is {said['this_installation']}"
        )
    whose = "this installation" if said["is_this"] else f"another installation; this one is {said['this_installation']}"
    return f"orders to the exchange account {account} are sent by {owner}: {whose}"
