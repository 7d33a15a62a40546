"""Margin: brackets, liquidation prices, what is refused for lack of it, and what happens when it runs out."""

from decimal import Decimal
from itertools import pairwise

import pytest

from simulator import SimulatorConfig
from tests.simulator.client import ORDER, Client, Row
from tests.simulator.conftest import Started

RISK = "/fapi/v3/positionRisk"
LEVERAGE = "/fapi/v1/leverage"
MARGIN_TYPE = "/fapi/v1/marginType"


async def risk(client: Client, symbol: str = "ETHUSDT") -> Row:
    return (await client.get(RISK, symbol=symbol)).rows[0]


async def wallet(client: Client) -> Decimal:
    return Decimal(str((await client.get("/fapi/v3/balance")).rows[0]["balance"]))


async def income(client: Client, kind: str) -> list[Decimal]:
    rows = (await client.get("/fapi/v1/income", incomeType=kind)).rows
    return [Decimal(str(row["income"])) for row in rows]


async def small(started: Started, balance: str = "200", **more: object) -> Client:
    """No spread and no fee, so that all numbers are round."""
    return await started(
        SimulatorConfig(
            balance=Decimal(balance), half_spread_bps=Decimal(0), taker_fee=Decimal(0), **more  # type: ignore[arg-type]
        )
    )  # fmt: skip


async def test_the_liquidation_price_is_where_the_margin_is_used_up(started: Started) -> None:
    client = await small(started)
    await client.hold("ETHUSDT", "LONG", "1")  # 200 + price - 2500 = 0.004 * price
    assert Decimal(str((await risk(client))["liquidationPrice"])) == pytest.approx(Decimal(2300) / Decimal("0.996"))
    assert (await risk(client))["maintMargin"] == "10.00000000"
    await client.sim("POST", "price", symbol="ETHUSDT", price="2309.24")
    assert (await risk(client))["positionAmt"] == "1.000"
    await client.sim("POST", "price", symbol="ETHUSDT", price="2309.23")
    assert await client.position("ETHUSDT") == []


async def test_a_liquidation_is_an_order_of_the_exchanges_own_and_takes_the_rest_as_fee(started: Started) -> None:
    client = await small(started)
    await client.hold("ETHUSDT", "LONG", "1")
    await client.limit("ETHUSDT", "BUY", "0.010", "2200.00", newClientOrderId="rests")
    await client.sim("POST", "price", symbol="ETHUSDT", price="2305")
    assert (await client.get(ORDER, symbol="ETHUSDT", origClientOrderId="rests")).row["status"] == "CANCELED"
    fill = (await client.fills())[-1]
    assert (fill["actor"], fill["realized_pnl"], fill["position_after"]) == ("liquidation", "-195", "0")
    assert str(fill["client_order_id"]).startswith("autoclose-")
    order = (await client.get(ORDER, symbol="ETHUSDT", origClientOrderId=fill["client_order_id"])).row
    assert (order["status"], order["executedQty"]) == ("FILLED", "1.000")
    assert await wallet(client) == 0
    assert await income(client, "INSURANCE_CLEAR") == [Decimal(-5)]


async def test_the_insurance_fund_pays_what_is_missing(started: Started) -> None:
    client = await small(started)
    await client.hold("ETHUSDT", "LONG", "1")
    await client.sim("POST", "price", symbol="ETHUSDT", price="2000")
    assert await wallet(client) == 0
    assert await income(client, "REALIZED_PNL") == [Decimal(-500)]
    assert await income(client, "INSURANCE_CLEAR") == [Decimal(300)]


async def test_a_short_is_liquidated_when_the_price_rises(started: Started) -> None:
    client = await small(started)
    await client.hold("ETHUSDT", "SHORT", "1")
    above = Decimal(str((await risk(client))["liquidationPrice"]))
    assert above == pytest.approx(Decimal(2700) / Decimal("1.004"))
    await client.sim("POST", "price", symbol="ETHUSDT", price="2689.30")
    assert await client.position("ETHUSDT") == []


async def test_crossed_positions_stand_in_for_each_other(started: Started) -> None:
    client = await small(started, "400")
    await client.hold("ETHUSDT", "LONG", "1")
    await client.hold("SOLUSDT", "SHORT", "10")
    await client.sim("POST", "price", symbol="SOLUSDT", price="120")  # 300 of profit carry the other
    await client.sim("POST", "price", symbol="ETHUSDT", price="1900")
    assert await client.position("ETHUSDT") == [("BOTH", "1.000")]
    await client.sim("POST", "price", symbol="ETHUSDT", price="1800")
    assert await client.position("ETHUSDT") == []
    assert await client.position("SOLUSDT") == []


async def test_an_isolated_position_loses_its_own_wallet_and_no_more(started: Started) -> None:
    client = await small(started, "1000")
    changed = await client.call("POST", MARGIN_TYPE, symbol="ETHUSDT", marginType="ISOLATED")
    assert changed.row["code"] == 200
    await client.hold("ETHUSDT", "LONG", "1")  # 125 at leverage 20
    row = await risk(client)
    assert (Decimal(str(row["isolatedWallet"])), row["positionAmt"]) == (Decimal(125), "1.000")
    assert Decimal(str(row["liquidationPrice"])) == pytest.approx(Decimal(2375) / Decimal("0.996"))
    await client.sim("POST", "price", symbol="ETHUSDT", price="2384.60")
    assert await client.position("ETHUSDT") == [("BOTH", "1.000")]
    await client.sim("POST", "price", symbol="ETHUSDT", price="2300")
    assert await client.position("ETHUSDT") == []
    assert await wallet(client) == 875


