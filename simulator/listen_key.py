"""The listen key: what a client must hold, and keep alive, to follow the account by WebSocket."""

from random import Random
from string import ascii_letters, digits

from simulator.clock import Clock
from simulator.errors import refusal
from simulator.events import Events, ListenKeyGone

VALID_MS = 60 * 60 * 1000
LENGTH = 64


class ListenKeys:
    """The account's one live key, on the exchange's clock; the same keys in the same order for the same seed."""

    def __init__(self, seed: int, clock: Clock, events: Events) -> None:
        self._random = Random(f"{seed}:listen-key")  # noqa: S311 - reproducible, not secret
        self._clock = clock
        self._events = events
        self._key: str | None = None
        self._until = 0

    def obtain(self) -> str:
        """The live key, extended, or a new one."""
        self.lapse()
        if self._key is None:
            self._key = "".join(self._random.choices(ascii_letters + digits, k=LENGTH))
        self._until = self._clock.now_ms() + VALID_MS
        return self._key

    def renew(self, named: str | None) -> str:
        """Extend the live key, named or not; -1125 when there is none or another was named."""
        key = self._live(named)
        self._until = self._clock.now_ms() + VALID_MS
        return key

    def drop(self, named: str | None) -> None:
        """End the live key for everybody who uses it; -1125 as for `renew`."""
        self._end(self._live(named), expired=False)

    def expire(self) -> None:
        """End the live key as if its hour were over."""
        if self._key is not None:
            self._end(self._key, expired=True)

    def lapse(self) -> None:
        """End the key when its time has come."""
        if self._key is not None and self._clock.now_ms() >= self._until:
            self.expire()

    @property
    def live(self) -> str | None:
        """The key under which events go out now."""
        return self._key

    def _live(self, named: str | None) -> str:
        self.lapse()
        if self._key is None or named not in (None, self._key):
            raise refusal(-1125)
        return self._key

    def _end(self, key: str, *, expired: bool) -> None:
        self._key = None
        self._events.emit(ListenKeyGone(key, expired))
