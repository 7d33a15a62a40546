"""The two human switches, as metrics and log lines: a freeze of the closes must not be forgotten (R31)."""

import asyncio
import time
from typing import Final, cast

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError
from temporalio.common import MetricMeter

from contracts.names import KEY_FREEZE, KEY_HALT

EVERY_S: Final = 5.0
_REMIND_S: Final = 60.0

_log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(__name__)


class Switches:
    """Looks at them again and again."""

    def __init__(self, redis: Redis, meter: MetricMeter) -> None:
        self._redis = redis
        self._frozen = meter.create_gauge("harvest_frozen", "1 while a human freezes all closes")
        self._halted = meter.create_gauge("harvest_new_risk_halted", "1 while new risk is halted")
        self._told: str | None = None
        self._told_at = 0.0

    async def run(self, every_s: float = EVERY_S) -> None:
        """Show them until cancelled."""
        while True:
            try:
                await self.show()
            except RedisError as error:
                _log.debug("switches not read", error=str(error)[:200])  # the bridge says that Redis is away
            except Exception:
                _log.exception("the switches cannot be shown")
            await asyncio.sleep(every_s)

    async def show(self) -> None:
        """Set the metrics once, and say what changed. Raises ``RedisError``."""
        raw = cast("bytes | None", await self._redis.get(KEY_FREEZE))
        frozen = raw.decode(errors="replace") if raw is not None else None
        self._frozen.set(int(frozen is not None))
        self._halted.set(int(await self._redis.hget(KEY_HALT, "halted") == b"true"))
        self._tell(frozen)

    def _tell(self, frozen: str | None) -> None:
        """At once when it changes, and every minute while it is set."""
        due = frozen != self._told or (frozen is not None and time.monotonic() - self._told_at >= _REMIND_S)
        if not due:
            return
        self._told_at = time.monotonic()
        if frozen is not None:
            _log.error("ALL CLOSES ARE FROZEN: positions have no exits until `harvest unfreeze`", by=frozen)
        elif self._told is not None:
            _log.warning("closes are not frozen any more", before=self._told)
        self._told = frozen
