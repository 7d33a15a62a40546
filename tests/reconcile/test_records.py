"""A position without a record gets one, and a record that differs is repaired towards the exchange, fact by fact."""

from datetime import timedelta
from decimal import Decimal

import pytest

from contracts.names import STREAM_RECONCILE_EVENTS, key_open_positions, key_position, key_position_state
from tests.reconcile.desk import ETH, LEDGER, POSITION, SNAPSHOT, SOL, STATE, Desk

PLAN = {"stop_loss": "140", "take_profit": "170", "plan_id": "p-1", "created_at": "1769384278", "atr_value": "1.5"}
ZERO = Decimal(0)


async def test_r57_an_unknown_position_is_adopted_and_not_closed(desk: Desk) -> None:
    await desk.open(SOL, "SHORT", "10")

    report = await desk.reconcile()

    assert (report.adopted, report.positions) == (3, 1)
    assert await desk.position(SOL) == -10
    entry, leverage = await desk.facts()
    position = await desk.record(POSITION)
    assert {name: position[name] for name in ("symbol", "side", "quantity", "entry_price", "leverage")} == {
        "symbol": SOL, "side": "SHORT", "quantity": "-10.00", "entry_price": entry, "leverage": leverage,
    }  # fmt: skip
    assert (position["risk_missing"], position["source"]) == ("1", "harvest_reconcile")
    assert "stop_loss" not in position
    assert (await desk.record(STATE))["position_amt"] == "-10.00"
    assert (await desk.record(LEDGER))["ledger_amt"] == "-10.00"
    assert await desk.record(SNAPSHOT) == {}
    assert await desk.told() == [
        ("AUTO_REPAIR", SOL, "position", "position_without_record"),
        ("LEDGER_INIT", SOL, "ledger", "position_without_record"),
    ]


