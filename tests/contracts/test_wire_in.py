"""Every dialect of the intent stream is understood, and nothing else is."""

import json
import string
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import InvalidIntent
from contracts.intent import CloseIntent
from contracts.order import PositionSide
from contracts.wire_in import parse_intent
from kernel.actions import normalise, parse_fraction
from kernel.identity import rung_of

ENTRY = "1771371476532-0"
TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

AUTONOMOUS_EXIT = {
    "intent_type": "AUTONOMOUS_EXIT",
    "symbol": "AEVOUSDT",
    "action": "CLOSE",
    "percentage": "1.0",
    "reason": "emergency_stop_loss (R=-2.21)",
    "hold_score": "0",
    "exit_score": "10",
    "R_net": "-2.206903666539917",
    "pnl_usd": "-83.91963460861086",
    "entry_price": "0.0294289434484",
    "exit_price": "0.028130006584426603",
    "timestamp": "2026-02-17T23:37:56Z",
}
EXIT_INTENT = {
    "intent_id": "6f2c",
    "symbol": "SOLUSDT",
    "action": "PARTIAL_CLOSE_25",
    "urgency": "MEDIUM",
    "side": "LONG",
    "qty_fraction": "0.25",
    "quantity": "12.4",
    "entry_price": "141.2",
    "mark_price": "144.9",
    "R_net": "0.71",
    "confidence": "0.75",
    "reason": "T1 reached",
    "source": "exit_management_agent",
    "ts_epoch": "1771371476.12",
    "loop_id": "a1b2",
    "patch": "PATCH-5A",
}
HARVEST_BRAIN = {
    "intent_type": "HARVEST_PARTIAL",
    "symbol": "ethusdt",
    "action": "PARTIAL_25",
    "side": "SELL",
    "qty": "0.062",
    "reason": "R ladder",
    "r_level": "2.44",
    "unrealized_pnl": "12.5",
    "correlation_id": "harvest:ETHUSDT:25:1771371470",
    "trace_id": "abc",
    "reduce_only": "True",
    "dry_run": "False",
    "source": "harvest_brain",
    "timestamp": "1771371470",
}


def parsed(fields: Mapping[str, str], now: datetime | None = None) -> CloseIntent:
    return parse_intent(ENTRY, fields, parse_fraction, now)


def minimal(**more: str) -> dict[str, str]:
    return {"symbol": "ETHUSDT", "action": "CLOSE", **more}


def refused(fields: Mapping[str, str]) -> InvalidIntent:
    with pytest.raises(InvalidIntent) as caught:
        parsed(fields)
    return caught.value


def test_the_original_autonomous_exit() -> None:
    assert parsed(AUTONOMOUS_EXIT) == CloseIntent(
        entry_id=ENTRY,
        symbol="AEVOUSDT",
        action="CLOSE",
        decided_at=datetime(2026, 2, 17, 23, 37, 56, tzinfo=UTC),
        percentage=Decimal("1.0"),
        intent_type="AUTONOMOUS_EXIT",
        reason="emergency_stop_loss (R=-2.21)",
        hold_score=Decimal(0),
        exit_score=Decimal(10),
        r_net=Decimal("-2.206903666539917"),
        pnl_usd=Decimal("-83.91963460861086"),
        entry_price=Decimal("0.0294289434484"),
        exit_price=Decimal("0.028130006584426603"),
    )


def test_the_exit_agents_intent() -> None:
    intent = parsed(EXIT_INTENT)
    assert (intent.action, intent.percentage, intent.quantity) == ("PARTIAL_CLOSE_25", Decimal("0.25"), Decimal("12.4"))
    assert (intent.side, intent.producer_id, intent.urgency) == (PositionSide.LONG, "6f2c", "MEDIUM")
    assert intent.decided_at == datetime(2026, 2, 17, 23, 37, 56, 120000, tzinfo=UTC)


def test_the_harvest_brains_intent() -> None:
    intent = parsed(HARVEST_BRAIN)
    assert (intent.symbol, intent.side, intent.quantity) == ("ETHUSDT", PositionSide.LONG, Decimal("0.062"))
    assert (intent.r_net, intent.pnl_usd) == (Decimal("2.44"), Decimal("12.5"))
    assert intent.producer_id is None  # its correlation id carries a time (R02)


