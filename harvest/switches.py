"""The two human switches, for the command line: the freeze of all closes, and the halt of new risk."""

import getpass
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final, cast

from redis import Redis
from redis.exceptions import RedisError

from contracts.errors import DependencyUnavailable
from contracts.names import KEY_FREEZE, KEY_HALT

_DEFAULT_REDIS: Final = "redis://127.0.0.1:6379/0"
_WITHIN_S: Final = 3.0


class SwitchBoard:
    """Both switches, in Redis."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def frozen_by(self) -> str | None:
        """Who froze the closes, when and why; None if nobody did."""
        return cast("str | None", self._redis.get(KEY_FREEZE))

    def freeze(self, why: str) -> str | None:
        """Freeze the closes. The first freeze stays: returns it if there is one already."""
        if self._redis.set(KEY_FREEZE, f"{who_and_when()}: {why}", nx=True):
            return None
        return self.frozen_by()

    def unfreeze(self) -> str | None:
        """Let the closes go on; returns what held them back."""
        return cast("str | None", self._redis.getdel(KEY_FREEZE))

    def halted(self) -> dict[str, str] | None:
        """Why new risk is halted; None if it is not."""
        fields = cast("dict[str, str]", self._redis.hgetall(KEY_HALT))
        return fields if fields.get("halted") == "true" else None

    def resume(self) -> dict[str, str] | None:
        """Allow new risk again; returns why it was halted."""
        before = self.halted()
        self._redis.delete(KEY_HALT)
        return before


def who_and_when() -> str:
    """For whoever finds the switch set later."""
    return f"{_user()}@{socket.gethostname()} {datetime.now(UTC).isoformat(timespec='seconds')}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"  # a container's user may have no name


@contextmanager
def switch_board(redis_url: str | None) -> Iterator[SwitchBoard]:
    """Raises DependencyUnavailable if Redis does not answer."""
    url = redis_url or os.environ.get("HARVEST_REDIS_URL") or _DEFAULT_REDIS
    redis: Redis = Redis.from_url(
        url, decode_responses=True, socket_connect_timeout=_WITHIN_S, socket_timeout=_WITHIN_S
    )
    try:
        yield SwitchBoard(redis)
    except RedisError as error:
        raise DependencyUnavailable(f"Redis does not answer as it should: {error}") from error
    finally:
        redis.close()
