"""A record without a position goes, but only when two clean reads of the exchange say so."""

from datetime import timedelta

import pytest
from temporalio.testing import ActivityEnvironment

from activities.reconcile import Keeper, Reconciler
from contracts.mode import Mode
from contracts.names import key_open_positions, key_position_claim
from contracts.reconcile import AccountView, ReconcileRequest, SettleRequest
from exchange.reconcile_reads import ReconcileReads
from tests.reconcile.desk import ETH, LEDGER, POSITION, SNAPSHOT, SOL, STATE, Desk
from tests.stops.stage import orders, others_stop

GHOST = {"symbol": SOL, "side": "LONG", "quantity": "10", "entry_price": "150", "stop_loss": "140", "created_at": "1"}
POSITIONS = "GET /fapi/v3/positionRisk"
ACCOUNT = "GET /fapi/v3/account"
LONG_ENOUGH = timedelta(seconds=2)


async def flat(desk: Desk) -> None:
    """Once there was a position, long ago by the exchange's clock."""
    await desk.open(SOL, "LONG", "10")
    await desk.open(SOL, "LONG", "-10")
    await desk.call("POST", "/sim/advance", ms=60_000)
    assert desk.exchange is not None
    await desk.exchange.exchange_time_ms()


async def test_r32_r33_ghosts_of_every_kind_go_and_what_is_true_stays(desk: Desk) -> None:
    await flat(desk)
    await desk.open(ETH, "SHORT", "2")
    await desk.put(POSITION, SOL, **GHOST)
    await desk.put(STATE, SOL, side="LONG", quantity="10", position_amt="10", entry_price="150")
    await desk.put(LEDGER, SOL, ledger_amt="10", ledger_side="LONG", last_order_id="4711")
    await desk.put(SNAPSHOT, SOL, position_amt="10", side="LONG", entry_price="150")

    report = await desk.reconcile()

    assert (report.purged, report.positions) == (4, 1)
    assert [await desk.record(kind) for kind in (POSITION, STATE, LEDGER, SNAPSHOT)] == [{}, {}, {}, {}]
    assert (await desk.record(POSITION, ETH))["quantity"] == "-2.000"
    ghosts = [each for each in await desk.told() if each[1] == SOL]
    assert sorted(ghosts) == [
        ("GHOST_PURGE", SOL, kind, "no_position_at_exchange") for kind in ("ledger", "position", "snapshot")
    ]


async def test_r33_one_clean_read_removes_nothing(desk: Desk) -> None:
    """The run is cut between its two looks."""
    await desk.put(POSITION, SOL, **GHOST)
    run = await desk.begin(pause=timedelta(minutes=1))
    await desk.looked(run)

    await run.terminate("cut")

    assert await desk.record(POSITION) == GHOST
    assert await desk.told() == []


@pytest.mark.parametrize("call", [POSITIONS, ACCOUNT])
@pytest.mark.parametrize("kind", ["refused_503_unavailable", "empty_body", "truncated_body", "html_502"])
async def test_a_read_that_fails_removes_nothing_and_the_run_fails(desk: Desk, call: str, kind: str) -> None:
    await desk.put(POSITION, SOL, **GHOST)
    await desk.fault(kind, call=call, times=-1, skip=1)  # the first look succeeds

    run = await desk.begin()
    with pytest.raises(Exception, match="Workflow execution failed") as failed:
        await run.result()

    assert "ReconcileBlind" in repr(failed.value.__cause__)
    assert await desk.record(POSITION) == GHOST


async def test_a_read_that_lags_behind_the_opening_removes_nothing(desk: Desk) -> None:
    """The record is there, the position too, and one of the exchange's answers does not show it yet."""
    await desk.fault("read_lag", call=POSITIONS, delay_ms=5_000)
    await desk.open(SOL, "LONG", "10")
    await desk.put(POSITION, SOL, **GHOST)

    report = await desk.reconcile()

    assert report.purged == 0
    assert await desk.record(POSITION) == GHOST


class Lagging(ReconcileReads):
    """Both answers come from the time before anything was opened, which the simulator cannot play."""

    async def account_view(self) -> AccountView:
        """Nothing yet."""
        return AccountView()


