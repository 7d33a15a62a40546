"""The exchange limits us: nothing is sent while it says no, nothing is wasted when it says yes, and it can be seen."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from redis.asyncio import Redis
from temporalio.client import Client

from bench.close_weight import weight_per_close
from contracts.errors import ExchangeThrottled
from exchange.allowance import Allowance
from tests.lab import Lab

TELLS = ("banned this address", "limits this address's reads", "limits this account's orders")


def symbols(count: int) -> list[str]:
    return [f"B{number:03}USDT" for number in range(count)]


UNHURRIED_MS = 5_000
"""The window of orders as it comes. With the labs' short one a busy machine's orders come late, and count."""


@pytest.fixture
async def unhurried_lab(temporal: Client, redis: Redis) -> AsyncIterator[Lab]:
    """Live, and an order may take as long to arrive as it may in production."""
    async with Lab(temporal, redis, recv_window_ms=UNHURRIED_MS) as running:
        yield running


async def list_and_open(lab: Lab, names: list[str]) -> None:
    """A position of 10 in each of them."""
    for name in names:
        await lab.call("POST", "/sim/symbol", symbol=name, price="10", tick="0.01", step="0.1")
        await lab.open(name, "LONG", "10")
    assert lab.exchange is not None
    await lab.exchange.symbol_rules(names[0], refresh=True)


async def allow_orders(lab: Lab, per_10s: int) -> None:
    """The account may send that few, and we know it as from exchangeInfo."""
    assert lab.exchange is not None
    await lab.call("POST", "/sim/limits", orders_per_10s=per_10s)
    lab.exchange._limits.adopt(Allowance(orders_10s=per_10s))


async def order_requests(lab: Lab) -> list[dict[str, Any]]:
    """Every order of ours that physically arrived, in order."""
    rows = (await lab.call("GET", "/sim/ledger"))["requests"]
    return [row for row in rows if row["client_order_id"].startswith("hv-")]


async def early_in_an_interval(lab: Lab) -> None:
    """So that the exchange's counter of ten seconds does not begin anew between the decisions of a test."""
    assert lab.exchange is not None
    past_ms = lab.exchange.now_ms() % 10_000
    if past_ms > 4_000:
        await asyncio.sleep((10_000 - past_ms) / 1000)


async def test_a_burst_of_closes_meets_no_limit(
    temporal: Client, redis: Redis, capsys: pytest.CaptureFixture[str]
) -> None:
    """Forty at two fifths of the exchange's limits; ``bench.weights`` has a hundred at the whole ones."""
    async with Lab(temporal, redis, user_stream=True, recv_window_ms=UNHURRIED_MS) as lab:
        assert lab.exchange is not None
        await lab.stream_connected()
        await list_and_open(lab, names := symbols(40))
        await lab.call("POST", "/sim/limits", weight_per_minute=960, orders_per_minute=480, orders_per_10s=120)
        lab.exchange._limits.adopt(Allowance(weight_1m=960, orders_10s=120, orders_1m=480))
        capsys.readouterr()

        entries = [await lab.send(name) for name in names]
        outcomes = {(await lab.result(entry, within=100))["outcome"] for entry in entries}
        codes = {request["code"] for request in await order_requests(lab)}

    assert outcomes == {"CLOSED_FLAT"}
    assert not any(words in capsys.readouterr().out for words in TELLS)
    assert codes & {-1003, -1015} == set()


