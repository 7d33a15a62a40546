"""What reconciling does not do: anything in shadow mode, for another account, or without one of its two sides."""

from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from redis.asyncio import Redis
from temporalio.client import Client, WorkflowFailureError
from temporalio.exceptions import ApplicationError

from contracts.names import KEY_RECORDS_OWNER, RECONCILE_WORKFLOW, STREAM_RECONCILE_EVENTS
from contracts.reconcile import ReconcileRequest
from tests.bridge.servers import RedisServer
from tests.reconcile.desk import LEDGER, POSITION, SOL, STATE, Desk
from tests.reconcile.test_orphans import names
from tests.stops.stage import others_stop


async def why(desk: Desk) -> ApplicationError:
    """Why a run fails."""
    with pytest.raises(WorkflowFailureError) as failed:
        await desk.reconcile()
    return cast("ApplicationError", failed.value.cause)


async def test_shadow_tells_once_what_it_would_do_and_changes_nothing(shadow_desk: Desk) -> None:
    desk = shadow_desk
    await desk.open(SOL, "LONG", "10")
    await others_stop(desk, "140", "10")
    await desk.open(SOL, "LONG", "-10")
    await desk.put(POSITION, SOL, side="LONG", quantity="10", stop_loss="140")
    await desk.put(LEDGER, "ETHUSDT", ledger_amt="5")
    await desk.open("ETHUSDT", "LONG", "1")
    await desk.call("POST", "/sim/advance", ms=60_000)
    assert desk.exchange is not None
    await desk.exchange.exchange_time_ms()
    before = await records(desk)

    for _ in range(3):
        report = await desk.reconcile()

    assert (report.shadow, report.purged, report.stops_cancelled, report.adopted) == (True, 1, 1, 2)
    assert sorted(await desk.told()) == [
        ("AUTO_REPAIR", "ETHUSDT", "ledger", "record_differs_from_exchange"),
        ("AUTO_REPAIR", "ETHUSDT", "position", "position_without_record"),
        ("AUTO_REPAIR", SOL, "stop", "orphaned_stop"),
        ("GHOST_PURGE", SOL, "position", "no_position_at_exchange"),
    ]
    assert {each["dry_run"] for each in await desk.stream(STREAM_RECONCILE_EVENTS)} == {"true"}
    assert await desk.record(POSITION) == {"side": "LONG", "quantity": "10", "stop_loss": "140"}
    assert await desk.record(LEDGER, "ETHUSDT") == {"ledger_amt": "5"}
    assert await names(desk) == {"web-140"}
    assert await records(desk) == before


async def records(desk: Desk) -> set[bytes]:
    """Keys of everything that looks like a record or belongs to their keeper."""
    patterns = ("quantum:position*", "quantum:state*", "quantum:harvest:positions*", KEY_RECORDS_OWNER)
    found: list[bytes] = []
    for pattern in patterns:
        found += cast("list[bytes]", await desk.redis.keys(pattern))
    return set(found)


async def test_r63_records_of_another_account_are_left_alone_loudly(desk: Desk) -> None:
    await desk.redis.set(KEY_RECORDS_OWNER, "live:somebody")
    await desk.put(POSITION, SOL, side="LONG", quantity="10")
    await desk.open("ETHUSDT", "LONG", "1")

    failed = await why(desk)

    assert "belong to live:somebody" in str(failed)
    assert KEY_RECORDS_OWNER in str(failed)
    assert await desk.record(POSITION) == {"side": "LONG", "quantity": "10"}
    assert await desk.record(STATE, "ETHUSDT") == {}
    await desk.close("ETHUSDT")  # closes go on


async def test_the_first_account_that_repairs_keeps_them(desk: Desk) -> None:
    await desk.reconcile()
    assert await desk.redis.get(KEY_RECORDS_OWNER) == f"simulator:{desk.account}".encode()


async def test_a_worker_of_another_account_does_not_compare(desk: Desk) -> None:
    request = ReconcileRequest(account="somebody-else")

    with pytest.raises(WorkflowFailureError) as failed:
        await desk.client.execute_workflow(
            RECONCILE_WORKFLOW, request, id=f"another-{desk.account}", task_queue=desk.account
        )

    assert f"for account {desk.account}, not somebody-else" in str(failed.value.cause)
    assert await desk.redis.get(KEY_RECORDS_OWNER) is None


async def test_without_redis_the_run_fails_and_nothing_is_cancelled(temporal: Client, tmp_path: Path) -> None:
    server = RedisServer(tmp_path)
    server.start()
    redis: Redis = Redis.from_url(server.url)
    try:
        async with Desk(temporal, redis) as desk:
            await desk.open(SOL, "LONG", "10")
            await others_stop(desk, "140", "10")
            await desk.open(SOL, "LONG", "-10")
            run = await desk.begin(pause=timedelta(seconds=2))
            await desk.looked(run)

            server.kill()

            with pytest.raises(WorkflowFailureError) as failed:
                await run.result()
            assert "redis" in str(failed.value.cause)
            assert await names(desk) == {"web-140"}
            server.start()
    finally:
        await redis.aclose()
        server.kill()
