"""The user stream makes closes cheaper, and whatever it does, no close ends differently."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from redis.asyncio import Redis
from temporalio.client import Client

from activities import sending
from exchange.user_stream_events import OrderNews
from simulator.limits import Window
from tests.bridge.servers import eventually
from tests.lab import Fields, Lab

SYMBOL = "SOLUSDT"
TOLD = 17
"""Before: position 5, trades 5, the own id 1. After: the order 1, position 5."""
READ = 21
"""The same, but for the order's trades 5 instead of the order."""
LEFT = 2
"""When a full close has told its result: whether plain or conditional orders are left, 1 each."""
ORDER_READ_IN_VAIN = 1
NEWS_OF_FILLS = "ORDER_TRADE_UPDATE:TRADE"

Row = dict[str, Any]
Trouble = Callable[[Lab], Awaitable[None]]


@pytest.fixture
async def stream_lab(temporal: Client, redis: Redis) -> AsyncIterator[Lab]:
    """Harvest live with a user stream that is connected; a market order fills in three parts."""
    async with Lab(temporal, redis, user_stream=True, fills_per_order=3) as running:
        await running.stream_connected()
        yield running


@pytest.fixture
async def stream_hedge_lab(temporal: Client, redis: Redis) -> AsyncIterator[Lab]:
    """The same on an account that keeps long and short apart."""
    async with Lab(temporal, redis, hedge=True, user_stream=True, fills_per_order=3) as running:
        await running.stream_connected()
        yield running


@pytest.fixture
async def patient_lab(temporal: Client, redis: Redis) -> AsyncIterator[Lab]:
    """A stream, and a worker that waits long for the answer to an order."""
    async with Lab(temporal, redis, user_stream=True, order_timeout=60) as running:
        await running.stream_connected()
        yield running


async def to_the_end(lab: Lab, **fields: str) -> Fields:
    """A full close, and what it still reads when its result is told."""
    result = await lab.close(SYMBOL, **fields)
    await lab.handle(SYMBOL).result()
    return result


def count_weight(lab: Lab) -> Window:
    """What the simulator charges from now on; no minute ends it."""
    counted = Window(10**15, 10**9)
    lab.simulator.gateway.exchange.limits.weight = counted
    return counted


def stream_fault(kind: str, event: str, **more: object) -> Trouble:
    """Such messages about our orders are struck."""

    async def arm(lab: Lab) -> None:
        fault = {"times": -1, "client_order_id_prefix": "hv-", **more}
        await lab.call("POST", "/sim/stream_faults", kind=kind, event=event, **fault)

    return arm


async def no_key(lab: Lab) -> None:
    """No stream at all, and no way back to one."""
    await lab.fault("error", call="POST /fapi/v1/listenKey", times=-1)
    lab.simulator.gateway.streams.user.cut()
    assert lab.exchange is not None


def lie(change: Callable[[Row], Row], name: str = "ORDER_TRADE_UPDATE") -> Trouble:
    """Every such message says something else than what happened."""

    async def begin(lab: Lab) -> None:
        events = lab.simulator.gateway.streams.user._events
        honest = events.messages

        def messages(*said: Any) -> list[Any]:
            told = honest(*said)
            return [replace(each, row=change(each.row)) if each.name == name else each for each in told]

        events.messages = messages  # type: ignore[method-assign, assignment]

    return begin


def fill(**changes: Callable[[Row], object]) -> Callable[[Row], Row]:
    """The fill's message with these fields made from it."""

    def changed(row: Row) -> Row:
        order = row["o"]
        return {**row, "o": {**order, **{name: make(order) for name, make in changes.items()}}}

    return changed


def plus(field: str, more: str) -> Callable[[Row], str]:
    return lambda order: str(Decimal(str(order[field])) + Decimal(more))


def flat(row: Row) -> Row:
    """A position that is gone, told of one that is not."""
    account = row["a"]
    return {**row, "a": {**account, "P": [{**position, "pa": "0"} for position in account["P"]]}}