async def test_more_closes_than_orders_go_out_as_the_budget_allows_and_the_urgent_first(unhurried_lab: Lab) -> None:
    lab = unhurried_lab
    names = symbols(12)
    await list_and_open(lab, names)
    await allow_orders(lab, 4)
    await early_in_an_interval(lab)

    parts = [await lab.send(name, "PARTIAL_CLOSE", percentage="0.5") for name in names[:9]]
    for name in names[:9]:
        await lab.until(name, attempts=1)
    gone = len(await order_requests(lab))
    emergencies = [await lab.send(name, "EMERGENCY_CLOSE") for name in names[9:]]
    answers = [await lab.result(entry, within=90) for entry in (*parts, *emergencies)]

    requests = await order_requests(lab)
    intervals = [request["arrived_ms"] // 10_000 for request in requests]
    refused = [request for request in requests if request["code"] is not None]
    assert {answer["outcome"] for answer in answers} == {"REDUCED", "CLOSED_FLAT"}
    assert refused == []  # -1015 never came
    assert len(requests) == 12
    assert max(intervals.count(interval) for interval in intervals) <= 4
    places = [index for index, request in enumerate(requests) if request["symbol"] in names[9:]]
    assert max(places) <= gone + 3  # at once or in the next interval, before parts that had waited longer


async def test_a_limit_that_nobody_told_us_is_learned_from_one_refusal(unhurried_lab: Lab) -> None:
    lab = unhurried_lab
    names = symbols(5)
    await list_and_open(lab, names)
    await lab.call("POST", "/sim/limits", orders_per_10s=2)

    entries = [await lab.send(name) for name in names]
    outcomes = {(await lab.result(entry, within=90))["outcome"] for entry in entries}

    assert outcomes == {"CLOSED_FLAT"}
    assert sum(request["code"] == -1015 for request in await order_requests(lab)) <= 3  # those in flight with it


async def test_a_ban_is_kept_and_seen_and_the_close_ends_after_it(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    assert lab.exchange is not None
    await lab.open("SOLUSDT", "LONG", "10")
    until = lab.exchange.now_ms() + 5_000
    await lab.fault("error", code=-1003, msg=f"Way too many requests; IP(1.2.3.4) banned until {until}.", status=418)
    entry = await lab.send("SOLUSDT")

    await lab.until_waiting("SOLUSDT", "banned until")
    result = await lab.result(entry)

    first, second = await lab.requests("SOLUSDT")
    assert second["arrived_ms"] >= until
    assert first["outcome"] != second["outcome"]
    assert (result["outcome"], Decimal(result["filled_qty"])) == ("CLOSED_FLAT", Decimal(10))
    assert "banned this address" in capsys.readouterr().out


async def test_a_close_that_arrives_during_a_ban_says_so_and_asks_nothing(lab: Lab) -> None:
    assert lab.exchange is not None
    await lab.open("SOLUSDT", "LONG", "10")
    until = lab.exchange.now_ms() + 5_000
    await lab.fault("error", call="GET /fapi/v1/time", code=-1003, msg=f"banned until {until}", status=418)
    with pytest.raises(ExchangeThrottled, match="banned until"):
        await lab.exchange.exchange_time_ms()
    entry = await lab.send("SOLUSDT")

    await lab.until_waiting("SOLUSDT", "the exchange has banned this address")
    result = await lab.result(entry)

    assert result["outcome"] == "CLOSED_FLAT"
    assert (await lab.requests("SOLUSDT"))[0]["arrived_ms"] >= until


async def test_a_plain_close_costs_little_weight_and_no_more_than_is_kept_for_it(lab: Lab) -> None:
    await list_and_open(lab, names := symbols(6))
    await lab.close(names.pop())  # the mode and the rules are known now

    weight = await weight_per_close(lab.simulator.url, lambda: closed(lab, names.pop()), times=3)

    assert 10 < weight <= 24


async def test_with_the_user_stream_a_plain_close_costs_at_most_20(temporal: Client, redis: Redis) -> None:
    async with Lab(temporal, redis, user_stream=True) as lab:
        await lab.stream_connected()
        await list_and_open(lab, names := symbols(6))
        await lab.close(names.pop())  # the mode and the rules are known now

        weight = await weight_per_close(lab.simulator.url, lambda: closed(lab, names.pop()), times=5)

    assert weight <= 20


async def closed(lab: Lab, name: str) -> None:
    """A close, until its workflow has ended."""
    assert (await lab.close(name))["outcome"] == "CLOSED_FLAT"
    await lab.handle(name).result()


@pytest.mark.timeout(200)
async def test_more_closes_than_weight_begin_as_it_allows_and_all_end(
    unhurried_lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    """Five closes' weight a minute for nine closes: whoever begins also ends, the others go on in the next minute."""
    lab = unhurried_lab
    assert lab.exchange is not None
    await list_and_open(lab, names := symbols(9))
    await lab.call("POST", "/sim/limits", weight_per_minute=130)
    lab.exchange._limits.adopt(Allowance(weight_1m=130))

    entries = [await lab.send(name) for name in names]
    outcomes = {(await lab.result(entry, within=130))["outcome"] for entry in entries}

    assert outcomes == {"CLOSED_FLAT"}
    assert len(await order_requests(lab)) == 9
    assert not any(words in capsys.readouterr().out for words in TELLS)  # the exchange never had to say it
