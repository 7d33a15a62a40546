"""A decision starts its symbol's close once; what comes meanwhile joins it; only then is it acknowledged."""

import asyncio
from contextlib import suppress

from opentelemetry import trace
from redis.asyncio import Redis
from temporalio.service import RPCError

from contracts import search
from contracts.intent import CloseIntent
from contracts.names import STREAM_INTENT
from contracts.wire_out import trace_id_of
from tests.bridge.rig import Rig
from tests.bridge.servers import eventually
from tests.bridge.stub_close import StubClose
from tests.contracts.test_wire_in import AUTONOMOUS_EXIT, TRACEPARENT


async def test_the_original_event_starts_a_close(rig: Rig) -> None:
    fields = {name: value for name, value in AUTONOMOUS_EXIT.items() if name != "timestamp"}
    entry_id = await rig.add(fields)
    rig.run()
    await rig.settled()

    handle = rig.handle("AEVOUSDT")
    (intent,) = await handle.query(StubClose.intents)
    assert (intent.entry_id, intent.symbol, intent.action) == (entry_id, "AEVOUSDT", "CLOSE")
    assert not intent.stale

    description = await handle.describe()
    assert description.typed_search_attributes[search.SYMBOL] == "AEVOUSDT"
    assert description.typed_search_attributes[search.ACCOUNT] == rig.name
    assert await description.static_summary() == "CLOSE 100 % AEVOUSDT - emergency_stop_loss (R=-2.21)"
    assert description.raw_description.workflow_execution_info.priority.priority_key == 1
    assert description.raw_description.execution_config.default_workflow_task_timeout.seconds == 2
    assert (rig.bridge.stats.started, rig.bridge.stats.joined) == (1, 0)


async def test_a_repeat_joins_the_running_close(rig: Rig) -> None:
    """R01: the same exit came every 30 s until the position was gone."""
    ids = [await rig.add(reason=f"repeat {number}") for number in range(5)]
    rig.run()
    await rig.settled()
    intents = await rig.handle().query(StubClose.intents)
    assert [intent.entry_id for intent in intents] == ids
    assert (rig.bridge.stats.started, rig.bridge.stats.joined) == (1, 4)


async def test_after_the_close_ended_the_next_decision_starts_anew(rig: Rig) -> None:
    await rig.add()
    rig.run()
    await rig.settled()
    await rig.handle().signal(StubClose.release)
    assert len(await rig.handle().result()) == 1
    second = await rig.add()
    await rig.settled()
    (intent,) = await rig.handle().query(StubClose.intents)
    assert intent.entry_id == second
    assert (rig.bridge.stats.started, rig.bridge.stats.joined) == (2, 0)


async def test_closes_that_end_while_repeats_arrive_lose_none(rig: Rig) -> None:
    """The close may end between our refused start and our signal."""
    releasing = asyncio.create_task(_release_for_ever(rig))
    rig.run()
    ids = [await rig.add(reason=f"repeat {number}") for number in range(30)]
    await rig.settled()
    releasing.cancel()
    with suppress(RPCError):
        await rig.handle().signal(StubClose.release)
    assert {intent.entry_id for intent in await eventually(lambda: _all_intents(rig))} == set(ids)
    assert rig.bridge.stats.started + rig.bridge.stats.joined == 30
    assert rig.bridge.stats.started > 1


async def _release_for_ever(rig: Rig) -> None:
    while True:
        with suppress(RPCError):
            await rig.handle().signal(StubClose.release)
        await asyncio.sleep(0.02)


async def _all_intents(rig: Rig) -> list[CloseIntent]:
    """What all runs were given, once all of them are listed as completed."""
    query = f"HarvestAccount = '{rig.name}' AND ExecutionStatus = 'Completed'"
    if (await rig.client.count_workflows(query)).count < rig.bridge.stats.started:
        return []
    intents: list[CloseIntent] = []
    async for execution in rig.client.list_workflows(query):
        run = rig.client.get_workflow_handle(execution.id, run_id=execution.run_id)
        intents += await run.query(StubClose.intents)
    return intents


async def test_a_decision_for_another_account_goes_its_way_to_be_refused_there(rig: Rig) -> None:
    """Lost here it would be answered by nobody; the close's guard blocks it and says so."""
    foreign = await rig.add(account="elsewhere")
    ours = await rig.add(account=rig.name)
    rig.run()
    await rig.settled()
    intents = await rig.handle().query(StubClose.intents)
    assert [(intent.entry_id, intent.account) for intent in intents] == [(foreign, "elsewhere"), (ours, rig.name)]


async def test_symbols_do_not_wait_for_each_other(rig: Rig) -> None:
    symbols = [f"SYM{number}USDT" for number in range(60)]
    for symbol in symbols:
        await rig.add(symbol=symbol)
    rig.run()
    await rig.settled()
    assert rig.bridge.stats.started == 60


async def test_the_producers_trace_goes_on(rig: Rig) -> None:
    await rig.add(traceparent=TRACEPARENT)
    await rig.add(symbol="BTCUSDT")
    rig.run()
    await rig.settled()
    (with_parent,) = await rig.handle().query(StubClose.intents)
    (without,) = await rig.handle("BTCUSDT").query(StubClose.intents)
    assert trace_id_of(with_parent.traceparent) == trace_id_of(TRACEPARENT)
    assert with_parent.traceparent != TRACEPARENT  # the bridge's own span is the parent of the close
    assert len(trace_id_of(without.traceparent)) == 32
    assert not trace.get_current_span().get_span_context().is_valid


async def test_an_entry_that_was_trimmed_while_pending_is_reported(rig: Rig, redis: Redis) -> None:
    await rig.bridge._reader.ensure_group()
    entry_id = await rig.add()
    await redis.xreadgroup("harvest_bridge", rig.settings.consumer, {STREAM_INTENT: ">"})
    await redis.xdel(STREAM_INTENT, entry_id)
    rig.run()
    await eventually(lambda: _dead(rig))
    assert await rig.pending() == 0


async def _dead(rig: Rig) -> int:
    return rig.bridge.stats.dead
