"""What the user's other services would write to Redis, and what the watch remembers there of each position."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Self, cast

from redis.asyncio import Redis

from contracts.names import KEY_CONFIG, key_config, key_market_state, key_position, key_risk_proposal, key_watch
from contracts.watch import PositionMemory


class MarketWorld:
    """Operators, publishers and producers in one. Use as an async context manager."""

    def __init__(self, redis_url: str, account: str) -> None:
        self._redis: Redis = Redis.from_url(redis_url, decode_responses=True)
        self._account = account

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._redis.aclose()

    async def rules_of_all(self, rules: Mapping[str, str]) -> None:
        """An operator writes the rules of all symbols."""
        await self._write(KEY_CONFIG, rules)

    async def rules(self, symbol: str, rules: Mapping[str, str]) -> None:
        """An operator writes rules of one symbol."""
        await self._write(key_config(symbol), rules)

    async def market(self, symbol: str, state: Mapping[str, str]) -> None:
        """A market state is published."""
        await self._write(key_market_state(symbol), state)

    async def risk(self, symbol: str, distance: str) -> None:
        """The stops kernel proposes a distance, a fraction of the entry price."""
        await self._write(key_risk_proposal(symbol), {"stop_dist_pct": distance})

    async def record(self, symbol: str, entry: Decimal, fields: Mapping[str, str]) -> None:
        """A producer records its position."""
        await self._write(key_position(symbol), {"entry_price": str(entry), **fields})

    async def forget(self, symbols: Sequence[str]) -> None:
        """As if nobody had written anything."""
        keys = (key_config, key_market_state, key_risk_proposal, key_position)
        await self._redis.delete(KEY_CONFIG, *(key(symbol) for symbol in symbols for key in keys))

    async def memories(self) -> dict[str, PositionMemory]:
        """By symbol, what the watch has written down of its position."""
        kept = cast("dict[str, str]", await self._redis.hgetall(key_watch(self._account)))
        return {
            name.partition(":")[0]: PositionMemory.model_validate_json(text)
            for name, text in kept.items()
            if not name.startswith("config:")
        }

    async def _write(self, key: str, fields: Mapping[str, str]) -> None:
        mapping: dict[Any, Any] = dict(fields)
        if mapping:
            await self._redis.hset(key, mapping=mapping)
