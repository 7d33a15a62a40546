"""The account's stream, event by event."""

import pytest

from simulator import SimulatorConfig
from tests.simulator.client import Client, Row
from tests.simulator.conftest import Started
from tests.simulator.follower import Follower, connect, follow, label, listen_key, part

ORDER_FIELDS = {
    "s": str, "c": str, "S": str, "o": str, "f": str, "q": str, "p": str, "ap": str, "sp": str, "x": str, "X": str,
    "i": int, "l": str, "z": str, "L": str, "n": str, "N": str, "T": int, "t": int, "b": str, "a": str, "m": bool,
    "R": bool, "wt": str, "ot": str, "ps": str, "cp": bool, "rp": str, "pP": bool, "si": int, "ss": int, "V": str,
    "pm": str, "gtd": int, "er": str,
}  # fmt: skip
LITE_FIELDS = {
    "e": str, "E": int, "T": int, "s": str, "q": str, "p": str, "m": bool, "c": str, "S": str, "L": str, "l": str,
    "t": int, "i": int,
}  # fmt: skip
POSITION_FIELDS = dict.fromkeys(("s", "pa", "ep", "cr", "up", "mt", "iw", "ps", "ma", "bep"), str)
FILL = ["TRADE_LITE", "ORDER_TRADE_UPDATE:NEW", "ACCOUNT_UPDATE", "ORDER_TRADE_UPDATE:TRADE"]


def kinds(row: Row) -> dict[str, type]:
    return {name: type(value) for name, value in row.items()}


def positions(message: Row) -> list[Row]:
    rows = part(message, "a")["P"]
    assert isinstance(rows, list)
    return rows


async def test_a_fill_is_told_four_times_in_the_order_of_the_live_stream(client: Client) -> None:
    follower = await follow(client)
    await client.hold("ETHUSDT", "LONG", "1")
    assert await follower.labels() == FILL


async def test_fields_and_types_of_a_fill(client: Client) -> None:
    follower = await follow(client)
    await client.hold("ETHUSDT", "LONG", "1")
    lite, new, account, trade = await follower.told()
    assert kinds(lite) == LITE_FIELDS
    for update in (new, trade):
        assert kinds(update) == {"e": str, "T": int, "E": int, "o": dict}
        assert kinds(part(update, "o")) == ORDER_FIELDS
    assert kinds(account) == {"e": str, "T": int, "E": int, "a": dict}
    assert kinds(part(account, "a")) == {"m": str, "B": list, "P": list}
    assert [kinds(row) for row in positions(account)] == [POSITION_FIELDS]


async def test_a_close_in_numbers(client: Client) -> None:
    await client.hold("ETHUSDT", "LONG", "2", entry_price="2400")
    follower = await follow(client)
    placed = (await client.order("ETHUSDT", "SELL", "0.5", reduceOnly="true", newClientOrderId="hv-1")).row
    lite, new, account, trade = await follower.told()
    (booked,) = (await client.get("/fapi/v1/userTrades", symbol="ETHUSDT", orderId=placed["orderId"])).rows
    told = part(trade, "o")
    assert {told[name] for name in ("c", "i")} == {"hv-1", placed["orderId"]}
    assert (told["X"], told["l"], told["z"], told["L"], told["ap"]) == ("FILLED", "0.5", "0.5", "2499.75", "2499.75")
    assert (told["t"], told["n"], told["rp"], told["R"]) == (booked["id"], booked["commission"], "49.875", True)
    assert (part(new, "o")["z"], part(new, "o")["t"], part(new, "o")["X"]) == ("0", 0, "NEW")
    assert (lite["i"], lite["l"], lite["L"], lite["m"]) == (placed["orderId"], "0.5", "2499.75", False)
    (held,) = positions(account)
    assert (held["pa"], held["ep"], held["cr"], held["ps"], held["mt"]) == ("1.5", "2400", "49.875", "BOTH", "cross")
    (balance,) = (await client.get("/fapi/v3/balance")).rows
    assert float(str(part(account, "a")["B"][0]["wb"])) == float(str(balance["balance"]))  # type: ignore[index]
    assert part(account, "a")["m"] == "ORDER"


async def test_flat_is_told_as_zero(client: Client) -> None:
    await client.hold("ETHUSDT", "LONG", "1")
    follower = await follow(client)
    await client.order("ETHUSDT", "SELL", "1", reduceOnly="true")
    (held,) = positions((await follower.told())[2])
    assert (held["pa"], held["ep"], held["up"]) == ("0", "0", "0")


