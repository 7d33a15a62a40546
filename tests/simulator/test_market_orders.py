"""Market orders: what they do to position, wallet and trades, to the last digit."""

from decimal import Decimal

from simulator import SimulatorConfig
from tests.simulator.client import ORDER, Client, Row
from tests.simulator.conftest import Started


async def trades(client: Client, symbol: str, **more: object) -> list[Row]:
    return (await client.get("/fapi/v1/userTrades", symbol=symbol, **more)).rows


async def wallet(client: Client) -> Decimal:
    return Decimal(str((await client.get("/fapi/v3/balance")).rows[0]["balance"]))


async def test_a_long_is_opened_and_closed_with_fee_and_profit(client: Client) -> None:
    before = await wallet(client)
    await client.order("ETHUSDT", "BUY", "2.000")  # mark 2500, ask 2500.25
    await client.sim("POST", "price", symbol="ETHUSDT", price="2600")  # bid 2599.74
    closed = await client.order("ETHUSDT", "SELL", "2.000", reduceOnly="true")
    assert (closed.row["status"], closed.row["executedQty"]) == ("FILLED", "2.000")
    opening, closing = await trades(client, "ETHUSDT")
    assert (opening["price"], opening["commission"], opening["realizedPnl"]) == ("2500.25", "2.50025", "0")
    assert (closing["price"], closing["commission"], closing["realizedPnl"]) == ("2599.74", "2.59974", "198.98")
    assert (closing["side"], closing["buyer"], closing["maker"]) == ("SELL", False, False)
    assert closing["orderId"] == closed.row["orderId"]
    assert await wallet(client) == before + Decimal("198.98") - Decimal("2.50025") - Decimal("2.59974")
    assert await client.position("ETHUSDT") == []


async def test_a_short_earns_when_the_price_falls(client: Client) -> None:
    await client.order("ETHUSDT", "SELL", "1.000")  # bid 2499.75
    await client.sim("POST", "price", symbol="ETHUSDT", price="2400")  # ask 2400.24
    await client.order("ETHUSDT", "BUY", "1.000", reduceOnly="true")
    assert (await trades(client, "ETHUSDT"))[-1]["realizedPnl"] == "99.51"
    assert await client.position("ETHUSDT") == []


async def test_adding_averages_the_entry_price_and_reducing_keeps_it(client: Client) -> None:
    await client.hold("ETHUSDT", "LONG", "1", entry_price="2000")
    await client.hold("ETHUSDT", "LONG", "3", entry_price="2400")
    await client.order("ETHUSDT", "SELL", "1.000", reduceOnly="true")
    row = (await client.get("/fapi/v3/positionRisk", symbol="ETHUSDT")).rows[0]
    assert (row["positionAmt"], row["entryPrice"]) == ("3.000", "2300")
    assert (await trades(client, "ETHUSDT"))[-1]["realizedPnl"] == "199.75"


async def test_without_reduce_only_a_one_way_order_flips_the_position(client: Client) -> None:
    await client.hold("ETHUSDT", "LONG", "1", entry_price="2400")
    await client.order("ETHUSDT", "SELL", "3.000")
    row = (await client.get("/fapi/v3/positionRisk", symbol="ETHUSDT")).rows[0]
    assert (row["positionAmt"], row["entryPrice"]) == ("-2.000", "2499.75")
    assert (await trades(client, "ETHUSDT"))[-1]["realizedPnl"] == "99.75"


async def test_hedge_mode_keeps_long_and_short_apart(hedged: Client) -> None:
    await hedged.order("ETHUSDT", "BUY", "2.000", positionSide="LONG")
    await hedged.order("ETHUSDT", "SELL", "1.000", positionSide="SHORT")
    assert await hedged.position("ETHUSDT") == [("LONG", "2.000"), ("SHORT", "-1.000")]
    await hedged.sim("POST", "price", symbol="ETHUSDT", price="2400")
    closed = await hedged.order("ETHUSDT", "BUY", "1.000", positionSide="SHORT")
    assert closed.row["status"] == "FILLED"
    assert (await trades(hedged, "ETHUSDT"))[-1]["realizedPnl"] == "99.51"
    assert await hedged.position("ETHUSDT") == [("LONG", "2.000")]


