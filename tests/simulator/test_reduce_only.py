"""What may only reduce: it never opens, never flips, and makes room when there is less to reduce."""

from decimal import Decimal

from simulator import SimulatorConfig
from tests.simulator.client import ORDER, Client
from tests.simulator.conftest import Started


async def status(client: Client, name: str) -> object:
    return (await client.get(ORDER, symbol="ETHUSDT", origClientOrderId=name)).row["status"]


async def test_resting_orders_expire_when_the_position_is_gone_the_last_in_line_first(client: Client) -> None:
    await client.hold("ETHUSDT", "LONG", "3")
    for name, price in (("far", "2700.00"), ("near", "2600.00"), ("middle", "2650.00")):
        await client.limit("ETHUSDT", "SELL", "1.000", price, reduceOnly="true", newClientOrderId=name)
    seen = []
    for _ in range(3):
        await client.order("ETHUSDT", "SELL", "1.000", reduceOnly="true")
        seen.append([await status(client, name) for name in ("near", "middle", "far")])
    assert seen == [["NEW", "NEW", "EXPIRED"], ["NEW", "EXPIRED", "EXPIRED"], ["EXPIRED", "EXPIRED", "EXPIRED"]]
    order = client.simulator.gateway.exchange.engine.orders.by_client_id("ETHUSDT", "near")
    assert order is not None
    assert order.expire_reason == 4


async def test_an_order_that_is_larger_than_what_is_left_rests_and_is_cut_when_it_executes(client: Client) -> None:
    await client.hold("ETHUSDT", "LONG", "2")
    await client.limit("ETHUSDT", "SELL", "2.000", "2600.00", reduceOnly="true", newClientOrderId="tp")
    await client.order("ETHUSDT", "SELL", "1.500", reduceOnly="true")
    assert await status(client, "tp") == "NEW"
    await client.sim("POST", "price", symbol="ETHUSDT", price="2700")
    row = (await client.get(ORDER, symbol="ETHUSDT", origClientOrderId="tp")).row
    assert (row["status"], row["executedQty"]) == ("EXPIRED", "0.500")
    assert await client.position("ETHUSDT") == []


async def test_a_better_price_knocks_out_what_can_no_longer_execute(client: Client) -> None:
    await client.hold("ETHUSDT", "LONG", "1")
    tp = {"reduceOnly": "true"}
    await client.limit("ETHUSDT", "SELL", "1.000", "2600.00", newClientOrderId="first", **tp)
    assert (await client.limit("ETHUSDT", "SELL", "0.100", "2650.00", **tp)).code == -2022
    assert (await client.limit("ETHUSDT", "SELL", "1.000", "2600.00", **tp)).code == -2022
    await client.limit("ETHUSDT", "SELL", "1.000", "2590.00", newClientOrderId="better", **tp)
    assert [await status(client, name) for name in ("first", "better")] == ["EXPIRED", "NEW"]


async def test_orders_that_may_open_stay(client: Client) -> None:
    await client.hold("ETHUSDT", "LONG", "1")
    await client.limit("ETHUSDT", "SELL", "1.000", "2600.00", newClientOrderId="opens")
    await client.order("ETHUSDT", "SELL", "1.000", reduceOnly="true")
    assert await status(client, "opens") == "NEW"


async def test_orphans_can_be_kept(started: Started) -> None:
    client = await started(SimulatorConfig(keep_reduce_only_orphans=True))
    await client.hold("ETHUSDT", "LONG", "1")
    await client.limit("ETHUSDT", "SELL", "1.000", "2600.00", reduceOnly="true", newClientOrderId="tp")
    await client.order("ETHUSDT", "SELL", "1.000", reduceOnly="true")
    assert await status(client, "tp") == "NEW"
    await client.sim("POST", "price", symbol="ETHUSDT", price="2700")
    assert await status(client, "tp") == "EXPIRED"


async def test_hedge_closes_make_room_too(hedged: Client) -> None:
    await hedged.hold("ETHUSDT", "LONG", "1")
    await hedged.hold("ETHUSDT", "SHORT", "1")
    await hedged.limit("ETHUSDT", "SELL", "1.000", "2600.00", positionSide="LONG", newClientOrderId="tp")
    await hedged.limit("ETHUSDT", "BUY", "1.000", "2400.00", positionSide="SHORT", newClientOrderId="other")
    await hedged.hold("ETHUSDT", "LONG", "-1")
    assert [await status(hedged, name) for name in ("tp", "other")] == ["EXPIRED", "NEW"]


async def test_what_rests_beside_a_close_must_not_need_margin_that_is_not_there(started: Started) -> None:
    client = await started(SimulatorConfig(balance=Decimal(150)))
    await client.hold("ETHUSDT", "LONG", "1")  # binds 125 of 150
    await client.limit("ETHUSDT", "SELL", "1.000", "2600.00", newClientOrderId="opens")
    assert (await client.order("ETHUSDT", "SELL", "1.000", reduceOnly="true")).code == -4118
    await client.call("DELETE", ORDER, symbol="ETHUSDT", origClientOrderId="opens")
    assert (await client.order("ETHUSDT", "SELL", "1.000", reduceOnly="true")).row["status"] == "FILLED"