@pytest.mark.parametrize("fields", [AUTONOMOUS_EXIT, EXIT_INTENT, HARVEST_BRAIN])
@pytest.mark.parametrize("wrapper", ["payload", "data"])
def test_json_says_the_same_as_flat_fields(fields: dict[str, str], wrapper: str) -> None:
    flat = parsed(fields)
    assert parsed({wrapper: json.dumps(fields)}) == flat
    assert parsed({wrapper: json.dumps(json.dumps(fields))}) == flat
    assert parsed({"event_type": "exit", "payload": json.dumps({"data": fields})}) == flat
    assert parsed({"payload": json.dumps({"payload": json.dumps(fields)})}) == flat


def test_json_numbers_keep_their_digits() -> None:
    intent = parsed(
        {"payload": '{"symbol":"ETHUSDT","action":"CLOSE","R_net":-2.206903666539917123,"ts":1771371476532}'}
    )
    assert intent.r_net == Decimal("-2.206903666539917123")
    assert intent.decided_at == datetime(2026, 2, 17, 23, 37, 56, 532000, tzinfo=UTC)


def test_structures_that_nobody_reads_pass_by() -> None:
    content = {**minimal(), "steps": [{"pct": 100}], "permit": {"allow": True}, "side": None}
    assert parsed({"payload": json.dumps(content)}) == parsed(minimal())


@pytest.mark.parametrize("name", ["timestamp", "ts", "ts_epoch", "decided_at"])
@pytest.mark.parametrize(
    "text",
    [
        "1771371476",
        "1771371476.0",
        "1771371476000",
        "2026-02-17T23:37:56Z",
        "2026-02-17t23:37:56z",
        "2026-02-17T23:37:56",
        "2026-02-17 23:37:56+00:00",
        "2026-02-18T00:37:56+01:00",
        "2026-02-17T23:37:56.000000+00:00",
    ],
)
def test_every_notation_of_time(name: str, text: str) -> None:
    assert parsed(minimal(**{name: text})).decided_at == datetime(2026, 2, 17, 23, 37, 56, tzinfo=UTC)


def test_without_a_time_the_entrys_own_counts() -> None:
    assert parsed(minimal()).decided_at == datetime(2026, 2, 17, 23, 37, 56, 532000, tzinfo=UTC)
    assert parsed(minimal(timestamp="")).decided_at == parsed(minimal(timestamp="None")).decided_at


@pytest.mark.parametrize(
    "text", ["yesterday", "0.24159", "-1771371476", "1e9", "99999999999999999999", "0001-01-01", "nan"]
)
def test_times_that_cannot_be_meant(text: str) -> None:
    assert refused(minimal(timestamp=text)).field == "timestamp"


def test_the_future_is_refused() -> None:
    assert parsed(minimal(timestamp="2026-02-17T23:38:50Z")).decided_at.second == 50
    assert "future" in refused(minimal(timestamp="2026-02-17T23:39:00Z")).problem


def test_a_slow_clock_of_redis_makes_nothing_a_future() -> None:
    later = datetime(2026, 2, 18, tzinfo=UTC)
    assert parsed(minimal(timestamp="2026-02-18T00:00:30Z"), now=later).decided_at == later + timedelta(seconds=30)


@pytest.mark.parametrize("entry_id", ["", "x", "1-", "1771371476532", "18446744073709551615-0"])
def test_what_is_no_entry_id(entry_id: str) -> None:
    with pytest.raises(InvalidIntent, match="entry_id"):
        parse_intent(entry_id, minimal(), parse_fraction)


@pytest.mark.parametrize("name", ["percentage", "pct", "qty_fraction", "fraction"])
@pytest.mark.parametrize(
    ("text", "fraction"), [("1.0", "1"), ("0.25", "0.25"), ("25", "0.25"), ("100", "1"), ("1", "1")]
)
def test_percentages(name: str, text: str, fraction: str) -> None:
    assert parsed(minimal(**{name: text})).percentage == Decimal(fraction)


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "101", "nan", "25%", "true", "1e400"])
def test_percentages_that_are_none(text: str) -> None:
    assert refused(minimal(percentage=text)).field == "percentage"


