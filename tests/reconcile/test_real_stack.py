"""The worker as a process of its own: its schedule keeps records true, and it reads the reconciler's stream."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from contracts.names import key_position_ledger
from harvest.stack import Stack, StackConfig
from tests.bridge.servers import eventually
from tests.faults.outside import Outside
from tests.reconcile.test_reconcile_close import BTC, add, composed, handed_on


@pytest.fixture
async def outside(tmp_path: Path) -> AsyncIterator[Outside]:
    """A whole stack."""
    config = StackConfig(tmp_path, worker_settings={"HARVEST_RECONCILE": "true", "HARVEST_RECV_WINDOW_MS": "1000"})
    async with Stack(config) as stack, await Outside.of(stack) as running:
        yield running


async def test_a_worker_adopts_what_it_finds_and_carries_out_what_is_too_much(outside: Outside) -> None:
    await outside.open(BTC, "LONG", "0.1")
    await add(outside, composed())
    (decision,) = await handed_on(outside, 1)

    assert (await outside.result(decision))["outcome"] == "REDUCED"

    async def adopted() -> bool:
        raw = await outside.redis.hget(key_position_ledger(BTC), "ledger_amt")
        return raw == b"0.038"

    await eventually(adopted, seconds=100)
