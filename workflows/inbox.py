"""Decisions that arrive while one is running: joined, stronger, or waiting their turn. None is dropped (R01, R05)."""

from contracts.intent import CloseIntent
from kernel.precedence import Relation, Standing, relation, strongest
from workflows.decision import meaning_of


class Inbox:
    """Accepted decisions without an answer yet, in order of arrival."""

    def __init__(self, running: CloseIntent, waiting: tuple[CloseIntent, ...]) -> None:
        self._running = running.entry_id
        self._waiting = list(waiting)

    def __len__(self) -> int:
        return len(self._waiting)

    def submit(self, intent: CloseIntent) -> None:
        """Take a decision in. The same stream entry again (its acknowledgement was lost) is nothing new."""
        if intent.entry_id not in (self._running, *(known.entry_id for known in self._waiting)):
            self._waiting.append(intent)

    def has_stronger(self, running: Standing) -> bool:
        """Whether something arrived that the running decision must give way to."""
        return any(_relation(running, intent) is Relation.ESCALATE for intent in self._waiting)

    def take_answered_by(self, running: Standing) -> list[tuple[CloseIntent, Relation]]:
        """Remove and return what the running decision takes care of."""
        answered: list[tuple[CloseIntent, Relation]] = [
            (intent, how)
            for intent in self._waiting
            if (how := _relation(running, intent)) in (Relation.JOIN, Relation.SUPERSEDED)
        ]
        gone = {intent.entry_id for intent, _ in answered}
        self._waiting = [intent for intent in self._waiting if intent.entry_id not in gone]
        return answered

    def next(self) -> tuple[CloseIntent, tuple[CloseIntent, ...]]:
        """The strongest waiting decision, and the rest."""
        first = strongest([meaning_of(intent).standing for intent in self._waiting])
        rest = (intent for index, intent in enumerate(self._waiting) if index != first)
        return self._waiting[first], tuple(rest)


def _relation(running: Standing, intent: CloseIntent) -> Relation:
    return relation(running, meaning_of(intent).standing)
