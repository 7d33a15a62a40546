"""The stream of decisions: whether a bridge reads it, and what waits on the way."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final, cast

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from bridge.settings import BridgeSettings
from contracts.names import CONSUMER_GROUP, KEY_REQUEUED, STREAM_DEAD, STREAM_INTENT
from harvest.doctor.question import Question
from harvest.doctor.spans import counted, some, span
from harvest.doctor.verdict import Verdict, fail, ok, warn

_ASK: Final = "look at Redis's own log, and at what this user may do there"
_START: Final = "start the worker, or read in its log what it waits for"
_SILENT: Final = timedelta(seconds=15)
"""A bridge asks for entries every two seconds, and for those of dead ones every ten."""
_BEHIND: Final = 100
"""As the alert HarvestBridgeBehind has it."""
_COUNTED: Final = 1000
"""Where Redis does not know the lag (entries were deleted), waiting ones are counted up to here."""
_STUCK: Final = timedelta(minutes=1)
_LETTERS: Final = 200
"""So many of the newest dead letters are looked at."""

Row = Mapping[str, Any]


class StreamChecks:
    """The questions about it.

    Args:
        redis: the connection, once there is one.
    """

    def __init__(self, redis: Callable[[], Redis]) -> None:
        self._redis = redis

    @property
    def question(self) -> Question:
        """Whether the stream and its group are there, and then all others."""
        return Question(
            "intent stream",
            self._stream,
            _ASK,
            (
                Question("bridge", self._bridge, _ASK),
                Question("lag", self._lag, _ASK),
                Question("pending", self._pending, _ASK),
            ),
        )

    async def dead_letters(self) -> Verdict:
        """Entries that could not be understood, less those that were put back."""
        redis = self._redis()
        total = await redis.xlen(STREAM_DEAD)
        newest = cast("list[tuple[bytes, object]]", await redis.xrevrange(STREAM_DEAD, count=_LETTERS))
        ids = [letter_id.decode() for letter_id, _ in newest]
        marks = cast("list[bytes | None]", await redis.hmget(KEY_REQUEUED, ids)) if ids else []
        back = sum(mark is not None for mark in marks)
        if total == back:
            return ok(f"{total}, all put back" if total else "none")
        letters = counted(total, "dead letter", "dead letters") + (f", {back} put back" if back else "")
        return warn(
            f"{letters}: what was decided was not done",
            "`harvest dead list` says why, `harvest dead requeue` puts one back",
        )

    async def _stream(self) -> Verdict:
        try:
            groups = await self._groups()
        except ResponseError as error:
            if "no such key" not in str(error):
                raise
            return fail(f"{STREAM_INTENT} does not exist: nobody decided anything, and no worker was here", _START)
        if _ours(groups) is None:
            return fail(f"{STREAM_INTENT} has no consumer group {CONSUMER_GROUP}: no worker was here", _START)
        return ok(f"{_entries(await self._redis().xlen(STREAM_INTENT))}, group {CONSUMER_GROUP}")

    async def _bridge(self) -> Verdict:
        """The surest sign of a living worker: Temporal remembers one for minutes after its death."""
        consumers = cast("list[Row]", await self._redis().xinfo_consumers(STREAM_INTENT, CONSUMER_GROUP))
        idle = {each["name"].decode(errors="replace"): timedelta(milliseconds=each["idle"]) for each in consumers}
        reading = sorted(name for name, since in idle.items() if since < _SILENT)
        if reading:
            return ok(f"read by {some(reading)}")
        last = (
            f"the last was {min(idle, key=idle.__getitem__)}, {span(min(idle.values()))} ago"
            if idle
            else "nor ever did"
        )
        return fail(f"nobody reads {STREAM_INTENT}: {last}", _START)

    async def _lag(self) -> Verdict:
        group = _ours(await self._groups())
        lag = group["lag"] if group is not None else 0
        if group is not None and lag is None:
            lag = await self._waiting(group["last-delivered-id"].decode())
        if lag <= _BEHIND:
            return ok(f"{_entries(lag)} not read yet")
        least = "at least " if lag == _COUNTED else ""
        return warn(f"{least}{_entries(lag)} not read yet", "ask again: if it does not shrink, restart the worker")

    async def _pending(self) -> Verdict:
        redis = self._redis()
        total = cast("Row", await redis.xpending(STREAM_INTENT, CONSUMER_GROUP))["pending"]
        oldest = cast("list[Row]", await redis.xpending_range(STREAM_INTENT, CONSUMER_GROUP, "-", "+", 1))
        if not oldest:
            return ok("no entry is under way")
        idle = timedelta(milliseconds=oldest[0]["time_since_delivered"])
        age = await self._age(oldest[0]["message_id"].decode())
        oldest_one = f"the oldest is {span(age)} old, last taken up {span(idle)} ago"
        fact = f"{_entries(total)} read and not dealt with; {oldest_one}"
        if idle > BridgeSettings(consumer="").claim_idle:
            return fail(f"{fact}: nobody works on it", _START)
        if age > _STUCK:
            return warn(f"{fact}: it cannot be handed to Temporal", "see Temporal's lines, and the worker's log")
        return ok(fact)

    async def _age(self, entry_id: str) -> timedelta:
        """By the clock that made the id, which is Redis's own."""
        seconds, microseconds = await self._redis().time()
        now_ms = seconds * 1000 + microseconds // 1000
        return timedelta(milliseconds=now_ms - int(entry_id.partition("-")[0]))

    async def _waiting(self, delivered: str) -> int:
        return len(await self._redis().xrange(STREAM_INTENT, f"({delivered}", "+", count=_COUNTED) or ())

    async def _groups(self) -> list[Row]:
        return cast("list[Row]", await self._redis().xinfo_groups(STREAM_INTENT))


def _entries(number: int) -> str:
    return counted(number, "entry", "entries")


def _ours(groups: list[Row]) -> Row | None:
    return next((group for group in groups if group["name"] == CONSUMER_GROUP.encode()), None)
