"""The bridge's state as metrics: a stalled one, or one that understands nothing, must be visible from outside.

A group was once 164,515 entries behind and nobody noticed for days (R13).
"""

import asyncio
from typing import Final

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError
from temporalio.client import Client
from temporalio.common import MetricMeter
from temporalio.runtime import Runtime

from bridge.settings import BridgeSettings
from bridge.stats import BridgeStats
from contracts.names import STREAM_DEAD, STREAM_INTENT

_COUNTED: Final = 1000
"""Where Redis does not know the lag (entries were deleted), waiting ones are counted up to here."""

_log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(__name__)


def meter_of(client: Client) -> MetricMeter:
    """The meter whose numbers the worker's Prometheus endpoint shows."""
    return (client.service_client.config.runtime or Runtime.default()).metric_meter


class Vitals:
    """Shows how the bridge is, from a task of its own: it goes on when the bridge does not."""

    def __init__(self, redis: Redis, meter: MetricMeter, settings: BridgeSettings, stats: BridgeStats) -> None:
        self._redis = redis
        self._settings = settings
        self._stats = stats
        self._shown: dict[tuple[str, str], int] = {}
        self._entries = meter.create_counter("harvest_bridge_entries", "entries by what became of them")
        self._errors = meter.create_counter("harvest_bridge_errors", "errors by whose they are")
        self._lag = meter.create_gauge("harvest_bridge_lag", "entries that no bridge has read")
        self._pending = meter.create_gauge("harvest_bridge_pending", "entries read and not acknowledged")
        self._dead = meter.create_gauge("harvest_dead_letters", "dead letters on their stream")
        self._last_read = meter.create_gauge_float(
            "harvest_bridge_last_read_timestamp_seconds", "when a read last succeeded, epoch"
        )

    async def run(self) -> None:
        """Show them again and again, until cancelled."""
        while True:
            self.show_stats()
            try:
                await self.show_streams()
            except RedisError as error:
                # The bridge itself says so in the log; here the numbers stand still, and the time of the last read too.
                _log.debug("no numbers of the streams", error=str(error)[:200])
            except Exception:
                _log.exception("the bridge's numbers cannot be shown")
            await asyncio.sleep(self._settings.vitals_every.total_seconds())

    def show_stats(self) -> None:
        """What this bridge has done. Zeros as well: an increase is seen only where there was a number before."""
        stats = self._stats
        fates = {"started": stats.started, "joined": stats.joined, "stale": stats.stale, "dead": stats.dead}
        whose = {"redis": stats.redis_errors, "temporal": stats.temporal_errors, "own": stats.failures}
        for fate, count in fates.items():
            self._entries.add(self._more("fate", fate, count), {"fate": fate})
        for source, count in whose.items():
            self._errors.add(self._more("source", source, count), {"source": source})
        self._last_read.set(stats.last_read_ms / 1000)

    async def show_streams(self) -> None:
        """What waits in Redis. Raises ``RedisError``."""
        self._dead.set(await self._redis.xlen(STREAM_DEAD))
        groups = await self._redis.xinfo_groups(STREAM_INTENT)
        for group in groups:
            if group["name"] == self._settings.group.encode():
                lag = group["lag"]
                self._lag.set(lag if lag is not None else await self._waiting(group["last-delivered-id"].decode()))
                self._pending.set(group["pending"])

    async def _waiting(self, delivered: str) -> int:
        return len(await self._redis.xrange(STREAM_INTENT, f"({delivered}", "+", count=_COUNTED) or ())

    def _more(self, kind: str, name: str, count: int) -> int:
        before = self._shown.get((kind, name), 0)
        self._shown[kind, name] = count
        return count - before
