"""The adapter against the simulated exchange over HTTP: positions are opened by its control calls, closed by ours."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr

from contracts.errors import CredentialsRefused, ExchangeRefused
from contracts.mode import Venue
from contracts.order import OrderSide, PositionSide, Reaction, SendReport, Ticket, Verdict
from exchange.binance import BinanceExchange
from exchange.endpoint import ExchangeEndpoint
from simulator.config import SimulatorConfig
from simulator.server import Simulator

SYMBOL = "ETHUSDT"
POST = "POST /fapi/v1/order"


@dataclass
class Bench:
    """A simulator, an adapter on it and the simulator's controls."""

    exchange: BinanceExchange
    control: aiohttp.ClientSession
    numbers: Iterator[int]

    async def steer(self, path: str, **body: object) -> Any:  # noqa: ANN401
        async with self.control.post(f"/sim/{path}", json=body) as response:
            answer = await response.json(content_type=None)
            assert response.status == 200, answer
            return answer

    async def fault(self, kind: str, call: str = POST, **more: object) -> None:
        await self.steer("faults", call=call, kind=kind, **more)

    async def opened(self, side: str, quantity: str) -> None:
        await self.steer("position", symbol=SYMBOL, side=side, quantity=quantity)

    async def orders_received(self, ticket: Ticket) -> list[dict[str, Any]]:
        async with self.control.get("/sim/ledger", params={"symbol": SYMBOL}) as response:
            requests = (await response.json(content_type=None))["requests"]
        return [request for request in requests if request["client_order_id"] == ticket.client_order_id]

    def ticket(self, quantity: str, **changes: object) -> Ticket:
        values: dict[str, object] = {
            "symbol": SYMBOL,
            "client_order_id": f"hv-sim-full-{next(self.numbers)}",
            "side": OrderSide.SELL,
            "position_side": PositionSide.BOTH,
            "quantity": Decimal(quantity),
            "reduce_only": True,
            "timestamp_ms": self.exchange.now_ms(),
            "recv_window_ms": 5000,
        }
        return Ticket.model_validate(values | changes)

    async def amount(self) -> Decimal:
        return sum((position.amount for position in await self.exchange.positions(SYMBOL)), Decimal(0))


def endpoint(simulator: Simulator, secret: str = "") -> ExchangeEndpoint:
    return ExchangeEndpoint(
        venue=Venue.SIMULATOR,
        base_url=simulator.url,
        api_key=SecretStr(simulator.config.api_key),
        api_secret=SecretStr(secret or simulator.config.api_secret),
        order_timeout=0.5,
    )


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    running = Simulator(SimulatorConfig())
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def bench(simulator: Simulator) -> AsyncIterator[Bench]:
    exchange = await BinanceExchange.connect(endpoint(simulator))
    async with aiohttp.ClientSession(simulator.url) as control:
        yield Bench(exchange, control, itertools.count(1))
    await exchange.close()


