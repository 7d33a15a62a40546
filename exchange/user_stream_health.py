"""How the user stream is, for operators, logs and metrics."""

import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StreamHealth:
    """Ages in seconds; None for what has not happened yet."""

    connected: bool
    heard_age: float | None
    """Since anything was heard, answers to our pings included. Grows without end only where nothing is connected."""
    event_age: float | None
    """Since an event. An account on which nothing happens has none for hours."""
    key_age: float | None
    """Since the listen key was obtained or renewed."""
    connections: int
    events: int
    unreadable: int
    """Messages that could not be understood."""
    problem: str
    """Why it is not connected; empty while it is."""


class StreamRecord:
    """What has happened to a stream so far; :attr:`health` is its reading."""

    def __init__(self) -> None:
        self.connections = 0
        self.events = 0
        self.unreadable = 0
        self.problem = "not connected yet"
        self._up = False
        self._connected_at: float | None = None
        self._heard_at: float | None = None
        self._event_at: float | None = None
        self._key_at: float | None = None

    def trying(self) -> None:
        """A connection is attempted; until it is there it has no age."""
        self._connected_at = None

    def connected(self) -> None:
        """It is there."""
        self.connections += 1
        self.problem = ""
        self._up = True
        self._connected_at = self._heard_at = time.monotonic()

    def heard(self) -> None:
        """A frame arrived, of whatever kind."""
        self._heard_at = time.monotonic()

    def told(self) -> None:
        """It was an event."""
        self.events += 1
        self._event_at = time.monotonic()

    def key_good(self) -> None:
        """The listen key was obtained or renewed."""
        self._key_at = time.monotonic()

    def ended(self, problem: str) -> None:
        """The connection, or the attempt, came to an end."""
        self._up = False
        self.problem = problem

    @property
    def connection_age(self) -> float | None:
        """Seconds since the latest attempt succeeded; None if it did not."""
        return _since(self._connected_at)

    @property
    def key_age(self) -> float | None:
        """Seconds since the listen key was obtained or renewed."""
        return _since(self._key_at)

    @property
    def health(self) -> StreamHealth:
        """How it is now."""
        return StreamHealth(
            connected=self._up,
            heard_age=_since(self._heard_at),
            event_age=_since(self._event_at),
            key_age=self.key_age,
            connections=self.connections,
            events=self.events,
            unreadable=self.unreadable,
            problem=self.problem,
        )


def _since(instant: float | None) -> float | None:
    return None if instant is None else time.monotonic() - instant
