"""The time stop: a position that is older than it was ever meant to be."""

from kernel.finding import ExitAction, Finding, Situation


def time_stop(situation: Situation) -> Finding | None:
    """Age since the true opening at or above the longest hold; profit is not asked."""
    age, limit = situation.view.age_seconds, situation.config.max_hold_seconds
    if limit is None or age < limit:
        return None
    return Finding(
        rule="time_stop",
        action=ExitAction.TIME_STOP_EXIT,
        reason=f"time_stop (age={age:.0f}s, limit={limit:.0f}s)",
        codes=("time_stop",),
        numbers=(("age_seconds", age), ("limit_seconds", limit)),
    )
