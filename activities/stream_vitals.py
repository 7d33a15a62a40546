"""The user stream's state as metrics: closes go on without it, so nothing else would show that it is away."""

from collections.abc import Callable
from typing import Final, Self

from temporalio.common import MetricMeter

from exchange.upkeep import Upkeep
from exchange.user_stream_health import StreamHealth

_EVERY_S: Final = 5.0


class StreamVitals:
    """Shows the numbers while it is entered; none if there is no stream.

    Args:
        meter: whose numbers the worker's Prometheus endpoint shows.
        health: how the stream is now; None if it is switched off.
    """

    def __init__(self, meter: MetricMeter, health: Callable[[], StreamHealth | None]) -> None:
        self._health = health
        self._upkeep = Upkeep(self.show, every_s=_EVERY_S, retry_s=_EVERY_S)
        self._connected = meter.create_gauge("harvest_user_stream_connected", "1 while the user stream is connected")
        self._heard = meter.create_gauge_float(
            "harvest_user_stream_heard_age_seconds", "since anything was heard on the user stream, pongs included"
        )
        self._connections = meter.create_gauge("harvest_user_stream_connections", "connections since the start")
        self._unreadable = meter.create_gauge("harvest_user_stream_unreadable", "messages that were not understood")

    async def __aenter__(self) -> Self:
        self._upkeep.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._upkeep.stop()

    async def show(self) -> None:
        """Set the numbers once."""
        health = self._health()
        if health is None:
            return
        self._connected.set(int(health.connected))
        self._connections.set(health.connections)
        self._unreadable.set(health.unreadable)
        if health.heard_age is not None:
            self._heard.set(health.heard_age)
