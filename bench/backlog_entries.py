"""A backlog as the original producer left it, and what became of it."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

from redis.asyncio import Redis

from contracts.names import STREAM_INTENT, STREAM_RESULT

STILL_OPEN = {
    "AEVOUSDT": Decimal("64606.4"),
    "SOLUSDT": Decimal("12.5"),
    "ACTUSDT": Decimal(9000),
    "BERAUSDT": Decimal("350.5"),
    "FLOWUSDT": Decimal("600.5"),
}
"""Positions that the backlog speaks of and that nobody has closed meanwhile."""
_GONE = ("BTCUSDT", "XRPUSDT", "BREVUSDT", "DOGEUSDT", "TESTUSDT")
_SYMBOLS = (*STILL_OPEN, *_GONE)
_AT_ONCE = 2000
_BEGAN_S_AGO = 3 * 24 * 3600
_ENDED_S_AGO = 3600


@dataclass(frozen=True)
class Answers:
    """What the results say of a backlog."""

    entries: int
    twice: int
    of_newest: dict[str, str]
    """By position still open."""


class Backlog:
    """Decisions of three days, of which the last was made an hour ago."""

    def __init__(self, redis: Redis, count: int, recent_ids: bool) -> None:
        self._redis = redis
        self._count = count
        self._recent_ids = recent_ids
        self._newest: dict[str, str] = {}
        self._ids: set[str] = set()

    async def fill(self) -> None:
        """Write them all."""
        now = time.time()
        step = (_BEGAN_S_AGO - _ENDED_S_AGO) / self._count
        for start in range(0, self._count, _AT_ONCE):
            numbers = range(start, min(self._count, start + _AT_ONCE))
            async with self._redis.pipeline(transaction=False) as pipe:
                for number in numbers:
                    decided_s = now - _BEGAN_S_AGO + number * step
                    entry_id = "*" if self._recent_ids else f"{int(decided_s * 1000)}-{number}"
                    pipe.xadd(STREAM_INTENT, _fields(number, decided_s), id=entry_id)
                ids = [entry_id.decode() for entry_id in await pipe.execute()]
            self._ids.update(ids)
            self._newest |= {_SYMBOLS[number % len(_SYMBOLS)]: ids[number - start] for number in numbers}

    async def answers(self) -> Answers:
        """Count them by the results' own words."""
        records = cast("list[tuple[bytes, dict[bytes, bytes]]]", await self._redis.xrange(STREAM_RESULT))
        texts = [{name.decode(): value.decode() for name, value in fields.items()} for _, fields in records]
        single = [text["entry_id"] for text in texts if "count" not in text and text["entry_id"] in self._ids]
        outcome = {text["entry_id"]: text["outcome"] for text in texts if "count" not in text}
        bulk = sum(int(text["count"]) for text in texts if "count" in text)
        return Answers(
            entries=bulk + len(single),
            twice=max(0, bulk + len(single) - self._count),
            of_newest={symbol: outcome.get(self._newest[symbol], "nothing") for symbol in STILL_OPEN},
        )


def _fields(number: int, decided_s: float) -> Any:  # noqa: ANN401 - redis-py wants keys of every kind
    """The form of the original ``AUTONOMOUS_EXIT``."""
    return {
        "intent_type": "AUTONOMOUS_EXIT",
        "symbol": _SYMBOLS[number % len(_SYMBOLS)],
        "action": "CLOSE",
        "percentage": "1.0",
        "reason": f"emergency_stop_loss (R=-{number % 500 / 100})",
        "hold_score": "0",
        "exit_score": "10",
        "R_net": f"-2.20690366653{number:07d}",
        "pnl_usd": f"-83.919634{number:07d}",
        "entry_price": "0.0294289434484",
        "exit_price": f"0.02813000658{number:07d}",
        "timestamp": datetime.fromtimestamp(decided_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
