"""Step 7: results on their streams, each exactly once, and our record of the position."""

import time
from collections.abc import Mapping
from typing import Final

from opentelemetry.trace import SpanKind, get_tracer
from redis.asyncio import Redis

from contracts import names
from contracts.close import ConcludeRequest
from contracts.result import ANSWERED_BEFORE, CloseResult, Outcome
from contracts.wire_out import KEEP_RESULTS, result_fields, suggestion_payload, trace_id_of, trade_closed_fields

REMEMBER_SECONDS: Final = 14 * 24 * 3600
"""How long an entry's answer is remembered; longer than the stream keeps the entry."""
KEEP_CLOSED_TRADES: Final = 2_000

_PUBLISH_ONCE: Final = """
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
for stream = 2, #KEYS do
  local kind = redis.call('TYPE', KEYS[stream]).ok
  if kind ~= 'stream' and kind ~= 'none' then return redis.error_reply(KEYS[stream] .. ' is a ' .. kind) end
end
local next = 3
for stream = 2, #KEYS do
  local count = tonumber(ARGV[next + 1])
  local fields = {}
  for i = 1, count do fields[i] = ARGV[next + 1 + i] end
  redis.call('XADD', KEYS[stream], 'MAXLEN', '~', ARGV[next], '*', unpack(fields))
  next = next + 2 + count
end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return 1
"""
"""Mark and records in one atomic step: a crash between the two would lose one or repeat the other (R11).

A script is not undone when one of its commands fails, so what could fail is asked before anything is written."""

tracer = get_tracer("harvest.publisher")


class Publisher:
    """Writes results to Redis."""

    def __init__(self, redis: Redis, build: str) -> None:
        self._redis = redis
        self._build = build
        self._publish_once = redis.register_script(_PUBLISH_ONCE)

    async def publish(self, result: CloseResult) -> bool:
        """Publish unless this entry was answered before. Returns whether it was new. Raises ``RedisError``.

        What a bulk answer covered bears no mark of its own; a close that finds so, and did nothing, adds nothing.
        """
        if result.decisive == ANSWERED_BEFORE and not result.fills.quantity:
            return False
        attributes = {"messaging.system": "redis", "harvest.outcome": result.outcome, "harvest.symbol": result.symbol}
        with tracer.start_as_current_span("apply.result publish", kind=SpanKind.PRODUCER, attributes=attributes):
            records = self._records(result)
            keys = [names.key_published(f"{result.account}:{result.entry_id}"), *(stream for stream, _, _ in records)]
            arguments: list[str | int] = [f"{result.workflow_id}/{result.run_id}", REMEMBER_SECONDS]
            for _, keep, fields in records:
                arguments += [keep, 2 * len(fields), *(part for pair in fields.items() for part in pair)]
            return bool(await self._publish_once(keys=keys, args=arguments))

    def _records(self, result: CloseResult) -> list[tuple[str, int, Mapping[str, str]]]:
        said = (self._build, trace_id_of(result.traceparent), int(time.time() * 1000))
        records = [(names.STREAM_RESULT, KEEP_RESULTS, result_fields(result, *said))]
        if result.outcome is Outcome.CLOSED_FLAT:
            records.append((names.STREAM_TRADE_CLOSED, KEEP_CLOSED_TRADES, trade_closed_fields(result, *said)))
        if result.outcome is Outcome.SUGGESTED:
            records.append((names.STREAM_SUGGESTIONS, KEEP_RESULTS, suggestion_payload(result, *said)))
        return [(stream, keep, fields) for stream, keep, fields in records]

    async def record_position(self, request: ConcludeRequest, result: CloseResult) -> None:
        """Keep what was just verified: state follows the exchange, and is removed only on its word (R33, R47)."""
        key = names.key_record(request.account, request.symbol, request.position_side)
        if result.position_after is None or result.position_after == 0 or request.generation is None:
            await self._redis.delete(key)
            return
        fields = [
            *("amount", str(result.position_after)),
            *("generation", str(request.generation.opening_trade_id)),
            *("opened_at_ms", str(request.generation.opened_at_ms)),
            *("verified_ms", str(int(time.time() * 1000))),
        ]
        await self._redis.hset(key, items=fields)