@pytest.mark.parametrize(
    ("text", "side"),
    [
        ("LONG", PositionSide.LONG),
        ("short", PositionSide.SHORT),
        ("SELL", PositionSide.LONG),
        ("BUY", PositionSide.SHORT),
        ("CLOSE", None),
        ("BOTH", None),
        ("", None),
        ("None", None),
    ],
)
def test_sides(text: str, side: PositionSide | None) -> None:
    assert parsed(minimal(side=text)).side is side


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "symbol"),
        ({"symbol": "ETHUSDT"}, "action"),
        ({"symbol": "ETHUSDT", "harvest_action": "CLOSE"}, "action"),
        ({"action": "CLOSE"}, "symbol"),
        (minimal(symbol="ETH/USDT"), "symbol"),
        (minimal(symbol="\N{LATIN SMALL LETTER SHARP S}USDT"), "symbol"),
        (minimal(symbol="E" * 31), "symbol"),
        (minimal(action="CLOSE IT"), "action"),
        (minimal(action="CLOSE\x00"), "action"),
        (minimal(side="UP"), "side"),
        (minimal(R_net="nan"), "R_net"),
        (minimal(R_net="Infinity"), "R_net"),
        (minimal(R_net="1e999"), "R_net"),
        (minimal(pnl_usd="1_000"), "pnl_usd"),
        (minimal(hold_score="high"), "hold_score"),
        (minimal(entry_price="0x1f"), "entry_price"),
        (minimal(quantity="-1"), "quantity"),
        (minimal(qty="1,5"), "qty"),
        (minimal(quantity="1", qty="2"), "qty"),
        (minimal(percentage="0.0000000000001"), "percentage"),
        (minimal(qty_fraction="0." + "3" * 5000), "qty_fraction"),
        (minimal(percentage="1." + "0" * 5000), "percentage"),
        (minimal(quantity="0." + "3" * 5000), "quantity"),
        (minimal(quantity="0." + "3" * 31), "quantity"),
        (minimal(quantity="9" * 31), "quantity"),
        (minimal(qty="1e-19"), "qty"),
        (minimal(qty="1e19"), "qty"),
        (minimal(pnl_usd="-1e19"), "pnl_usd"),
        (minimal(exit_score="1" * 31), "exit_score"),
        (minimal(percentage="0.5", fraction="0.25"), "fraction"),
        (minimal(side="LONG", position_side="SHORT"), "position_side"),
        (minimal(dry_run="True"), "dry_run"),
        (minimal(dry_run="maybe"), "dry_run"),
        (minimal(reason="x" * 70_000), "reason"),
        (minimal(reason="\ud800"), "reason"),
        ({"payload": "hello"}, "payload"),
        ({"payload": "[1]"}, "payload"),
        ({"payload": "{" * 30_000}, "payload"),
        ({"payload": "[" * 30_000}, "payload"),
        ({"data": '{"symbol": "ETHUSDT"'}, "data"),
        ({"payload": '{"symbol": ["ETHUSDT"], "action": "CLOSE"}'}, "symbol"),
        ({"payload": '{"symbol": "ETHUSDT", "action": "HOLD", "action": "CLOSE"}'}, "action"),
        ({"payload": '{"symbol": "ETHUSDT", "action": "CLOSE", "reason": "\\ud800"}'}, "reason"),
        ({"symbol": "BTCUSDT", "payload": json.dumps(minimal())}, "symbol"),
        ({"payload": json.dumps({"data": {"data": {"data": {"data": minimal()}}}})}, "payload"),
    ],
)
def test_what_is_refused_and_by_which_name(fields: dict[str, str], field: str) -> None:
    assert refused(fields).field == field


def test_numbers_as_floats_and_decimals_are_printed_are_read() -> None:
    """A limit that refuses 1/3 would refuse an exit."""
    for third in (str(1 / 3), str(0.1 + 0.2), str(Decimal(1) / 3), "0.000000000001"):
        assert parsed(minimal(percentage=third)).percentage == Decimal(third)
    said = parsed(minimal(quantity="1e-18", pnl_usd=str(Decimal(-1000) / 3), exit_score="1.9287498479639178e-22"))
    assert (said.quantity, said.exit_score) == (Decimal("1e-18"), Decimal("1.9287498479639178e-22"))


def test_a_refusal_stays_short_however_long_the_number() -> None:
    assert len(refused(minimal(percentage="0." + "3" * 60_000)).problem) < 250
    assert len(refused(minimal(quantity="0." + "3" * 60_000)).problem) < 250


def test_the_wrong_name_of_action_is_named() -> None:
    assert "harvest_action" in refused({"symbol": "ETHUSDT", "harvest_action": "CLOSE"}).problem  # R18


def test_identity_is_an_id_and_nothing_with_a_time_in_it() -> None:
    assert parsed(minimal(plan_id="p1")).producer_id == "p1"
    assert parsed(minimal(plan_id="p1", intent_id="i1")).producer_id == "i1"
    assert parsed(minimal(plan_id="p1", intent_id="i1")).plan_id == "p1"
    assert parsed(minimal(correlation_id="kill:ETHUSDT:1771371476", event_id="e1")).producer_id is None
    assert parsed(minimal(intent_id="None")).producer_id is None  # one identity for all decisions it would be


