"""`harvest dead`: what an operator sees of a dead letter, and how it gets back on the stream."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from bridge.dead_letters import DeadLetters
from bridge.entry import Entry
from bridge.settings import BridgeSettings
from bridge.stats import BridgeStats
from bridge.validate import Rejected, validate
from contracts.names import CONSUMER_GROUP, STREAM_DEAD, STREAM_INTENT
from harvest.__main__ import invoke
from harvest.exit_code import ExitCode
from runtime.redis_client import connect_redis
from tests.bridge.servers import RedisServer

Fields = dict[bytes, bytes]
BAD: Fields = {b"symbol": b"ETHUSDT", b"action": b"CLOSE", b"percentage": b"a lot", b"intent_id": b"ladder-7"}
LONG_AGO = 1771371476532


@pytest.fixture
async def box(server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator["Box"]:
    monkeypatch.setenv("HARVEST_REDIS_URL", server.url)
    with Redis(port=server.port) as redis:
        redis.flushall()
        yield Box(server, redis)


class Box:
    """The streams, and the bridge's way of filling them."""

    def __init__(self, server: RedisServer, redis: "Redis") -> None:
        self._server = server
        self.redis = redis

    async def bury(self, fields: Fields, entry_id: str = f"{LONG_AGO}-0") -> str:
        """Have the bridge refuse an entry; the letter's id."""
        raw: Any = dict(fields)
        self.redis.xadd(STREAM_INTENT, raw, id=entry_id)
        verdict = validate(Entry(entry_id, fields), datetime.now(UTC))
        assert isinstance(verdict, Rejected)
        self.redis.xgroup_create(STREAM_INTENT, CONSUMER_GROUP, id="0")
        bridge = connect_redis(self._server.url)
        await DeadLetters(bridge, "main", BridgeSettings(consumer="test"), BridgeStats()).bury(verdict)
        await bridge.aclose()
        return self.ids(STREAM_DEAD)[-1]

    def ids(self, stream: str) -> list[str]:
        found: Any = self.redis.xrange(stream)
        return [entry_id.decode() for entry_id, _ in found]

    def last(self) -> Fields:
        """The newest entry of the intent stream."""
        found: Any = self.redis.xrevrange(STREAM_INTENT, count=1)
        fields: Fields = found[0][1]
        return fields


