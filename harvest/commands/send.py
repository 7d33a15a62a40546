"""`harvest send`."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from contracts.errors import DependencyUnavailable
from contracts.names import STREAM_INTENT
from harvest.exit_code import ExitCode

_DEFAULT_REDIS = "redis://127.0.0.1:6379/0"


def send(
    symbol: str,
    *,
    action: str = "CLOSE",
    percentage: str = "1.0",
    reason: str = "by hand",
    side: str | None = None,
    intent_id: str | None = None,
    redis_url: str | None = None,
) -> int:
    """Add a decision to the intent stream, as a producer does, and print its entry id.

    Args:
        symbol: as in ETHUSDT.
        action: CLOSE or PARTIAL_CLOSE, or another word that the action table knows.
        percentage: fraction of the position from 0 to 1, or percent as in 25.
        reason: shown in the result.
        side: LONG or SHORT; needed only where both are open.
        intent_id: your own id of the decision: the same id is carried out once per position.
        redis_url: where the stream is; else HARVEST_REDIS_URL, else the local Redis.
    """
    fields = {
        "symbol": symbol.upper(),
        "action": action,
        "percentage": percentage,
        "reason": reason,
        "source": "harvest send",
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
    }
    named = {"side": side, "intent_id": intent_id}
    fields |= {name: value for name, value in named.items() if value is not None}
    print(_add(redis_url or os.environ.get("HARVEST_REDIS_URL") or _DEFAULT_REDIS, fields))
    return ExitCode.OK


def _add(redis_url: str, fields: Mapping[str, str]) -> str:
    entry: dict[Any, Any] = dict(fields)  # redis-py wants keys of every kind
    redis: Redis = Redis.from_url(redis_url, decode_responses=True)
    try:
        return str(redis.xadd(STREAM_INTENT, entry))
    except RedisError as error:
        raise DependencyUnavailable(f"Redis does not take the decision: {error}") from error
    finally:
        redis.close()
