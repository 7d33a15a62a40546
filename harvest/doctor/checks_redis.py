"""Redis: the decisions that wait in it, the switches that humans set in it, and whether it keeps what it is given."""

from typing import Final, cast

from redis.asyncio import Redis
from redis.exceptions import NoPermissionError

from contracts.errors import InvalidSettings
from contracts.names import KEY_FREEZE, KEY_HALT, STREAM_INTENT
from harvest.doctor.checks_stream import StreamChecks
from harvest.doctor.question import Question
from harvest.doctor.verdict import Verdict, fail, ok, warn
from runtime.redis_client import address_of, connect_redis
from runtime.settings import Settings

DOOR: Final = "redis"
_ASK: Final = "look at Redis's own log, and at what this user may do there"

_NOT_TOLD: Final = warn("this user may not ask (INFO)", "allow it, or look at Redis's configuration yourself")

Info = dict[str, object]


class RedisChecks:
    """The questions to Redis. The connection is made by the first one, and then used by all."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.redis_url
        self._redis: Redis | None = None
        self.open = False
        """Whether it has answered."""

    @property
    def redis(self) -> Redis:
        """The connection."""
        if self._redis is None:
            raise InvalidSettings("Redis is asked before it is known to answer")
        return self._redis

    @property
    def question(self) -> Question:
        """Whether it answers, and then all others."""
        stream = StreamChecks(lambda: self.redis)
        return Question(
            DOOR,
            self._answers,
            "start Redis, or correct HARVEST_REDIS_URL",
            (
                Question("freeze", self._freeze, _ASK),
                Question("halt of new risk", self._halt, _ASK),
                stream.question,
                Question("dead letters", stream.dead_letters, _ASK),
                Question("eviction", self._eviction, _ASK),
                Question("append-only file", self._append_only, _ASK),
            ),
        )

    async def close(self) -> None:
        """End the connection, if there is one."""
        if self._redis is not None:
            await self._redis.aclose()

    async def _answers(self) -> Verdict:
        try:
            self._redis = connect_redis(self._url)
        except ValueError:  # whose text repeats a part of the URL, perhaps the password
            raise InvalidSettings("HARVEST_REDIS_URL is no address of a Redis") from None
        await self._redis.ping()
        self.open = True
        return ok(f"answers at {address_of(self._url)}, {await self._version()}")

    async def _version(self) -> str:
        server = await self._info("server")
        if server is None:
            return "its version is not told to this user"
        if "valkey_version" in server:
            return f"Valkey {server['valkey_version']}"
        return f"version {server.get('redis_version', 'unknown')}"

    async def _freeze(self) -> Verdict:
        raw = cast("bytes | None", await self.redis.get(KEY_FREEZE))
        if raw is None:
            return ok("no human holds the closes back")
        by = raw.decode(errors="replace")
        return fail(f"ALL CLOSES ARE FROZEN by {by}", "`harvest unfreeze`, when the reason is gone")

    async def _halt(self) -> Verdict:
        fields = cast("dict[bytes, bytes]", await self.redis.hgetall(KEY_HALT))
        if fields.get(b"halted") != b"true":
            return ok("new risk is allowed")
        reason = fields.get(b"reason", b"no reason given").decode(errors="replace")
        return warn(f"new risk is halted ({reason}); closes are not", "`harvest resume` allows it again")

    async def _eviction(self) -> Verdict:
        memory = await self._info("memory")
        if memory is None:
            return _NOT_TOLD
        policy, most = memory.get("maxmemory_policy", "unknown"), memory.get("maxmemory", 0)
        if not most or policy == "noeviction":
            return ok(f"nothing is evicted ({'no memory limit' if not most else policy})")
        return warn(
            f"at {most} bytes keys are thrown away by {policy}, {STREAM_INTENT} among them",
            "set maxmemory-policy noeviction",
        )

    async def _append_only(self) -> Verdict:
        kept = await self._info("persistence")
        if kept is None:
            return _NOT_TOLD
        if not kept.get("aof_enabled"):
            return warn("off: a restart of Redis loses decisions that nobody has read", "set appendonly yes")
        if kept.get("aof_last_write_status", "ok") != "ok":
            return fail("the last write to it failed, and Redis then takes no decisions", "make room on Redis's disk")
        return ok("on")

    async def _info(self, section: str) -> Info | None:
        """None if this user may not ask, which the worker need not."""
        try:
            return cast("Info", await self.redis.info(section))
        except NoPermissionError:
            return None
