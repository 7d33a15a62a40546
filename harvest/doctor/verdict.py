"""What a look at one thing says: how bad it is, the fact, and what to do."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is. Only FAIL makes the whole not ok."""

    OK = "ok"
    WARN = "warn"
    FAIL = "FAIL"
    SKIPPED = "skipped"
    """Not asked: what it needs has failed, and said so itself."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer of one check."""

    level: Level
    fact: str
    fix: str = ""
    """What to do, in one clause; nothing where all is well."""


@dataclass(frozen=True, slots=True)
class Check:
    """A verdict and what it is about."""

    name: str
    verdict: Verdict

    @property
    def failed(self) -> bool:
        """Whether this may be why nothing closes."""
        return self.verdict.level is Level.FAIL


def ok(fact: str) -> Verdict:
    """As it should be."""
    return Verdict(Level.OK, fact)


def warn(fact: str, fix: str) -> Verdict:
    """Exits go on, and somebody should know."""
    return Verdict(Level.WARN, fact, fix)


def fail(fact: str, fix: str) -> Verdict:
    """Exits do not happen, or some do not."""
    return Verdict(Level.FAIL, fact, fix)


def skipped(*needs: str) -> Verdict:
    """It could not be asked without these."""
    named = " and ".join(needs)
    return Verdict(Level.SKIPPED, f"needs {named}", f"see {named} first")


def all_well(checks: Iterable[Check]) -> bool:
    """Whether nothing fails."""
    return not any(check.failed for check in checks)