async def test_an_oversize_reduce_only_order_is_cut_to_the_position(client: Client) -> None:
    await client.hold("ETHUSDT", "LONG", "1")
    reply = await client.order("ETHUSDT", "SELL", "5.000", reduceOnly="true", newClientOrderId="big")
    assert (reply.row["status"], reply.row["executedQty"]) == ("EXPIRED", "1.000")
    assert await client.position("ETHUSDT") == []
    kept = client.simulator.gateway.exchange.engine.orders.by_client_id("ETHUSDT", "big")
    assert kept is not None
    assert kept.expire_reason == 4
    queried = await client.get(ORDER, symbol="ETHUSDT", origClientOrderId="big")
    assert (queried.row["status"], queried.row["executedQty"]) == ("EXPIRED", "1.000")


async def test_an_oversize_reduce_only_order_is_refused_when_so_configured(started: Started) -> None:
    client = await started(SimulatorConfig(oversize_reduce_only="refuse"))
    await client.hold("ETHUSDT", "LONG", "1")
    assert (await client.order("ETHUSDT", "SELL", "1.001", reduceOnly="true")).code == -2022
    assert (await client.order("ETHUSDT", "SELL", "1.000", reduceOnly="true")).status == 200


async def test_ack_looks_untouched_and_the_query_tells_the_truth(client: Client) -> None:
    reply = await client.order("ETHUSDT", "BUY", "1.000", newOrderRespType="ACK", newClientOrderId="a-1")
    assert (reply.row["status"], reply.row["executedQty"], reply.row["cumQty"]) == ("NEW", "0.000", "0.000")
    row = (await client.get(ORDER, symbol="ETHUSDT", origClientOrderId="a-1")).row
    assert (row["status"], row["executedQty"], row["avgPrice"]) == ("FILLED", "1.000", "2500.25000000")
    assert (row["cumQuote"], row["orderId"]) == ("2500.25", reply.row["orderId"])
    assert "cumQty" not in row


async def test_the_answer_to_an_order_has_neither_price_nor_quote(client: Client) -> None:
    row = (await client.order("ETHUSDT", "BUY", "1.000")).row
    assert not {"avgPrice", "cumQuote"} & set(row)


async def test_the_legacy_fields_can_be_had(started: Started) -> None:
    client = await started(SimulatorConfig(legacy_order_fields=True))
    row = (await client.order("ETHUSDT", "BUY", "1.000")).row
    assert (row["avgPrice"], row["cumQuote"]) == ("2500.25000000", "2500.25")


async def test_a_market_order_can_fill_in_slices_each_a_tick_worse(started: Started) -> None:
    client = await started(SimulatorConfig(fills_per_market_order=3))
    await client.order("ETHUSDT", "BUY", "1.000", newClientOrderId="s-1")
    rows = await trades(client, "ETHUSDT")
    assert [(row["qty"], row["price"]) for row in rows] == [
        ("0.333", "2500.25"),
        ("0.333", "2500.26"),
        ("0.334", "2500.27"),
    ]
    row = (await client.get(ORDER, symbol="ETHUSDT", origClientOrderId="s-1")).row
    assert (row["avgPrice"], row["cumQuote"]) == ("2500.26001000", "2500.26001")


async def test_slippage_makes_the_price_worse_on_both_sides(started: Started) -> None:
    client = await started(SimulatorConfig(half_spread_bps=Decimal(0), slippage_bps=Decimal(10)))
    await client.order("ETHUSDT", "BUY", "1.000")
    await client.order("ETHUSDT", "SELL", "1.000")
    assert [row["price"] for row in await trades(client, "ETHUSDT")] == ["2502.50", "2497.50"]


async def test_a_terminal_client_id_is_accepted_again_and_the_newest_is_found(client: Client) -> None:
    first = await client.order("ETHUSDT", "BUY", "1.000", newClientOrderId="same")
    second = await client.order("ETHUSDT", "BUY", "2.000", newClientOrderId="same")
    assert second.status == 200
    found = (await client.get(ORDER, symbol="ETHUSDT", origClientOrderId="same")).row
    assert found["orderId"] == second.row["orderId"] != first.row["orderId"]
    assert await client.position("ETHUSDT") == [("BOTH", "3.000")]


async def test_ids_grow_and_repeat_with_the_seed(started: Started) -> None:
    rows = []
    for _ in range(2):
        client = await started(SimulatorConfig(seed=7))
        for quantity in ("1.000", "2.000"):
            await client.order("ETHUSDT", "BUY", quantity)
        rows.append([(row["id"], row["orderId"]) for row in await trades(client, "ETHUSDT")])
    first, second = rows[0]
    assert rows[0] == rows[1]
    assert int(str(second[0])) > int(str(first[0])) > 1_000_000_000
    assert int(str(second[1])) > int(str(first[1])) > 2**53
