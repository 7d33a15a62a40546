"""A decision of the watch as an entry of ``harvest.intent``, or in shadow mode of ``harvest.suggestions``.

The words are the original's, so that its consumers understand them; what is ours comes on top of them.
"""

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from activities.watch_decisions import Wanted
from activities.watch_identity import intent_id
from contracts.names import SOURCE_WATCH, STREAM_INTENT, STREAM_SUGGESTIONS, watch_workflow_id
from contracts.result import Outcome
from contracts.watch import HeldPosition, PositionMemory
from contracts.wire_out import flag, iso, listed, text
from kernel.finding import ALL, ExitAction
from kernel.identity import client_order_id, rung_of
from kernel.rules import Verdict
from kernel.side import Side

KEEP_INTENTS: Final = 100_000
KEEP_SUGGESTIONS: Final = 10_000
_STOP_RULES: Final = {ExitAction.PROFIT_LOCK_SL: "profit_lock", ExitAction.MOVE_SL_TRAIL: "trailing"}
"""A stop may go along with a part that another rule takes."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Something to add to a stream."""

    stream: str
    keep: int
    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class Occasion:
    """Whose decision it is, and under which rules."""

    account: str
    build: str
    config_version: str
    shadow: bool
    now_ms: int
    """Our clock, epoch milliseconds."""
    looked_ms: int
    """The exchange's clock."""


def entry_of(wanted: Wanted, verdict: Verdict, held: HeldPosition, memory: PositionMemory, occasion: Occasion) -> Entry:
    """One decision, to be read by the bridge, or by a human while nothing is sent."""
    fields = _fields(wanted, verdict, held, memory, occasion)
    if not occasion.shadow:
        return Entry(STREAM_INTENT, KEEP_INTENTS, fields)
    payload = json.dumps(_suggestion(fields, wanted, verdict, held, occasion), separators=(",", ":"))
    signature = {name: fields.get(name, "") for name in ("build", "account", "workflow_id", "trace_id")}
    record = {"payload": payload, "timestamp": str(occasion.now_ms), **signature}
    return Entry(STREAM_SUGGESTIONS, KEEP_SUGGESTIONS, record)


def _suggestion(
    fields: dict[str, str], wanted: Wanted, verdict: Verdict, held: HeldPosition, occasion: Occasion
) -> dict[str, object]:
    """The fields of a decision and those of every suggestion: consumers of either kind find what they look for."""
    position = held.position
    quantity = wanted.quantity or (verdict.quantity if wanted.fraction else Decimal(0))
    rung = rung_of(fields["intent_id"], None)
    return {
        **fields,
        "intent_type": "HARVEST_SUGGESTION",
        "side": Side(position.side.value).exit_order_side,
        "position_side": position.side.value,
        "qty": text(quantity),
        "target_qty": text(position.size - quantity),
        "position_amt": text(position.amount),
        "stop_price": text(wanted.new_stop),
        "r_level": text(verdict.r_net),
        "reason_codes": list(verdict.codes),
        "correlation_id": fields["intent_id"],
        "entry_id": "",
        "outcome": Outcome.SUGGESTED.value,
        "producer": SOURCE_WATCH,
        "rung": rung,
        "mark_price": text(position.mark_price),
        "decided_at": occasion.looked_ms,
        "order_qty": "",  # the symbol's lot sizes are read where orders are made
        "client_order_ids": [] if wanted.new_stop else [client_order_id(int(fields["generation"]), rung, 1)],
        "reduce_only": True,
        "dry_run": True,  # copied onto the intent stream by mistake, it is refused there
        "timestamp": occasion.now_ms,
    }


def _fields(
    wanted: Wanted, verdict: Verdict, held: HeldPosition, memory: PositionMemory, occasion: Occasion
) -> dict[str, str]:
    position, moves = held.position, _STOP_RULES.get(wanted.action)
    return {
        "intent_type": "AUTONOMOUS_EXIT",
        "intent_id": intent_id(occasion.account, held.key, memory.generation, wanted.name),
        "account": occasion.account,
        "symbol": position.symbol,
        "side": position.side.value,
        "action": wanted.action.value,
        **_size(wanted),
        "reason": verdict.reason if moves is None else f"{moves} (stop={text(wanted.new_stop)})",
        "reason_codes": listed(verdict.codes),
        "rule": verdict.rule if moves is None else moves,
        "notes": listed(verdict.notes),
        "hold_score": str(verdict.hold_score),
        "exit_score": str(verdict.exit_score),
        "urgency": _urgency(wanted, verdict),
        "R_net": text(verdict.r_net),
        "kill_score": text(verdict.kill_score),
        "pnl_usd": text(position.unrealized_pnl),
        "entry_price": text(position.entry_price),
        "exit_price": text(position.mark_price),
        "generation": str(memory.generation),
        "config_version": occasion.config_version,
        "workflow_id": watch_workflow_id(occasion.account),
        "source": SOURCE_WATCH,
        "build": occasion.build,
        "dry_run": flag(False),
        "timestamp": iso(occasion.now_ms),
    }


def _size(wanted: Wanted) -> dict[str, str]:
    if wanted.new_stop is not None:
        return {"new_sl_proposed": text(wanted.new_stop)}
    if wanted.quantity is not None:
        return {"quantity": text(wanted.quantity)}
    return {"percentage": text(wanted.fraction)}


def _urgency(wanted: Wanted, verdict: Verdict) -> str:
    if verdict.emergency and wanted.fraction == ALL:
        return "EMERGENCY"
    return "HIGH" if wanted.fraction == ALL else "MEDIUM"
