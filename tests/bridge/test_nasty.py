"""Whatever is on the stream: it becomes a dead letter with a reason, and the good entries beside it become closes."""

import json
import random
from datetime import UTC, datetime
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.card import details, summary
from bridge.dead_letters import raw_text
from bridge.entry import Entry
from bridge.urgency import Urgency, urgency
from bridge.validate import Rejected, validate
from contracts.intent import CloseIntent
from contracts.names import STREAM_DEAD, STREAM_INTENT
from tests.bridge.nasty import NASTY, Fields
from tests.bridge.rig import Rig

NOW = datetime(2026, 11, 20, tzinfo=UTC)
ENTRY_ID: Final = f"{int(NOW.timestamp() * 1000)}-0"


@pytest.mark.parametrize("name", NASTY)
def test_each_is_refused_for_its_field(name: str) -> None:
    fields, blamed = NASTY[name]
    verdict = validate(Entry(ENTRY_ID, fields), NOW)
    assert isinstance(verdict, Rejected)
    assert verdict.field == blamed
    assert "parser failed" not in verdict.problem


async def test_the_good_ones_among_them_are_closed(rig: Rig) -> None:
    ids: dict[str, str] = {}
    for number, (name, (fields, _)) in enumerate(NASTY.items()):
        ids[await rig.add(fields)] = name
        await rig.add(symbol=f"GOOD{number}USDT")
    rig.run()
    await rig.settled()
    letters = await rig.records(STREAM_DEAD)
    assert {ids[letter["entry_id"]]: letter["field"] for letter in letters} == {
        name: blamed for name, (_, blamed) in NASTY.items()
    }
    assert len(letters) == len(NASTY)
    assert all(letter["reason"] and json.loads(letter["raw"]) for letter in letters)
    assert (rig.bridge.stats.started, rig.bridge.stats.failures) == (len(NASTY), 0)


async def test_dirt_that_comes_again_gets_no_second_letter(rig: Rig) -> None:
    """The group was lost: everything on the stream is delivered once more."""
    for fields, _ in NASTY.values():
        await rig.add(fields)
    rig.run()
    await rig.settled()
    await rig.redis.xgroup_destroy(STREAM_INTENT, rig.settings.group)
    await rig.add()
    await rig.settled()
    assert len(await rig.records(STREAM_DEAD)) == rig.bridge.stats.dead == len(NASTY)


@pytest.mark.parametrize("seed", range(3))
async def test_mutatedany_entries_stop_nobody(rig: Rig, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - no secret
    for _ in range(300):
        await rig.add(_mutated(chance))
    good = await rig.add(symbol="GOODUSDT")
    rig.run()
    await rig.settled()
    (intent,) = await rig.handle("GOODUSDT").query("intents")
    assert intent["entry_id"] == good
    stats = rig.bridge.stats
    assert stats.dead + stats.started + stats.joined + stats.stale == 301
    assert stats.failures == 0


def _mutated(chance: random.Random) -> Fields:
    """A nasty entry with some bytes changed, of a size that a test can afford."""
    small = [fields for fields, _ in NASTY.values() if sum(map(len, fields.values())) < 5000 and len(fields) < 100]
    fields = dict(chance.choice(small))
    for name in list(fields):
        if chance.random() < 0.5:
            value = bytearray(fields[name] or b"x")
            value[chance.randrange(len(value))] = chance.randrange(256)
            fields[name] = bytes(value)
    return fields


_names = st.sampled_from(
    b"symbol action percentage pct quantity side timestamp ts payload data reason intent_id account R_net dry_run"
    b" traceparent urgency intent_type".split()
)
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=5),
)
_values = st.one_of(
    st.binary(max_size=60),
    st.text(max_size=60).map(str.encode),
    st.decimals().map(lambda number: str(number).encode()),
    st.sampled_from([b"ETHUSDT", b"CLOSE", b"PARTIAL_25", b"0.25", b"LONG", b"2026-11-19T23:59:00Z", b"1795100000"]),
    _json.map(lambda value: json.dumps(value).encode()),
)
any_entries = st.dictionaries(_names | st.binary(max_size=12), _values, max_size=12)


@settings(max_examples=400, deadline=None)
@given(any_entries, st.booleans())
def test_any_entry_is_understood_or_refused(fields: Fields, named: bool) -> None:
    """And what is understood does not break what comes after."""
    entry = Entry(ENTRY_ID, {**fields, b"symbol": b"ETHUSDT", b"action": b"CLOSE"} if named else fields)
    verdict = validate(entry, NOW)
    if isinstance(verdict, Rejected):
        assert verdict.problem
        assert "parser failed" not in verdict.problem
    else:
        assert urgency(verdict) in Urgency
        assert len(summary(verdict).encode()) <= 200
        assert details(verdict)
        assert CloseIntent.model_validate_json(verdict.model_dump_json()) == verdict


@given(any_entries)
def test_an_exact_letter_is_the_entry(fields: Fields) -> None:
    raw = raw_text(fields)
    back = {name.encode(): value.encode() for name, value in json.loads(raw.text).items()} if raw.exact else fields
    assert back == fields
