"""The human switches as metrics."""

from redis.asyncio import Redis
from temporalio.runtime import LoggingConfig, MetricBuffer, Runtime, TelemetryConfig

from bridge.switches import Switches
from contracts.names import KEY_FREEZE, KEY_HALT


async def test_a_freeze_and_a_halt_are_numbers_and_go_away_with_their_keys(redis: Redis) -> None:
    buffer = MetricBuffer(1000)
    switches = Switches(
        redis, Runtime(telemetry=TelemetryConfig(logging=LoggingConfig.default, metrics=buffer)).metric_meter
    )

    async def shown() -> dict[str, float]:
        await switches.show()
        return {str(update.metric.name): float(update.value) for update in buffer.retrieve_updates()}

    await redis.delete(KEY_FREEZE, KEY_HALT)
    assert await shown() == {"harvest_frozen": 0, "harvest_new_risk_halted": 0}
    await redis.set(KEY_FREEZE, "")  # a freeze without a word is one
    await redis.hset(KEY_HALT, "halted", "true")
    assert await shown() == {"harvest_frozen": 1, "harvest_new_risk_halted": 1}
    await redis.delete(KEY_FREEZE)
    await redis.hset(KEY_HALT, "halted", "false")
    assert await shown() == {"harvest_frozen": 0, "harvest_new_risk_halted": 0}
