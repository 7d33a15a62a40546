"""A :class:`CloseResult` to the fields of the result streams: one dialect, written in one place (R07, R29).

Flat strings, ``true`` and ``false``, decimals as plain text, epoch milliseconds; "" is "not known". Every record of a
stream has the same fields, so that a consumer never meets a missing one. Pure: the time of publishing is given.
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from contracts.order import OrderSide, PositionSide
from contracts.result import CloseResult, LookedAt, Outcome, WouldSend

SOURCE: Final = "harvest"
KEEP_RESULTS: Final = 10_000
"""Records that ``apply.result`` keeps, about."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PERCENT_STEP: Final = Decimal("0.0001")
_REFUSED: Final = frozenset({Outcome.BLOCKED, Outcome.NEEDS_HUMAN})


def result_fields(result: CloseResult, build: str, trace_id: str, published_ms: int) -> dict[str, str]:
    """The record of ``apply.result``.

    Args:
        build: which build of ours speaks.
        trace_id: 32 hexadecimal digits, or "".
        published_ms: epoch milliseconds.
    """
    return {
        "event_type": "apply.result",
        "plan_id": result.plan_id,
        "intent_id": result.producer_id or "",
        "entry_id": result.entry_id,
        "symbol": result.symbol,
        "side": result.order_side or "",
        "position_side": result.position_side or "",
        "action": result.action,
        "decision": _decision(result),
        "outcome": result.outcome.value,
        "executed": flag(result.executed),
        "would_execute": flag(result.would_execute),
        "reason_codes": listed(result.reason_codes),
        "decisive": result.decisive,
        "reason": result.producer_reason,
        "error": result.error,
        "reduceOnly": flag(True),
        "attempts": str(result.attempts),
        "joined": listed(result.joined),
        "source": SOURCE,
        "producer": result.source,
        **_quantities(result),
        **_fills(result),
        **_signature(result, build, trace_id),
        "run_id": result.run_id,
        "timestamp": str(published_ms),
    }


def trade_closed_fields(result: CloseResult, build: str, trace_id: str, published_ms: int) -> dict[str, str]:
    """The record of ``trade.closed``, from fills and never from the producer's own prices (R70).

    Raises:
        ValueError: if this result closed no trade.
    """
    if result.outcome is not Outcome.CLOSED_FLAT:
        raise ValueError(f"{result.outcome} closed no trade; trade.closed is for {Outcome.CLOSED_FLAT}")
    return {
        "event_type": "trade.closed",
        "timestamp": iso(published_ms),
        "symbol": result.symbol,
        "side": closed_side(result) or "",
        "qty": text(result.fills.quantity),
        "entry_price": text(result.entry_price),
        "exit_price": text(result.fills.average_price),
        "pnl_percent": text(pnl_percent(result)),
        "pnl_usd": text(result.net_pnl),
        "R_net": text(result.r_net),
        "reason": result.producer_reason or result.decisive,
        "order_id": listed(result.fills.order_ids),
        "source": SOURCE,
        **_signature(result, build, trace_id),
    }


def suggestion_payload(result: CloseResult, build: str, trace_id: str, published_ms: int) -> dict[str, str]:
    """The record of ``harvest.suggestions``: one JSON object in ``payload``, and the trace.

    ``dry_run`` is true in it: copied onto the intent stream by mistake, it is refused there.
    """
    suggestion = {
        "intent_type": "HARVEST_SUGGESTION",
        "symbol": result.symbol,
        "action": result.action,
        "side": result.order_side or "",
        "position_side": result.position_side or "",
        "qty": text(result.requested_quantity),
        "target_qty": text(result.target_quantity),
        "position_amt": text(result.position_before),
        "entry_price": text(result.entry_price),
        "stop_price": text(result.stop_price),
        "reason": result.producer_reason or result.decisive,
        "reason_codes": list(result.reason_codes),
        "r_level": text(result.r_net),
        "kill_score": text(result.kill_score),
        "correlation_id": result.plan_id,
        "entry_id": result.entry_id,
        "account": result.account,
        "outcome": result.outcome.value,
        "producer": result.source,
        "intent_id": result.producer_id or "",
        "rule": "",
        "config_version": "",
        **_decided_from(result.looked),
        **_would_send(result.would_send),
        "reduce_only": True,
        "dry_run": True,
        "source": SOURCE,
        "timestamp": published_ms,
    }
    payload = json.dumps(suggestion, separators=(",", ":"), ensure_ascii=False)
    return {"payload": payload, "timestamp": str(published_ms), **_signature(result, build, trace_id)}


