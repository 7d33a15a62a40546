"""One vocabulary of actions: every name any producer ever used, and what it means here.

An unknown name is refused and said so. It never becomes a hold or another action (R18, R35).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from kernel.decimals import MOST_DIGITS, SMALLEST_DIVISOR, positive
from kernel.errors import KernelError


class CloseKind(StrEnum):
    """What an action asks for."""

    FULL = "FULL"
    PARTIAL = "PARTIAL"
    HOLD = "HOLD"
    MOVE_STOP = "MOVE_STOP"
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True)
class Normalised:
    """An action in our terms. A PARTIAL has a fraction in (0, 1) or, without one, a quantity of the asset."""

    kind: CloseKind
    fraction: Decimal | None
    quantity: Decimal | None
    tranche: str | None
    reasons: tuple[str, ...]
    emergency: bool


@dataclass(frozen=True, slots=True)
class _Meaning:
    kind: CloseKind
    fraction: Decimal | None = None  # fixed by the name itself
    code: str | None = None
    emergency: bool = False
    whole_unless_told: bool = False


_CLOSE = _Meaning(CloseKind.FULL, code="action_normalized_{}_to_close")
_FULL = _Meaning(CloseKind.FULL)
_EMERGENCY = _Meaning(CloseKind.FULL, emergency=True)
_PARTIAL = _Meaning(CloseKind.PARTIAL)
_RECONCILE = _Meaning(CloseKind.PARTIAL, whole_unless_told=True)
_MOVE_STOP = _Meaning(CloseKind.MOVE_STOP)
_HOLD = _Meaning(CloseKind.HOLD, code="action_hold")
_ENTRY = _Meaning(CloseKind.HOLD, code="action_normalized_{}_to_hold")
_MISSING = _Meaning(CloseKind.REFUSED, code="action_normalized_unknown_to_hold")


def _part(fraction: str) -> _Meaning:
    return _Meaning(CloseKind.PARTIAL, fraction=Decimal(fraction))


# fmt: off
_VOCABULARY: Mapping[str, _Meaning] = {
    # everything goes, unless the intent carries a fraction (R67)
    "EXIT": _CLOSE, "REDUCE": _CLOSE, "CLOSE": _CLOSE, "FULL_CLOSE": _CLOSE,
    "FULL_CLOSE_PROPOSED": _FULL, "MANUAL_CLOSE": _FULL, "TIME_STOP_EXIT": _FULL, "TOXICITY_UNWIND": _FULL,
    "LIQUIDATION": _FULL, "LIQUIDATION_CLOSE": _FULL, "LIQUIDATION_RISK": _FULL,
    "FORCE_CLOSE": _FULL, "BSC_FORCE_CLOSE": _FULL,
    # everything goes, whatever else the intent says
    "EMERGENCY_SL_CLOSE": _EMERGENCY, "EMERGENCY_CLOSE": _EMERGENCY, "PANIC_CLOSE": _EMERGENCY,
    # a part, which the intent has to name
    "PARTIAL_CLOSE": _PARTIAL, "PARTIAL_CLOSE_PROPOSED": _PARTIAL, "HARVEST_PARTIAL": _PARTIAL,
    "RECONCILE_CLOSE": _RECONCILE,
    # a part, named by the action (HARVEST_DYNAMIC_nnPCT is read below)
    "PARTIAL_25": _part("0.25"), "PARTIAL_33": _part("0.33"), "PARTIAL_50": _part("0.50"), "PARTIAL_75": _part("0.75"),
    "PARTIAL_25_PROPOSED": _part("0.25"), "PARTIAL_50_PROPOSED": _part("0.50"), "PARTIAL_75_PROPOSED": _part("0.75"),
    "PARTIAL_CLOSE_25": _part("0.25"), "PARTIAL_CLOSE_50": _part("0.50"), "PARTIAL_CLOSE_75": _part("0.75"),
    "REDUCE_25": _part("0.25"), "REDUCE_50": _part("0.50"),
    "HARVEST_70_KEEP_30": _part("0.70"),
    # the stop moves, the position stays
    "UPDATE_SL": _MOVE_STOP, "PROFIT_LOCK_SL": _MOVE_STOP, "MOVE_SL_BREAKEVEN": _MOVE_STOP, "MOVE_SL_TRAIL": _MOVE_STOP,
    "TIGHTEN_TRAIL": _MOVE_STOP, "MOVE_TO_BREAKEVEN": _MOVE_STOP, "MOVE_SL": _MOVE_STOP,
    # nothing happens
    "HOLD": _HOLD, "NONE": _HOLD, "DEFENSIVE_HOLD": _HOLD, "QUARANTINE": _HOLD, "LOCKDOWN_HALT": _HOLD,
    "ENTRY": _ENTRY, "ENTER": _ENTRY, "OPEN": _ENTRY, "ENTRY_PROPOSED": _ENTRY,
    # nobody said what to do
    "UNKNOWN": _MISSING, "": _MISSING,
}
# fmt: on

_DYNAMIC = re.compile(r"HARVEST_DYNAMIC_(100|[1-9][0-9]?)PCT")
_NUMBER = re.compile(r"[0-9]+(\.[0-9]*)?|\.[0-9]+")
_TRANCHES: Mapping[Decimal, str] = {Decimal("0.25"): "p25", Decimal("0.50"): "p50", Decimal("0.75"): "p75"}


def parse_fraction(text: str | Decimal) -> Decimal:
    """A fraction of the position in (0, 1]: "0.25" is 0.25, whole numbers from 2 to 100 are percent.

    Raises KernelError (field `percentage`) on anything else: 0, negative, 1.5, 101, NaN, "25%", more than 30 digits,
    less than 1E-12. Whatever is read here, `normalise` and `rung_of` accept.
    """
    number = _read(text)
    if number.is_finite() and len(number.as_tuple().digits) <= MOST_DIGITS:
        if SMALLEST_DIVISOR <= number <= 1:
            return number
        if 2 <= number <= 100 and number == number.to_integral_value():
            return Decimal(f"{int(number)}E-2")
    raise KernelError(
        f"percentage is {str(text)[:40]!r}: send a fraction from {SMALLEST_DIVISOR} to 1 with at most {MOST_DIGITS}"
        " digits, or a whole percent from 2 to 100",
        "percentage",
    )


def _read(text: object) -> Decimal:
    if isinstance(text, Decimal):
        return text
    written = text.strip() if isinstance(text, str) else ""
    return Decimal(written) if _NUMBER.fullmatch(written) else Decimal("NaN")


def normalise(
    action: str,
    percentage: Decimal | None,
    quantity: Decimal | None = None,
    reason: str = "",
    urgency: str = "",
    intent_type: str = "",
) -> Normalised:
    """An intent's action in our terms; `percentage` already a fraction, `quantity` in units of the asset.

    Raises KernelError (field `percentage`) when the fraction lies outside (0, 1].
    """
    if percentage is not None and positive("percentage", percentage) > 1:
        raise KernelError(f"percentage is {percentage}: a fraction above 0 and up to 1 was expected", "percentage")
    name = action.strip().upper()
    meaning = _meaning(name)
    result = _resolve(name, meaning, percentage, quantity)
    return replace(result, emergency=meaning.emergency or is_emergency(reason, urgency, intent_type))


def _meaning(name: str) -> _Meaning:
    known = _VOCABULARY.get(name)
    if known is not None:
        return known
    dynamic = _DYNAMIC.fullmatch(name)
    if dynamic:
        return _Meaning(CloseKind.PARTIAL, fraction=Decimal(f"{dynamic[1]}E-2"))
    return _Meaning(CloseKind.REFUSED, code="action_normalized_{}_unknown_variant")


def _resolve(name: str, meaning: _Meaning, percentage: Decimal | None, quantity: Decimal | None) -> Normalised:
    if meaning.kind is CloseKind.FULL:
        return _full(name, meaning, percentage)
    if meaning.kind is CloseKind.PARTIAL:
        return _partial(meaning, percentage, quantity)
    return _plain(meaning.kind, *_codes(name, meaning))


def _full(name: str, meaning: _Meaning, percentage: Decimal | None) -> Normalised:
    if percentage is None or percentage == 1:
        return _everything(*_codes(name, meaning))
    if meaning.emergency:
        return _everything("emergency_closes_everything")
    # R67: a close of 25 % was once executed as 100 %.
    return _fraction(percentage, "fraction_honoured")


def _partial(meaning: _Meaning, percentage: Decimal | None, quantity: Decimal | None) -> Normalised:
    if meaning.fraction is not None and percentage not in (None, meaning.fraction):
        return _plain(CloseKind.REFUSED, "percentage_contradicts_action")
    fraction = percentage if meaning.fraction is None else meaning.fraction
    if fraction == 1:
        return _everything("fraction_one_is_full")
    if fraction is not None:
        return _fraction(fraction)
    if quantity is not None:
        return _amount(quantity)
    return _everything() if meaning.whole_unless_told else _plain(CloseKind.REFUSED, "percentage_missing")


def _amount(quantity: Decimal) -> Normalised:
    if not quantity.is_finite() or quantity <= 0:
        return _plain(CloseKind.REFUSED, "quantity_not_positive")
    return Normalised(CloseKind.PARTIAL, None, quantity, None, (), emergency=False)


def _fraction(fraction: Decimal, *reasons: str) -> Normalised:
    return Normalised(CloseKind.PARTIAL, fraction, None, _TRANCHES.get(fraction), reasons, emergency=False)


def _everything(*reasons: str) -> Normalised:
    return Normalised(CloseKind.FULL, Decimal(1), None, None, reasons, emergency=False)


def _plain(kind: CloseKind, *reasons: str) -> Normalised:
    return Normalised(kind, None, None, None, reasons, emergency=False)


def _codes(name: str, meaning: _Meaning) -> tuple[str, ...]:
    # A producer's text becomes part of a code, and codes become labels: keep it short and plain.
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower())[:40]
    return (meaning.code.format(plain),) if meaning.code else ()


def is_emergency(reason: str, urgency: str, intent_type: str) -> bool:
    """Whether an intent's own words make it one, whatever its action is."""
    return (
        urgency.strip().upper() == "EMERGENCY"
        or "PANIC" in intent_type.upper()
        or reason.strip().lower().startswith("emergency")
    )
