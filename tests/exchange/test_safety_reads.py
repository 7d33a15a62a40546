"""The whole account with its margin, as a simulated exchange shows it over HTTP."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal

import aiohttp
import pytest
from pydantic import SecretStr

from contracts.errors import ExchangeUnavailable
from contracts.mode import Venue
from contracts.safety import MarginedPosition
from exchange.binance import BinanceExchange
from exchange.endpoint import ExchangeEndpoint
from simulator.config import SimulatorConfig
from simulator.server import Simulator

ACCOUNT = "GET /fapi/v3/account"


@dataclass
class Bench:
    """A simulator, an adapter on it and the simulator's controls."""

    exchange: BinanceExchange
    control: aiohttp.ClientSession

    async def steer(self, path: str, **body: object) -> None:
        async with self.control.post(f"/sim/{path}", json=body) as response:
            assert response.ok, await response.text()

    async def held(self) -> dict[str, MarginedPosition]:
        return {each.position.symbol: each for each in await self.exchange.safety_reads.margined_positions()}


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    simulator = Simulator(SimulatorConfig(seed=7))
    await simulator.start()
    exchange = await BinanceExchange.connect(
        ExchangeEndpoint(
            venue=Venue.SIMULATOR,
            base_url=simulator.url,
            api_key=SecretStr("sim-key"),
            api_secret=SecretStr("sim-secret"),
            user_stream=False,
        )
    )
    async with aiohttp.ClientSession(simulator.url) as control:
        yield Bench(exchange, control)
    await exchange.close()
    await simulator.stop()


async def test_crossed_positions_share_one_margin_and_an_isolated_one_stands_alone(bench: Bench) -> None:
    await bench.exchange._client.futures_change_margin_type(symbol="XRPUSDT", marginType="ISOLATED")
    await bench.steer("position", symbol="SOLUSDT", side="LONG", quantity="100")
    await bench.steer("position", symbol="ETHUSDT", side="SHORT", quantity="10")
    await bench.steer("position", symbol="XRPUSDT", side="LONG", quantity="1000")

    held = await bench.held()

    # 0.4 % of 100 * 150 and of 10 * 2500 at the mark
    assert held["SOLUSDT"].maintenance_margin == held["ETHUSDT"].maintenance_margin == Decimal(160)
    assert held["SOLUSDT"].margin_balance == held["ETHUSDT"].margin_balance
    alone, mark = held["XRPUSDT"], held["XRPUSDT"].position.mark_price
    assert alone.maintenance_margin == mark * 1000 * Decimal("0.004")
    assert alone.margin_balance is not None
    assert Decimal(0) < alone.margin_balance < mark * 1000


async def test_profit_and_loss_count_in_the_shared_margin(bench: Bench) -> None:
    await bench.steer("position", symbol="SOLUSDT", side="LONG", quantity="100")
    before = (await bench.held())["SOLUSDT"]
    await bench.steer("price", symbol="SOLUSDT", price="140")

    after = (await bench.held())["SOLUSDT"]

    lost = after.position.unrealized_pnl - before.position.unrealized_pnl
    assert after.margin_balance is not None
    assert before.margin_balance is not None
    assert after.margin_balance - before.margin_balance == lost == -100 * (before.position.mark_price - 140)


async def test_an_account_that_pools_its_assets_is_read_by_its_total(bench: Bench) -> None:
    await bench.exchange._client.futures_change_multi_assets_mode(multiAssetsMargin="true")
    await bench.steer("position", symbol="SOLUSDT", side="LONG", quantity="100")

    held = (await bench.held())["SOLUSDT"]

    assert held.maintenance_margin == Decimal(60)
    assert held.margin_balance is not None
    assert held.margin_balance > Decimal(1000)


async def test_a_margin_that_cannot_be_read_is_told_and_not_zero_and_an_isolated_one_stands(bench: Bench) -> None:
    await bench.exchange._client.futures_change_margin_type(symbol="XRPUSDT", marginType="ISOLATED")
    await bench.steer("position", symbol="SOLUSDT", side="LONG", quantity="1")
    await bench.steer("position", symbol="XRPUSDT", side="LONG", quantity="1000")
    await bench.steer("faults", call=ACCOUNT, kind="error", code=-1008, msg="overloaded", times=3)

    held = await bench.held()

    shared, alone = held["SOLUSDT"], held["XRPUSDT"]
    assert (shared.maintenance_margin, shared.margin_balance, shared.position.size) == (None, None, Decimal(1))
    assert "overloaded" in shared.problem
    assert alone.margin_balance is not None
    assert alone.problem == ""


async def test_a_hiccup_of_the_margin_is_read_again(bench: Bench) -> None:
    await bench.steer("position", symbol="SOLUSDT", side="LONG", quantity="1")
    await bench.steer("faults", call=ACCOUNT, kind="error", code=-1008, msg="overloaded", times=2)

    assert (await bench.held())["SOLUSDT"].margin_balance is not None


async def test_positions_that_cannot_be_read_are_an_error(bench: Bench) -> None:
    await bench.steer("position", symbol="SOLUSDT", side="LONG", quantity="1")
    await bench.steer("faults", call="GET /fapi/v3/positionRisk", kind="error", code=-1008, msg="overloaded")

    with pytest.raises(ExchangeUnavailable):
        await bench.held()


async def test_no_position_is_an_empty_answer(bench: Bench) -> None:
    assert await bench.held() == {}
    assert await bench.exchange.safety_reads.open_positions() == ()
