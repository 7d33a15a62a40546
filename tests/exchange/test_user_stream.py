"""The stream's supervisor on the simulator's real WebSocket: it comes, stays, comes back, and says how it is."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from decimal import Decimal

import aiohttp
import pytest
from aiohttp import web

from contracts.errors import InvalidSettings
from contracts.mode import Venue
from contracts.order import OrderSide, OrderState, PositionSide
from exchange.binance import BinanceExchange
from exchange.clock import ExchangeClock
from exchange.endpoint import ExchangeEndpoint
from exchange.hosts import stream_origins_for
from exchange.limits import Limits
from exchange.listen_key import ListenKeys
from exchange.reads import Reads
from exchange.signed_client import SignedClient
from exchange.user_stream import StreamTiming, UserStream
from exchange.user_stream_fills import ToldFills
from simulator import Simulator, SimulatorConfig
from tests.bridge.servers import eventually

SYMBOL = "ETHUSDT"
QUICK = StreamTiming(first_retry=0.01, longest_retry=0.05, connect=1, tend=0.01)


class Rig:
    """A simulator and a stream on it."""

    def __init__(self, simulator: Simulator, url: str = "") -> None:
        self.simulator = simulator
        self.url = url or simulator.url
        self.fills = ToldFills()
        endpoint = ExchangeEndpoint.model_validate(
            {"venue": Venue.SIMULATOR, "base_url": self.url, "api_key": "sim-key", "api_secret": "sim-secret"}
        )
        self.client = SignedClient(endpoint, ExchangeClock(), Limits())
        self.keys = ListenKeys(self.client, Reads(self.client, ExchangeClock(), Venue.SIMULATOR))
        self.stream = self.streaming(QUICK)

    def streaming(self, timing: StreamTiming, *origins: str) -> UserStream:
        """A stream with a timing, and addresses, of its own."""
        self.stream = UserStream(self.keys, origins or (f"ws{self.url.removeprefix('http')}",), self.fills, timing)
        return self.stream

    @property
    def live_key(self) -> str | None:
        return self.simulator.gateway.exchange.listen_keys.live

    def drop_key(self) -> None:
        """Another program of the account deletes the key."""
        self.simulator.gateway.exchange.listen_keys.drop(None)

    async def trade(self) -> OrderState:
        """Somebody buys; returns what is known of the order."""
        async with aiohttp.ClientSession(self.simulator.url) as session:
            body = {"symbol": SYMBOL, "side": "LONG", "quantity": "1"}
            async with session.post("/sim/position", json=body) as answer:
                order_id = (await answer.json())["order_id"]
        found = self.simulator.gateway.exchange.engine.orders.by_id(SYMBOL, order_id)
        assert found is not None
        return OrderState(
            order_id=order_id,
            client_order_id=found.asked.client_order_id,
            status=found.status,
            side=OrderSide.BUY,
            position_side=PositionSide.BOTH,
            original_quantity=Decimal(1),
            executed_quantity=Decimal(1),
        )

    async def hears(self) -> bool:
        """Whether a fill that happens now is told."""
        order = await self.trade()
        await until(lambda: bool(self.fills.fills(SYMBOL, order)))
        return sum(fill.quantity for fill in self.fills.fills(SYMBOL, order)) == 1


async def until(done: Callable[[], bool]) -> None:
    """Return as soon as it is so."""

    async def is_so() -> bool:
        return done()

    await eventually(is_so)


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    simulator = Simulator(SimulatorConfig())
    await simulator.start()
    rig = Rig(simulator)
    yield rig
    await rig.stream.stop()
    await rig.client.close_connection()
    await simulator.stop()


async def test_fills_are_told(rig: Rig) -> None:
    rig.stream.start()
    await until(lambda: rig.stream.health.connected)

    assert await rig.hears()
    health = rig.stream.health
    assert (health.connections, health.unreadable, health.problem) == (1, 0, "")
    assert health.events > 0
    assert max(health.heard_age or 9, health.event_age or 9, health.key_age or 9) < 5


async def test_it_comes_back_after_a_cut(rig: Rig) -> None:
    rig.stream.start()
    await until(lambda: rig.stream.health.connected)
    mark = rig.fills.mark(SYMBOL)
    rig.simulator.gateway.streams.user.cut()

    assert await rig.fills.news(SYMBOL, mark, 5)  # who waits reads at once: what was missed is not told any more
    assert rig.stream.health.connections == 2
    assert await rig.hears()


async def test_an_expired_key_is_replaced(rig: Rig) -> None:
    rig.stream.start()
    await until(lambda: rig.stream.health.connected)
    old = rig.live_key
    rig.simulator.gateway.exchange.listen_keys.expire()

    await until(lambda: rig.stream.health.connections == 2)
    assert rig.live_key not in {None, old}
    assert await rig.hears()


async def test_the_key_is_renewed_in_time(rig: Rig) -> None:
    rig.streaming(replace(QUICK, renew_key=0.05)).start()
    await until(lambda: rig.stream.health.connected)
    keys = rig.simulator.gateway.exchange.listen_keys
    granted = keys._until

    await until(lambda: keys._until > granted)
    assert rig.stream.health.connections == 1
    assert await rig.hears()


async def test_a_key_that_somebody_deleted_is_replaced_when_it_is_to_be_renewed(rig: Rig) -> None:
    rig.streaming(replace(QUICK, renew_key=0.05)).start()
    await until(lambda: rig.stream.health.connected)
    rig.drop_key()

    await until(lambda: rig.stream.health.connections >= 2 and rig.stream.health.connected)
    assert await rig.hears()


async def test_a_connection_that_carries_nothing_is_given_up(rig: Rig) -> None:
    rig.streaming(replace(QUICK, silence=0)).start()
    await until(lambda: rig.stream.health.connected)
    rig.simulator.gateway.streams.user.silence()
    for _ in range(3):
        rig.fills.missed(SYMBOL, await rig.trade())

    await until(lambda: rig.stream.health.connections == 2)
    assert await rig.hears()


async def test_the_next_address_is_tried_where_one_does_not_answer(rig: Rig) -> None:
    rig.streaming(QUICK, "ws://127.0.0.1:1", f"ws{rig.url.removeprefix('http')}").start()

    await until(lambda: rig.stream.health.connected)
    assert await rig.hears()


async def test_an_exchange_that_is_away_is_tried_again_and_again_more_slowly(rig: Rig) -> None:
    rig.streaming(replace(QUICK, first_retry=0.05, longest_retry=60), "ws://127.0.0.1:1").start()
    problems = [await _next_attempt(rig) for _ in range(3)]

    assert all("no connection (ClientConnectorError)" in problem for problem in problems)
    assert not rig.stream.health.connected


async def _next_attempt(rig: Rig) -> str:
    before = rig.stream._failures
    await until(lambda: rig.stream._failures > before)
    return rig.stream.health.problem


async def test_without_a_key_there_is_no_stream_and_it_says_why(rig: Rig) -> None:
    rig.client.API_KEY = "wrong"
    await rig.client.close_connection()
    rig.client.session = rig.client._init_session()
    rig.stream.start()

    await until(lambda: "no listen key" in rig.stream.health.problem)
    assert not rig.stream.health.connected


async def test_a_defect_of_ours_is_seen_and_does_not_end_it(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(rig.fills, "gap", None)
    rig.stream.start()
    await until(lambda: "a defect (TypeError" in rig.stream.health.problem)
    key = rig.live_key or "no key"
    monkeypatch.undo()

    await until(lambda: rig.stream.health.connected)
    assert await rig.hears()
    said = "".join(capsys.readouterr())
    assert "user stream defective" in said
    assert key not in said


async def test_a_server_that_answers_no_ping_is_left(rig: Rig) -> None:
    async with _deaf_server() as address:
        rig.streaming(replace(QUICK, ping=0.1), address).start()

        await until(lambda: rig.stream.health.connections >= 2)


class _deaf_server:  # noqa: N801 - reads as a function
    """Accepts every WebSocket and never says a word, not even a pong."""

    async def __aenter__(self) -> str:
        async def serve(request: web.Request) -> web.WebSocketResponse:
            socket = web.WebSocketResponse(autoping=False)
            await socket.prepare(request)
            async for _ in socket:
                pass
            return socket

        app = web.Application()
        app.router.add_get("/private/ws/{key}", serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"ws://127.0.0.1:{self._runner.addresses[0][1]}"

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()


async def test_the_adapter_starts_and_ends_without_waiting_for_it() -> None:
    simulator = Simulator(SimulatorConfig())
    await simulator.start()
    endpoint = {"venue": Venue.SIMULATOR, "base_url": simulator.url, "api_key": "sim-key", "api_secret": "sim-secret"}
    async with asyncio.timeout(5):
        off = await BinanceExchange.connect(ExchangeEndpoint.model_validate(endpoint))
        on = await BinanceExchange.connect(ExchangeEndpoint.model_validate({**endpoint, "user_stream": True}))
        await simulator.stop()
        health = on.stream_health
        await on.close()
        await off.close()

    assert off.stream_health is None
    assert health is not None


@pytest.mark.parametrize(
    ("venue", "base_url", "origins"),
    [
        (Venue.LIVE, "", ("wss://fstream.binance.com",)),
        (Venue.LIVE, "https://fapi.binance.com/fapi", ("wss://fstream.binance.com",)),
        (Venue.DEMO, "", ("wss://fstream.binancefuture.com", "wss://demo-fstream.binance.com")),
        (
            Venue.DEMO,
            "https://testnet.binancefuture.com",
            ("wss://fstream.binancefuture.com", "wss://demo-fstream.binance.com"),
        ),
        (Venue.SIMULATOR, "http://127.0.0.1:8080/fapi", ("ws://127.0.0.1:8080",)),
        (Venue.SIMULATOR, "https://simulator:8443", ("wss://simulator:8443",)),
    ],
)
def test_where_the_streams_of_a_venue_are(venue: Venue, base_url: str, origins: tuple[str, ...]) -> None:
    assert stream_origins_for(venue, base_url) == origins


@pytest.mark.parametrize(
    ("venue", "base_url"),
    [
        (Venue.SIMULATOR, ""),
        (Venue.SIMULATOR, "https://fstream.binance.com"),
        (Venue.DEMO, "https://fapi.binance.com"),
        (Venue.LIVE, "https://demo-fapi.binance.com"),
    ],
)
def test_no_stream_of_another_venue(venue: Venue, base_url: str) -> None:
    with pytest.raises(InvalidSettings):
        stream_origins_for(venue, base_url)
