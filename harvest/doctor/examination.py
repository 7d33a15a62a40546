"""The whole look: settings, then the three services side by side, then who owns the account."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import chain
from typing import Final

from contracts.errors import InvalidSettings
from contracts.mode import Mode
from harvest.doctor import checks_exchange, checks_redis, checks_temporal
from harvest.doctor.checks_exchange import ExchangeChecks
from harvest.doctor.checks_ownership import OwnershipChecks
from harvest.doctor.checks_redis import RedisChecks
from harvest.doctor.checks_temporal import TemporalChecks
from harvest.doctor.question import examine
from harvest.doctor.verdict import Check, Verdict, fail, ok, skipped, warn
from runtime.settings import Settings

_SETTINGS: Final = "settings"
_SERVICES: Final = (checks_redis.DOOR, checks_temporal.DOOR, checks_exchange.DOOR, "ownership")


def without_settings(wrong: InvalidSettings) -> tuple[Check, ...]:
    """What can be said without settings: what is wrong with them. Nobody knows then what else to ask."""
    _, *problems = str(wrong).splitlines()
    said = "; ".join(problem.removeprefix("  - ") for problem in problems) or str(wrong)
    refused = Check(_SETTINGS, fail(said, "correct them; the worker does not start with them either"))
    return (refused, *(Check(name, skipped(_SETTINGS)) for name in _SERVICES))


@asynccontextmanager
async def examination(settings: Settings, address: str | None) -> AsyncIterator[tuple[Check, ...]]:
    """Every check. They are known before the connections are closed, which may take its time where a service hangs.

    Args:
        address: Temporal's host:port; None for its own configuration.
    """
    redis, exchange = RedisChecks(settings), ExchangeChecks(settings)
    temporal = TemporalChecks(settings, address)
    ownership = OwnershipChecks(settings, redis, temporal, exchange)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(redis.close)
        stack.push_async_callback(exchange.close)
        services = await asyncio.gather(*(examine(each.question) for each in (redis, temporal, exchange)))
        owner = await examine(ownership.question)
        yield (Check(_SETTINGS, _judged(settings)), *chain.from_iterable(services), *owner)


def _judged(settings: Settings) -> Verdict:
    said = f"mode {settings.mode.value}, venue {settings.venue.value}, account {settings.account}"
    if settings.mode is not Mode.LIVE:
        return warn(f"{said}: decisions become suggestions, and nothing is sent", "set HARVEST_MODE=live to send")
    return ok(said)
