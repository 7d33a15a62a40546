"""What an account can set about itself, and margin that moves."""

import pytest

from tests.simulator.client import Client

MARGIN = "/fapi/v1/positionMargin"
ASSETS = "/fapi/v1/multiAssetsMargin"


async def isolated_long(client: Client) -> None:
    await client.call("POST", "/fapi/v1/marginType", symbol="ETHUSDT", marginType="ISOLATED")
    await client.order("ETHUSDT", "BUY", "1")


async def test_margin_is_given_to_an_isolated_position_and_taken_back(client: Client) -> None:
    await isolated_long(client)
    await client.call("POST", MARGIN, symbol="ETHUSDT", amount="50", type=1)
    taken = await client.call("POST", MARGIN, symbol="ETHUSDT", amount="20", type=2)
    assert taken.row == {"amount": 20.0, "code": 200, "msg": "Successfully modify position margin.", "type": 2}
    (row,) = (await client.get("/fapi/v3/positionRisk", symbol="ETHUSDT")).rows
    assert row["isolatedWallet"] == "155.01250000"  # 2500.25 / 20, and 30 more
    changes = (await client.get(f"{MARGIN}/history", symbol="ETHUSDT")).rows
    assert [(change["type"], change["amount"]) for change in changes] == [(1, "50"), (2, "20")]
    assert len((await client.get(f"{MARGIN}/history", symbol="ETHUSDT", type=2)).rows) == 1


@pytest.mark.parametrize(
    ("symbol", "amount", "kind", "code"),
    [("ETHUSDT", "1000", 2, -4051), ("ETHUSDT", "99000000", 1, -4050), ("ETHUSDT", "0", 1, -4055),
     ("BTCUSDT", "10", 1, -4049), ("ETHUSDT", "10", 3, -1130)],
)  # fmt: skip
async def test_margin_that_cannot_move_is_refused(
    client: Client, symbol: str, amount: str, kind: int, code: int
) -> None:
    await isolated_long(client)
    assert (await client.call("POST", MARGIN, symbol=symbol, amount=amount, type=kind)).code == code


async def test_multi_assets_mode_and_isolated_symbols_exclude_each_other(client: Client) -> None:
    await client.call("POST", ASSETS, multiAssetsMargin="true")
    assert (await client.get(ASSETS)).row == {"multiAssetsMargin": True}
    assert (await client.get("/fapi/v1/accountConfig")).row["multiAssetsMargin"] is True
    assert (await client.call("POST", ASSETS, multiAssetsMargin="true")).code == -4171
    change = await client.call("POST", "/fapi/v1/marginType", symbol="ETHUSDT", marginType="ISOLATED")
    assert change.code == -4168
    await client.call("POST", ASSETS, multiAssetsMargin="false")
    await isolated_long(client)
    assert (await client.call("POST", ASSETS, multiAssetsMargin="true")).code == -4167


async def test_the_margin_type_shows_wherever_it_is_told(client: Client) -> None:
    await isolated_long(client)
    (config,) = (await client.get("/fapi/v1/symbolConfig", symbol="ETHUSDT")).rows
    (v2,) = (await client.get("/fapi/v2/positionRisk", symbol="ETHUSDT")).rows
    account = (await client.get("/fapi/v2/account")).row
    positions = account["positions"]
    assert isinstance(positions, list)
    isolated = {row["symbol"] for row in positions if row["isolated"]}
    assert (config["marginType"], v2["marginType"], isolated) == ("ISOLATED", "isolated", {"ETHUSDT"})


async def test_totals_of_the_account_are_the_sums_of_its_positions(client: Client) -> None:
    await isolated_long(client)
    await client.order("BTCUSDT", "SELL", "0.5")
    await client.limit("SOLUSDT", "BUY", "10", "140")
    account = (await client.get("/fapi/v3/account")).row
    positions = account["positions"]
    assert isinstance(positions, list)
    assert {row["symbol"] for row in positions} == {"ETHUSDT", "BTCUSDT", "SOLUSDT"}
    for total, part in (("totalInitialMargin", "initialMargin"), ("totalMaintMargin", "maintMargin")):
        assert float(str(account[total])) == pytest.approx(sum(float(row[part]) for row in positions))
    wallet, profit = float(str(account["totalWalletBalance"])), float(str(account["totalUnrealizedProfit"]))
    assert float(str(account["totalMarginBalance"])) == pytest.approx(wallet + profit)


async def test_income_is_what_moved_the_wallet(client: Client) -> None:
    before = float(str((await client.get("/fapi/v3/account")).row["totalWalletBalance"]))
    await client.order("BTCUSDT", "BUY", "0.5")
    await client.order("BTCUSDT", "SELL", "0.5")
    rows = (await client.get("/fapi/v1/income")).rows
    after = float(str((await client.get("/fapi/v3/account")).row["totalWalletBalance"]))
    assert sum(float(str(row["income"])) for row in rows) == pytest.approx(after - before)
    assert {row["incomeType"] for row in rows} == {"COMMISSION", "REALIZED_PNL"}
    fees = (await client.get("/fapi/v1/income", incomeType="COMMISSION", limit=1)).rows
    trades = (await client.get("/fapi/v1/userTrades", symbol="BTCUSDT")).rows
    assert fees[0]["tradeId"] == str(trades[-1]["id"])
