"""The simulated exchange from the drill's seat: other people's trades, faults, and the ledger to judge from."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import TracebackType
from typing import Any, Self

import aiohttp

from contracts.errors import HarvestError
from harvest.drill.scenes import PRICE, STEP, TICK


@dataclass(frozen=True)
class Books:
    """The ledger's rows of all symbols, in order."""

    requests: list[dict[str, object]]
    fills: list[dict[str, object]]


class ExchangeBook:
    """The simulator's control routes. Use as an async context manager."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession(self._url)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._http is not None:
            await self._http.close()

    async def list_symbol(self, symbol: str) -> None:
        """List a symbol for the drill alone."""
        rules = {"price": PRICE, "tick": TICK, "step": STEP, "max_qty": 10**7, "market_max": 10**6, "min_notional": 5}
        await self.ask("POST", "/sim/symbol", {"symbol": symbol, **{name: str(value) for name, value in rules.items()}})

    async def trade(self, symbol: str, side: str, quantity: Decimal) -> list[int]:
        """Somebody else opens (above zero) or closes (below); the ids of the fills, none if there was nothing left."""
        body = {"symbol": symbol, "side": side, "quantity": str(quantity)}
        answer = await self.ask("POST", "/sim/position", body)
        return [int(number) for number in answer["trade_ids"]]

    async def size(self, symbol: str, side: str) -> Decimal:
        """Unsigned size of that side; of the only position in one-way mode."""
        rows = await self.ask("GET", "/sim/positions")
        fitting = [row for row in rows if row["symbol"] == symbol and row["side"] in (side, "BOTH")]
        return sum((abs(Decimal(row["quantity"])) for row in fitting), Decimal(0))

    async def hedge(self, *, on: bool) -> None:
        """Switch the position mode of the account."""
        await self.ask("POST", "/sim/mode", {"hedge": on})

    async def strike(self, body: Mapping[str, object]) -> None:
        """Arm a fault."""
        await self.ask("POST", "/sim/faults", body)

    async def skew(self, milliseconds: int) -> None:
        """Put the exchange's clock off."""
        await self.ask("POST", "/sim/clock", {"skew_ms": milliseconds})

    async def calm(self) -> None:
        """No more faults, the right time."""
        await self.ask("DELETE", "/sim/faults")
        await self.skew(0)

    async def books(self) -> Books:
        """The whole ledger."""
        rows = await self.ask("GET", "/sim/ledger")
        return Books(rows["requests"], rows["fills"])

    async def armed(self) -> int:
        """How many faults still wait for their call."""
        return sum(fault["times"] != 0 for fault in (await self.ask("GET", "/sim/faults"))["armed"])

    async def injected(self) -> int:
        """How often a fault struck."""
        return len((await self.ask("GET", "/sim/faults"))["injected"])

    async def ask(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:  # noqa: ANN401 - JSON
        """One control call.

        Raises:
            HarvestError: the simulator refused it.
        """
        if self._http is None:
            raise RuntimeError("use it as an async context manager")
        async with self._http.request(method, path, json=body) as answer:
            if not answer.ok:
                raise HarvestError(f"the simulator refused {method} {path}: {await answer.text()}")
            return await answer.json()
