"""How a close introduces itself in the Temporal UI."""

from typing import Final

from contracts.intent import CloseIntent

_SUMMARY_LIMIT: Final = 200
"""Bytes that the server accepts."""
_REASON_LIMIT: Final = 1000


def summary(intent: CloseIntent) -> str:
    """One line for the list: ``CLOSE 100 % AEVOUSDT - emergency_stop_loss (R=-2.21)``."""
    share = "" if intent.percentage is None else f" {(intent.percentage * 100).normalize():f} %"
    why = f" - {_plain(intent.reason)}" if intent.reason else ""
    line = f"{intent.action}{share} {intent.symbol}{why}"
    return line.encode()[:_SUMMARY_LIMIT].decode(errors="ignore")


def details(intent: CloseIntent) -> str:
    """A Markdown card: what the producer said, word for word."""
    rows = {
        "decided at": intent.decided_at.isoformat(),
        "stream entry": f"`{intent.entry_id}`",
        "producer": intent.source or intent.intent_type or "not named",
        "its id": intent.producer_id,
        "side": intent.side,
        "quantity": intent.quantity,
        "R": intent.r_net,
        "PnL claimed": intent.pnl_usd,
        "hold / exit score": None if intent.exit_score is None else f"{intent.hold_score} / {intent.exit_score}",
        "stale": "yes: closes only if today's facts agree" if intent.stale else None,
    }
    lines = [f"- {name}: {value}" for name, value in rows.items() if value is not None]
    return "\n".join([f"**{_plain(intent.reason) or intent.action}**", "", *lines])


def _plain(text: str) -> str:
    """Without line breaks and control characters, and not endless."""
    return "".join(char if char.isprintable() else " " for char in text[:_REASON_LIMIT])
