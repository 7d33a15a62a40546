"""An entry of the reconciler's stream as a decision."""

import json

import pytest

from contracts.errors import InvalidIntent
from contracts.order import PositionSide
from contracts.reconcile_close import as_decision, signature_of
from contracts.wire_in import parse_intent
from contracts.wire_time import entry_time
from kernel.actions import parse_fraction

COMPOSED = {
    "plan_id": "reconclose:BTCUSDT:9f3a1c22be47:1769384278629",
    "decision": "RECONCILE_CLOSE",
    "symbol": "BTCUSDT",
    "side": "SELL",
    "type": "MARKET",
    "qty": "0.062",
    "reduceOnly": "true",
    "reason": "reconcile_drift",
    "source": "p3.4",
    "signature": "9f3a1c22be47",
    "hmac": "da0a4d4ec9ba6e1af8a4d9b6d1a1f2fd",
    "exchange_amt": "0.062",
    "ledger_amt": "0.002",
    "ts": "1769384278629",
}
ENTRY = "1769384278700-0"
SECRET = b"secret"
# printf '%s' 'reconclose:BTCUSDT:9f3a1c22be47:1769384278629|BTCUSDT|0.062|1769384278629|9f3a1c22be47' |
#   openssl dgst -sha256 -hmac secret
SIGNATURE = "a1e2695ee29a260974efdba740207aeccc54b57aeaf101109b7d8e4b532633da"


def test_the_composed_example_is_a_decision_about_a_quantity() -> None:
    intent = parse_intent("1769384278701-0", as_decision(ENTRY, COMPOSED, None), parse_fraction)

    assert (intent.symbol, intent.action, str(intent.quantity)) == ("BTCUSDT", "RECONCILE_CLOSE", "0.062")
    assert (intent.side, intent.percentage) == (PositionSide.LONG, None)
    assert (intent.producer_id, intent.source) == (COMPOSED["plan_id"], "p3.4")
    assert int(intent.decided_at.timestamp() * 1000) == 1769384278629


def test_the_signature_is_the_originals() -> None:
    assert signature_of(COMPOSED, SECRET) == SIGNATURE
    assert as_decision(ENTRY, COMPOSED | {"hmac": SIGNATURE.upper()}, SECRET)["qty"] == "0.062"


@pytest.mark.parametrize("name", ["plan_id", "symbol", "qty", "ts", "signature", "hmac"])
def test_a_change_of_what_is_signed_is_noticed(name: str) -> None:
    changed = COMPOSED | {"hmac": SIGNATURE} | {name: "1769384278630"}

    with pytest.raises(InvalidIntent) as refused:
        as_decision(ENTRY, changed, SECRET)
    assert refused.value.field == "hmac"


def test_numbers_are_signed_as_they_are_written() -> None:
    with pytest.raises(InvalidIntent):
        as_decision(ENTRY, COMPOSED | {"hmac": SIGNATURE, "qty": "0.0620"}, SECRET)


def test_an_envelope_is_opened() -> None:
    assert as_decision(ENTRY, {"payload": json.dumps(COMPOSED)}, None) == as_decision(ENTRY, COMPOSED, None)


def test_a_share_is_not_read_here_and_an_entry_without_time_keeps_its_own() -> None:
    untimed = {name: text for name, text in COMPOSED.items() if name != "ts"}

    decision = as_decision(ENTRY, untimed | {"percentage": "1"}, None)

    assert "percentage" not in decision
    assert decision["ts"] == str(int(entry_time(ENTRY).timestamp() * 1000))