async def test_r84_an_adopted_position_is_as_old_as_its_opening_fill(desk: Desk) -> None:
    await desk.open(SOL, "LONG", "10")
    assert desk.exchange is not None
    opened = (await desk.exchange.recent_trades(SOL))[0].time_ms
    await desk.call("POST", "/sim/advance", ms=3_600_000)
    await desk.exchange.exchange_time_ms()
    await desk.open(SOL, "LONG", "1")

    await desk.reconcile()

    assert (await desk.record(POSITION))["created_at"] == str(opened // 1000)


async def test_repeated_runs_are_silent_and_keep_the_canonical_record_fresh(desk: Desk) -> None:
    await desk.open(SOL, "LONG", "10")
    await desk.reconcile()
    told, position = await desk.told(), await desk.record(POSITION)
    await desk.call("POST", "/sim/price", symbol=SOL, price="155")

    for _ in range(3):
        report = await desk.reconcile()

    assert (report.adopted, report.repaired, report.purged, report.waiting) == (0, 0, 0, 0)
    assert await desk.told() == told
    assert await desk.record(POSITION) == position
    assert Decimal((await desk.record(STATE))["mark_price"]) == 155


@pytest.mark.parametrize(("side", "said", "true"), [("LONG", "25", "10.00"), ("SHORT", "-4", "-10.00")])
async def test_drift_is_repaired_with_its_sign_and_the_plan_of_the_position_stays(
    desk: Desk, side: str, said: str, true: str
) -> None:
    await desk.open(SOL, side, "10")
    plan = PLAN if side == "LONG" else PLAN | {"stop_loss": "160", "take_profit": "130"}
    await desk.true_position(side, said, **plan, note="of another service")
    await desk.put(SNAPSHOT, SOL, position_amt=said, side=side, entry_price="150")

    report = await desk.reconcile()

    record = await desk.record(POSITION)
    assert report.repaired == 2
    assert (record["quantity"], record["side"], record["note"]) == (true, side, "of another service")
    assert {name: record[name] for name in plan} == plan
    assert (await desk.record(SNAPSHOT))["position_amt"] == true
    assert ("AUTO_REPAIR", SOL, "position", "record_differs_from_exchange") in await desk.told()


async def test_r39_a_record_without_sign_is_true_by_its_side_and_one_that_lost_its_sign_is_not(desk: Desk) -> None:
    await desk.open(SOL, "SHORT", "10")
    await desk.true_position("SELL", "10")
    await desk.put(LEDGER, SOL, ledger_amt="10", ledger_side="SHORT", entry_price=(await desk.facts())[0])

    await desk.reconcile()

    assert (await desk.record(POSITION))["quantity"] == "10"
    assert (await desk.record(POSITION))["side"] == "SELL"
    assert (await desk.record(LEDGER))["ledger_amt"] == "-10.00"


@pytest.mark.parametrize("before", [{"side": "SHORT", "quantity": "-10"}, {"side": "LONG", "entry_price": "120"}])
async def test_the_stop_of_another_position_does_not_survive_into_this_one(desk: Desk, before: dict[str, str]) -> None:
    await desk.open(SOL, "LONG", "10")
    await desk.true_position("LONG", "10", **PLAN, note="of another service")
    await desk.put(POSITION, SOL, **before)

    await desk.reconcile()

    record = await desk.record(POSITION)
    assert (record["side"], record["quantity"], record["risk_missing"]) == ("LONG", "10.00", "1")
    assert record["entry_price"] == (await desk.facts())[0]
    assert set(PLAN) & set(record) == set()
    assert record["note"] == "of another service"
    (event,) = [each for each in await desk.stream(STREAM_RECONCILE_EVENTS) if each["record"] == "position"]
    assert event["reason"] == "record_of_another_position"
    assert set(event["dropped"].split(",")) == set(PLAN)


async def test_r43_an_entry_price_of_zero_is_set_right_and_a_stop_that_protects_stays(desk: Desk) -> None:
    await desk.open(SOL, "LONG", "10")
    await desk.true_position("LONG", "10", **PLAN)
    await desk.put(POSITION, SOL, entry_price="0")

    await desk.reconcile()

    record = await desk.record(POSITION)
    assert (record["entry_price"], record["stop_loss"]) == ((await desk.facts())[0], "140")


@pytest.mark.parametrize("quantity", ["", "abc", "NaN", "1e999999", "ten"])
async def test_numbers_that_are_none_are_repaired(desk: Desk, quantity: str) -> None:
    await desk.open(SOL, "LONG", "10")
    await desk.true_position("LONG", quantity, **PLAN)

    assert (await desk.reconcile()).repaired == 1
    assert (await desk.record(POSITION))["quantity"] == "10.00"


async def test_a_position_that_changes_between_the_looks_waits_for_the_next_run(desk: Desk) -> None:
    await desk.open(SOL, "LONG", "10")
    await desk.true_position("LONG", "25")
    run = await desk.begin(pause=timedelta(seconds=2))
    await desk.looked(run)

    await desk.open(SOL, "LONG", "1")

    assert (await run.result()).repaired == 0
    assert (await desk.record(POSITION))["quantity"] == "25"


async def test_hedge_a_record_is_measured_by_the_side_it_names(hedge_desk: Desk) -> None:
    desk = hedge_desk
    await desk.open(SOL, "LONG", "10")
    await desk.open(SOL, "SHORT", "4")
    await desk.open(ETH, "SHORT", "2")
    await desk.put(POSITION, SOL, symbol=SOL, side="SHORT", quantity="4", entry_price="1", stop_loss="160")

    report = await desk.reconcile()

    assert report.positions == 3
    record = await desk.record(POSITION)
    assert (record["side"], record["quantity"]) == ("SHORT", "-4.00")
    assert (await desk.record(STATE))["position_amt"] == "10.00"  # room for one: the larger
    counted = await desk.redis.hgetall(key_open_positions(desk.account))
    assert counted == {b"SOLUSDT:LONG": b"10.00", b"SOLUSDT:SHORT": b"-4.00", b"ETHUSDT:SHORT": b"-2.000"}


async def test_hedge_when_its_side_is_gone_the_record_goes_over_to_the_other_one(hedge_desk: Desk) -> None:
    desk = hedge_desk
    await desk.open(SOL, "LONG", "10")
    await desk.put(POSITION, SOL, symbol=SOL, side="SHORT", quantity="-4", entry_price="150", stop_loss="160")

    await desk.reconcile()

    record = await desk.record(POSITION)
    assert (record["side"], record["quantity"], record.get("stop_loss")) == ("LONG", "10.00", None)


async def test_r30_a_key_of_another_type_is_left_alone_told_once_and_breaks_nothing(desk: Desk) -> None:
    await desk.redis.set(key_position(SOL), "claimed")
    await desk.redis.lpush(key_position_state(ETH), "x")
    await desk.open(SOL, "LONG", "10")
    await desk.open(ETH, "LONG", "1")

    for _ in range(3):
        await desk.reconcile()

    assert await desk.redis.get(key_position(SOL)) == b"claimed"
    assert await desk.redis.lrange(key_position_state(ETH), 0, -1) == [b"x"]
    assert (await desk.record(LEDGER))["ledger_amt"] == "10.00"
    manual = [each for each in await desk.told() if each[0] == "MANUAL_REQUIRED"]
    assert sorted(manual) == [
        ("MANUAL_REQUIRED", ETH, "state", "wrong_type"),
        ("MANUAL_REQUIRED", SOL, "position", "wrong_type"),
    ]


async def test_r32_positions_are_counted_at_the_exchange_whatever_keys_there_are(desk: Desk) -> None:
    await desk.open(SOL, "LONG", "10")
    for symbol in ("NOSUCHUSDT", "claim:SOLUSDT", "GONEUSDT"):
        await desk.put(POSITION, symbol, side="LONG", quantity="1")

    report = await desk.reconcile()

    assert report.positions == 1
    assert await desk.redis.hlen(key_open_positions(desk.account)) == 1
    assert await desk.record(POSITION, "NOSUCHUSDT") != {}


async def test_the_canonical_record_follows_a_close_of_ours_at_once(desk: Desk) -> None:
    await desk.open(SOL, "SHORT", "10")
    await desk.reconcile()

    await desk.close(SOL, "PARTIAL_CLOSE", percentage="0.25")
    state = await desk.record(STATE)
    assert (Decimal(state["position_amt"]), Decimal(state["quantity"])) == (Decimal("-7.5"), Decimal("-7.5"))

    await desk.close(SOL)
    assert await desk.record(STATE) == {}
    assert await desk.redis.hlen(key_open_positions(desk.account)) == 0


async def test_the_same_untruth_again_is_repaired_again_and_told_once(desk: Desk) -> None:
    await desk.open(SOL, "LONG", "10")
    await desk.reconcile()
    before = len(await desk.told())

    for _ in range(3):
        await desk.put(LEDGER, SOL, qty="25")
        assert (await desk.reconcile()).repaired == 1
    assert len(await desk.told()) == before + 1
    assert (await desk.record(LEDGER))["qty"] == "10.00"

    await desk.put(LEDGER, SOL, qty="26")
    await desk.reconcile()
    assert len(await desk.told()) == before + 2
