"""Rules as an operator writes them: the fields of ``quantum:config:harvest:{SYM}`` to what the kernel works by.

Names are those of :class:`kernel.rules_config.RulesConfig`, ``theta.<name>`` and ``stops.<name>`` for the kernels'
parameters, and the original's own: ``min_r``, ``ladder``, ``set_be_at_r``, ``trail_atr_mult``.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields, replace
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

from kernel.errors import KernelError
from kernel.rules_config import Harvest, HoldExit, LadderStep, RulesConfig, Targets, Trailing
from kernel.stops_theta import StopsTheta
from kernel.theta import HarvestTheta

Written = Mapping[str, str]

_ORIGINAL_NAMES: Final = {"set_be_at_r": "theta.lock_R", "trail_atr_mult": "trail_risk_units"}
_WORDS: Final[Mapping[str, type[StrEnum]]] = {
    "harvest": Harvest,
    "targets": Targets,
    "trailing": Trailing,
    "hold_exit": HoldExit,
}
_SWITCHES: Final = frozenset({"profit_lock", "fee_protection", "stops.monotonic_sl"})
_OWN: Final = frozenset(field.name for field in fields(RulesConfig)) - {"theta", "stops"}
_KNOWN: Final = (
    _OWN
    | {f"theta.{field.name}" for field in fields(HarvestTheta)}
    | {f"stops.{field.name}" for field in fields(StopsTheta)}
    | set(_ORIGINAL_NAMES)
)
_VERSION_DIGITS: Final = 12


def parse_rules(written: Written) -> RulesConfig:
    """The rules that these fields describe; what they do not name is as it comes.

    Raises:
        KernelError: naming the field that is unknown, malformed or senseless, and what would be right.
    """
    said = _renamed({name: text.strip() for name, text in written.items() if text.strip()})
    if "ladder" in said:
        said.setdefault("harvest", Harvest.R_LADDER.value)  # who writes a ladder wants to climb it
    values: dict[str, Any] = {name: _value(name, text) for name, text in said.items()}
    return replace(
        RulesConfig(),
        theta=replace(HarvestTheta(), **_below("theta.", values)),
        stops=replace(StopsTheta(), **_below("stops.", values)),
        **{name: value for name, value in values.items() if "." not in name},
    )


def version_of(rules: RulesConfig) -> str:
    """Twelve hexadecimal digits that name these rules, whatever order or spelling they were written in."""
    return sha256(rules_text(rules).encode()).hexdigest()[:_VERSION_DIGITS]


def rules_text(rules: RulesConfig) -> str:
    """All of the rules as JSON, numbers as text."""
    return json.dumps(asdict(rules), default=_plain, sort_keys=True, separators=(",", ":"))


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    raise TypeError(f"{type(value).__name__} is not part of the rules")


def _renamed(written: Written) -> dict[str, str]:
    said: dict[str, str] = {}
    for name, text in written.items():
        if name not in _KNOWN:
            raise KernelError(f"{name[:40]} is no setting of the rules; known are {', '.join(sorted(_OWN))}", name)
        ours = _ORIGINAL_NAMES.get(name, name)
        if said.setdefault(ours, text) != text:
            raise KernelError(f"{name} and {ours} say different things; write one of them", name)
    return said


def _below(prefix: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {name.removeprefix(prefix): value for name, value in values.items() if name.startswith(prefix)}


def _value(name: str, text: str) -> object:
    if name == "ladder":
        return _ladder(text)
    if name in _WORDS:
        return _word(name, text)
    if name in _SWITCHES:
        return _switch(name, text)
    if name == "max_hold_seconds" and text.lower() in ("none", "off"):
        return None
    return _number(name, text)


def _number(name: str, text: object) -> Decimal:
    try:
        number = Decimal(str(text))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise KernelError(f"{name} is {str(text)[:40]!r}: a number was expected", name)
    return number


def _word(name: str, text: str) -> StrEnum:
    words = _WORDS[name]
    try:
        return words(text.lower())
    except ValueError:
        raise KernelError(f"{name} is {text[:40]!r}: one of {', '.join(words)} was expected", name) from None


def _switch(name: str, text: str) -> bool:
    word = text.lower()
    if word not in ("true", "false", "1", "0"):
        raise KernelError(f"{name} is {text[:40]!r}: true or false was expected", name)
    return word in ("true", "1")


def _ladder(text: str) -> tuple[LadderStep, ...]:
    """``0.5:0.25, 1.0:0.25`` or JSON: [[0.5, 0.25], ...] or [{"r": 0.5, "fraction": 0.25}, ...]."""
    try:
        pairs = _json_pairs(text) if text.startswith("[") else [step.split(":") for step in text.split(",")]
        return tuple(_step(*pair) for pair in pairs)
    except (ValueError, TypeError, KeyError) as error:
        if isinstance(error, KernelError):
            raise
        raise KernelError(f"ladder is {text[:60]!r}: steps were expected, as in 0.5:0.25,1.0:0.25", "ladder") from error


def _json_pairs(text: str) -> list[tuple[object, ...]]:
    parse: Callable[[str], object] = str  # digits stay as they were written
    steps = json.loads(text, parse_float=parse, parse_int=parse)
    return [(step["r"], step["fraction"]) if isinstance(step, dict) else tuple(step) for step in steps]


def _step(r: object, fraction: object) -> LadderStep:
    return LadderStep(_number("ladder.r", _text(r)), _number("ladder.fraction", _text(fraction)))


def _text(part: object) -> str:
    return part.strip() if isinstance(part, str) else repr(part)