def _last_line(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out.splitlines()[-1]


async def test_list_and_show(box: Box, capsys: pytest.CaptureFixture[str]) -> None:
    letter = await box.bury(BAD)
    assert invoke(["dead", "list"]) == ExitCode.OK
    line = _last_line(capsys)
    assert line.startswith(f"{letter}  {LONG_AGO}-0  percentage: percentage is 'a lot'")
    assert invoke(["dead", "list", "--json-lines"]) == ExitCode.OK
    assert json.loads(capsys.readouterr().out)["requeued_as"] is None
    assert invoke(["dead", "show", letter]) == ExitCode.OK
    shown = json.loads(capsys.readouterr().out)
    assert (shown["id"], shown["field"], shown["original"]["intent_id"]) == (letter, "percentage", "ladder-7")


async def test_what_is_still_malformed_is_refused(box: Box, capsys: pytest.CaptureFixture[str]) -> None:
    letter = await box.bury(BAD)
    assert invoke(["dead", "requeue", letter]) == ExitCode.FAILED
    assert "--set percentage=" in capsys.readouterr().err
    assert invoke(["dead", "requeue", letter, "--set", "percentage=1.5"]) == ExitCode.FAILED
    assert box.ids(STREAM_INTENT) == [f"{LONG_AGO}-0"]


async def test_with_the_fault_mended_it_goes_back_once(box: Box, capsys: pytest.CaptureFixture[str]) -> None:
    letter = await box.bury(BAD)
    assert invoke(["dead", "requeue", letter, "--set", "percentage=0.25"]) == ExitCode.OK
    first = _last_line(capsys)
    assert invoke(["dead", "requeue", letter, "--set", "percentage=0.5"]) == ExitCode.OK
    assert _last_line(capsys) == f"{first} (put back before)"
    assert box.ids(STREAM_INTENT) == [f"{LONG_AGO}-0", first]
    fields = box.last()
    assert fields[b"requeued_from"].decode() == letter
    assert (fields[b"percentage"], fields[b"intent_id"]) == (b"0.25", b"ladder-7")
    assert invoke(["dead", "list"]) == ExitCode.OK
    assert f"put back as {first}" in capsys.readouterr().out


async def test_an_old_decision_does_not_become_fresh(box: Box) -> None:
    """It named no time, so its entry's own time is what counts (R65)."""
    letter = await box.bury(BAD)
    assert invoke(["dead", "requeue", letter, "--unset", "percentage"]) == ExitCode.OK
    verdict = validate(Entry(box.ids(STREAM_INTENT)[-1], box.last()), datetime.now(UTC))
    assert not isinstance(verdict, Rejected)
    assert verdict.decided_at == datetime.fromtimestamp(LONG_AGO / 1000, UTC)
    assert verdict.percentage is None


async def test_a_human_may_decide_anew(box: Box) -> None:
    letter = await box.bury(BAD)
    now = datetime.now(UTC)
    arguments = ["--set", "percentage=1.0", "--set", f"decided_at={now.isoformat()}"]
    assert invoke(["dead", "requeue", letter, *arguments]) == ExitCode.OK
    verdict = validate(Entry(box.ids(STREAM_INTENT)[-1], box.last()), now)
    assert not isinstance(verdict, Rejected)
    assert verdict.decided_at == now


async def test_bytes_come_back_as_they_were(box: Box) -> None:
    letter = await box.bury({**BAD, b"note": "näher".encode()})
    assert invoke(["dead", "requeue", letter, "--set", "percentage=1.0"]) == ExitCode.OK
    assert box.last()[b"note"] == "näher".encode()


async def test_a_trimmed_original_is_read_from_the_letter(box: Box) -> None:
    letter = await box.bury({**BAD, b"note": "näher".encode()})
    box.redis.xtrim(STREAM_INTENT, maxlen=0, approximate=False)
    assert invoke(["dead", "requeue", letter, "--set", "percentage=1.0"]) == ExitCode.OK
    assert box.last()[b"note"] == "näher".encode()


@pytest.mark.parametrize("more", [{b"note": b"\xff"}, {b"note": b"x" * 5000}], ids=["binary", "cut"])
async def test_what_the_letter_holds_only_in_part_is_not_guessed(
    box: Box, capsys: pytest.CaptureFixture[str], more: Fields
) -> None:
    """A lost percentage would make a partial close a full one (R67)."""
    letter = await box.bury({**BAD, **more})
    box.redis.xtrim(STREAM_INTENT, maxlen=0, approximate=False)
    assert invoke(["dead", "requeue", letter, "--set", "percentage=0.25"]) == ExitCode.FAILED
    assert "--bare" in capsys.readouterr().err
    given = ["--set", "symbol=ETHUSDT", "--set", "action=PARTIAL_CLOSE", "--set", "percentage=0.25"]
    assert invoke(["dead", "requeue", letter, "--bare", *given]) == ExitCode.OK
    assert set(box.last()) == {b"symbol", b"action", b"percentage", b"decided_at", b"requeued_from"}


async def test_letters_that_are_not_there(box: Box, capsys: pytest.CaptureFixture[str]) -> None:
    assert box.ids(STREAM_DEAD) == []
    assert invoke(["dead", "list"]) == ExitCode.OK
    assert invoke(["dead", "show", "1-0"]) == ExitCode.FAILED
    assert invoke(["dead", "requeue", "1-0"]) == ExitCode.FAILED
    assert invoke(["dead", "show", "nonsense"]) == ExitCode.FAILED
    assert invoke(["dead"]) in (ExitCode.OK, ExitCode.USAGE)
    assert "harvest dead list" in capsys.readouterr().err


def test_without_redis(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    monkeypatch.setenv("HARVEST_REDIS_URL", f"unix://{tmp_path}/nobody")
    assert invoke(["dead", "list"]) == ExitCode.FAILED
    assert "Redis" in capsys.readouterr().err
