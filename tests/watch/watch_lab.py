"""A complete Harvest whose watch runs, and a market that moves as a test says."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from temporalio.client import WorkflowHandle

from contracts.names import STREAM_INTENT, STREAM_SUGGESTIONS, key_config, key_market_state, watch_workflow_id
from contracts.watch import PositionReport, WatchStatus
from runtime.settings import Settings
from runtime.watch_start import arrange_watch
from tests.bridge.servers import eventually
from tests.lab import PATIENCE_SECONDS, Fields, Lab

CALM = {"sigma": "0.01", "ts": "0.35", "p_trend": "0.5", "p_mr": "0.2", "p_chop": "0.3"}
INTERVAL = timedelta(milliseconds=200)


class WatchLab(Lab):
    """A :class:`Lab` with a watch that passes five times a second."""

    turn = timedelta(seconds=2)

    def _settings(self) -> Settings:
        settings = super()._settings()
        return settings.model_copy(update={"watch": True, "watch_interval": INTERVAL, "watch_turn": self.turn})

    async def start(self) -> None:
        """Start worker, bridge and watch."""
        await super().start()
        assert self.settings is not None
        await arrange_watch(self.client, self.settings)

    async def __aexit__(self, *_: object) -> None:
        await self.watch.terminate()
        await super().__aexit__(*_)

    @property
    def watch(self) -> WorkflowHandle[Any, Any]:
        """The watch's workflow."""
        return self.client.get_workflow_handle(watch_workflow_id(self.account))

    async def status(self) -> WatchStatus:
        """What the watch answers."""
        status: WatchStatus = await self.watch.query("status", result_type=WatchStatus)
        return status

    async def until_status(self, **wanted: object) -> WatchStatus:
        """Wait until the watch's status shows these values."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                status = await self.status()
                if all(getattr(status, name) == value for name, value in wanted.items()):
                    return status
                await asyncio.sleep(0.05)

    async def until_report(self, symbol: str, **wanted: object) -> PositionReport:
        """Wait until the watch's report of one position shows these values."""
        return await self.until_told(
            symbol, lambda report: all(getattr(report, name) == value for name, value in wanted.items())
        )

    async def until_told(self, symbol: str, condition: Callable[[PositionReport], bool]) -> PositionReport:
        """Wait until the watch's report of one position is as a condition wants it."""

        async def told() -> PositionReport | None:
            reports = (await self.status()).positions
            return next((each for each in reports if each.symbol == symbol and condition(each)), None)

        found = await eventually(told, PATIENCE_SECONDS)
        assert found is not None
        return found

    async def until_position(self, symbol: str, quantity: str) -> None:
        """Wait until the exchange shows this amount."""

        async def there() -> bool:
            return await self.position(symbol) == Decimal(quantity)

        await eventually(there, PATIENCE_SECONDS)

    async def market(self, symbol: str, **changed: str) -> None:
        """Somebody publishes a market state; a calm one but for what is named."""
        fields: dict[Any, Any] = {**CALM, **changed}
        await self.redis.hset(key_market_state(symbol), mapping=fields)

    async def configure(self, symbol: str, **fields: str) -> None:
        """An operator writes the rules of a symbol; a double underscore stands for a dot."""
        mapping: dict[Any, Any] = {name.replace("__", "."): text for name, text in fields.items()}
        await self.redis.hset(key_config(symbol), mapping=mapping)

    async def price(self, symbol: str, price: str) -> None:
        """The mark moves."""
        await self.call("POST", "/sim/price", symbol=symbol, price=price)

    async def mark(self, symbol: str) -> Decimal:
        """The mark as it is."""
        rows = await self.call("GET", "/fapi/v1/premiumIndex", symbol=symbol)
        return Decimal(rows["markPrice"])

    async def intents(self, rule: str = "") -> list[Fields]:
        """What was written to the intent stream, of one rule or all."""
        return [fields for fields in await self.stream(STREAM_INTENT) if rule in ("", fields.get("rule"))]

    async def suggestions(self) -> list[Fields]:
        """What was suggested."""
        return await self.stream(STREAM_SUGGESTIONS)
