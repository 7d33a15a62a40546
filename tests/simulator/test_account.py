"""Mode, leverage, positions, balances."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from simulator.positions import Position, after_fill
from tests.simulator.client import Client

DUAL = "/fapi/v1/positionSide/dual"
RISK = "/fapi/v3/positionRisk"


async def test_v3_shows_only_what_has_a_position_or_open_orders(client: Client) -> None:
    assert (await client.get(RISK)).rows == []
    await client.hold("ETHUSDT", "SHORT", "2")
    await client.limit("BTCUSDT", "BUY", "0.010", "60000.00")
    rows = (await client.get(RISK)).rows
    assert [(row["symbol"], row["positionSide"], row["positionAmt"]) for row in rows] == [
        ("BTCUSDT", "BOTH", "0.000"),
        ("ETHUSDT", "BOTH", "-2.000"),
    ]


async def test_v3_rows_have_exactly_the_documented_fields_and_types(client: Client) -> None:
    await client.hold("ETHUSDT", "SHORT", "2", entry_price="2600")
    row = (await client.get(RISK, symbol="ETHUSDT")).rows[0]
    whole = {"adl", "updateTime"}
    assert {name for name, value in row.items() if isinstance(value, int)} == whole
    assert all(isinstance(value, str) for name, value in row.items() if name not in whole)
    assert (row["entryPrice"], row["markPrice"]) == ("2600", "2500.00000000")
    assert (row["notional"], row["unRealizedProfit"]) == ("-5000.00000000", "200.00000000")
    assert (row["positionInitialMargin"], row["marginAsset"]) == ("250.00000000", "USDT")
    assert not {"leverage", "marginType"} & set(row)


async def test_hedge_rows_are_long_and_short(hedged: Client) -> None:
    await hedged.hold("ETHUSDT", "LONG", "1")
    await hedged.hold("ETHUSDT", "SHORT", "2")
    assert await hedged.position("ETHUSDT") == [("LONG", "1.000"), ("SHORT", "-2.000")]


async def test_v2_shows_every_symbol_with_leverage_and_margin_type(client: Client) -> None:
    await client.hold("ETHUSDT", "LONG", "1")
    rows = {str(row["symbol"]): row for row in (await client.get("/fapi/v2/positionRisk")).rows}
    assert (rows["ETHUSDT"]["positionAmt"], rows["ETHUSDT"]["marginType"]) == ("1.000", "cross")
    assert (rows["BTCUSDT"]["positionAmt"], rows["BTCUSDT"]["entryPrice"]) == ("0.000", "0.0")
    assert rows["BTCUSDT"]["leverage"] == "20"


async def test_leverage_is_set_by_symbol(client: Client) -> None:
    reply = await client.call("POST", "/fapi/v1/leverage", symbol="ETHUSDT", leverage=5)
    assert (reply.row["leverage"], reply.row["symbol"]) == (5, "ETHUSDT")
    assert (await client.call("POST", "/fapi/v1/leverage", symbol="ETHUSDT", leverage=126)).code == -4028
    shown = (await client.get("/fapi/v1/symbolConfig", symbol="ETHUSDT")).rows
    assert [(row["leverage"], row["marginType"]) for row in shown] == [(5, "CROSSED")]
    await client.hold("ETHUSDT", "LONG", "1")
    assert (await client.get(RISK, symbol="ETHUSDT")).rows[0]["initialMargin"] == "500.00000000"


async def test_the_mode_changes_only_while_nothing_is_open(client: Client) -> None:
    async def switch(wanted: str) -> object:
        return (await client.call("POST", DUAL, dualSidePosition=wanted)).row["code"]

    assert await switch("false") == -4059
    await client.limit("ETHUSDT", "BUY", "1.000", "2400.00")
    assert await switch("true") == -4067
    await client.call("DELETE", "/fapi/v1/allOpenOrders", symbol="ETHUSDT")
    await client.hold("ETHUSDT", "LONG", "1")
    assert await switch("true") == -4068
    await client.hold("ETHUSDT", "LONG", "-1")
    assert await switch("true") == 200
    assert (await client.get(DUAL)).row == {"dualSidePosition": True}
    assert (await client.get("/fapi/v1/accountConfig")).row["dualSidePosition"] is True


async def test_the_account_adds_up(client: Client) -> None:
    await client.hold("ETHUSDT", "LONG", "2", entry_price="2400")
    account = (await client.get("/fapi/v3/account")).row
    fee = Decimal("2.4")
    wallet = Decimal(10_000_000) - fee
    assert Decimal(str(account["totalWalletBalance"])) == wallet
    assert Decimal(str(account["totalUnrealizedProfit"])) == 200
    assert Decimal(str(account["totalMarginBalance"])) == wallet + 200
    assert Decimal(str(account["availableBalance"])) == wallet + 200 - 250
    positions, assets = account["positions"], account["assets"]
    assert isinstance(positions, list)
    assert isinstance(assets, list)
    assert [(row["symbol"], row["positionAmt"]) for row in positions] == [("ETHUSDT", "2.000")]
    assert assets[0]["walletBalance"] == account["totalWalletBalance"]
    assert (await client.get("/fapi/v2/balance")).rows == (await client.get("/fapi/v3/balance")).rows


async def test_fees_limits_and_brackets_are_told(client: Client) -> None:
    fees = (await client.get("/fapi/v1/commissionRate", symbol="ETHUSDT")).row
    assert (fees["takerCommissionRate"], fees["makerCommissionRate"]) == ("0.0005", "0.0002")
    limits = (await client.get("/fapi/v1/rateLimit/order")).rows
    assert [(row["interval"], row["intervalNum"], row["limit"]) for row in limits] == [
        ("MINUTE", 1, 1200),
        ("SECOND", 10, 300),
    ]
    brackets = (await client.get("/fapi/v1/leverageBracket", symbol="ETHUSDT")).rows
    assert [row["symbol"] for row in brackets] == ["ETHUSDT"]


fills = st.lists(
    st.tuples(st.integers(-9, 9).filter(bool), st.integers(1, 10**6)).map(
        lambda fill: (Decimal(fill[0]), Decimal(fill[1]))
    ),
    min_size=1,
    max_size=12,
)


@given(fills)
def test_profit_is_exactly_the_cash_that_flowed(history: list[tuple[Decimal, Decimal]]) -> None:
    """Realised profit plus the value of what is left equals what was paid and received, whatever the order."""
    held, realised, cash = Position("X", "BOTH"), Decimal(0), Decimal(0)
    for change, price in history:
        held, gain = after_fill(held, change, price, 0)
        realised += gain
        cash -= change * price
    assert held.amount == sum(change for change, _ in history)
    assert abs(realised - held.amount * held.entry_price - cash) < Decimal("0.000001")
