"""What cannot be understood is kept with its raw fields and keeps nobody waiting (R18, R23)."""

import json

import pytest

from bridge import validate as validation
from bridge.dead_letters import raw_text
from bridge.entry import Entry
from bridge.validate import Rejected, validate
from contracts.names import STREAM_DEAD, STREAM_INTENT
from kernel.errors import KernelError
from tests.bridge.rig import Fields, Rig
from tests.bridge.test_stale import NOW

GOOD = {"symbol": "ETHUSDT", "action": "CLOSE"}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({b"symbol": b"\xff\xfe", b"action": b"CLOSE"}, "symbol"),
        ({b"sym\xffbol": b"ETHUSDT", b"action": b"CLOSE"}, "sym\\xffbol"),
        ({"symbol": "ETHUSDT"}, "action"),
        ({**GOOD, "reason": "x" * 70_000}, "reason"),
        ({**GOOD, "percentage": "a lot"}, "percentage"),
        ({**GOOD, "percentage": "0.0000000000001"}, "percentage"),
        ({**GOOD, "percentage": "0." + "3" * 4000}, "percentage"),
        ({**GOOD, "action": "PARTIAL_CLOSE", "quantity": "0." + "3" * 4000}, "quantity"),
        ({"payload": '{"symbol": {"name": "ETHUSDT"}, "action": "CLOSE"}'}, "symbol"),
        ({"payload": "{"}, "payload"),
    ],
)
async def test_poison_goes_to_the_dead_letters_and_the_next_entry_on(rig: Rig, fields: Fields, field: str) -> None:
    entry_id = await rig.add(fields)
    await rig.add(symbol="BTCUSDT")
    rig.run()
    await rig.settled()
    (letter,) = await rig.records(STREAM_DEAD)
    assert (letter["entry_id"], letter["stream"], letter["field"]) == (entry_id, STREAM_INTENT, field)
    assert letter["reason"]
    assert letter["build"] == "test"
    assert int(letter["timestamp"]) >= int(entry_id.partition("-")[0])
    raw = json.loads(letter["raw"])
    assert len(raw) == len(fields)
    assert letter["raw_truncated"] == ("true" if field == "reason" else "false")
    assert (rig.bridge.stats.dead, rig.bridge.stats.started) == (1, 1)


def test_raw_fields_are_kept_readable() -> None:
    assert raw_text({b"a": b"1", b"b": b"\xff\x00"}) == ('{"a": "1", "b": "\\\\xff\\u0000"}', False, False)
    assert raw_text({b"a": b"1", b"b": "ß".encode()}) == ('{"a": "1", "b": "ß"}', False, True)
    kept = raw_text({b"a": b"x" * 10_000})
    assert (len(json.loads(kept.text)["a"]), kept.cut, kept.exact) == (4096, True, False)
    kept = raw_text({str(number).encode(): b"" for number in range(100)})
    assert (len(json.loads(kept.text)), kept.cut) == (64, True)
    kept = raw_text({str(number).encode(): b"x" * 4000 for number in range(60)})
    assert (len(json.loads(kept.text)), kept.cut) == (5, True)
    assert len(kept.text) < 20_000


def test_a_parser_that_fails_is_no_reason_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(validation, "parse_intent", broken)
    verdict = validate(Entry("1-0", {b"symbol": b"ETHUSDT"}), NOW)
    assert isinstance(verdict, Rejected)
    assert "ZeroDivisionError" in verdict.problem


def test_what_the_close_could_not_derive_is_rejected_before_it_gets_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> str:
        raise KernelError("fraction is odd", "fraction")

    monkeypatch.setattr(validation, "rung_of_decision", refused)
    verdict = validate(Entry("1771371476532-0", {b"symbol": b"ETHUSDT", b"action": b"CLOSE"}), NOW)
    assert isinstance(verdict, Rejected)
    assert (verdict.field, verdict.problem) == ("fraction", "fraction is odd")


async def test_a_decision_that_breaks_us_is_not_tried_for_ever(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(rig.bridge._intake._starter, "start_or_submit", broken)
    await rig.add()
    rig.run()
    await rig.settled()
    (letter,) = await rig.records(STREAM_DEAD)
    assert "ETHUSDT" in letter["raw"]
    assert rig.bridge.stats.failures == 3
