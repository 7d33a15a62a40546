"""Every name that two processes must agree on, in one place (R16, R51)."""

from typing import Final

TASK_QUEUE: Final = "harvest"

CLOSE_WORKFLOW: Final = "CloseWorkflow"
SIGNAL_SUBMIT: Final = "submit"
QUERY_STATUS: Final = "status"
QUERY_DECISION: Final = "decision"
QUERY_ATTEMPTS: Final = "attempts"
QUERY_TIMELINE: Final = "timeline"

STREAM_INTENT: Final = "quantum:stream:harvest.intent"
STREAM_DEAD: Final = "quantum:stream:harvest.intent.dead"
STREAM_SUGGESTIONS: Final = "quantum:stream:harvest.suggestions"
STREAM_RESULT: Final = "quantum:stream:apply.result"
STREAM_TRADE_CLOSED: Final = "quantum:stream:trade.closed"

CONSUMER_GROUP: Final = "harvest_bridge"

KEY_FREEZE: Final = "quantum:harvest:freeze"
"""The single human switch: present means no close is sent until it is removed (R31)."""


def key_market_state(symbol: str) -> str:
    """Hash with sigma, ts, p_trend, p_mr, p_chop."""
    return f"quantum:marketstate:{symbol}"


def key_risk_proposal(symbol: str) -> str:
    """Hash of the P1 stops kernel with stop_dist_pct."""
    return f"quantum:risk:proposal:{symbol}"


def key_position(symbol: str) -> str:
    """Hash with the producers' position record (stop_loss among its fields)."""
    return f"quantum:position:{symbol}"


def key_record(account: str, symbol: str, position_side: str) -> str:
    """Hash with our own record of a position: a cache of what the exchange said, never a truth."""
    return f"quantum:harvest:record:{account}:{symbol}:{position_side}"


def key_published(decision_key: str) -> str:
    """Marks a result as published, so that publishing again is a no-op."""
    return f"quantum:harvest:published:{decision_key}"


def key_sent(account: str, symbol: str, client_order_id: str) -> str:
    """Marks an order as handed to the network."""
    return f"quantum:harvest:sent:{account}:{symbol}:{client_order_id}"


def close_workflow_id(account: str, symbol: str) -> str:
    """One running close per symbol: lock, dedup and operator handle in one."""
    return f"close-{account}-{symbol}"