async def test_a_resting_order_moves_nothing_until_it_fills(client: Client) -> None:
    follower = await follow(client)
    await client.limit("ETHUSDT", "BUY", "1", "2400", newClientOrderId="one")
    await client.limit("ETHUSDT", "BUY", "1", "2300", newClientOrderId="two")
    await client.call("DELETE", "/fapi/v1/order", symbol="ETHUSDT", origClientOrderId="two")
    assert await follower.labels() == [
        "ORDER_TRADE_UPDATE:NEW",
        "ORDER_TRADE_UPDATE:NEW",
        "ORDER_TRADE_UPDATE:CANCELED",
    ]
    await client.sim("POST", "price", symbol="ETHUSDT", price="2390")
    lite, account, trade = await follower.told()
    told = part(trade, "o")
    assert (lite["m"], told["m"], told["c"], told["L"], label(account)) == (True, True, "one", "2400", "ACCOUNT_UPDATE")


async def test_fills_of_one_order_come_one_by_one(started: Started) -> None:
    client = await started(SimulatorConfig(fills_per_market_order=2))
    follower = await follow(client)
    await client.order("ETHUSDT", "BUY", "1")
    told = await follower.told()
    assert [label(message) for message in told] == [FILL[0], *FILL, *FILL[2:]]
    fills = [part(message, "o") for message in told if label(message) == FILL[3]]
    assert [(fill["X"], fill["l"], fill["z"]) for fill in fills] == [
        ("PARTIALLY_FILLED", "0.5", "0.5"),
        ("FILLED", "0.5", "1"),
    ]
    assert [positions(message)[0]["pa"] for message in told if label(message) == FILL[2]] == ["0.5", "1"]


async def test_what_found_no_counterparty_expires_with_the_reason(client: Client) -> None:
    follower = await follow(client)
    await client.fault("partial_fill", fraction="0.25")
    await client.order("ETHUSDT", "BUY", "1")
    told = await follower.told()
    assert [label(message) for message in told] == [*FILL, "ORDER_TRADE_UPDATE:EXPIRED"]
    last = part(told[-1], "o")
    assert (last["X"], last["er"], last["z"], last["l"]) == ("EXPIRED", "9", "0.25", "0")


async def test_hedge_mode_tells_the_side(hedged: Client) -> None:
    follower = await follow(hedged)
    await hedged.hold("ETHUSDT", "SHORT", "1")
    _, _, account, trade = await follower.told()
    (held,) = positions(account)
    assert (held["ps"], held["pa"], part(trade, "o")["ps"]) == ("SHORT", "-1", "SHORT")


async def test_leverage_is_told(client: Client) -> None:
    follower = await follow(client)
    await client.call("POST", "/fapi/v1/leverage", symbol="ETHUSDT", leverage=7)
    (told,) = await follower.told()
    assert kinds(told) == {"e": str, "E": int, "T": int, "ac": dict}
    assert (told["e"], told["ac"]) == ("ACCOUNT_CONFIG_UPDATE", {"s": "ETHUSDT", "l": 7})


async def test_a_margin_call_comes_once_before_the_liquidation(started: Started) -> None:
    client = await started(SimulatorConfig(balance=SimulatorConfig().balance / 100_000))
    await client.hold("ETHUSDT", "LONG", "0.5")
    follower = await follow(client)
    await client.sim("POST", "price", symbol="ETHUSDT", price="2400")
    assert await follower.told() == []
    await client.sim("POST", "price", symbol="ETHUSDT", price="2312.5")
    await client.sim("POST", "price", symbol="ETHUSDT", price="2312.4")
    (told,) = await follower.told()
    assert kinds(told) == {"e": str, "E": int, "cw": str, "p": list}
    assert told["e"] == "MARGIN_CALL"
    rows = told["p"]
    assert isinstance(rows, list)
    assert kinds(rows[0]) == dict.fromkeys(("s", "ps", "pa", "mt", "iw", "mp", "up", "mm"), str)
    assert (rows[0]["s"], rows[0]["mt"], rows[0]["pa"]) == ("ETHUSDT", "CROSSED", "0.5")


async def test_funding_of_a_crossed_position_tells_the_wallet_alone(client: Client) -> None:
    await client.hold("ETHUSDT", "LONG", "1")
    follower = await follow(client)
    await client.sim("POST", "fund", symbol="ETHUSDT", rate="0.001")
    (told,) = await follower.told()
    change = part(told, "a")
    assert (change["m"], change["P"]) == ("FUNDING_FEE", [])
    balances = change["B"]
    assert isinstance(balances, list)
    assert [(row["a"], row["bc"]) for row in balances] == [("USDT", "-2.5")]


async def test_an_isolated_position_tells_its_own_wallet(client: Client) -> None:
    await client.call("POST", "/fapi/v1/marginType", symbol="ETHUSDT", marginType="ISOLATED")
    follower = await follow(client)
    await client.hold("ETHUSDT", "LONG", "1", entry_price="2500")
    account = (await follower.told())[2]
    (held,) = positions(account)
    balances = part(account, "a")["B"]
    assert isinstance(balances, list)
    assert (held["mt"], held["iw"]) == ("isolated", "125")
    assert float(balances[0]["wb"]) - float(balances[0]["cw"]) == 125


