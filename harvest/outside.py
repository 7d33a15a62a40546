"""The rest of the world, as far as the simulated exchange lets us play it: positions, prices, faults, its ledger."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Self

import aiohttp

from contracts.errors import HarvestError
from harvest.market_evidence import FillEvidence


@dataclass(frozen=True)
class OrderRequest:
    """An order request that reached the exchange, whatever became of it."""

    symbol: str
    client_order_id: str
    order_id: int | None
    arrived_ms: float
    """Epoch milliseconds, with microseconds behind the point."""
    outcome: str


_LOOK_INTERVAL_S = 0.005


class OutsideWorld:
    """The control routes of a running simulator. Use as an async context manager."""

    def __init__(self, exchange_url: str) -> None:
        self._url = exchange_url
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(self._url)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def open_position(
        self, symbol: str, side: str, quantity: Decimal, entry_price: Decimal | None = None
    ) -> None:
        """Somebody opens a position: LONG or SHORT, base units."""
        body = {"symbol": symbol, "side": side, "quantity": str(quantity)}
        if entry_price is not None:
            body["entry_price"] = str(entry_price)
        await self._call("POST", "/sim/position", body)

    async def delay_answer(self, symbol: str, delay_ms: int) -> None:
        """The next order of the symbol is executed at once, and answered late."""
        fault = {"call": "POST /fapi/v1/order", "kind": "executed_delay", "times": 1, "delay_ms": delay_ms}
        await self._call("POST", "/sim/faults", {**fault, "symbol": symbol})

    async def move_price(self, symbol: str, price: str) -> None:
        """The mark moves; what rests at the exchange reacts."""
        await self._call("POST", "/sim/price", {"symbol": symbol, "price": price})

    async def bleed(self, symbol: str, rate: str) -> None:
        """The symbol's funding is paid at this rate, and will be again."""
        await self._call("POST", "/sim/funding_rate", {"symbol": symbol, "rate": rate})
        await self._call("POST", "/sim/fund", {"symbol": symbol})

    async def close_everything(self) -> None:
        """Somebody closes every position by hand."""
        for row in await self._call("GET", "/sim/positions", {}):
            side = "LONG" if Decimal(row["quantity"]) > 0 else "SHORT"
            await self._call("POST", "/sim/position", {"symbol": row["symbol"], "side": side, "quantity": "all"})

    async def wallet(self) -> Decimal:
        """USDT, without what is not realised."""
        return Decimal((await self._call("GET", "/sim/health", {}))["wallet"])

    async def order_arrives(self, symbol: str, since_ms: float, *, timeout_s: float) -> OrderRequest | None:
        """The first order request of a symbol since then, as soon as it has arrived; None if none comes in time."""
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    arrived = [one for one in await self.requests(symbol) if one.arrived_ms >= since_ms]
                    if arrived:
                        return arrived[0]
                    await asyncio.sleep(_LOOK_INTERVAL_S)
        except TimeoutError:
            return None

    async def requests(self, symbol: str | None = None) -> list[OrderRequest]:
        """Order requests of a symbol, or of all, in the order of their arrival."""
        rows = (await self._ledger(symbol))["requests"]
        return [
            OrderRequest(
                row["symbol"], row["client_order_id"], row["order_id"], row["arrived_ns"] / 1_000_000, row["outcome"]
            )
            for row in rows
        ]

    async def fills(self, symbol: str | None = None) -> list[FillEvidence]:
        """Executions of a symbol, or of all, in order."""
        return [FillEvidence.of(row) for row in (await self._ledger(symbol))["fills"]]

    async def _ledger(self, symbol: str | None) -> Any:  # noqa: ANN401 - JSON
        return await self._call("GET", "/sim/ledger", {} if symbol is None else {"symbol": symbol})

    async def _call(self, method: str, path: str, content: Mapping[str, object]) -> Any:  # noqa: ANN401 - JSON
        if self._session is None:
            raise RuntimeError("use it as an async context manager")
        reading = method == "GET"
        params, body = (content, None) if reading else (None, content)
        async with self._session.request(method, path, params=params, json=body) as answer:  # type: ignore[arg-type]
            if not answer.ok:
                raise HarvestError(f"the simulator refused {method} {path} {dict(content)}: {await answer.text()}")
            return await answer.json()
