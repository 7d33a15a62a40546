"""What Redis says of all symbols that are held, in one round trip."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from activities.hints import Hash, market_facts, positive_number
from contracts.errors import InvalidIntent
from contracts.names import KEY_CONFIG, key_config, key_market_state, key_position, key_risk_proposal
from contracts.snapshot import MarketFacts
from contracts.wire_time import moment_of

PATIENCE_SECONDS: Final = 2.0
_KEYS: Final = (key_market_state, key_risk_proposal, key_position, key_config)
_TIMES: Final = (b"ts_epoch", b"timestamp", b"updated_at", b"last_update_epoch")
_OLD_SECONDS: Final = 120
"""A market state that says it is older than this is none (R79)."""


@dataclass(frozen=True, slots=True)
class PositionRecord:
    """The producers' own record of a position, as far as it says something."""

    side: str = ""
    entry_price: Decimal | None = None
    stop_loss: Decimal | None = None
    take_profit: Decimal | None = None


@dataclass(frozen=True, slots=True)
class SymbolHints:
    """One symbol's."""

    market: MarketFacts | None = None
    market_problem: str = "market_state_missing"
    stop_dist_pct: Decimal | None = None
    record: PositionRecord = PositionRecord()
    config: Mapping[str, str] = field(default_factory=dict)
    config_problem: str = ""
    notes: tuple[str, ...] = ()


class WatchHints:
    """Reads them."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def read(self, symbols: Sequence[str], now_s: int) -> dict[str, SymbolHints]:
        """Hints by symbol.

        Raises:
            RedisError, OSError, TimeoutError: Redis does not answer.
        """
        pipeline = self._redis.pipeline(transaction=False)
        pipeline.hgetall(KEY_CONFIG)
        for symbol in symbols:
            for key in _KEYS:
                pipeline.hgetall(key(symbol))
        async with asyncio.timeout(PATIENCE_SECONDS):
            common, *answers = await pipeline.execute(raise_on_error=False)
        groups = [answers[first : first + len(_KEYS)] for first in range(0, len(answers), len(_KEYS))]
        return {symbol: _hints(common, group, now_s) for symbol, group in zip(symbols, groups, strict=True)}


def _hints(common: Hash | RedisError, answers: Sequence[Hash | RedisError], now_s: int) -> SymbolHints:
    market, proposal, position, _ = (None if isinstance(answer, RedisError) else answer for answer in answers)
    notes: list[str] = []
    facts, why = _market(market, notes, now_s)
    wrong = next((str(answer) for answer in (common, answers[-1]) if isinstance(answer, RedisError)), "")
    return SymbolHints(
        market=facts,
        market_problem=why,
        stop_dist_pct=_share(positive_number(proposal or {}, "stop_dist_pct", notes)),
        record=_record(position or {}, notes),
        config={} if wrong else _rules(_texts(common), _texts(answers[-1])),
        config_problem=f"the configuration is no hash ({wrong})" if wrong else "",
        notes=tuple(notes),
    )


def _market(fields: Hash | None, notes: list[str], now_s: int) -> tuple[MarketFacts | None, str]:
    if fields is None:
        return None, "market_state_unreadable"
    facts = market_facts(fields, notes)
    if facts is None:
        return None, "market_state_incomplete" if fields else "market_state_missing"
    return (None, "market_state_old") if _is_old(fields, notes, now_s) else (facts, "")


def _is_old(fields: Hash, notes: list[str], now_s: int) -> bool:
    said = next((fields[name] for name in _TIMES if fields.get(name)), None)
    if said is None:
        return False  # the original's publisher says no time
    try:
        moment = moment_of("market state's time", said.decode(errors="replace"))
    except InvalidIntent:
        notes.append("malformed:market_state_time")
        return False
    return now_s - int(moment.timestamp()) > _OLD_SECONDS


def _record(fields: Hash, notes: list[str]) -> PositionRecord:
    return PositionRecord(
        side=fields.get(b"side", b"").decode(errors="replace").upper(),
        entry_price=positive_number(fields, "entry_price", notes),
        stop_loss=positive_number(fields, "stop_loss", notes),
        take_profit=positive_number(fields, "take_profit", notes),
    )


def _share(number: Decimal | None) -> Decimal | None:
    return number if number is not None and number < 1 else None


def _rules(common: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """A symbol's own go first. Its own ladder says how it is harvested, whatever all symbols say."""
    if own.get("ladder", "").strip() and "harvest" not in own:
        common = {name: text for name, text in common.items() if name != "harvest"}
    return {**common, **own}


def _texts(fields: Hash | RedisError) -> dict[str, str]:
    if isinstance(fields, RedisError):
        return {}
    return {name.decode(errors="replace"): value.decode(errors="replace") for name, value in fields.items()}
