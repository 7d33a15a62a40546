"""Every name that two processes must agree on, in one place (R16, R51)."""

from typing import Final

TASK_QUEUE: Final = "harvest"

SOURCE_WATCH: Final = "harvest_watch"
"""The ``source`` of the watch's own decisions."""

CLOSE_WORKFLOW: Final = "CloseWorkflow"
WATCH_WORKFLOW: Final = "WatchWorkflow"
SAFETY_WORKFLOW: Final = "SafetyWorkflow"
FLATTEN_WORKFLOW: Final = "FlattenWorkflow"
MOVE_STOP_WORKFLOW: Final = "MoveStopWorkflow"
RECONCILE_WORKFLOW: Final = "ReconcileWorkflow"
WATCH_SEEN: Final = "seen"
SIGNAL_SUBMIT: Final = "submit"
STOP_LOOK: Final = "look"
QUERY_STATUS: Final = "status"
QUERY_DECISION: Final = "decision"
QUERY_ATTEMPTS: Final = "attempts"
QUERY_TIMELINE: Final = "timeline"

STREAM_INTENT: Final = "quantum:stream:harvest.intent"
STREAM_DEAD: Final = "quantum:stream:harvest.intent.dead"
STREAM_SUGGESTIONS: Final = "quantum:stream:harvest.suggestions"
STREAM_RESULT: Final = "quantum:stream:apply.result"
STREAM_TRADE_CLOSED: Final = "quantum:stream:trade.closed"

STREAM_PANIC: Final = "system:panic_close"
"""The original's emergency channel: close everything (event_id, issued_by, reason, ts in epoch ms)."""
STREAM_PANIC_DONE: Final = "system:panic_close:completed"

STREAM_RECONCILE_CLOSE: Final = "quantum:stream:reconcile.close"
"""The original's reconciler: close what is too much at the exchange."""
STREAM_RECONCILE_EVENTS: Final = "quantum:stream:reconcile.events"

CONSUMER_GROUP: Final = "harvest_bridge"

KEY_FREEZE: Final = "quantum:harvest:freeze"
"""The single human switch: present means no close is sent until it is removed (R31)."""

KEY_HALT: Final = "system:state:trading"
"""Hash of the original, halted = "true": no new risk. Its entry services read it; it never holds back a close (R31)."""

KEY_REQUEUED: Final = "quantum:harvest:requeued"
"""Hash: a dead letter's id, and the entry that it was put back as."""


KEY_CONFIG: Final = "quantum:config:harvest"
"""Hash with the rules of all symbols; one of a symbol goes before it."""

KEY_CONFIG_VERSIONS: Final = "quantum:harvest:config.versions"
"""Hash: the version that a decision names, and the rules behind it as JSON."""


def key_config(symbol: str) -> str:
    """Hash with the rules of one symbol (min_r, ladder, ...)."""
    return f"{KEY_CONFIG}:{symbol}"


def key_watch(account: str) -> str:
    """Hash: ``<SYMBOL>:<SIDE>`` and what the watch remembers of that position. A cache, never a truth."""
    return f"quantum:harvest:watch:{account}"


def key_market_state(symbol: str) -> str:
    """Hash with sigma, ts, p_trend, p_mr, p_chop."""
    return f"quantum:marketstate:{symbol}"


def key_risk_proposal(symbol: str) -> str:
    """Hash of the P1 stops kernel with stop_dist_pct."""
    return f"quantum:risk:proposal:{symbol}"


def key_position(symbol: str) -> str:
    """Hash with the producers' position record (stop_loss among its fields)."""
    return f"quantum:position:{symbol}"


def key_position_state(symbol: str) -> str:
    """Hash with the canonical record of a position."""
    return f"quantum:state:positions:{symbol}"


def key_position_snapshot(symbol: str) -> str:
    """Hash with the position as the original's state service saw it."""
    return f"quantum:position:snapshot:{symbol}"


def key_position_ledger(symbol: str) -> str:
    """Hash with the original executor's own count of what it holds."""
    return f"quantum:position:ledger:{symbol}"


def key_position_claim(symbol: str) -> str:
    """String that lives for half a minute: an entry service is opening the position and making its record."""
    return f"quantum:position:claim:{symbol}"


KEY_RECORDS_OWNER: Final = "quantum:harvest:reconcile:owner"
"""Whose records these are, as ``<venue>:<account>``: no record's name says it, so only one account may repair them."""


def key_open_positions(account: str) -> str:
    """Hash: ``<SYMBOL>:<SIDE>`` and the signed amount, of each position at the exchange. Its length is their count."""
    return f"quantum:harvest:positions:{account}"


def key_reconcile_told(account: str) -> str:
    """Hash: what was told and is still so, that it is not told every minute."""
    return f"quantum:harvest:reconcile:told:{account}"


def key_record(account: str, symbol: str, position_side: str) -> str:
    """Hash with our own record of a position: a cache of what the exchange said, never a truth."""
    return f"quantum:harvest:record:{account}:{symbol}:{position_side}"


def key_published(decision_key: str) -> str:
    """Marks a result as published, so that publishing again is a no-op."""
    return f"quantum:harvest:published:{decision_key}"


def key_answered(account: str) -> str:
    """Sorted set of the entries that got no close of their own (too old, dead letters), scored by when (epoch ms)."""
    return f"quantum:harvest:answered:{account}"


def key_sent(account: str, symbol: str, client_order_id: str) -> str:
    """Marks an order as handed to the network."""
    return f"quantum:harvest:sent:{account}:{symbol}:{client_order_id}"


def key_last_sent(account: str, symbol: str, client_order_id: str) -> str:
    """Names the order that was handed to the network last, of those with this one's position and rung."""
    rung_of_position = "-".join(client_order_id.split("-")[:3])
    return f"quantum:harvest:latest:{account}:{symbol}:{rung_of_position}"


def key_owner(venue: str, account_alias: str) -> str:
    """Which installation may send to an exchange account, by the exchange's own name of it; lives while renewed."""
    return f"quantum:harvest:owner:{venue}:{account_alias}"


def close_workflow_id(account: str, symbol: str) -> str:
    """One running close per symbol: lock, dedup and operator handle in one."""
    return f"close-{account}-{symbol}"


def stop_workflow_id(account: str, symbol: str) -> str:
    """One workflow holds the stops of a symbol."""
    return f"stop-{account}-{symbol}"


def watch_workflow_id(account: str) -> str:
    """One running watch per account."""
    return f"watch-{account}"


def flatten_workflow_id(account: str, event_id: str = "") -> str:
    """One flatten for each event of the panic stream; without one, the one that humans start."""
    return f"flatten-{account}-{event_id}" if event_id else f"flatten-{account}"


def safety_schedule_id(account: str) -> str:
    """The schedule of the safety net; its runs are called so with their time behind."""
    return f"safety-{account}"


def reconcile_schedule_id(account: str) -> str:
    """The schedule that compares records with the exchange; its runs are called so with their time behind."""
    return f"reconcile-{account}"


def panic_group(account: str) -> str:
    """Consumer group on the panic stream: an event is for every account."""
    return f"harvest_panic:{account}"
