"""The exact records that consumers of the result streams see."""

import json
from decimal import Decimal

import pytest

from contracts.errors import InvalidIntent
from contracts.order import OrderSide, PositionSide
from contracts.result import CloseResult, FillSummary, LookedAt, Outcome, WouldSend
from contracts.wire_in import parse_intent
from contracts.wire_out import pnl_percent, result_fields, suggestion_payload, text, trace_id_of, trade_closed_fields
from kernel.actions import parse_fraction

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CLOSED = CloseResult(
    outcome=Outcome.CLOSED_FLAT,
    reason_codes=("action_normalized_close_to_close", "flat_verified"),
    decisive="flat_verified",
    plan_id="hv-abc-full",
    entry_id="1771371476532-0",
    account="main",
    symbol="AEVOUSDT",
    action="CLOSE",
    position_side=PositionSide.LONG,
    order_side=OrderSide.SELL,
    requested_quantity=Decimal("64606.4"),
    target_quantity=Decimal(0),
    position_before=Decimal("64606.4"),
    position_after=Decimal("0E-8"),
    fills=FillSummary(
        quantity=Decimal("64606.4"),
        average_price=Decimal("0.02813"),
        commission=Decimal("0.72695"),
        commission_asset="USDT",
        realized_pnl=Decimal("-83.92"),
        order_ids=(11, 12),
    ),
    client_order_ids=("hv-abc-full-1", "hv-abc-full-2"),
    order_status="FILLED",
    entry_price=Decimal("0.0294289434484"),
    r_net=Decimal("-2.21"),
    kill_score=Decimal("1E-7"),
    attempts=2,
    workflow_id="close-main-AEVOUSDT",
    run_id="run-1",
    producer_reason="emergency_stop_loss (R=-2.21)",
    source="autonomous_trader",
    joined=("1771371506532-0", "1771371536532-0"),
)


def test_apply_result_exactly() -> None:
    assert result_fields(CLOSED, "0.1.0+abc", TRACE, 1771371477000) == {
        "event_type": "apply.result",
        "plan_id": "hv-abc-full",
        "intent_id": "",
        "entry_id": "1771371476532-0",
        "symbol": "AEVOUSDT",
        "side": "SELL",
        "position_side": "LONG",
        "action": "CLOSE",
        "decision": "EXECUTE",
        "outcome": "CLOSED_FLAT",
        "executed": "true",
        "would_execute": "false",
        "reason_codes": "action_normalized_close_to_close,flat_verified",
        "decisive": "flat_verified",
        "reason": "emergency_stop_loss (R=-2.21)",
        "error": "",
        "reduceOnly": "true",
        "attempts": "2",
        "joined": "1771371506532-0,1771371536532-0",
        "source": "harvest",
        "producer": "autonomous_trader",
        "qty": "64606.4",
        "target_qty": "0",
        "position_amt_before": "64606.4",
        "position_amt": "0.00000000",
        "entry_price": "0.0294289434484",
        "stop_price": "",
        "R_net": "-2.21",
        "kill_score": "0.0000001",
        "filled_qty": "64606.4",
        "avg_price": "0.02813",
        "order_id": "11,12",
        "client_order_id": "hv-abc-full-1,hv-abc-full-2",
        "order_status": "FILLED",
        "commission": "0.72695",
        "commission_asset": "USDT",
        "realized_pnl": "-83.92",
        "net_pnl": "-84.64695",
        "build": "0.1.0+abc",
        "account": "main",
        "workflow_id": "close-main-AEVOUSDT",
        "trace_id": TRACE,
        "run_id": "run-1",
        "timestamp": "1771371477000",
    }


def test_trade_closed_exactly() -> None:
    assert trade_closed_fields(CLOSED, "0.1.0+abc", TRACE, 1771371477000) == {
        "event_type": "trade.closed",
        "timestamp": "2026-02-17T23:37:57.000Z",
        "symbol": "AEVOUSDT",
        "side": "LONG",
        "qty": "64606.4",
        "entry_price": "0.0294289434484",
        "exit_price": "0.02813",
        "pnl_percent": "-4.4138",
        "pnl_usd": "-84.64695",
        "R_net": "-2.21",
        "reason": "emergency_stop_loss (R=-2.21)",
        "order_id": "11,12",
        "source": "harvest",
        "build": "0.1.0+abc",
        "account": "main",
        "workflow_id": "close-main-AEVOUSDT",
        "trace_id": TRACE,
    }


