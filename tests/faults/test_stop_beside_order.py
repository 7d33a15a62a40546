"""A stop fires beside our order whose answer is lost, and the stream tells of both in the wrong order (group 8)."""

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis
from temporalio.client import Client

from tests.faults.scene import FULL, STOP_FIRES, Scene, ended, expected, play
from tests.lab import Lab

FIRST: dict[str, object] = {"before": list(STOP_FIRES)}
LAST: dict[str, object] = {"after": list(STOP_FIRES)}
LOST, NEVER_SENT = {"kind": "executed_cut"}, {"kind": "refused_cut"}

SCENES = (
    Scene("stop first", ended("CLOSED_ELSEWHERE", 0, 70, sent=1), (LOST | FIRST,), FULL, stop="30"),
    Scene("stop last", ended("CLOSED_FLAT", 0, 100, sent=1), (LOST | LAST,), FULL, stop="30"),
    Scene("stop and half", ended("REDUCED", 20, 50, sent=1), (LOST | FIRST,), stop="30"),
    Scene("half and stop", ended("REDUCED", 20, 50, sent=1), (LOST | LAST,), stop="30"),
    Scene("stop alone", ended("CLOSED_FLAT", 0, 70, sent=2), (NEVER_SENT | FIRST,), FULL, stop="30"),
    Scene("stop for all", ended("CLOSED_ELSEWHERE", 0, sent=1), (NEVER_SENT | FIRST,), FULL, stop="100"),
)
DISORDER = (
    {"kind": "reorder", "event": "ALGO_UPDATE", "place": "behind", "other": "ORDER_TRADE_UPDATE:TRADE"},
    {"kind": "reorder", "event": "ACCOUNT_UPDATE", "place": "ahead", "other": "ORDER_TRADE_UPDATE:TRADE"},
    {"kind": "duplicate", "event": "ORDER_TRADE_UPDATE:TRADE"},
    {"kind": "delay", "event": "ALGO_UPDATE", "delay_ms": 300},
)


@pytest.fixture
async def stream_lab(temporal: Client, redis: Redis) -> AsyncIterator[Lab]:
    """Harvest live with a user stream that is connected."""
    async with Lab(temporal, redis, user_stream=True) as running:
        await running.stream_connected()
        yield running


async def test_what_the_stop_took_is_not_ours_and_what_we_took_is(stream_lab: Lab) -> None:
    for fault in DISORDER:
        await stream_lab.call("POST", "/sim/stream_faults", times=-1, **fault)

    assert await play(stream_lab, *SCENES) == expected(*SCENES)

    injected = (await stream_lab.call("GET", "/sim/faults"))["stream_injected"]
    assert {row["kind"] for row in injected} == {fault["kind"] for fault in DISORDER}
