"""One question to the kernel as it stands on a line: read exactly, refused by field."""

import json
import re
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any, TypeVar

from kernel.errors import KernelError
from kernel.kill_score import MarketState
from kernel.side import Side

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")
_EVERYWHERE = ("id", "kernel")
MARKET = ("sigma", "ts", "p_trend", "p_mr", "p_chop")
Theta = TypeVar("Theta")


class NumberText(str):
    """A JSON number as it was written."""

    __slots__ = ()


class Question:
    """The fields of one JSON object, by name. Every refusal is a KernelError that names the field."""

    def __init__(self, fields: Mapping[str, object]) -> None:
        self._fields = fields

    @property
    def kernel(self) -> object:
        """Which kernel is asked."""
        return self._fields.get("kernel")

    @property
    def identity(self) -> str | None:
        """The asker's own id, if it can be echoed."""
        identity = self._fields.get("id")
        return identity if isinstance(identity, str) else None

    def check_names(self, required: Collection[str], optional: Collection[str]) -> None:
        """Refuse an unknown field, an id of another kind, and a required field that is missing."""
        for name in self._fields:
            if name not in required and name not in optional and name not in _EVERYWHERE:
                raise KernelError(f"{name} is no field of this question: check its spelling", name)
        if not isinstance(self._fields.get("id"), str | None):
            raise KernelError("id must be a string or a number", "id")
        for name in required:
            if not self.has(name):
                # R18: what is missing is refused. Zeros for a missing market would bias K silently.
                raise KernelError(f"{name} is missing", name)

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self._fields.get(name) is not None

    def number(self, name: str) -> Decimal:
        """A finite number, from its text."""
        return _number(name, self._fields[name])

    def optional(self, name: str) -> Decimal | None:
        """A number, or None where the field is missing or null."""
        return self.number(name) if self.has(name) else None

    def side(self) -> Side:
        """LONG or SHORT."""
        value = self._fields["side"]
        if value not in ("LONG", "SHORT"):
            raise KernelError(f"side must be LONG or SHORT, not {value!r}", "side")
        return Side(str(value))

    def market(self) -> MarketState:
        """The five numbers of a market state."""
        return MarketState(*(self.number(name) for name in MARKET))

    def theta(self, kind: type[Theta]) -> Theta:
        """The kernel's parameters with the overrides of `theta`; `{"k_sl": {"mr": 1}}` says `k_sl_mr`."""
        overrides = self._fields.get("theta")
        if overrides is None:
            return kind()
        if not isinstance(overrides, dict):
            raise KernelError("theta must be an object of parameters", "theta")
        known: Collection[str] = getattr(kind, "__slots__", ())
        values: dict[str, Any] = {}
        for name, value in _flat(overrides):
            if name not in known:
                raise KernelError(f"theta.{name} is no parameter: check its spelling", f"theta.{name}")
            if name in values:
                raise KernelError(f"theta.{name} is given twice", f"theta.{name}")
            values[name] = value if isinstance(value, bool) else _number(f"theta.{name}", value)
        return kind(**values)


def read_question(line: str) -> Question:
    """The question on a line. Raises KernelError, without a field where the line is no JSON object at all."""
    try:
        fields = json.loads(
            line,
            parse_int=NumberText,
            parse_float=NumberText,
            parse_constant=str,  # NaN and Infinity, as Python writes them: no numbers, refused by their field
            object_pairs_hook=_unique,
        )
    except json.JSONDecodeError as error:
        raise KernelError(f"this line is no JSON: {error}") from error
    except RecursionError as error:
        raise KernelError("this line is nested too deeply") from error
    if not isinstance(fields, dict):
        raise KernelError("this line is no JSON object")
    return Question(fields)


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields: dict[str, object] = {}
    for name, value in pairs:
        if name in fields:
            raise KernelError(f"{name} is given twice", name)
        fields[name] = value
    return fields


def _flat(overrides: Mapping[str, object]) -> list[tuple[str, object]]:
    flat: list[tuple[str, object]] = []
    for name, value in overrides.items():
        if isinstance(value, dict):
            flat.extend((f"{name}_{part}", inner) for part, inner in value.items())
        else:
            flat.append((name, value))
    return flat


def _number(name: str, value: object) -> Decimal:
    if not isinstance(value, str) or not _NUMBER.fullmatch(value):
        raise KernelError(f"{name} must be a finite number, not {value!r}", name)
    return Decimal(value)
