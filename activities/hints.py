"""Optional inputs from Redis. Missing, malformed or unreachable: reported, never in the way of a close (R28, R49)."""

import asyncio
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from redis.asyncio import Redis
from redis.exceptions import RedisError

from contracts.names import KEY_FREEZE, key_answered, key_market_state, key_position, key_published, key_risk_proposal
from contracts.snapshot import MarketFacts, PositionHints

PATIENCE_SECONDS = 2.0
"""A close does not wait longer than this for numbers that it can do without. A Redis that is down says so at once; one
that hangs, or a process that is busy, gets this long, because a human's freeze is among what is read."""
MARKET_FIELDS = ("sigma", "ts", "p_trend", "p_mr", "p_chop")

Hash = Mapping[bytes, bytes]


class RedisHints:
    """Reads market state, stop, and the human's freeze in one round trip."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def read(self, symbol: str, account: str, entry_id: str, *, begun: bool = False) -> PositionHints:
        """Everything there is about a symbol, and whether the decision was answered before, by a close or in bulk.

        Args:
            begun: an order of the decision was sent. It is finished, although it was answered in bulk since.
        """
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                market, proposal, position, frozen, by_a_close, in_bulk = await self._fetch(symbol, account, entry_id)
        except (RedisError, OSError, TimeoutError) as failed:
            # R31 asks for exactly one switch that a human holds; when it cannot be read, closes are allowed.
            return PositionHints(readable=False, notes=(f"redis_unreadable:{type(failed).__name__}",))
        notes: list[str] = []
        return PositionHints(
            market=market_facts(market, notes),
            stop_dist_pct=positive_number(proposal, "stop_dist_pct", notes),
            stop_loss=positive_number(position, "stop_loss", notes),
            frozen_by=frozen.decode(errors="replace") if frozen is not None else None,
            answered=by_a_close is not None or (in_bulk is not None and not begun),
            notes=tuple(notes),
        )

    async def _fetch(
        self, symbol: str, account: str, entry_id: str
    ) -> tuple[Hash, Hash, Hash, bytes | None, bytes | None, float | None]:
        pipeline = self._redis.pipeline(transaction=False)
        pipeline.hgetall(key_market_state(symbol))
        pipeline.hgetall(key_risk_proposal(symbol))
        pipeline.hgetall(key_position(symbol))
        pipeline.get(KEY_FREEZE)
        pipeline.get(key_published(f"{account}:{entry_id}"))
        pipeline.zscore(key_answered(account), entry_id)
        answers = await pipeline.execute(raise_on_error=False)
        market, proposal, position, frozen, by_a_close, in_bulk = (
            None if isinstance(answer, RedisError) else answer for answer in answers
        )
        return market or {}, proposal or {}, position or {}, frozen, by_a_close, in_bulk


def market_facts(fields: Hash, notes: list[str]) -> MarketFacts | None:
    """All five numbers or nothing: a missing one is not zero."""
    if not fields:
        return None
    numbers = {name: _number(fields, name, notes) for name in MARKET_FIELDS}
    missing = [name for name, number in numbers.items() if number is None]
    if missing:
        notes.append(f"market_state_incomplete:{'+'.join(missing)}")
        return None
    return MarketFacts.model_validate(numbers)


def positive_number(fields: Hash, name: str, notes: list[str]) -> Decimal | None:
    """A price or distance; the original writes 0 for "none"."""
    number = _number(fields, name, notes)
    return number if number is not None and number > 0 else None


def _number(fields: Hash, name: str, notes: list[str]) -> Decimal | None:
    raw = fields.get(name.encode())
    if raw is None or raw == b"":
        return None
    try:
        number = Decimal(raw.decode())
    except (InvalidOperation, UnicodeDecodeError):
        number = Decimal("NaN")
    if number.is_finite():
        return number
    notes.append(f"malformed:{name}")
    return None
