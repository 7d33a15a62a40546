"""The stream's state reaches the metrics, and a stream that is switched off has none."""

from dataclasses import replace

from temporalio.runtime import LoggingConfig, MetricBuffer, Runtime, TelemetryConfig

from activities.stream_vitals import StreamVitals
from exchange.user_stream_health import StreamHealth, StreamRecord

HEALTH = StreamHealth(
    connected=True, heard_age=2.5, event_age=None, key_age=60.0, connections=3, events=7, unreadable=1, problem=""
)


async def shown(*states: StreamHealth | None) -> dict[str, float]:
    """The numbers after these states, each shown once."""
    buffer = MetricBuffer(1000)
    runtime = Runtime(telemetry=TelemetryConfig(logging=LoggingConfig.default, metrics=buffer))
    left = list(states)
    vitals = StreamVitals(runtime.metric_meter, lambda: left.pop(0))
    for _ in states:
        await vitals.show()
    return {str(update.metric.name): float(update.value) for update in buffer.retrieve_updates()}


async def test_a_connected_stream() -> None:
    assert await shown(HEALTH) == {
        "harvest_user_stream_connected": 1,
        "harvest_user_stream_heard_age_seconds": 2.5,
        "harvest_user_stream_connections": 3,
        "harvest_user_stream_unreadable": 1,
    }


async def test_one_that_went_away() -> None:
    assert (await shown(HEALTH, replace(HEALTH, connected=False)))["harvest_user_stream_connected"] == 0


async def test_one_that_never_was_has_no_age() -> None:
    assert "harvest_user_stream_heard_age_seconds" not in await shown(StreamRecord().health)


async def test_no_stream_no_numbers() -> None:
    assert await shown(None) == {}
