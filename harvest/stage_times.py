"""When a close reached each stage, from the timeline that its workflow keeps."""

from collections.abc import Iterable
from datetime import datetime

from contracts.status import Phase, TimelineEntry

_BEGINS = {
    Phase.EVALUATE: "evaluated",
    Phase.GUARD: "guarded",
    Phase.PLACE: "ordered",
    Phase.CONFIRM: "filled",
    Phase.DONE: "verified",
}
"""Which stage a phase of the workflow shows to be reached. It looks for fills (CONFIRM) once there are some."""


def stage_times(timeline: Iterable[TimelineEntry], sent_ms: int) -> dict[str, int]:
    """Milliseconds from the entry to each stage. Evaluate and guard are one step of pure code: one time for both."""
    times: dict[str, int] = {}
    for entry in timeline:
        stage = _BEGINS.get(entry.phase)
        if stage is None:
            continue
        elapsed = max(0, epoch_ms(entry.at) - sent_ms)
        if stage == "guarded":
            times.setdefault("evaluated", elapsed)
        times.setdefault(stage, elapsed)
    return times


def epoch_ms(moment: datetime) -> int:
    """Milliseconds since the epoch."""
    return round(moment.timestamp() * 1000)
