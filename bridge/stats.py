"""What the bridge has done since it started, for metrics."""

from dataclasses import dataclass


@dataclass(slots=True)
class BridgeStats:
    """Counters that only grow. An error rate of 100 % must be visible from outside (R13, R17)."""

    read: int = 0
    started: int = 0
    joined: int = 0
    dead: int = 0
    stale: int = 0
    """Answered in bulk without a workflow."""
    stale_started: int = 0
    claimed: int = 0
    """Taken over from other consumers."""
    acknowledged: int = 0
    redis_errors: int = 0
    temporal_errors: int = 0
    groups_created: int = 0
    failures: int = 0
    """Unexpected errors of our own."""
    last_read_ms: int = 0
    """When a read last succeeded, epoch ms: a stalled bridge shows here within seconds."""