@pytest.mark.parametrize(("act", "client_id"), [("liquidate", "autoclose-"), ("deleverage", "adl_autoclose")])
async def test_what_the_exchange_does_by_force_is_calculated(client: Client, act: str, client_id: str) -> None:
    await client.hold("ETHUSDT", "LONG", "1")
    follower = await follow(client)
    await client.sim("POST", act, symbol="ETHUSDT")
    messages = await follower.told()
    labels = [label(message) for message in messages]
    assert labels[:4] == [*FILL[:3], "ORDER_TRADE_UPDATE:CALCULATED"]
    told = part(messages[3], "o")
    assert (str(told["c"]).startswith(client_id), told["X"], told["z"]) == (True, "FILLED", "1")


async def test_an_amendment_is_told_with_its_number(client: Client) -> None:
    await client.limit("ETHUSDT", "BUY", "1", "2400", newClientOrderId="bid")
    follower = await follow(client)
    bid: Row = {"symbol": "ETHUSDT", "side": "BUY", "origClientOrderId": "bid"}
    await client.call("PUT", "/fapi/v1/order", **bid, quantity="1", price="2399")
    (told,) = await follower.told()
    row = part(told, "o")
    assert (label(told), row["p"], row["X"]) == ("ORDER_TRADE_UPDATE:AMENDMENT", "2399", "NEW")
    assert kinds(row) == ORDER_FIELDS | {"M": str}


@pytest.mark.parametrize(
    "address",
    [
        "/private/ws?listenKey={key}",
        "/private/ws?listenKey={key}&events=ORDER_TRADE_UPDATE/ACCOUNT_UPDATE/TRADE_LITE",
        "/private/ws/{key}",
        "/private/stream?streams={key}",
        "/private/stream?listenKey={key}",
    ],
)
async def test_every_form_of_the_private_address_serves(client: Client, address: str) -> None:
    key = await listen_key(client)
    follower = await connect(client, address.format(key=key))
    await client.hold("ETHUSDT", "LONG", "1")
    told = await follower.told()
    if "stream" in address:
        assert {message["stream"] for message in told} == {key}
        told = [part(message, "data") for message in told]
    assert [label(message) for message in told] == FILL


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ("/private/ws?listenKey={key}&events=ACCOUNT_UPDATE", FILL[2:3]),
        ("/private/ws?listenKey={key}&events=ORDER_TRADE_UPDATE/ACCOUNT_UPDATE", FILL[1:]),
        ("/private/ws/{key}?events=TRADE_LITE", FILL[:1]),
    ],
)
async def test_a_follower_may_want_some_events_only(client: Client, address: str, wanted: list[str]) -> None:
    follower = await connect(client, address.format(key=await listen_key(client)))
    await client.hold("ETHUSDT", "LONG", "1")
    assert await follower.labels() == wanted


@pytest.mark.parametrize(
    "address",
    ["/ws/{key}", "/stream?streams={key}", "/market/ws/{key}", "/public/ws?listenKey={key}", "/private/ws/other"],
)
async def test_a_wrong_address_connects_and_stays_silent(client: Client, address: str) -> None:
    follower = await connect(client, address.format(key=await listen_key(client)))
    await client.hold("ETHUSDT", "LONG", "1")
    assert await follower.told() == []


async def test_keys_may_be_followed_by_message(client: Client) -> None:
    key = await listen_key(client)
    follower = await connect(client, "/private/stream")
    assert await follower.ask("SUBSCRIBE", key) == ([], {"result": None, "id": 1})
    await client.hold("ETHUSDT", "LONG", "1")
    before, listed = await follower.ask("LIST_SUBSCRIPTIONS")
    assert ([message["stream"] for message in before], listed["result"]) == ([key] * 4, [key])
    await follower.ask("UNSUBSCRIBE", key)
    await client.hold("ETHUSDT", "LONG", "1")
    assert await follower.told() == []


async def test_followers_hear_the_same(client: Client) -> None:
    followers = [await follow(client), await follow(client)]
    await client.hold("ETHUSDT", "LONG", "1")
    first, second = [await follower.told() for follower in followers]
    assert first == second


async def test_nothing_is_repeated_for_those_who_come_late(client: Client) -> None:
    await client.hold("ETHUSDT", "LONG", "1")
    follower = await follow(client)
    assert await follower.told() == []


async def test_without_a_follower_the_engine_tells_nobody(client: Client) -> None:
    events = client.simulator.gateway.exchange.events
    idle = len(events.listeners)
    follower = await follow(client)
    assert len(events.listeners) == idle + 1
    await follower.socket.close()
    await client.sim("GET", "health")
    assert len(events.listeners) == idle


async def test_a_reset_cuts_the_streams(client: Client) -> None:
    follower: Follower = await follow(client)
    await client.sim("POST", "reset")
    assert await follower.ended() is None
    after = await follow(client)
    await client.hold("ETHUSDT", "LONG", "1")
    assert await after.labels() == FILL