async def test_an_isolated_wallet_grows_and_shrinks_with_its_position(started: Started) -> None:
    client = await small(started, "1000")
    await client.call("POST", MARGIN_TYPE, symbol="ETHUSDT", marginType="ISOLATED")
    seen = []
    for quantity in ("1", "1", "-0.5"):
        await client.hold("ETHUSDT", "LONG", quantity)
        account = (await client.get("/fapi/v3/account")).row
        total, crossed = (Decimal(str(account[name])) for name in ("totalWalletBalance", "totalCrossWalletBalance"))
        seen.append((Decimal(str((await risk(client))["isolatedWallet"])), total - crossed))
    assert seen == [(Decimal(125), Decimal(125)), (Decimal(250), Decimal(250)), (Decimal("187.5"), Decimal("187.5"))]


async def test_the_margin_type_changes_only_while_nothing_is_open(client: Client) -> None:
    async def change(wanted: str) -> object:
        return (await client.call("POST", MARGIN_TYPE, symbol="ETHUSDT", marginType=wanted)).row["code"]

    assert await change("CROSSED") == -4046
    await client.limit("ETHUSDT", "BUY", "1.000", "2400.00")
    assert await change("ISOLATED") == -4047
    await client.call("DELETE", "/fapi/v1/allOpenOrders", symbol="ETHUSDT")
    await client.hold("ETHUSDT", "LONG", "1")
    assert await change("ISOLATED") == -4048
    await client.hold("ETHUSDT", "LONG", "-1")
    assert await change("ISOLATED") == 200
    shown = (await client.get("/fapi/v1/symbolConfig", symbol="ETHUSDT")).rows[0]
    assert shown["marginType"] == "ISOLATED"


async def test_a_bracket_limits_what_may_be_held_at_a_leverage(client: Client) -> None:
    await client.call("POST", LEVERAGE, symbol="ETHUSDT", leverage=125)  # at most 50 000 USDT
    assert (await client.order("ETHUSDT", "BUY", "19.000")).status == 200
    assert (await client.order("ETHUSDT", "BUY", "1.001")).code == -2027
    assert (await client.limit("ETHUSDT", "BUY", "1.000", "2400.00")).status == 200
    assert (await client.limit("ETHUSDT", "BUY", "1.000", "2400.00")).code == -2027
    assert (await client.order("ETHUSDT", "SELL", "19.000", reduceOnly="true")).status == 200


async def test_leverage_must_carry_what_is_held(started: Started) -> None:
    client = await small(started, "10000")
    await client.hold("ETHUSDT", "LONG", "40")
    assert (await client.call("POST", LEVERAGE, symbol="ETHUSDT", leverage=125)).code == -2027
    assert (await client.call("POST", LEVERAGE, symbol="ETHUSDT", leverage=5)).code == -2028
    assert (await client.call("POST", LEVERAGE, symbol="ETHUSDT", leverage=10)).status == 200


async def test_maintenance_margin_is_continuous_over_the_brackets(client: Client) -> None:
    (told,) = (await client.get("/fapi/v1/leverageBracket", symbol="ETHUSDT")).rows
    brackets = told["brackets"]
    assert isinstance(brackets, list)
    for below, above in pairwise(brackets):
        assert below["notionalCap"] == above["notionalFloor"]
        edge = Decimal(str(above["notionalFloor"]))
        one, other = (edge * Decimal(str(row["maintMarginRatio"])) - Decimal(str(row["cum"])) for row in (below, above))
        assert one == other


async def test_resting_orders_bind_margin_as_far_as_they_would_open(started: Started) -> None:
    client = await small(started, "1000")

    async def available() -> Decimal:
        return Decimal(str((await client.get("/fapi/v3/account")).row["availableBalance"]))

    await client.limit("ETHUSDT", "BUY", "2.000", "2400.00")
    assert await available() == 1000 - 240
    await client.hold("SOLUSDT", "LONG", "10")
    await client.limit("SOLUSDT", "SELL", "10.00", "160.0000")
    assert await available() == 1000 - 240 - 75
    assert (await client.order("ETHUSDT", "BUY", "6.000")).code == -2019


async def test_deleveraging_closes_at_the_mark(client: Client) -> None:
    await client.hold("ETHUSDT", "SHORT", "2", entry_price="2600")
    told = (await client.sim("POST", "deleverage", symbol="ETHUSDT", quantity="0.5")).row
    assert (told["client_order_id"], told["executed"]) == ("adl_autoclose", "0.5")
    fill = (await client.fills())[-1]
    assert (fill["actor"], fill["price"], fill["realized_pnl"]) == ("adl", "2500", "50")
    await client.sim("POST", "deleverage", symbol="ETHUSDT")
    assert await client.position("ETHUSDT") == []


async def test_a_position_can_be_liquidated_at_will(hedged: Client) -> None:
    await hedged.hold("ETHUSDT", "LONG", "1")
    await hedged.hold("ETHUSDT", "SHORT", "1")
    await hedged.sim("POST", "liquidate", symbol="ETHUSDT", position_side="LONG")
    assert await hedged.position("ETHUSDT") == [("SHORT", "-1.000")]