async def assert_true(lab: Lab, *results: Fields) -> None:
    """Together the results say what the exchange's own ledger says, and each order was sent once."""
    rows = (await lab.call("GET", "/sim/ledger", symbol=SYMBOL))["fills"]
    ours = [row for row in rows if row["client_order_id"].startswith("hv-")]
    for said, happened in (("filled_qty", "quantity"), ("commission", "commission"), ("realized_pnl", "realized_pnl")):
        assert sum(Decimal(result[said]) for result in results) == sum(Decimal(row[happened]) for row in ours), said
    quote = sum(Decimal(row["quantity"]) * Decimal(row["price"]) for row in ours)
    assert sum(Decimal(each["avg_price"]) * Decimal(each["filled_qty"]) for each in results) == quote
    assert Decimal(results[-1]["position_amt"]) == await lab.position(SYMBOL)
    assert len(await lab.requests(SYMBOL)) == len({row["order_id"] for row in ours})


async def test_a_plain_close_costs_less_and_says_the_same(stream_lab: Lab) -> None:
    await stream_lab.open(SYMBOL, "LONG", "100")
    weight = count_weight(stream_lab)

    result = await to_the_end(stream_lab)

    assert (result["outcome"], weight.count) == ("CLOSED_FLAT", TOLD + LEFT)
    await assert_true(stream_lab, result)


async def test_a_burst_of_closes_costs_each_no_more_than_one_alone(stream_lab: Lab) -> None:
    symbols = ("BTCUSDT", "ETHUSDT", "SOLUSDT", "DOGEUSDT", "BERAUSDT", "AEVOUSDT", "INJUSDT")
    for symbol in symbols:
        await stream_lab.open(symbol, "LONG", "100")
    weight = count_weight(stream_lab)

    entries = [await stream_lab.send(symbol) for symbol in symbols]
    results = [await stream_lab.result(entry) for entry in entries]

    assert {result["outcome"] for result in results} == {"CLOSED_FLAT"}
    assert weight.count <= (TOLD + LEFT) * len(symbols)


async def test_hedge_mode_a_short_costs_less_as_well(stream_hedge_lab: Lab) -> None:
    await stream_hedge_lab.open(SYMBOL, "SHORT", "100")
    await stream_hedge_lab.open(SYMBOL, "LONG", "7")
    weight = count_weight(stream_hedge_lab)

    result = await to_the_end(stream_hedge_lab, side="SHORT")

    assert (result["outcome"], weight.count) == ("CLOSED_FLAT", TOLD + LEFT)
    assert await stream_hedge_lab.position(SYMBOL, "SHORT") == 0
    assert await stream_hedge_lab.executed(SYMBOL) == 100


SILENT: dict[str, Trouble] = {
    "dead": no_key,
    "silent from now on": stream_fault("silence", NEWS_OF_FILLS),
    "delayed": stream_fault("delay", "*", delay_ms=1500),
    "a fill lost": stream_fault("drop", NEWS_OF_FILLS, skip=1, times=1),
    "all fills lost": stream_fault("drop", NEWS_OF_FILLS),
    "cut at the first fill": stream_fault("cut", NEWS_OF_FILLS, times=1),
    "cut behind the last fill but one": stream_fault("cut", NEWS_OF_FILLS, skip=1, times=1, delivered=True),
    "the listen key expires": stream_fault("expire_key", NEWS_OF_FILLS, times=1),
}
LIES: dict[str, Trouble] = {
    "more": lie(fill(l=plus("l", "1"))),
    "less, and again as another trade": lie(fill(l=plus("l", "-1"))),
    "price": lie(fill(L=plus("L", "0.01"))),
    "fee": lie(fill(n=plus("n", "0.00001"))),
    "fee in another coin": lie(fill(N=lambda _: "BNB")),
    "maker": lie(fill(m=lambda _: True)),
    "profit": lie(fill(rp=plus("rp", "0.00001"))),
    "time": lie(fill(T=lambda order: int(order["T"]) - 60_000)),
    "side": lie(fill(S=lambda _: "BUY")),
    "one trade for all": lie(fill(t=lambda _: 1)),
    "another order's fills as ours": lie(fill(c=lambda _: "hv-zzz-full-1")),
    "our fills under another order": lie(fill(i=lambda order: int(order["i"]) + 1)),
    "another symbol": lie(fill(s=lambda _: "ETHUSDT")),
    "no number": lie(fill(rp=lambda _: "NaN")),
    "no fill at all": lie(lambda row: {"e": row["e"]}),
}
HARMLESS: dict[str, Trouble] = {
    "doubled": stream_fault("duplicate", "*"),
    "the fill before the order": stream_fault("reorder", NEWS_OF_FILLS, place="ahead", other="ORDER_TRADE_UPDATE:NEW"),
    "the position first": stream_fault("reorder", "ACCOUNT_UPDATE", place="ahead", other=NEWS_OF_FILLS),
    "the position last": stream_fault("reorder", "ACCOUNT_UPDATE", place="behind", other=NEWS_OF_FILLS),
    "a position that is not flat told as flat": lie(flat, "ACCOUNT_UPDATE"),
    "a position that moved told as unmoved": stream_fault("drop", "ACCOUNT_UPDATE"),
}


