"""What can go wrong on the way to a user stream, while the exchange itself is right."""

import asyncio

import pytest

from simulator.stream_faults import StreamFault, StreamFaults
from tests.simulator.client import Client
from tests.simulator.follower import follow, part

LITE, NEW, ACCOUNT, TRADE = FILL = [
    "TRADE_LITE",
    "ORDER_TRADE_UPDATE:NEW",
    "ACCOUNT_UPDATE",
    "ORDER_TRADE_UPDATE:TRADE",
]


def faults(client: Client) -> StreamFaults:
    return client.simulator.gateway.exchange.stream_faults


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (StreamFault(kind="drop", event=TRADE), [LITE, NEW, ACCOUNT]),
        (StreamFault(kind="drop", event="ORDER_TRADE_UPDATE"), [LITE, ACCOUNT, TRADE]),
        (StreamFault(kind="drop", event="ORDER_TRADE_UPDATE", times=-1), [LITE, ACCOUNT]),
        (StreamFault(kind="drop", skip=3), [LITE, NEW, ACCOUNT]),
        (StreamFault(kind="drop", times=-1), []),
        (StreamFault(kind="duplicate", event=ACCOUNT), [LITE, NEW, ACCOUNT, ACCOUNT, TRADE]),
        (StreamFault(kind="reorder", event=ACCOUNT, place="behind", other=TRADE), [LITE, NEW, TRADE, ACCOUNT]),
        (StreamFault(kind="reorder", event=TRADE, place="ahead", other=LITE), [TRADE, LITE, NEW, ACCOUNT]),
        (StreamFault(kind="reorder", event=TRADE, place="ahead", other="MARGIN_CALL"), FILL),
        (StreamFault(kind="silence", event=ACCOUNT), [LITE, NEW]),
        (StreamFault(kind="silence", event=ACCOUNT, delivered=True), [LITE, NEW, ACCOUNT]),
        (StreamFault(kind="drop", symbol="BTCUSDT"), FILL),
        (StreamFault(kind="drop", client_order_id_prefix="hv-", times=-1), []),
        (StreamFault(kind="drop", client_order_id_prefix="other", times=-1), FILL),
    ],
)
async def test_what_a_follower_hears_of_a_fill(client: Client, fault: StreamFault, told: list[str]) -> None:
    follower = await follow(client)
    faults(client).arm(fault)
    await client.order("ETHUSDT", "BUY", "1", newClientOrderId="hv-1")
    assert (await client.position("ETHUSDT"))[0][1] == "1.000"
    assert await follower.labels() == told


async def test_a_message_can_lie(client: Client) -> None:
    follower = await follow(client)
    changes = {"o.l": "99", "o.none": "1", "none.l": "1", "a.P.0.pa": "0", "a.P.9.pa": "1"}
    faults(client).arm(StreamFault(kind="change", times=-1, changes=changes))
    await client.order("ETHUSDT", "BUY", "1")
    lite, _, account, trade = await follower.told()
    assert (lite["l"], part(trade, "o")["l"], part(trade, "o")["z"]) == ("1", "99", "1")
    assert ("none" in part(trade, "o"), "none" in trade) == (False, False)
    held = part(account, "a")["P"]
    assert isinstance(held, list)
    assert (held[0]["pa"], held[0]["ep"]) == ("0", "2500.25")


async def test_several_faults_strike_one_message_in_turn(client: Client) -> None:
    follower = await follow(client)
    faults(client).arm(StreamFault(kind="cut", event=TRADE, delivered=True))
    faults(client).arm(StreamFault(kind="duplicate", event=TRADE))
    await client.order("ETHUSDT", "BUY", "1")
    assert [(await follower.next())["e"] for _ in range(5)][3:] == ["ORDER_TRADE_UPDATE"] * 2
    assert await follower.ended() is None


async def test_a_late_message_lets_the_others_pass(client: Client) -> None:
    follower = await follow(client)
    faults(client).arm(StreamFault(kind="delay", event=NEW, delay_ms=50))
    await client.order("ETHUSDT", "BUY", "1")
    assert [(await follower.next())["e"] for _ in range(3)] == [LITE, ACCOUNT, "ORDER_TRADE_UPDATE"]
    late = await follower.next()
    assert (late["e"], late["o"]["x"]) == ("ORDER_TRADE_UPDATE", "NEW")  # type: ignore[index]


@pytest.mark.parametrize(("delivered", "heard"), [(True, 3), (False, 2)])
async def test_a_cut_comes_in_place_of_the_message_or_behind_it(client: Client, delivered: bool, heard: int) -> None:
    follower = await follow(client)
    faults(client).arm(StreamFault(kind="cut", event=ACCOUNT, delivered=delivered))
    await client.order("ETHUSDT", "BUY", "1")
    for _ in range(heard):
        await follower.next()
    assert await follower.ended() is None
    again = await follow(client)
    await client.order("ETHUSDT", "BUY", "1")
    assert await again.labels() == FILL


async def test_a_key_can_end_in_the_middle(client: Client) -> None:
    follower = await follow(client)
    faults(client).arm(StreamFault(kind="expire_key", event=ACCOUNT))
    await client.order("ETHUSDT", "BUY", "1")
    await client.order("ETHUSDT", "BUY", "1")
    assert await follower.labels() == [LITE, NEW, TRADE, "listenKeyExpired"]


async def test_a_silent_connection_is_cured_by_a_new_one(client: Client) -> None:
    follower = await follow(client)
    client.simulator.gateway.streams.user.silence()
    again = await follow(client)
    await client.order("ETHUSDT", "BUY", "1")
    assert (await again.labels(), follower.socket.closed) == (FILL, False)
    with pytest.raises(asyncio.TimeoutError):
        await follower.socket.receive(timeout=0.05)


async def test_the_log_says_what_was_done(client: Client) -> None:
    follower = await follow(client)
    faults(client).arm(StreamFault(kind="drop", event=ACCOUNT, times=2))
    await client.order("ETHUSDT", "BUY", "1", newClientOrderId="hv-1")
    await follower.told()
    rows = faults(client).rows()
    assert [(row["kind"], row["event"], row["client_order_id"]) for row in rows["injected"]] == [
        ("drop", ACCOUNT, "hv-1")
    ]
    assert [row["times"] for row in rows["armed"]] == [1]
    faults(client).clear()
    assert faults(client).rows()["armed"] == []


async def test_a_fill_can_come_before_the_stop_is_told_to_have_fired(client: Client) -> None:
    await client.hold("ETHUSDT", "LONG", "1")
    stop = {"algoType": "CONDITIONAL", "symbol": "ETHUSDT", "side": "SELL", "type": "STOP_MARKET", "quantity": "1"}
    await client.call("POST", "/fapi/v1/algoOrder", **stop, triggerPrice="2400", reduceOnly="true", clientAlgoId="s")
    follower = await follow(client)
    faults(client).arm(StreamFault(kind="reorder", event="ALGO_UPDATE", times=-1, other=TRADE))
    await client.sim("POST", "price", symbol="ETHUSDT", price="2400")
    assert await follower.labels() == [*FILL, "ALGO_UPDATE:TRIGGERING", "ALGO_UPDATE:TRIGGERED", "ALGO_UPDATE:FINISHED"]