def test_trace_context() -> None:
    assert parsed(minimal(traceparent=TRACEPARENT)).traceparent == TRACEPARENT
    assert parsed(minimal(traceparent="00-zero-1")).traceparent is None  # no trace is no reason to refuse a close


WORDS = st.text(string.ascii_uppercase + string.digits + "_", min_size=2, max_size=30)
NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=8)
NAMES = st.sampled_from(
    [
        "symbol",
        "action",
        "payload",
        "data",
        "percentage",
        "qty",
        "quantity",
        "side",
        "timestamp",
        "ts",
        "R_net",
        "dry_run",
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(), inner, max_size=4),
    max_leaves=8,
)


@given(st.dictionaries(NAMES | st.text(), st.text() | JSON.map(json.dumps), max_size=8), st.text())
def test_nothing_but_invalid_intent_is_ever_raised(fields: dict[str, str], entry_id: str) -> None:
    for tried in (ENTRY, entry_id):
        with suppress(InvalidIntent):
            parse_intent(tried, fields, parse_fraction)


@given(JSON)
def test_no_payload_breaks_the_parser(content: object) -> None:
    try:
        parsed({"payload": json.dumps(content)})
    except InvalidIntent as error:
        str(error).encode()


@given(symbol=WORDS, action=WORDS, r_net=NUMBERS, pnl=NUMBERS, reason=st.text(max_size=200), as_json=st.booleans())
def test_what_is_written_is_read(
    symbol: str, action: str, r_net: Decimal, pnl: Decimal, reason: str, as_json: bool
) -> None:
    fields = {"symbol": symbol, "action": action, "R_net": f"{r_net:f}", "pnl_usd": f"{pnl:f}", "reason": reason}
    intent = parsed({"payload": json.dumps(fields)} if as_json else fields)
    assert (intent.symbol, intent.action, intent.r_net, intent.pnl_usd) == (symbol, action, r_net, pnl)
    assert intent.reason == ("" if reason.strip().lower() in {"", "none", "null"} else reason.strip())
    assert CloseIntent.model_validate_json(intent.model_dump_json()) == intent


FIGURES = st.one_of(
    st.text("0123456789.eE+-", max_size=50),
    st.tuples(st.integers(0, 6000), st.sampled_from(["0.{}", "1.{}", "{}", "{}e9", ".{}", "-{}"])).map(
        lambda drawn: drawn[1].format("3" * drawn[0])
    ),
    st.integers(-120, 120).map(lambda exponent: f"1e{exponent}"),
    st.integers(0, 60).map(lambda zeros: "0." + "0" * zeros + "1"),
    st.decimals().map(str),
    st.floats().map(str),
)
ACTIONS = st.sampled_from(["CLOSE", "PARTIAL_CLOSE", "RECONCILE_CLOSE", "PARTIAL_25", "EMERGENCY_CLOSE", "HOLD", "X"])
MORE = st.dictionaries(st.sampled_from(["reason", "urgency", "intent_type", "intent_id", "plan_id"]), st.text())


@given(ACTIONS, st.none() | FIGURES, st.none() | FIGURES, MORE)
def test_whatever_is_read_has_a_meaning_and_a_rung(
    action: str, percentage: str | None, quantity: str | None, more: dict[str, str]
) -> None:
    """The bridge and the workflow both derive them; a number that breaks them there would stop everything."""
    figures = {name: text for name, text in (("percentage", percentage), ("quantity", quantity)) if text is not None}
    with suppress(InvalidIntent):
        intent = parsed({"symbol": "ETHUSDT", "action": action, **more, **figures})
        said = normalise(action, intent.percentage, intent.quantity, intent.reason, intent.urgency, intent.intent_type)
        assert rung_of(intent.producer_id, said.fraction)
        assert said.quantity is None or rung_of(f"quantity {said.quantity.normalize():f}", None)
        assert CloseIntent.model_validate_json(intent.model_dump_json()) == intent


@given(st.datetimes(datetime(2001, 1, 1), datetime(2026, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_all_notations_of_a_time_agree(moment: datetime) -> None:
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    milliseconds = round(moment.timestamp() * 1000)
    for text in (str(milliseconds), f"{Decimal(milliseconds) / 1000:f}", moment.isoformat()):
        if milliseconds >= 10**11:
            assert parsed(minimal(ts=text)).decided_at == moment
