"""Stops whose position is gone are cancelled after two looks; nothing else is."""

from datetime import timedelta
from typing import Any

from contracts.reconcile import StopsOf
from tests.reconcile.desk import SOL, Desk
from tests.stops.stage import orders, others_stop

STOP = {"symbol": SOL, "type": "STOP_MARKET", "workingType": "MARK_PRICE"}


async def place(desk: Desk, **fields: Any) -> None:
    """Somebody's conditional order."""
    assert desk.exchange is not None
    await desk.exchange._client.futures_create_algo_order(**STOP | fields)


async def names(desk: Desk) -> set[str]:
    """What rests."""
    return {order.client_algo_id for order in await orders(desk)}


async def test_r56_an_orphaned_stop_is_cancelled_and_told(desk: Desk) -> None:
    await desk.open(SOL, "LONG", "10")
    await others_stop(desk, "140", "10")
    await desk.open(SOL, "LONG", "-10")

    report = await desk.reconcile()

    assert report.stops_cancelled == 1
    assert await names(desk) == set()
    assert ("AUTO_REPAIR", SOL, "stop", "orphaned_stop") in await desk.told()


async def test_the_stop_of_an_open_position_stays(desk: Desk) -> None:
    await desk.open(SOL, "LONG", "10")
    await others_stop(desk, "140", "10")

    assert (await desk.reconcile()).stops_cancelled == 0
    assert await names(desk) == {"web-140"}


async def test_r56_an_order_that_would_open_is_never_touched(desk: Desk) -> None:
    await place(desk, side="BUY", triggerPrice="170", quantity="1", clientAlgoId="entry")

    assert (await desk.reconcile()).stops_cancelled == 0
    assert await names(desk) == {"entry"}


async def test_a_stop_that_was_placed_ahead_of_its_entry_stays(desk: Desk) -> None:
    await place(desk, side="BUY", triggerPrice="170", quantity="1", clientAlgoId="entry")
    await place(desk, side="SELL", triggerPrice="140", quantity="1", reduceOnly="true", clientAlgoId="its-stop")
    await place(desk, side="BUY", triggerPrice="175", quantity="1", reduceOnly="true", clientAlgoId="of-a-short")

    assert (await desk.reconcile()).stops_cancelled == 1
    assert await names(desk) == {"entry", "its-stop"}


async def test_a_stop_whose_entry_rests_in_the_book_stays(desk: Desk) -> None:
    assert desk.exchange is not None
    await desk.exchange._client.futures_create_order(
        symbol=SOL, side="BUY", type="LIMIT", timeInForce="GTC", price="100", quantity="1"
    )
    await place(desk, side="SELL", triggerPrice="90", quantity="1", reduceOnly="true", clientAlgoId="its-stop")

    report = await desk.reconcile()

    assert (report.stops_cancelled, report.waiting) == (0, 1)
    assert await names(desk) == {"its-stop"}


async def test_a_position_that_is_opened_between_the_looks_keeps_its_stop(desk: Desk) -> None:
    await place(desk, side="SELL", triggerPrice="140", quantity="10", reduceOnly="true", clientAlgoId="early")
    run = await desk.begin(pause=timedelta(seconds=2))
    await desk.looked(run)

    await desk.open(SOL, "LONG", "10")

    assert (await run.result()).stops_cancelled == 0
    assert await names(desk) == {"early"}


async def test_hedge_each_side_has_its_own_stops(hedge_desk: Desk) -> None:
    desk = hedge_desk
    await desk.open(SOL, "LONG", "10")
    await place(desk, side="SELL", positionSide="LONG", triggerPrice="140", quantity="10", clientAlgoId="of-the-long")
    await place(desk, side="BUY", positionSide="SHORT", triggerPrice="170", quantity="4", clientAlgoId="of-the-short")

    assert (await desk.reconcile()).stops_cancelled == 1
    assert await names(desk) == {"of-the-long"}


async def test_hedge_an_entry_of_the_side_is_awaited(hedge_desk: Desk) -> None:
    desk = hedge_desk
    await place(desk, side="SELL", positionSide="SHORT", triggerPrice="140", quantity="4", clientAlgoId="entry")
    await place(desk, side="BUY", positionSide="SHORT", triggerPrice="170", quantity="4", clientAlgoId="its-stop")

    assert (await desk.reconcile()).stops_cancelled == 0
    assert await names(desk) == {"entry", "its-stop"}


async def test_while_conditional_orders_cannot_be_listed_records_are_still_put_right(desk: Desk) -> None:
    await desk.fault("error", call="GET /fapi/v1/openAlgoOrders", code=-1001, status=503, times=-1)
    await desk.open(SOL, "LONG", "10")

    report = await desk.reconcile()

    assert report.adopted == 3  # one of each kind of record
    assert any("orphaned stops not looked for" in line for line in report.lines)


async def test_where_only_our_own_are_cancelled_others_stay(desk: Desk) -> None:
    await place(desk, side="SELL", triggerPrice="140", quantity="10", reduceOnly="true", clientAlgoId="web")
    await place(desk, side="SELL", triggerPrice="141", quantity="10", reduceOnly="true", clientAlgoId="hs-abcdefg-1-1")

    assert (await desk.reconcile(stops=StopsOf.OWN)).stops_cancelled == 1
    assert await names(desk) == {"web"}