@pytest.mark.parametrize("trouble", [*SILENT.values(), *LIES.values()], ids=[*SILENT, *LIES])
async def test_a_stream_that_cannot_be_used_changes_nothing(stream_lab: Lab, trouble: Trouble) -> None:
    await stream_lab.open(SYMBOL, "LONG", "100")
    await trouble(stream_lab)
    weight = count_weight(stream_lab)

    result = await stream_lab.close(SYMBOL, "PARTIAL_25")
    spent = weight.count
    rest = await stream_lab.close(SYMBOL)

    assert (result["outcome"], rest["outcome"]) == ("REDUCED", "CLOSED_FLAT")
    await assert_true(stream_lab, result, rest)
    assert READ <= spent <= READ + 2 * ORDER_READ_IN_VAIN  # the other one may be a new listen key


@pytest.mark.parametrize("trouble", HARMLESS.values(), ids=HARMLESS)
async def test_a_stream_in_disorder_is_still_of_use(stream_lab: Lab, trouble: Trouble) -> None:
    await stream_lab.open(SYMBOL, "LONG", "100")
    await trouble(stream_lab)
    weight = count_weight(stream_lab)

    result = await stream_lab.close(SYMBOL, "PARTIAL_25")

    assert (result["outcome"], weight.count) == ("REDUCED", TOLD)
    await assert_true(stream_lab, result)


async def test_trades_that_lag_behind_are_not_waited_for_when_they_were_told(stream_lab: Lab) -> None:
    await stream_lab.open(SYMBOL, "LONG", "100")
    await stream_lab.fault("read_lag", call="GET /fapi/v1/userTrades", delay_ms=10_000, client_order_id_prefix="hv-")
    weight = count_weight(stream_lab)

    result = await to_the_end(stream_lab)

    assert (result["outcome"], weight.count) == ("CLOSED_FLAT", TOLD + LEFT)
    await assert_true(stream_lab, result)


async def test_an_answer_that_does_not_come_is_not_waited_for_when_the_end_was_told(patient_lab: Lab) -> None:
    await patient_lab.open(SYMBOL, "LONG", "100")
    await patient_lab.fault("executed_delay", delay_ms=60_000)

    result = await patient_lab.close(SYMBOL)  # the answer would be given up after longer than this waits

    assert result["outcome"] == "CLOSED_FLAT"
    await assert_true(patient_lab, result)


async def test_an_end_that_is_told_before_it_came_is_waited_for(
    patient_lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "GRACE_SECONDS", 0.05)
    await patient_lab.open(SYMBOL, "LONG", "100")
    await patient_lab.fault("late_execution", connection="hang", delay_ms=800)
    entry = await patient_lab.send(SYMBOL, "CLOSE")

    async def sent() -> list[Row]:
        return await patient_lab.requests(SYMBOL)

    [request] = await eventually(sent)
    assert patient_lab.exchange is not None
    patient_lab.exchange._fills.take(OrderNews(SYMBOL, 1, request["client_order_id"], "FILLED"))
    result = await patient_lab.result(entry)

    assert result["outcome"] == "CLOSED_FLAT"
    assert await patient_lab.executed(SYMBOL) == 100
    await assert_true(patient_lab, result)


async def test_after_a_cut_and_after_an_expired_key_it_is_of_use_again(stream_lab: Lab) -> None:
    for again, kind in ((2, "cut"), (3, "expire_key")):
        await stream_fault(kind, NEWS_OF_FILLS, times=1)(stream_lab)
        await stream_lab.open(SYMBOL, "LONG", "100")
        await stream_lab.close(SYMBOL)
        await stream_lab.stream_connected(again)
    await stream_lab.open(SYMBOL, "LONG", "100")
    weight = count_weight(stream_lab)

    result = await to_the_end(stream_lab)

    assert (result["outcome"], weight.count) == ("CLOSED_FLAT", TOLD + LEFT)
