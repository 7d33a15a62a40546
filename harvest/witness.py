"""Reads orders and positions from the exchange with a few lines of its own.

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

from harvest.proofs import OrderEvidence

OURS = "hv-"
"""How the client ids of our orders begin."""


@dataclass(frozen=True)
class Credentials:
    """An API key of the exchange."""

    key: str
    secret: str


class Witness:
    """Signed reads of the exchange's public interface. Use as an async context manager."""

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
        rows = await self._read("/fapi/v1/allOrders", symbol)
        return [
            OrderEvidence(int(row["orderId"]), row["status"], Decimal(row["executedQty"]))
            for row in sorted(rows, key=lambda row: int(row["orderId"]))
            if row["clientOrderId"].startswith(OURS)
        ]

    async def position(self, symbol: str) -> Decimal:
        """Signed base units; 0 if the exchange answers and lists no position."""
        rows = await self._read("/fapi/v3/positionRisk", symbol)
        return sum((Decimal(row["positionAmt"]) for row in rows if row["symbol"] == symbol), Decimal(0))

    async def _read(self, path: str, symbol: str) -> list[dict[str, Any]]:
        if self._session is None:
            raise RuntimeError("use it as an async context manager")
        query = urlencode({"symbol": symbol, "timestamp": time.time_ns() // 1_000_000, "recvWindow": 5000})
        signature = hmac.new(self._credentials.secret.encode(), query.encode(), hashlib.sha256).hexdigest()
        async with self._session.get(f"{path}?{query}&signature={signature}") as answer:
            answer.raise_for_status()
            rows: list[dict[str, Any]] = await answer.json()
            return rows
