"""Events of ``reconcile.events``, in the original's words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from activities.reconcile_view import Judged
from activities.record_fields import SHAPES
from contracts.reconcile import ConditionalOrder, RecordKind
from contracts.wire_out import flag, listed, text
from kernel.records import Match

_REASONS: Final[Mapping[Match, str]] = {
    Match.GHOST: "no_position_at_exchange",
    Match.UNKNOWN: "position_without_record",
    Match.DRIFT: "record_differs_from_exchange",
    Match.REPLACED: "record_of_another_position",
}


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who tells it."""

    account: str
    build: str
    shadow: bool
    now_ms: int


def record_event(judged: Judged, drop: tuple[str, ...], speaker: Speaker) -> dict[str, str] | None:
    """What was done to a record, or would be. None for the canonical record: that is ours, and no repair."""
    if judged.kind is RecordKind.STATE:
        return None
    finding, held, fields = judged.judgement.finding, judged.judgement.held, judged.fields
    shape = SHAPES[judged.kind]
    said = next((fields[name] for name in (*shape.signed, *shape.unsigned) if name in fields), "")
    return _event(
        _name(finding, judged.kind),
        judged.symbol,
        _REASONS[finding],
        speaker,
        record=judged.kind.value,
        side=held.side if held else "",
        exchange_amt=text(held.amount) if held else "0",
        record_amt=said[:40].encode("ascii", "replace").decode(),
        entry_price=text(held.entry_price) if held else "",
        wrong=listed(judged.judgement.wrong),
        dropped=listed(drop),
    )


def odd_event(symbol: str, kind: RecordKind, key_type: str, speaker: Speaker) -> dict[str, str]:
    """Where a record should be, there is something else: nobody but a human knows what it is."""
    return _event("MANUAL_REQUIRED", symbol, "wrong_type", speaker, record=kind.value, key_type=key_type)


def stop_event(resting: ConditionalOrder, speaker: Speaker) -> dict[str, str]:
    """A stop whose position is gone was cancelled, or would be."""
    order = resting.order
    return _event(
        "AUTO_REPAIR",
        resting.symbol,
        "orphaned_stop",
        speaker,
        record="stop",
        algo_id=str(order.algo_id),
        client_algo_id=order.client_algo_id[:40],
        side=order.side,
        trigger_price=text(order.trigger_price),
    )


def _name(finding: Match, kind: RecordKind) -> str:
    if finding is Match.GHOST:
        return "GHOST_PURGE"
    return "LEDGER_INIT" if finding is Match.UNKNOWN and kind is RecordKind.LEDGER else "AUTO_REPAIR"


def _event(name: str, symbol: str, reason: str, speaker: Speaker, **details: str) -> dict[str, str]:
    return {
        "event": name,
        "symbol": symbol,
        "ts": str(speaker.now_ms),
        "reason": reason,
        **details,
        "dry_run": flag(speaker.shadow),
        "account": speaker.account,
        "source": "harvest",
        "build": speaker.build,
    }
