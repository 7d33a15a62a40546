"""The canonical record of a position follows a close of ours at once, instead of within a minute."""

import time
from typing import Final

from redis.asyncio import Redis

from contracts.close import ConcludeRequest
from contracts.names import KEY_RECORDS_OWNER, key_open_positions, key_position_state
from contracts.order import PositionSide
from contracts.result import CloseResult
from contracts.wire_out import text

_FOLLOW: Final = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if redis.call('HEXISTS', KEYS[3], ARGV[2]) == 1 then
  if ARGV[4] == '0' then redis.call('HDEL', KEYS[3], ARGV[2]) else redis.call('HSET', KEYS[3], ARGV[2], ARGV[4]) end
end
if redis.call('TYPE', KEYS[2]).ok ~= 'hash' or redis.call('HGET', KEYS[2], 'side') ~= ARGV[3] then return 0 end
if ARGV[4] == '0' then return redis.call('DEL', KEYS[2]) end
redis.call('HSET', KEYS[2], 'position_amt', ARGV[4], 'quantity', ARGV[4])
redis.call('HSET', KEYS[2], 'ts_epoch', ARGV[5], 'sync_timestamp', ARGV[5])
return 1
"""
"""Only what reconciling made is touched, and only of the side that was closed."""


class CanonicalRecord:
    """Of the account whose records these are; another one's are left alone."""

    def __init__(self, redis: Redis, owner: str) -> None:
        self._owner = owner
        self._follow = redis.register_script(_FOLLOW)

    async def follow(self, request: ConcludeRequest, result: CloseResult) -> None:
        """Write what was just verified. Raises ``RedisError``."""
        after = result.position_after
        if after is None or request.final_outcome is not None:
            return  # where it is another position by now, the next run of reconciling tells
        if after * (-1 if request.position_side is PositionSide.SHORT else 1) < 0:
            return
        side = request.position_side.value
        keys = [KEY_RECORDS_OWNER, key_position_state(request.symbol), key_open_positions(request.account)]
        amount = text(after) if after else "0"
        await self._follow(keys, [self._owner, f"{request.symbol}:{side}", side, amount, int(time.time())])
