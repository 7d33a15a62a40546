"""Old decisions are understood the short way: it says what the long way says, or nothing."""

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.entry import Entry
from bridge.old import OldDecision, plainly_old, surely_old
from bridge.urgency import Urgency
from bridge.validate import Rejected, validate
from contracts.intent import CloseIntent
from tests.bridge.nasty import Fields
from tests.bridge.test_nasty import ENTRY_ID, NOW, any_entries

ORIGINAL: Fields = {
    b"intent_type": b"AUTONOMOUS_EXIT",
    b"symbol": b"AEVOUSDT",
    b"action": b"CLOSE",
    b"percentage": b"1.0",
    b"reason": b"emergency_stop_loss (R=-2.21)",
    b"hold_score": b"0",
    b"exit_score": b"10",
    b"R_net": b"-2.206903666539917",
    b"pnl_usd": b"-83.91963460861086",
    b"entry_price": b"0.0294289434484",
    b"exit_price": b"0.028130006584426603",
    b"timestamp": b"2026-02-17T23:37:56Z",
}
"""What the original producer wrote."""

_texts = ["", "None", " null ", "emergency", " Emergency stop", "kill_score", "\t", "main", "a_panic", "\xe9"]
_numbers = ["", "None", "0", "1e5", "12.", ".5", "+1", "NaN", "9" * 31, f"0.{'1' * 31}", "1" + "0" * 19, "1\n", "-1"]
_odd: dict[str, list[str]] = {
    "symbol": ["ethusdt", "E", "ETHUSDT ", "None", "", "1INCHUSDT"],
    "action": ["PARTIAL_25", "PARTIAL_CLOSE", "EMERGENCY_CLOSE", "NONE", "HOLD", "UPDATE_SL", "close", "X Y", ""],
    "timestamp": ["2026-11-20T00:00:30Z", "1795100000", "1795100000.25", "2026-11-19", "soon", "None", ""],
    "decided_at": ["2026-11-18T00:00:00Z", "never", ""],
    "percentage": ["0.25", "25", "100", "1.5", "0", "None", "", "1e-1", ".", "1.0.0"],
    "pct": ["1", "0.5"],
    "side": ["LONG", "SELL", "BOTH", "CLOSE", "long", "None", "", "UP"],
    "positionSide": ["SHORT", "UP"],
    "quantity": ["1", "0", "-1", "x"],
    "dry_run": ["true", "false", ""],
    "payload": ["{}", '{"action": "HOLD"}', "x", ""],
    "correlation_id": ["abc", "\xe9", ""],
    **dict.fromkeys(("account", "account_id", "source", "reason", "urgency", "intent_type", "intent_id"), _texts),
    **dict.fromkeys(("R_net", "r_net", "hold_score", "entry_price", "new_sl_proposed", "new_sl", "ts"), _numbers),
}
_oddity = st.sampled_from([(name.encode(), text.encode("latin-1")) for name, texts in _odd.items() for text in texts])
NEARLY_PLAIN = st.lists(_oddity, max_size=3).map(lambda oddities: ORIGINAL | dict(oddities))


@settings(max_examples=400, deadline=None)
@given(any_entries)
def test_what_is_surely_old_is_old(fields: Fields) -> None:
    """Looking through a backlog may pass over nothing that could be fresh."""
    entry = Entry(ENTRY_ID, fields)
    if surely_old(entry, NOW):
        verdict = validate(entry, NOW)
        assert isinstance(verdict, Rejected) or verdict.decided_at < NOW


@settings(max_examples=1000)
@given(NEARLY_PLAIN | any_entries)
def test_what_is_plainly_old_is_understood_as_anything_else_is(fields: Fields) -> None:
    """The short way says what the long one says, or nothing."""
    entry = Entry(ENTRY_ID, fields)
    old = plainly_old(entry, NOW)
    if old is not None:
        verdict = validate(entry, NOW)
        assert isinstance(verdict, CloseIntent)
        assert old == OldDecision.of(entry, verdict)
        assert old.decided_at < NOW


def test_the_form_of_the_original_is_plain() -> None:
    old = plainly_old(Entry(ENTRY_ID, ORIGINAL), NOW)
    assert old is not None
    assert (old.symbol, old.urgency) == ("AEVOUSDT", Urgency.EMERGENCY)
