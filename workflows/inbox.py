"""Decisions that arrive while one is running: joined, stronger, or waiting their turn. None is dropped (R01, R05)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from contracts.intent import CloseIntent
from kernel.actions import CloseKind
from kernel.guard import OPENED_AFTER_TOLERANCE_SECONDS
from kernel.precedence import Relation, Standing, Strength, relation, strongest
from workflows.decision import meaning_of

ANSWERED_AT_ONCE = 250
"""Results that one step publishes."""
MOST_CARRIED = 1000
"""Decisions that one run hands to the next: they are one input, and the server takes no more than 2 MB."""
OLDER_THAN_POSITION = timedelta(seconds=int(OPENED_AFTER_TOLERANCE_SECONDS))


@dataclass(frozen=True)
class Running:
    """The decision under way, as far as others are measured against it."""

    standing: Standing
    """With the side that is really being closed, once that is known."""
    account: str
    max_age: timedelta
    both_sides_open: bool = False
    """Hedge mode with two positions: a decision that names no side may mean the other one."""
    opened_at: datetime | None = None
    """When the position under way was opened."""
    exit_owners: tuple[str, ...] = ()


class Answer(StrEnum):
    """How a decision is answered that needs no run of its own."""

    JOINED = "joined_running_close"
    SUPERSEDED = "covered_by_stronger_close"
    CROWDED = "too_many_decisions_waiting"
    """A flood about one symbol. The strongest stay."""
    AMBIGUOUS = "position_side_ambiguous"
    """It named no side while both were open. Once one is closed it would seem to mean the other: too late to guess."""


class Inbox:
    """Accepted decisions without an answer yet, in order of arrival."""

    def __init__(self, running: CloseIntent, waiting: tuple[CloseIntent, ...]) -> None:
        self._waiting = list(waiting)
        self._known = {running.entry_id, *(intent.entry_id for intent in waiting)}
        self._weaker_than: Running | None = None
        self._weaker = 0
        """So many of the first were found not to be stronger than that; each is measured once."""
        self._another: Strength | None = None
        """The strongest of those that is to be carried out, but is about something else."""

    def __len__(self) -> int:
        return len(self._waiting)

    def submit(self, intent: CloseIntent, now: datetime) -> None:
        """Take a decision in. The same stream entry again (its acknowledgement was lost) is nothing new."""
        if intent.entry_id not in self._known:
            self._known.add(intent.entry_id)
            self._waiting.append(intent.model_copy(update={"accepted_at": now}))

    def has_stronger(self, running: Running, now: datetime) -> bool:
        """Whether something arrived that the running decision must give way to."""
        if self._weaker_than != running:
            self._weaker_than, self._weaker, self._another = running, 0, None
        new = self._waiting[self._weaker :]
        if any(relation_to(running, intent, now) is Relation.ESCALATE for intent in new):
            return True
        others = [meaning_of(intent).standing.strength for intent in new if _is_another(running, intent, now)]
        self._another = max([*others, *([self._another] if self._another else [])], default=None)
        self._weaker = len(self._waiting)
        return False

    def has_other(self, running: Running, now: datetime, at_least: Strength = Strength.PARTIAL) -> bool:
        """Whether something waits that the running decision does not cover, and that would be carried out."""
        return self.has_stronger(running, now) or (self._another is not None and self._another >= at_least)

    def take_answered(
        self, running: Running, now: datetime, dealt_with: datetime | None
    ) -> list[tuple[CloseIntent, Answer]]:
        """Remove and return what needs no run of its own.

        Args:
            dealt_with: when the running decision had dealt with the position, if it has. What was decided up to then
                shares its result; what was decided later may be about a position opened since.
        """
        answered: list[tuple[CloseIntent, Answer]] = []
        for intent in self._waiting:
            answer = _answer(running, intent, now)
            covered = dealt_with is not None and intent.decided_at <= dealt_with
            if answer is Answer.AMBIGUOUS or (answer is not None and covered):
                answered.append((intent, answer))
        gone = {intent.entry_id for intent, _ in answered}
        self._remove(gone)
        return answered

    def decided_after(self, moment: datetime | None) -> bool:
        """Whether anything waits that was decided later than then."""
        return moment is not None and any(intent.decided_at > moment for intent in self._waiting)

    def everything(self) -> tuple[CloseIntent, ...]:
        """All that waits."""
        return tuple(self._waiting)

    def take_excess(self) -> list[CloseIntent]:
        """Remove and return some of the weakest, oldest first, of those beyond what the next run can be given."""
        if len(self._waiting) <= MOST_CARRIED:
            return []
        strength = {intent.entry_id: meaning_of(intent).standing.strength for intent in self._waiting}
        ranked = sorted(self._waiting, key=lambda intent: (strength[intent.entry_id], intent.decided_at))
        excess = ranked[: min(len(ranked) - MOST_CARRIED, ANSWERED_AT_ONCE)]
        self._remove({intent.entry_id for intent in excess})
        return excess

    def _remove(self, gone: set[str]) -> None:
        self._waiting = [intent for intent in self._waiting if intent.entry_id not in gone]
        self._known -= gone
        self._weaker, self._another = 0, None

    def next(self) -> tuple[CloseIntent, tuple[CloseIntent, ...]]:
        """The strongest waiting decision, and the rest."""
        first = strongest([meaning_of(intent).standing for intent in self._waiting])
        rest = (intent for index, intent in enumerate(self._waiting) if index != first)
        return self._waiting[first], tuple(rest)


def _answer(running: Running, intent: CloseIntent, now: datetime) -> Answer | None:
    if running.both_sides_open and intent.side is None and _closes(intent):
        return Answer.AMBIGUOUS
    how = relation_to(running, intent, now)
    return {Relation.JOIN: Answer.JOINED, Relation.SUPERSEDED: Answer.SUPERSEDED}.get(how)


def _closes(intent: CloseIntent) -> bool:
    return meaning_of(intent).normalised.kind in (CloseKind.FULL, CloseKind.PARTIAL)


def _may_decide(intent: CloseIntent, exit_owners: tuple[str, ...]) -> bool:
    return intent.admitted_by(exit_owners) or meaning_of(intent).standing.strength is Strength.EMERGENCY


def relation_to(running: Running, intent: CloseIntent, now: datetime) -> Relation:
    """What an incoming decision is to the running one.

    Only a decision that would itself be carried out may displace another or share its result. What the guard would
    refuse for its own sake (its account, its source, its age, its wording) waits for its turn and is told so there.
    """
    this_position = running.opened_at is None or intent.decided_at >= running.opened_at - OLDER_THAN_POSITION
    if this_position and _would_be_carried_out(running, intent, now):
        return relation(running.standing, meaning_of(intent).standing)
    return Relation.WAIT


def _would_be_carried_out(running: Running, intent: CloseIntent, now: datetime) -> bool:
    """As far as the decision itself tells."""
    ours = intent.account in (None, running.account) and _may_decide(intent, running.exit_owners)
    fresh = not intent.stale and (intent.accepted_at or now) - intent.decided_at <= running.max_age
    side_told = intent.side is not None or not running.both_sides_open
    return _closes(intent) and ours and fresh and side_told


def _is_another(running: Running, intent: CloseIntent, now: datetime) -> bool:
    """Of the other side, or another part."""
    waits = relation(running.standing, meaning_of(intent).standing) is Relation.WAIT
    return waits and _would_be_carried_out(running, intent, now)
