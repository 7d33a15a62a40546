"""A complete Harvest in this process for one test: simulator, worker and bridge on real Temporal and Redis servers."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Self
from uuid import uuid4

import aiohttp
from pydantic import SecretStr
from redis.asyncio import Redis
from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError

from contracts.close import CloseRequest
from contracts.intent import CloseIntent
from contracts.mode import Mode, Venue
from contracts.names import (
    CLOSE_WORKFLOW,
    STREAM_DEAD,
    STREAM_INTENT,
    STREAM_RESULT,
    STREAM_TRADE_CLOSED,
    close_workflow_id,
)
from contracts.result import CloseResult
from exchange.binance import BinanceExchange
from exchange.endpoint import ExchangeEndpoint
from runtime.settings import Settings
from simulator import Simulator, SimulatorConfig
from tests.bridge.servers import eventually
from worker import Parts, make_bridge, make_worker, policy_of

Fields = dict[str, str]
PATIENCE_SECONDS = 30.0


class Lab:
    """Everything a close needs, and the outside world that watches it."""

    def __init__(
        self,
        client: Client,
        redis: Redis,
        *,
        mode: Mode = Mode.LIVE,
        hedge: bool = False,
        user_stream: bool = False,
        fills_per_order: int = 1,
        order_timeout: float = 1.0,
        recv_window_ms: int = 1000,
        read_lag: timedelta = timedelta(0),
    ) -> None:
        self.client = client
        self.redis = redis
        self.mode = mode
        self.account = f"t{uuid4().hex[:10]}"
        self.user_stream = user_stream
        self.order_timeout = order_timeout
        self.recv_window_ms = recv_window_ms
        self.read_lag = read_lag
        self.simulator = Simulator(SimulatorConfig(hedge=hedge, seed=7, fills_per_market_order=fills_per_order))
        self._stack = AsyncExitStack()
        self._running = AsyncExitStack()
        self._http: aiohttp.ClientSession | None = None
        self._results: dict[str, list[Fields]] = {}
        self._seen = "0-0"
        self.settings: Settings | None = None
        self.exchange: BinanceExchange | None = None

    async def __aenter__(self) -> Self:
        await self.redis.flushdb()
        await self.simulator.start()
        self._stack.push_async_callback(self.simulator.stop)
        self._http = await self._stack.enter_async_context(aiohttp.ClientSession(self.simulator.url))
        self.settings = self._settings()
        self.exchange = await BinanceExchange.connect(
            ExchangeEndpoint(
                venue=Venue.SIMULATOR,
                base_url=self.simulator.url,
                api_key=SecretStr("sim-key"),
                api_secret=SecretStr("sim-secret"),
                order_timeout=self.order_timeout,
                user_stream=self.user_stream,
            )
        )
        self._stack.push_async_callback(self.exchange.close)
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
        await self._stack.aclose()

    def _settings(self) -> Settings:
        return Settings(
            account=self.account,
            mode=self.mode,
            venue=Venue.SIMULATOR,
            exchange_url=self.simulator.url,
            api_key=SecretStr("sim-key"),
            api_secret=SecretStr("sim-secret"),
            task_queue=self.account,
            recv_window_ms=self.recv_window_ms,
            read_lag=self.read_lag,
            graceful_shutdown=timedelta(seconds=5),
        )

    async def stream_connected(self, times: int = 1) -> None:
        """Return once the user stream has been connected so often, and is now."""

        async def is_so() -> bool:
            health = self.exchange.stream_health if self.exchange else None
            return health is not None and health.connected and health.connections >= times

        await eventually(is_so)

    async def start(self) -> None:
        """Start worker and bridge."""
        assert self.settings is not None
        assert self.exchange is not None
        parts = Parts(self.client, self.redis, self.exchange)
        stop = asyncio.Event()
        await self._running.enter_async_context(make_worker(parts, self.settings))
        bridge = asyncio.create_task(make_bridge(parts, self.settings).run(stop))

        async def stop_bridge() -> None:
            stop.set()
            await bridge

        self._running.push_async_callback(stop_bridge)

    async def stop(self) -> None:
        """Stop worker and bridge gracefully."""
        await self._running.aclose()
        self._running = AsyncExitStack()

    # the outside world

    async def call(self, method: str, path: str, **body: object) -> Any:  # noqa: ANN401 - JSON
        """A control call of the simulator."""
        assert self._http is not None
        content = {"params": body} if method == "GET" else {"json": body}
        async with self._http.request(method, path, **content) as answer:  # type: ignore[arg-type]
            assert answer.ok, await answer.text()
            return await answer.json()

    async def open(self, symbol: str, side: str, quantity: str) -> None:
        """Somebody opens, adds to or (with the other side, in one-way mode) reduces a position."""
        await self.call("POST", "/sim/position", symbol=symbol, side=side, quantity=quantity)

    async def fault(self, kind: str, call: str = "POST /fapi/v1/order", **more: object) -> None:
        """The next such call misbehaves."""
        await self.call("POST", "/sim/faults", call=call, kind=kind, **more)

    async def position(self, symbol: str, side: str | None = None) -> Decimal:
        """Signed amount, asked of the exchange itself; in hedge mode of one side."""
        rows = await self.call("GET", "/sim/positions")
        return sum(
            (Decimal(row["quantity"]) for row in rows if row["symbol"] == symbol and side in (None, row["side"])),
            Decimal(0),
        )

    async def requests(self, symbol: str) -> list[dict[str, Any]]:
        """Every order request of ours that physically arrived."""
        rows = (await self.call("GET", "/sim/ledger", symbol=symbol))["requests"]
        return [row for row in rows if row["client_order_id"].startswith("hv-")]

    async def executed(self, symbol: str) -> Decimal:
        """What orders of ours executed in all, by the exchange's ledger."""
        return sum((Decimal(fill["quantity"]) for fill in await self._fills(symbol)), Decimal(0))

    async def orders_executed(self, symbol: str) -> int:
        """How many orders of ours executed. On a busy machine others may arrive too late and be refused for it."""
        return len({fill["order_id"] for fill in await self._fills(symbol)})

    async def _fills(self, symbol: str) -> list[dict[str, Any]]:
        rows = (await self.call("GET", "/sim/ledger", symbol=symbol))["fills"]
        return [row for row in rows if row["client_order_id"].startswith("hv-")]

    # the streams

    async def send(self, symbol: str, action: str = "CLOSE", **fields: str) -> str:
        """A producer decides; returns the entry's id."""
        entry: Mapping[Any, Any] = {
            "intent_type": "AUTONOMOUS_EXIT",
            "symbol": symbol,
            "action": action,
            "timestamp": datetime.now(UTC).isoformat(),
            **fields,
        }
        entry_id: Any = await self.redis.xadd(STREAM_INTENT, dict(entry))
        return str(entry_id.decode())

    async def result(self, entry_id: str, within: float = PATIENCE_SECONDS) -> Fields:
        """The one answer to an entry."""
        async with asyncio.timeout(within):
            while entry_id not in self._results:
                await self._read_results()
        return self._results[entry_id][0]

    async def results(self, entry_id: str) -> list[Fields]:
        """All answers to an entry that were published so far."""
        with suppress(TimeoutError):
            async with asyncio.timeout(0.2):
                while True:
                    await self._read_results()
        return self._results.get(entry_id, [])

    async def close(self, symbol: str, action: str = "CLOSE", **fields: str) -> Fields:
        """Send and wait for the answer."""
        return await self.result(await self.send(symbol, action, **fields))

    async def _read_results(self) -> None:
        answer: Any = await self.redis.xread({STREAM_RESULT: self._seen}, block=500)
        for _, records in answer:
            for stream_id, raw in records:
                self._seen = stream_id.decode()
                fields = {name.decode(): value.decode() for name, value in raw.items()}
                self._results.setdefault(fields["entry_id"], []).append(fields)

    async def stream(self, name: str) -> list[Fields]:
        """A whole stream."""
        records: Any = await self.redis.xrange(name)
        return [{key.decode(): value.decode() for key, value in raw.items()} for _, raw in records]

    async def trades_closed(self) -> list[Fields]:
        """Everything on trade.closed."""
        return await self.stream(STREAM_TRADE_CLOSED)

    async def dead(self) -> list[Fields]:
        """Everything in the dead letters."""
        return await self.stream(STREAM_DEAD)

    def handle(self, symbol: str) -> WorkflowHandle[Any, Any]:
        """The symbol's close."""
        return self.client.get_workflow_handle(close_workflow_id(self.account, symbol))

    async def carry_out(self, intent: CloseIntent) -> CloseResult:
        """Start a close, as a bridge does that knows of no answer."""
        assert self.settings is not None
        result: CloseResult = await self.client.execute_workflow(
            CLOSE_WORKFLOW,
            CloseRequest(intent=intent, policy=policy_of(self.settings)),
            id=close_workflow_id(self.account, intent.symbol),
            task_queue=self.settings.task_queue,
            result_type=CloseResult,
        )
        return result

    async def until(self, symbol: str, **wanted: object) -> dict[str, Any]:
        """Wait until the close's status shows these values; a count may have passed its own by then."""

        def reached(status: dict[str, Any]) -> bool:
            counts = status["attempts"] >= wanted.get("attempts", 0)
            return counts and all(status[name] == value for name, value in wanted.items() if name != "attempts")

        return await self._until(symbol, reached)

    async def until_waiting(self, symbol: str, words: str) -> None:
        """Wait until the close's status says these words of what it is waiting for."""
        await self._until(symbol, lambda status: words in status["waiting_for"])

    async def _until(self, symbol: str, arrived: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                with suppress(RPCError):  # not started yet
                    status: dict[str, Any] = await self.handle(symbol).query("status")
                    if arrived(status):
                        return status
                await asyncio.sleep(0.05)
