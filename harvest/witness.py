"""Asks the exchange, in the account's name, with a few lines of its own.

It shares nothing with the adapter whose work it testifies to: what both would get wrong, neither would notice.
"""

import hashlib
import hmac
import time
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Self
from urllib.parse import urlencode

import aiohttp

from harvest.market_evidence import OURS, StopEvidence
from harvest.proofs import OrderEvidence


@dataclass(frozen=True)
class Credentials:
    """An API key of the exchange."""

    key: str
    secret: str


class Witness:
    """Signed calls of the exchange's interface. Use as an async context manager."""

    def __init__(self, exchange_url: str, credentials: Credentials) -> None:
        self._url = exchange_url
        self._credentials = credentials
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(self._url, headers={"X-MBX-APIKEY": self._credentials.key})
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def orders(self, symbol: str) -> list[OrderEvidence]:
        """Every order of ours that the exchange has for the symbol, oldest first."""
        rows = await self._read("/fapi/v1/allOrders", symbol=symbol)
        return [
            OrderEvidence(int(row["orderId"]), row["status"], Decimal(row["executedQty"]))
            for row in sorted(rows, key=lambda row: int(row["orderId"]))
            if row["clientOrderId"].startswith(OURS)
        ]

    async def position(self, symbol: str) -> Decimal:
        """Signed base units; 0 if the exchange answers and lists no position."""
        rows = await self._read("/fapi/v3/positionRisk", symbol=symbol)
        return sum((Decimal(row["positionAmt"]) for row in rows if row["symbol"] == symbol), Decimal(0))

    async def stops(self, symbol: str) -> list[StopEvidence]:
        """Every conditional order of the symbol that the exchange has had, oldest first."""
        rows = await self._read("/fapi/v1/allAlgoOrders", symbol=symbol)
        return [
            StopEvidence(
                row["symbol"], Decimal(row["triggerPrice"]), Decimal(row["quantity"]), row["algoStatus"],
                int(row["createTime"]),
            )
            for row in sorted(rows, key=lambda row: (int(row["createTime"]), int(row["algoId"])))
        ]  # fmt: skip

    async def resting_stops(self, symbol: str) -> int:
        """How many conditional orders of the symbol rest."""
        return len(await self._read("/fapi/v1/openAlgoOrders", symbol=symbol))

    async def open_things(self) -> list[str]:
        """What the account still holds, of every symbol: positions, orders and conditional orders."""
        held = await self._read("/fapi/v3/positionRisk")
        resting = await self._read("/fapi/v1/openOrders")
        conditional = await self._read("/fapi/v1/openAlgoOrders")
        return [
            *(f"{row['symbol']} {row['positionAmt']}" for row in held if Decimal(row["positionAmt"])),
            *(f"{row['symbol']} order {row['clientOrderId']}" for row in resting),
            *(f"{row['symbol']} {row['orderType']} {row['triggerPrice']}" for row in conditional),
        ]

    async def funding(self, since_ms: int) -> Decimal:
        """USDT that funding has brought since then; below zero where it cost."""
        rows = await self._read("/fapi/v1/income", incomeType="FUNDING_FEE", startTime=str(since_ms), limit="1000")
        return sum((Decimal(row["income"]) for row in rows), Decimal(0))

    async def isolate(self, symbol: str, leverage: int) -> None:
        """The account's owner gives the symbol a margin of its own, and a leverage."""
        await self._call("POST", "/fapi/v1/marginType", symbol=symbol, marginType="ISOLATED")
        await self._call("POST", "/fapi/v1/leverage", symbol=symbol, leverage=str(leverage))

    async def _read(self, path: str, **params: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = await self._call("GET", path, **params)
        return rows

    async def _call(self, method: str, path: str, **params: str) -> Any:  # noqa: ANN401 - JSON
        if self._session is None:
            raise RuntimeError("use it as an async context manager")
        query = urlencode({**params, "timestamp": time.time_ns() // 1_000_000, "recvWindow": 5000})
        signature = hmac.new(self._credentials.secret.encode(), query.encode(), hashlib.sha256).hexdigest()
        async with self._session.request(method, f"{path}?{query}&signature={signature}") as answer:
            answer.raise_for_status()
            return await answer.json()