def test_a_suggestion_is_one_json_object() -> None:
    suggested = CLOSED.model_copy(
        update={
            "outcome": Outcome.SUGGESTED,
            "looked": LookedAt(generation=4711, rung="full", mark_price=Decimal("0.0281"), at_ms=1771371476900),
            "would_send": WouldSend(quantity=Decimal("64606.4"), client_order_ids=("hv-3mv-full-1",)),
        }
    )
    record = suggestion_payload(suggested, "b", TRACE, 1771371477000)
    assert record.keys() == {"payload", "timestamp", "build", "account", "workflow_id", "trace_id"}
    assert json.loads(record["payload"]) == {
        "intent_type": "HARVEST_SUGGESTION",
        "symbol": "AEVOUSDT",
        "action": "CLOSE",
        "side": "SELL",
        "position_side": "LONG",
        "qty": "64606.4",
        "target_qty": "0",
        "position_amt": "64606.4",
        "entry_price": "0.0294289434484",
        "stop_price": "",
        "reason": "emergency_stop_loss (R=-2.21)",
        "reason_codes": ["action_normalized_close_to_close", "flat_verified"],
        "r_level": "-2.21",
        "kill_score": "0.0000001",
        "correlation_id": "hv-abc-full",
        "entry_id": "1771371476532-0",
        "account": "main",
        "outcome": "SUGGESTED",
        "producer": "autonomous_trader",
        "intent_id": "",
        "rule": "",
        "config_version": "",
        "generation": "4711",
        "rung": "full",
        "mark_price": "0.0281",
        "decided_at": 1771371476900,
        "order_qty": "64606.4",
        "client_order_ids": ["hv-3mv-full-1"],
        "reduce_only": True,
        "dry_run": True,
        "source": "harvest",
        "timestamp": 1771371477000,
    }


def test_a_suggestion_copied_onto_the_intent_stream_closes_nothing() -> None:
    with pytest.raises(InvalidIntent, match="dry_run"):
        parse_intent("1771371477000-0", suggestion_payload(CLOSED, "b", TRACE, 1771371477000), parse_fraction)


@pytest.mark.parametrize(
    ("outcome", "filled", "would", "decision"),
    [
        (Outcome.SUGGESTED, "0", True, "EXECUTE"),
        (Outcome.BLOCKED, "0", False, "BLOCKED"),
        (Outcome.NEEDS_HUMAN, "0", False, "BLOCKED"),
        (Outcome.NEEDS_HUMAN, "1", False, "EXECUTE"),
        (Outcome.ALREADY_FLAT, "0", False, "SKIP"),
    ],
)
def test_decision(outcome: Outcome, filled: str, would: bool, decision: str) -> None:
    fills = FillSummary(quantity=Decimal(filled))
    result = CLOSED.model_copy(update={"outcome": outcome, "fills": fills, "would_execute": would})
    fields = result_fields(result, "b", "", 0)
    assert fields["decision"] == decision
    assert fields.keys() == result_fields(CLOSED, "b", "", 0).keys()  # never a missing field


@pytest.mark.parametrize(
    ("side", "order", "entry", "exit_price", "expected"),
    [
        ("LONG", "SELL", "100", "103", "3.0000"),
        ("SHORT", "BUY", "100", "97", "3.0000"),
        ("BOTH", "BUY", "100", "103", "-3.0000"),
        ("LONG", "SELL", "0.186", "0.1832", "-1.5054"),
        ("LONG", "SELL", "0", "1", None),
    ],
)
def test_pnl_percent_is_signed_by_side(
    side: str, order: str, entry: str, exit_price: str, expected: str | None
) -> None:
    result = CLOSED.model_copy(
        update={
            "position_side": PositionSide(side),
            "order_side": OrderSide(order),
            "entry_price": Decimal(entry),
            "fills": FillSummary(quantity=Decimal(1), average_price=Decimal(exit_price)),
        }
    )
    assert pnl_percent(result) == (None if expected is None else Decimal(expected))


def test_only_a_closed_trade_is_a_closed_trade() -> None:
    with pytest.raises(ValueError, match="CLOSED_FLAT"):
        trade_closed_fields(CLOSED.model_copy(update={"outcome": Outcome.REDUCED}), "b", "", 0)


def test_plain_numbers() -> None:
    assert [text(Decimal(number)) for number in ("1E+3", "-0", "0E-3", "1.50")] == ["1000", "0", "0.000", "1.50"]
    assert text(None) == ""


def test_trace_id() -> None:
    assert trace_id_of(f"00-{TRACE}-00f067aa0ba902b7-01") == TRACE
    assert trace_id_of(None) == trace_id_of("") == trace_id_of("nonsense") == ""