async def test_answers_that_lag_together_are_found_out_by_the_trades(desk: Desk) -> None:
    """Neither the record goes nor the stop."""
    exchange = desk.exchange
    assert exchange is not None
    await desk.open(SOL, "LONG", "10")
    await others_stop(desk, "140", "10")
    await desk.put(POSITION, SOL, **GHOST)
    reads = Lagging(exchange._client, exchange._reads, exchange._catalogue)
    reconciler = Reconciler(exchange, reads, desk.redis, Keeper(desk.account, "simulator", Mode.LIVE, "build"))
    run = ActivityEnvironment().run

    look = await run(reconciler.compare_records, ReconcileRequest(account=desk.account))
    first = SettleRequest(account=desk.account, findings=look.findings, orphans=look.orphans)
    report = await run(reconciler.settle_records, first)

    assert ([each.finding for each in look.findings], len(look.orphans)) == (["ghost"], 1)
    assert (report.purged, report.stops_cancelled, report.waiting) == (0, 0, 2)
    assert await desk.record(POSITION) == GHOST
    assert len(await orders(desk)) == 1


async def test_a_position_that_is_opened_between_the_looks_is_no_ghost(desk: Desk) -> None:
    await flat(desk)
    await desk.put(POSITION, SOL, **GHOST)
    run = await desk.begin(pause=LONG_ENOUGH)
    await desk.looked(run)

    await desk.open(SOL, "LONG", "10")

    assert (await run.result()).purged == 0
    assert await desk.record(POSITION) == GHOST


async def test_a_record_that_is_written_between_the_looks_is_another_one(desk: Desk) -> None:
    await flat(desk)
    await desk.put(POSITION, SOL, **GHOST)
    run = await desk.begin(pause=LONG_ENOUGH)
    await desk.looked(run)

    await desk.put(POSITION, SOL, created_at="2")

    report = await run.result()
    assert (report.purged, report.waiting) == (0, 1)
    assert await desk.record(POSITION) == GHOST | {"created_at": "2"}


async def test_prices_and_times_make_no_other_record(desk: Desk) -> None:
    await flat(desk)
    await desk.put(POSITION, SOL, **GHOST)
    run = await desk.begin(pause=LONG_ENOUGH)
    await desk.looked(run)

    await desk.put(POSITION, SOL, sync_timestamp="1769384278", unrealized_pnl="-3.4")

    assert (await run.result()).purged == 1


async def test_what_an_entry_service_is_opening_right_now_is_left_alone(desk: Desk) -> None:
    await flat(desk)
    await desk.put(POSITION, SOL, **GHOST)
    await desk.redis.set(key_position_claim(SOL), "1", ex=30)

    report = await desk.reconcile()

    assert (report.purged, report.waiting) == (0, 1)
    assert await desk.record(POSITION) == GHOST


async def test_the_record_of_an_entry_that_still_rests_is_left_alone(desk: Desk) -> None:
    assert desk.exchange is not None
    await desk.put(POSITION, SOL, **GHOST)
    entry = {"symbol": SOL, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "price": "100", "quantity": "10"}
    await desk.exchange._client.futures_create_order(**entry)

    assert (await desk.reconcile()).purged == 0
    assert await desk.record(POSITION) == GHOST


async def test_ledger_and_snapshot_may_say_that_there_is_nothing(desk: Desk) -> None:
    await desk.put(LEDGER, SOL, ledger_amt="0", qty="0.0", last_order_id="4711")
    await desk.put(SNAPSHOT, SOL, position_amt="0", side="")

    assert (await desk.reconcile()).purged == 0
    assert (await desk.record(LEDGER))["last_order_id"] == "4711"


async def test_the_record_of_a_symbol_that_was_delisted_goes_as_well(desk: Desk) -> None:
    await desk.redis.hset(key_open_positions(desk.account), "GONEUSDT:LONG", "1")
    await desk.put(POSITION, "GONEUSDT", side="LONG", quantity="1", entry_price="3")

    assert (await desk.reconcile()).purged == 1
    assert await desk.record(POSITION, "GONEUSDT") == {}