class TestClose:
    async def test_a_long_is_closed_and_accounted_for(self, bench: Bench) -> None:
        await bench.opened("LONG", "0.3")
        ticket = bench.ticket("0.3")
        report = await bench.exchange.place(ticket)
        assert report.verdict is Verdict.ACCEPTED
        assert report.order is not None
        assert (report.order.status, report.order.executed_quantity) == ("FILLED", Decimal("0.3"))
        assert await bench.exchange.positions(SYMBOL) == ()
        await self.agrees(bench, ticket, report)

    async def agrees(self, bench: Bench, ticket: Ticket, report: SendReport) -> None:
        """Look-ups by either id, and the trades by order, by span and by id, tell the same story."""
        assert report.order is not None
        order = await bench.exchange.order_by_client_id(SYMBOL, ticket.client_order_id)
        assert order == await bench.exchange.order_by_id(SYMBOL, report.order.order_id)
        assert order is not None
        assert order.reduce_only
        trades = await bench.exchange.trades_of_orders(SYMBOL, [order.order_id])
        assert sum(trade.quantity for trade in trades) == Decimal("0.3")
        assert all(trade.commission > 0 and trade.commission_asset == "USDT" for trade in trades)
        cost = sum((trade.price * trade.quantity for trade in trades), Decimal(0))
        assert order.average_price is not None
        assert abs(cost / Decimal("0.3") - order.average_price) < Decimal("0.01")
        everything = await bench.exchange.recent_trades(SYMBOL)
        assert everything[-1] == trades[-1]
        assert await bench.exchange.trades_from(SYMBOL, trades[0].trade_id) == trades
        assert order in await bench.exchange.orders_since(SYMBOL, ticket.timestamp_ms - 60_000)

    async def test_a_short_is_closed_by_buying(self, bench: Bench) -> None:
        await bench.opened("SHORT", "0.5")
        assert await bench.amount() == Decimal("-0.5")
        report = await bench.exchange.place(bench.ticket("0.2", side=OrderSide.BUY))
        assert report.verdict is Verdict.ACCEPTED
        assert await bench.amount() == Decimal("-0.3")

    async def test_hedge_mode(self, bench: Bench) -> None:
        await bench.steer("mode", hedge=True)
        await bench.opened("LONG", "0.3")
        await bench.opened("SHORT", "0.4")
        assert await bench.exchange.hedge_mode()
        ticket = bench.ticket("0.4", side=OrderSide.BUY, position_side=PositionSide.SHORT, reduce_only=False)
        report = await bench.exchange.place(ticket)
        assert report.verdict is Verdict.ACCEPTED
        [left] = await bench.exchange.positions(SYMBOL)
        assert (left.position_side, left.amount) == (PositionSide.LONG, Decimal("0.3"))

    async def test_part_of_it_is_filled(self, bench: Bench) -> None:
        await bench.opened("LONG", "0.4")
        await bench.fault("partial_fill", fraction="0.5")
        report = await bench.exchange.place(bench.ticket("0.4"))
        assert report.order is not None
        assert (report.order.status, report.order.final) == ("EXPIRED", True)
        assert report.order.executed_quantity == Decimal("0.2")


class TestRefusals:
    async def test_flat(self, bench: Bench) -> None:
        report = await bench.exchange.place(bench.ticket("0.3"))
        assert (report.verdict, report.code, report.reaction) == (Verdict.REFUSED, -2022, Reaction.REREAD)

    async def test_account_is_in_the_other_mode(self, bench: Bench) -> None:
        """R55."""
        await bench.steer("mode", hedge=True)
        await bench.opened("LONG", "0.3")
        report = await bench.exchange.place(bench.ticket("0.3"))
        assert (report.verdict, report.reaction) == (Verdict.REFUSED, Reaction.RECONFIGURE)

    async def test_off_the_grid(self, bench: Bench) -> None:
        await bench.opened("LONG", "0.3")
        report = await bench.exchange.place(bench.ticket("0.0000001"))
        assert (report.verdict, report.reaction) == (Verdict.REFUSED, Reaction.RESIZE)

    async def test_a_zombie(self, bench: Bench) -> None:
        """A worker that slept past the window: what it sends is dead on arrival (R60)."""
        await bench.opened("LONG", "0.3")
        report = await bench.exchange.place(bench.ticket("0.3", timestamp_ms=bench.exchange.now_ms() - 5_200))
        assert (report.verdict, report.reaction) == (Verdict.REFUSED, Reaction.RESYNC_CLOCK)
        assert await bench.amount() == Decimal("0.3")

    async def test_a_clock_that_jumped_is_set(self, bench: Bench) -> None:
        await bench.opened("LONG", "0.3")
        await asyncio.sleep(1.05)
        await bench.steer("clock", skew_ms=40_000)
        assert (await bench.exchange.place(bench.ticket("0.3"))).reaction is Reaction.RESYNC_CLOCK
        assert (await bench.exchange.place(bench.ticket("0.3"))).verdict is Verdict.ACCEPTED

    @pytest.mark.parametrize("kind", ["refused_503_unavailable"])
    async def test_not_executed_and_certain(self, bench: Bench, kind: str) -> None:
        await bench.opened("LONG", "0.3")
        await bench.fault(kind)
        report = await bench.exchange.place(bench.ticket("0.3"))
        assert (report.verdict, report.reaction) == (Verdict.REFUSED, Reaction.BACK_OFF)
        assert await bench.amount() == Decimal("0.3")

    async def test_a_ban(self, bench: Bench) -> None:
        await bench.opened("LONG", "0.3")
        until = bench.exchange.now_ms() + 60_000
        await bench.fault("error", code=-1003, msg=f"IP(1.2.3.4) banned until {until}.", status=418)
        ticket = bench.ticket("0.3")
        reports = [await bench.exchange.place(ticket) for _ in range(3)]
        assert all(report.reaction is Reaction.BACK_OFF and report.retry_after_ms > 55_000 for report in reports)
        assert len(await bench.orders_received(ticket)) == 1


