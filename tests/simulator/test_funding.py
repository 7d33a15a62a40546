"""Funding and income: what moves the wallet besides trading, to the last digit."""

from decimal import Decimal

import pytest

from simulator import SimulatorConfig
from tests.simulator.client import Client, Row
from tests.simulator.conftest import Started

HOUR = 3600 * 1000


async def income(client: Client, **wanted: object) -> list[Row]:
    return (await client.get("/fapi/v1/income", **wanted)).rows


async def now(client: Client) -> int:
    return int(str((await client.get("/fapi/v1/time")).row["serverTime"]))


async def wallet(client: Client) -> Decimal:
    stamp = await now(client)
    return Decimal(str((await client.get("/fapi/v3/balance", timestamp=stamp)).rows[0]["balance"]))


@pytest.mark.parametrize(("side", "paid"), [("LONG", Decimal("-1.25")), ("SHORT", Decimal("1.25"))])
async def test_longs_pay_shorts_when_the_rate_is_above_zero(client: Client, side: str, paid: Decimal) -> None:
    await client.hold("ETHUSDT", side, "2")
    before = await wallet(client)
    await client.sim("POST", "fund", symbol="ETHUSDT", rate="0.00025")
    assert await wallet(client) - before == paid
    (row,) = await income(client, incomeType="FUNDING_FEE")
    assert (row["symbol"], Decimal(str(row["income"])), row["asset"]) == ("ETHUSDT", paid, "USDT")


async def test_a_rate_that_was_set_is_read_by_everybody_and_paid_at_the_next_settlement(client: Client) -> None:
    await client.hold("ETHUSDT", "LONG", "2")
    before = await wallet(client)
    await client.sim("POST", "funding_rate", symbol="ETHUSDT", rate="0.003")

    read = (await client.get("/fapi/v1/premiumIndex", symbol="ETHUSDT")).row["lastFundingRate"]
    other = (await client.get("/fapi/v1/premiumIndex", symbol="SOLUSDT")).row["lastFundingRate"]
    assert (Decimal(str(read)), Decimal(str(other))) == (Decimal("0.003"), Decimal("0.0001"))
    assert await wallet(client) == before
    await client.sim("POST", "fund", symbol="ETHUSDT")
    assert await wallet(client) - before == -15


async def test_an_isolated_position_pays_from_its_own_wallet(client: Client) -> None:
    await client.call("POST", "/fapi/v1/marginType", symbol="ETHUSDT", marginType="ISOLATED")
    await client.hold("ETHUSDT", "LONG", "2", entry_price="2500")
    await client.sim("POST", "fund", symbol="ETHUSDT", rate="0.001")
    row = (await client.get("/fapi/v3/positionRisk", symbol="ETHUSDT")).rows[0]
    assert Decimal(str(row["isolatedWallet"])) == 250 - 5


async def test_funding_can_use_up_the_margin(started: Started) -> None:
    client = await started(SimulatorConfig(balance=Decimal(200), taker_fee=Decimal(0)))
    await client.hold("ETHUSDT", "LONG", "1", entry_price="2500")
    await client.sim("POST", "fund", symbol="ETHUSDT", rate="0.08")
    assert await client.position("ETHUSDT") == []


async def test_it_is_paid_every_eight_hours_of_the_exchanges_clock(started: Started) -> None:
    client = await started(SimulatorConfig(funding=True))
    await client.hold("ETHUSDT", "LONG", "1", entry_price="2500")
    due = int(str((await client.get("/fapi/v1/premiumIndex", symbol="ETHUSDT")).row["nextFundingTime"]))
    assert due % (8 * HOUR) == 0
    await client.sim("POST", "advance", ms=due - await now(client) + 17 * HOUR)
    stamp = await now(client)
    rows = await income(client, incomeType="FUNDING_FEE", timestamp=stamp)
    assert [Decimal(str(row["income"])) for row in rows] == [Decimal("-0.25")] * 3


async def test_unless_configured_time_costs_nothing(client: Client) -> None:
    await client.hold("ETHUSDT", "LONG", "1")
    before = await wallet(client)
    await client.sim("POST", "advance", ms=24 * HOUR)
    assert await wallet(client) == before


async def test_the_wallet_is_the_sum_of_what_moved_it(client: Client) -> None:
    await client.order("ETHUSDT", "BUY", "2.000")
    await client.sim("POST", "price", symbol="ETHUSDT", price="2600")
    await client.sim("POST", "fund", symbol="ETHUSDT", rate="0.0003")
    await client.order("ETHUSDT", "SELL", "2.000", reduceOnly="true")
    await client.sim("POST", "transfer", amount="-1000.5")
    rows = await income(client)
    assert [row["incomeType"] for row in rows] == [
        "COMMISSION",
        "FUNDING_FEE",
        "REALIZED_PNL",
        "COMMISSION",
        "TRANSFER",
    ]
    assert await wallet(client) == 10_000_000 + sum(Decimal(str(row["income"])) for row in rows)
    trades = (await client.get("/fapi/v1/userTrades", symbol="ETHUSDT")).rows
    assert {str(row["tradeId"]) for row in rows[:1] + rows[2:4]} == {str(trade["id"]) for trade in trades}
