"""The faults beyond a lost answer: what the client sees, and what the ledger says really happened."""

import asyncio
import json
import time

import aiohttp
import pytest

from tests.simulator.client import ORDER, Client, Reply

RISK = "/fapi/v3/positionRisk"


async def close(client: Client, **more: object) -> Reply:
    return await client.order("ETHUSDT", "SELL", "1.000", **{"reduceOnly": "true", "newClientOrderId": "hv-1"} | more)


async def outcomes(client: Client) -> tuple[list[object], int]:
    return [row["outcome"] for row in await client.requests("hv-")], len(await client.fills("hv-"))


@pytest.fixture
async def holding(client: Client) -> Client:
    await client.hold("ETHUSDT", "LONG", "2")
    return client


@pytest.mark.parametrize(
    ("code", "status", "words"),
    [
        (-1008, 503, "Reduce-only/close-position orders are exempt"),
        (-1112, 400, "No orders on book for symbol."),
        (-1015, 429, "Too many new orders; current limit is 300 orders per 10 SECOND."),
        (-4117, 400, "Stop order is in triggering process."),
        (-4131, 400, "PERCENT_PRICE"),
        (-1106, 400, "'reduceonly'"),
        (-5028, 400, "outside of the ME recvWindow"),
    ],
)
async def test_a_refusal_has_the_exchanges_own_words_and_status(
    holding: Client, code: int, status: int, words: str
) -> None:
    await holding.fault("refusal", code=code)
    reply = await close(holding)
    assert (reply.status, reply.code, words in reply.text) == (status, code, True)
    assert await outcomes(holding) == (["dropped"], 0)


async def test_a_refusal_can_say_when_to_come_back(holding: Client) -> None:
    await holding.fault("refusal", code=-1015, retry_after_s=7)
    assert (await close(holding)).headers["Retry-After"] == "7"


@pytest.mark.parametrize(
    ("kind", "status", "reason"),
    [("partial_fill", "EXPIRED", 9), ("stp_partial", "EXPIRED_IN_MATCH", 1), ("knocked_out", "EXPIRED", 4)],
)
async def test_a_partial_fill_ends_for_a_reason(holding: Client, kind: str, status: str, reason: int) -> None:
    await holding.fault(kind, fraction="0.25")
    reply = await close(holding)
    assert (reply.row["status"], reply.row["executedQty"]) == (status, "0.250")
    seen = (await holding.get(ORDER, symbol="ETHUSDT", origClientOrderId="hv-1")).row
    assert (seen["status"], seen["executedQty"]) == (status, "0.250")
    (order,) = holding.simulator.gateway.exchange.engine.orders.of_symbol("ETHUSDT")[-1:]
    assert order.expire_reason == reason


async def test_an_edge_that_repeats_a_request_executes_it_twice(holding: Client) -> None:
    await holding.fault("executed_twice")
    assert (await close(holding)).row["status"] == "FILLED"
    assert await outcomes(holding) == (["accepted", "accepted"], 2)
    await holding.hold("ETHUSDT", "LONG", "1")
    await holding.fault("executed_twice")
    assert (await close(holding)).code == -2022
    assert await outcomes(holding) == (["accepted", "accepted", "accepted", "refused"], 3)


async def test_429_then_418_for_whoever_goes_on_asking(holding: Client) -> None:
    await holding.fault("rate_limited", retry_after_s=1, tolerance=1, ban_s=2)
    first, ignored = await close(holding), await close(holding)
    assert [(reply.status, reply.code, reply.headers["Retry-After"]) for reply in (first, ignored)] == [
        (429, -1003, "1")
    ] * 2
    banned = await holding.get(RISK)
    assert (banned.status, banned.headers["Retry-After"], "banned until" in banned.text) == (418, "2", True)
    until = int(str(banned.row["msg"]).split("until ")[1].split(".")[0])
    assert 0 < until - time.time() * 1000 <= 2000
    kinds = [row["kind"] for row in await injected(holding)]
    assert kinds == ["rate_limited", "rate_limited", "banned"]
    assert await outcomes(holding) == (["dropped", "refused"], 0)
    await holding.sim("DELETE", "faults")
    assert (await close(holding)).row["status"] == "FILLED"


async def test_a_penalty_concerns_the_calls_it_was_aimed_at_and_ends(holding: Client) -> None:
    await holding.fault("rate_limited", call="GET *", retry_after_s=1, tolerance=10**9)
    assert (await holding.get(RISK)).headers["Retry-After"] == "1"
    assert (await close(holding)).status == 200
    async with asyncio.timeout(5):
        while (await holding.get(RISK)).status == 429:
            pass
    assert (await holding.get(RISK)).status == 200


@pytest.mark.parametrize(("executed", "fills"), [(True, 1), (False, 0)])
@pytest.mark.parametrize("kind", ["html_502", "html_504", "empty_body", "truncated_body", "json_array"])
async def test_a_body_that_cannot_be_read_may_have_executed(
    holding: Client, kind: str, executed: bool, fills: int
) -> None:
    await holding.fault(kind, executed=executed)
    reply = await close(holding)
    assert not _is_object(reply.text)
    assert reply.status == {"html_502": 502, "html_504": 504}.get(kind, 200)
    assert await outcomes(holding) == (["accepted" if executed else "dropped"], fills)


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


async def test_a_connection_that_goes_in_the_middle_of_the_body(holding: Client) -> None:
    await holding.fault("cut_body")
    with pytest.raises(aiohttp.ClientPayloadError):
        await close(holding)
    assert await outcomes(holding) == (["accepted"], 1)


async def test_fields_come_and_go(holding: Client) -> None:
    await holding.fault("extra_fields", drop=["clientOrderId", "cumQty"], add={"new": 1})
    row = (await close(holding)).row
    assert (row["new"], row["status"], "clientOrderId" in row, "cumQty" in row) == (1, "FILLED", False, False)
    await holding.fault("extra_fields", call=f"GET {RISK}")
    assert all("fieldOfTomorrow" in row for row in (await holding.get(RISK)).rows)


async def test_the_first_of_two_orders_with_one_id_can_be_found(holding: Client) -> None:
    first, second = [(await close(holding)).row["orderId"] for _ in range(2)]
    assert await found(holding) == second
    await holding.fault("oldest_namesake")
    assert await found(holding) == first
    assert await found(holding) == second


async def found(client: Client) -> object:
    return (await client.get(ORDER, symbol="ETHUSDT", origClientOrderId="hv-1")).row["orderId"]


async def injected(client: Client) -> list[dict[str, object]]:
    rows = (await client.sim("GET", "faults")).row["injected"]
    assert isinstance(rows, list)
    return rows
