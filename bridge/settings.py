"""What the bridge needs to know."""

from dataclasses import dataclass
from datetime import timedelta

from contracts.names import CONSUMER_GROUP, TASK_QUEUE


@dataclass(frozen=True, slots=True)
class BridgeSettings:
    """Names, sizes and patience of one bridge."""

    consumer: str
    """Stable over restarts, so that a restarted bridge finds its own pending entries (R24)."""
    group: str = CONSUMER_GROUP
    task_queue: str = TASK_QUEUE
    build: str = ""
    read_count: int = 250
    """Entries per read."""
    concurrency: int = 50
    """Symbols that are started side by side."""
    max_in_flight: int = 200
    """Entries in work; reading pauses above, and Redis keeps the rest."""
    block: timedelta = timedelta(seconds=2)
    """How long a read waits for a new entry; below the client's socket timeout."""
    sweep_every: timedelta = timedelta(seconds=2)
    """How often our own pending entries are looked through: answers that a broken connection swallowed."""
    claim_every: timedelta = timedelta(seconds=10)
    claim_idle: timedelta = timedelta(seconds=30)
    """An entry pending this long belongs to a consumer that died."""
    vitals_every: timedelta = timedelta(seconds=1)
    """How often the metrics are brought up to date."""
    drain: timedelta = timedelta(seconds=10)
    """How long a stopping bridge lets entries in work finish."""
