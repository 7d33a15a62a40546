"""What flattening reads and says: the account's positions, the freeze, the halt of new risk, the end."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

from redis.asyncio import Redis
from redis.exceptions import RedisError
from temporalio import activity

from activities.failures import as_application_errors
from activities.interfaces import Flattening
from contracts.flatten import FlattenStatus, HaltRequest, LineState, Survey
from contracts.mode import Mode
from contracts.names import KEY_FREEZE, KEY_HALT, STREAM_PANIC_DONE, key_published
from exchange.safety_port import SafetyPort

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PATIENCE_S: Final = 2.0
_TOLD_FOR_S: Final = 7 * 24 * 3600

_TELL: Final = """
if redis.call('SET', KEYS[1], '1', 'NX', 'EX', ARGV[1]) then
  redis.call('XADD', KEYS[2], '*', unpack(ARGV, 2))
  return 1
end
return 0
"""


class AccountSurvey(Flattening):
    """One account's."""

    def __init__(self, exchange: SafetyPort, redis: Redis, account: str, mode: Mode) -> None:
        self._exchange = exchange
        self._account = account
        self._redis = redis
        self._mode = mode
        self._tell = redis.register_script(_TELL)

    @activity.defn(name="survey_account")
    async def survey_account(self) -> Survey:
        """See :class:`activities.interfaces.Flattening`."""
        with as_application_errors():
            positions = await self._exchange.open_positions()
        frozen = await self._frozen_by()
        return Survey(positions=positions, account=self._account, mode=self._mode, frozen_by=frozen)

    @activity.defn(name="halt_new_risk")
    async def halt_new_risk(self, request: HaltRequest) -> bool:
        """See :class:`activities.interfaces.Flattening`."""
        if self._mode is Mode.SHADOW or request.account != self._account:
            return False
        with as_application_errors():
            await self._redis.hset(KEY_HALT, mapping=_halt_fields(request))
        return True

    @activity.defn(name="tell_flattened")
    async def tell_flattened(self, status: FlattenStatus) -> bool:
        """See :class:`activities.interfaces.Flattening`."""
        fields = [part for pair in _done_fields(status).items() for part in pair]
        told = key_published(f"{status.account}:flatten:{status.event_id}:{_epoch_ms(status.started_at)}")
        with as_application_errors():
            return bool(await self._tell([told, STREAM_PANIC_DONE], [_TOLD_FOR_S, *fields]))

    async def _frozen_by(self) -> str | None:
        """As the closes see it: a switch that cannot be read holds nothing back."""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                frozen = cast("bytes | None", await self._redis.get(KEY_FREEZE))
        except (RedisError, OSError, TimeoutError):
            return None
        return frozen.decode(errors="replace") if frozen is not None else None


def _halt_fields(request: HaltRequest) -> dict[Any, Any]:  # redis-py wants keys of every kind
    """The words of the original's emergency worker."""
    return {
        "halted": "true",
        "reason": request.reason,
        "halted_at": str(_epoch_ms(request.at)),
        "halted_by": request.by,
        "requires_manual_ack": "true",
    }


def _done_fields(status: FlattenStatus) -> dict[str, str]:
    """The report of the original's emergency worker."""
    failed = [line.symbol for line in status.lines if line.state is not LineState.FLAT]
    started = _epoch_ms(status.started_at)
    ended = _epoch_ms(status.ended_at or status.started_at)
    return {
        "event_id": status.event_id,
        "account": status.account,
        "positions_total": str(len(status.lines)),
        "positions_closed": str(len(status.lines) - len(failed)),
        "positions_failed": str(len(failed)),
        "failed_symbols": json.dumps(failed),
        "flat": "true" if status.flat else "false",
        "ts_started": str(started),
        "ts_completed": str(ended),
        "execution_time_ms": str(ended - started),
    }


def _epoch_ms(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)
