"""Paging through fills."""

from tests.simulator.client import Client, Row

TRADES = "/fapi/v1/userTrades"
DAY = 24 * 3600 * 1000


async def ids(client: Client, **more: object) -> list[object]:
    return [row["id"] for row in (await client.get(TRADES, symbol="ETHUSDT", **more)).rows]


async def five(client: Client) -> list[Row]:
    for _ in range(5):
        await client.order("ETHUSDT", "BUY", "1.000")
    return (await client.get(TRADES, symbol="ETHUSDT")).rows


async def test_the_newest_come_when_no_start_is_given_always_oldest_first(client: Client) -> None:
    all_ids = [row["id"] for row in await five(client)]
    assert len(all_ids) == 5
    assert all_ids == sorted(all_ids, key=str)
    assert await ids(client, limit=2) == all_ids[-2:]


async def test_from_id_pages_forwards_even_from_an_id_in_a_gap(client: Client) -> None:
    all_ids = [row["id"] for row in await five(client)]
    assert await ids(client, fromId=all_ids[2], limit=2) == all_ids[2:4]
    assert await ids(client, fromId=int(str(all_ids[2])) + 1) == all_ids[3:]
    assert await ids(client, fromId=int(str(all_ids[4])) + 1) == []


async def test_one_orders_fills(client: Client) -> None:
    rows = await five(client)
    assert await ids(client, orderId=rows[3]["orderId"]) == [rows[3]["id"]]
    assert await ids(client, orderId=1) == []


async def test_a_span_includes_both_ends(client: Client) -> None:
    rows = await five(client)
    times = [int(str(row["time"])) for row in rows]
    assert await ids(client, startTime=times[0], endTime=times[-1]) == [row["id"] for row in rows]
    assert await ids(client, endTime=times[0] - 1) == []
    assert await ids(client, startTime=times[-1] + 1) == []
    assert await ids(client, startTime=times[0], limit=1) == [rows[0]["id"]]


async def test_a_span_is_at_most_seven_days_and_excludes_from_id(client: Client) -> None:
    refused = {
        "long": await client.get(TRADES, symbol="ETHUSDT", startTime=1, endTime=2 + 7 * DAY),
        "both": await client.get(TRADES, symbol="ETHUSDT", startTime=1, fromId=1),
        "none": await client.get(TRADES),
        "many": await client.get(TRADES, symbol="ETHUSDT", limit=1001),
    }
    codes = {name: reply.code for name, reply in refused.items()}
    assert codes == {"long": -4165, "both": -1128, "none": -1102, "many": -1130}
    assert (await client.get(TRADES, symbol="ETHUSDT", startTime=1, endTime=1 + 7 * DAY)).rows == []


async def test_without_a_span_only_seven_days_are_seen_but_from_id_sees_all(client: Client) -> None:
    all_ids = [row["id"] for row in await five(client)]
    await client.sim("POST", "clock", skew_ms=8 * DAY)
    stamp = (await client.get("/fapi/v1/time")).row["serverTime"]
    assert await ids(client, timestamp=stamp) == []
    assert await ids(client, timestamp=stamp, fromId=1) == all_ids


async def test_an_outsiders_fills_are_the_accounts_too(client: Client) -> None:
    opened = await client.hold("ETHUSDT", "LONG", "2")
    await client.order("ETHUSDT", "SELL", "1.000", reduceOnly="true")
    outside = await client.hold("ETHUSDT", "LONG", "-1")
    rows = (await client.get(TRADES, symbol="ETHUSDT")).rows
    assert [(row["side"], row["qty"]) for row in rows] == [("BUY", "2.000"), ("SELL", "1.000"), ("SELL", "1.000")]
    assert opened["trade_ids"] == [rows[0]["id"]]
    assert outside["trade_ids"] == [rows[2]["id"]]
    assert [row["actor"] for row in await client.fills()] == ["outside", "account", "outside"]
