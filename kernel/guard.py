"""The guard before an order: refuses what is wrong, never what is merely risky.

Closing is never harder in worse markets (R27): kill score, heat, heartbeats, staleness of optional inputs,
cooldowns and min_r arrive as advisories, are reported, and change nothing (R22, R31, R35). Of all switches only
a human's freeze stops a close.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from kernel.actions import CloseKind
from kernel.side import Side

# An entry's own decision may be stamped a moment before its fill, on another machine's clock.
OPENED_AFTER_TOLERANCE_SECONDS = Decimal(5)


class Verdict(StrEnum):
    """ALLOW: send. SKIP: nothing is to be done. BLOCK: something is wrong and somebody should look."""

    ALLOW = "ALLOW"
    SKIP = "SKIP"
    BLOCK = "BLOCK"


@dataclass(frozen=True, slots=True)
class GuardFacts:
    """All the guard knows. Quantities unsigned, in the asset; times in seconds."""

    kind: CloseKind
    action_reasons: tuple[str, ...]
    account: str
    configured_account: str
    source_admitted: bool  # of those that may decide, or nobody is named
    emergency: bool
    position_size: Decimal  # of the chosen side
    side_ambiguous: bool
    side_named: Side | None
    position_side: Side | None
    intent_age_seconds: Decimal
    max_intent_age_seconds: Decimal
    already_begun: bool  # an order of this decision was sent: it is finished whatever its age
    opened_after_decision_seconds: Decimal  # how long after the decision the position was opened
    answered: bool  # before: the stream delivered the decision again after its close had ended
    frozen: bool
    rung_done: bool
    quantity_sendable: bool
    advisories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Permit:
    """The verdict, every reason in order (R07), the decisive one, and the quantity that may be closed."""

    verdict: Verdict
    reasons: tuple[str, ...]
    decisive: str
    safe_quantity: Decimal


def _too_old(facts: GuardFacts) -> bool:
    # R65: an old backlog once flipped positions, 150 trades in 20 minutes.
    return not facts.already_begun and facts.intent_age_seconds > facts.max_intent_age_seconds


def _predates(facts: GuardFacts) -> bool:
    return facts.opened_after_decision_seconds > OPENED_AFTER_TOLERANCE_SECONDS


def _not_exit_owner(facts: GuardFacts) -> bool:
    # An emergency only brings a position to zero, once; a list that somebody forgot to extend must not prevent that.
    return not facts.source_admitted and not facts.emergency


def _other_side_open(facts: GuardFacts) -> bool:
    sides = (facts.side_named, facts.position_side)
    return None not in sides and sides[0] is not sides[1]


def _no_position(facts: GuardFacts) -> bool:
    return not facts.side_ambiguous and (facts.position_size <= 0 or _other_side_open(facts))


def _unsendable(facts: GuardFacts) -> bool:
    wanted = facts.kind in (CloseKind.FULL, CloseKind.PARTIAL) and not facts.side_ambiguous
    return wanted and not facts.rung_done and not _no_position(facts) and not facts.quantity_sendable


_Rule = tuple[Verdict, str, Callable[[GuardFacts], bool]]

# The first row that holds is decisive. Every BLOCK stands above every SKIP.
_RULES: tuple[_Rule, ...] = (
    (Verdict.BLOCK, "human_freeze", lambda facts: facts.frozen),
    (Verdict.BLOCK, "action_refused", lambda facts: facts.kind is CloseKind.REFUSED),
    (Verdict.BLOCK, "stop_moves_are_not_closes", lambda facts: facts.kind is CloseKind.MOVE_STOP),
    (Verdict.BLOCK, "wrong_account", lambda facts: facts.account != facts.configured_account),
    (Verdict.BLOCK, "not_exit_owner", _not_exit_owner),
    (Verdict.BLOCK, "position_side_ambiguous", lambda facts: facts.side_ambiguous),
    (Verdict.SKIP, "answered_before", lambda facts: facts.answered),
    (Verdict.SKIP, "action_hold", lambda facts: facts.kind is CloseKind.HOLD),
    (Verdict.SKIP, "intent_too_old", _too_old),
    (Verdict.SKIP, "decision_predates_position", _predates),
    (Verdict.SKIP, "no_position", _no_position),
    (Verdict.SKIP, "other_side_open", _other_side_open),
    (Verdict.SKIP, "rung_already_done", lambda facts: facts.rung_done),
    (Verdict.SKIP, "quantity_below_minimum", _unsendable),
)


def guard(facts: GuardFacts, safe_quantity: Decimal) -> Permit:
    """Permit a close, or say completely why not. `safe_quantity` is what sizing found, in the asset.

    A permit never exceeds the position; a refusal permits 0.
    """
    quantity = min(safe_quantity, facts.position_size)
    facts = replace(facts, quantity_sendable=facts.quantity_sendable and quantity > 0)
    hits = [(verdict, _code(reason, facts)) for verdict, reason, holds in _RULES if holds(facts)]
    verdict, decisive = hits[0] if hits else (Verdict.ALLOW, "close_allowed")
    codes = [reason for _, reason in hits] or [decisive]
    advisories = [f"advisory:{text}" for text in facts.advisories]
    return Permit(
        verdict=verdict,
        reasons=tuple(dict.fromkeys([*codes, *facts.action_reasons, *advisories])),
        decisive=decisive,
        safe_quantity=quantity if verdict is Verdict.ALLOW else Decimal(0),
    )


def _code(reason: str, facts: GuardFacts) -> str:
    refused = reason == "action_refused" and facts.action_reasons
    return facts.action_reasons[0] if refused else reason
