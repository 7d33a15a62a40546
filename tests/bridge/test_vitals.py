"""What Prometheus sees of the bridge."""

import asyncio
import re
import urllib.request
from collections.abc import Callable
from datetime import timedelta

from redis.asyncio import Redis
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from contracts.names import CONSUMER_GROUP, STREAM_INTENT
from runtime.settings import Settings
from runtime.telemetry import start_telemetry
from tests.bridge.rig import QUICK, Rig
from tests.bridge.servers import eventually, free_port

Numbers = dict[str, float]


async def _read(port: int) -> Numbers:
    """Our metrics by name and their one telling label."""

    def fetch() -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            text: str = answer.read().decode()
            return text

    found = re.findall(r"^(harvest_\w+)(\{[^}]*\})? (\S+)$", await asyncio.to_thread(fetch), re.MULTILINE)
    labels = [re.search(r'(?:fate|source)="(\w+)"', labels) for _, labels, _ in found]
    return {
        f"{row[0]} {label[1]}" if label else row[0]: float(row[2]) for row, label in zip(found, labels, strict=True)
    }


async def test_the_bridges_numbers_are_on_the_workers_endpoint(
    redis: Redis, temporal: WorkflowEnvironment, make_rig: Callable[..., Rig]
) -> None:
    port = free_port()
    telemetry = start_telemetry(Settings(metrics_bind=f"127.0.0.1:{port}"))
    client = await Client.connect(
        temporal.client.service_client.config.target_host,
        data_converter=pydantic_data_converter,
        runtime=telemetry.runtime,
    )
    rig = make_rig(redis, client)
    await rig.add_old()
    await rig.add_old(action="HOLD")
    await rig.add()
    await rig.add({"symbol": "nothing else"})
    rig.run()  # nobody carries the closes out: they are handed over all the same
    await rig.settled()

    async def counted() -> Numbers | None:
        numbers = await _read(port)
        waiting = [numbers.get(f"harvest_bridge_{name}") for name in ("lag", "pending")]
        looked = numbers.get("harvest_dead_letters") and waiting == [0, 0]
        return numbers if numbers.get("harvest_bridge_entries_total joined") and looked else None

    numbers = await eventually(counted)
    assert numbers is not None
    entries = "harvest_bridge_entries_total"
    assert {name: numbers[f"{entries} {name}"] for name in ("started", "joined", "stale", "dead")} == {
        "started": 1,
        "joined": 1,
        "stale": 1,
        "dead": 1,
    }
    assert numbers["harvest_bridge_errors_total redis"] == numbers["harvest_bridge_errors_total own"] == 0
    assert (numbers["harvest_dead_letters"], numbers["harvest_bridge_lag"], numbers["harvest_bridge_pending"]) == (
        1,
        0,
        0,
    )
    assert abs(numbers["harvest_bridge_last_read_timestamp_seconds"] * 1000 - rig.bridge.stats.last_read_ms) < 5000
    await rig.finish()


async def test_lag_and_pending_are_those_of_the_group(rig: Rig, redis: Redis) -> None:
    """Also of other bridges, and also where Redis itself has lost count."""
    vitals = rig.bridge._vitals
    shown: dict[str, float] = {}
    for name in ("_lag", "_pending", "_dead"):
        _watch(vitals, name, shown)
    await rig.bridge._reader.ensure_group()
    ids = [await rig.add() for _ in range(10)]
    await redis.xreadgroup(CONSUMER_GROUP, "another", {STREAM_INTENT: ">"}, count=3)
    await vitals.show_streams()
    assert (shown["_lag"], shown["_pending"], shown["_dead"]) == (7, 3, 0)
    await redis.xdel(STREAM_INTENT, ids[5])
    (group,) = await redis.xinfo_groups(STREAM_INTENT)
    await vitals.show_streams()
    assert group["lag"] in (None, 6)
    assert shown["_lag"] == 6


def _watch(vitals: object, name: str, shown: dict[str, float]) -> None:
    class Gauge:
        def set(self, value: float) -> None:
            shown[name] = value

    setattr(vitals, name, Gauge())


def test_they_are_shown_often_enough_for_the_alert() -> None:
    assert QUICK.vitals_every <= timedelta(seconds=5)