def trace_id_of(traceparent: str | None) -> str:
    """The 32 hexadecimal digits of a W3C ``traceparent``, or "" without one."""
    parts = (traceparent or "").split("-")
    return parts[1] if len(parts) == 4 and len(parts[1]) == 32 else ""


def closed_side(result: CloseResult) -> PositionSide | None:
    """LONG or SHORT: the side that was closed, also in one-way mode, where the exchange says BOTH."""
    if result.position_side in (PositionSide.LONG, PositionSide.SHORT):
        return result.position_side
    if result.order_side is not None:
        return PositionSide.LONG if result.order_side is OrderSide.SELL else PositionSide.SHORT
    if result.position_before:
        return PositionSide.LONG if result.position_before > 0 else PositionSide.SHORT
    return None


def pnl_percent(result: CloseResult) -> Decimal | None:
    """Change of price in the position's favour, percent of the entry price, without leverage and fees; 4 decimals."""
    entry, exit_price, side = result.entry_price, result.fills.average_price, closed_side(result)
    if not entry or exit_price is None or side is None:
        return None
    gained = exit_price - entry if side is PositionSide.LONG else entry - exit_price
    return (gained / entry * 100).quantize(_PERCENT_STEP, rounding=ROUND_HALF_EVEN)


def text(number: Decimal | None) -> str:
    """Plain digits without an exponent; "" for an unknown number."""
    if number is None:
        return ""
    return format(abs(number) if number.is_zero() else number, "f")


def flag(value: bool) -> str:
    """``true`` or ``false``: a text that reads as what it says (a permit's "false" once counted as true)."""
    return "true" if value else "false"


def listed(values: Iterable[object]) -> str:
    """The values with commas between them."""
    return ",".join(str(value) for value in values)


def iso(epoch_ms: int) -> str:
    """Epoch milliseconds as ISO-8601 in UTC."""
    moment = _EPOCH + timedelta(milliseconds=epoch_ms)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _decided_from(looked: LookedAt | None) -> dict[str, object]:
    return {
        "generation": str(looked.generation) if looked else "",
        "rung": looked.rung if looked else "",
        "mark_price": text(looked.mark_price) if looked else "",
        "decided_at": looked.at_ms if looked else None,
    }


def _would_send(orders: WouldSend | None) -> dict[str, object]:
    return {
        "order_qty": text(orders.quantity) if orders else "",
        "client_order_ids": list(orders.client_order_ids) if orders else [],
    }


def _decision(result: CloseResult) -> str:
    if result.executed or result.would_execute:
        return "EXECUTE"
    return "BLOCKED" if result.outcome in _REFUSED else "SKIP"


def _quantities(result: CloseResult) -> dict[str, str]:
    return {
        "qty": text(result.requested_quantity),
        "target_qty": text(result.target_quantity),
        "position_amt_before": text(result.position_before),
        "position_amt": text(result.position_after),
        "entry_price": text(result.entry_price),
        "stop_price": text(result.stop_price),
        "R_net": text(result.r_net),
        "kill_score": text(result.kill_score),
    }


def _fills(result: CloseResult) -> dict[str, str]:
    fills = result.fills
    return {
        "filled_qty": text(fills.quantity),
        "avg_price": text(fills.average_price),
        "order_id": listed(fills.order_ids),
        "client_order_id": listed(result.client_order_ids),
        "order_status": result.order_status,
        "commission": text(fills.commission),
        "commission_asset": fills.commission_asset,
        "realized_pnl": text(fills.realized_pnl),
        "net_pnl": text(result.net_pnl),
    }


def _signature(result: CloseResult, build: str, trace_id: str) -> dict[str, str]:
    return {"build": build, "account": result.account, "workflow_id": result.workflow_id, "trace_id": trace_id}