class TestUnknown:
    @pytest.mark.parametrize(
        ("kind", "executed"),
        [
            ("executed_503_unknown", True),
            ("executed_408", True),
            ("executed_cut", True),
            ("executed_delay", True),
            ("html_502", True),
            ("empty_body", True),
            ("refused_503_unknown", False),
            ("refused_408", False),
            ("refused_cut", False),
            ("refused_hang", False),
        ],
    )
    @pytest.mark.parametrize("body", ["text", "json"])
    async def test_unknown_sent_once_and_found_by_asking(
        self, bench: Bench, kind: str, executed: bool, body: str
    ) -> None:
        """R46: the same faces whether it executed or not, so only the exchange's books tell."""
        await bench.opened("LONG", "0.3")
        delay_ms = 800 if kind in {"executed_delay", "refused_hang"} else 0
        await bench.fault(kind, delay_ms=delay_ms, body=body)
        ticket = bench.ticket("0.3")
        report = await bench.exchange.place(ticket)
        assert report.verdict is Verdict.UNKNOWN
        assert len(await bench.orders_received(ticket)) == 1
        found = await bench.exchange.order_by_client_id(SYMBOL, ticket.client_order_id)
        assert (found is not None) is executed
        assert await bench.amount() == (0 if executed else Decimal("0.3"))


class TestReading:
    async def test_credentials(self, bench: Bench, simulator: Simulator) -> None:
        await bench.exchange.check_credentials()
        stranger = await BinanceExchange.connect(endpoint(simulator, secret="wrong"))
        with pytest.raises(CredentialsRefused, match="copy both again"):
            await stranger.check_credentials()
        await stranger.close()

    async def test_symbols(self, bench: Bench) -> None:
        rules = await bench.exchange.symbol_rules(SYMBOL)
        assert (rules.symbol, rules.status) == (SYMBOL, "TRADING")
        assert 0 < rules.market_step <= rules.market_min_quantity <= rules.market_max_quantity
        with pytest.raises(ExchangeRefused, match="-1121"):
            await bench.exchange.symbol_rules("NOPEUSDT")

    async def test_unknown_order(self, bench: Bench) -> None:
        assert await bench.exchange.order_by_client_id(SYMBOL, "hv-never-full-1") is None
        assert await bench.exchange.order_by_id(SYMBOL, 999_999) is None
        assert await bench.exchange.cancel_order(SYMBOL, 999_999)

    async def test_a_protective_stop(self, bench: Bench) -> None:
        await bench.opened("LONG", "0.3")
        [position] = await bench.exchange.positions(SYMBOL)
        stop = round(position.mark_price * Decimal("0.9"), 1)
        await bench.exchange._client.futures_create_algo_order(
            symbol=SYMBOL, side="SELL", type="STOP_MARKET", quantity="0.3", triggerPrice=stop, reduceOnly="true"
        )
        [resting] = await bench.exchange.open_algo_orders(SYMBOL)
        assert (resting.trigger_price, resting.quantity, resting.reduce_only) == (stop, Decimal("0.3"), True)
        assert await bench.exchange.cancel_algo_order(SYMBOL, resting.algo_id)
        assert await bench.exchange.cancel_algo_order(SYMBOL, resting.algo_id)
        assert await bench.exchange.open_algo_orders(SYMBOL) == ()

    async def test_a_resting_order(self, bench: Bench) -> None:
        await bench.opened("LONG", "0.3")
        [position] = await bench.exchange.positions(SYMBOL)
        price = round(position.mark_price * Decimal("1.02"), 1)
        await bench.exchange._client.futures_create_order(
            symbol=SYMBOL, side="SELL", type="LIMIT", timeInForce="GTC", quantity="0.3", price=price, reduceOnly="true"
        )
        [resting] = await bench.exchange.open_orders(SYMBOL)
        assert (resting.status, resting.side) == ("NEW", OrderSide.SELL)
        assert await bench.exchange.cancel_order(SYMBOL, resting.order_id)
        assert await bench.exchange.cancel_order(SYMBOL, resting.order_id)
        assert await bench.exchange.open_orders(SYMBOL) == ()

    async def test_usage(self, bench: Bench) -> None:
        await bench.opened("LONG", "0.3")
        await bench.exchange.place(bench.ticket("0.3"))
        usage = bench.exchange.usage
        assert usage.weight_1m is not None
        assert usage.orders_10s is not None
        assert usage.orders_10s >= 1
