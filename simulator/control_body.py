"""The fields of a control call, or of an entry in a plan, read strictly: a wrong field is an error, never ignored."""

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Self


class ControlError(ValueError):
    """A control call that makes no sense."""


class ControlBody:
    """Typed access to the fields; `finish` complains about those nobody read."""

    def __init__(self, fields: Mapping[str, object]) -> None:
        self.fields = fields
        self._read: set[str] = set()

    @classmethod
    def parse(cls, text: str) -> Self:
        """From JSON; nothing at all is an empty object."""
        try:
            value = json.loads(text) if text else {}
        except json.JSONDecodeError as error:
            raise ControlError(f"body is not JSON: {error}") from error
        return cls.of(value, "body")

    @classmethod
    def of(cls, value: object, what: str) -> Self:
        """From a value that has to be an object."""
        if not isinstance(value, dict) or not all(isinstance(name, str) for name in value):
            raise ControlError(f"{what} is not an object")
        return cls(value)

    def __contains__(self, name: str) -> bool:
        """Whether the field was sent with a value."""
        return self.fields.get(name) is not None

    def text(self, name: str, default: str | None = None) -> str:
        """A text field."""
        value = self._take(name, default)
        if not isinstance(value, str):
            raise ControlError(f"{name} must be a text")
        return value

    def optional_text(self, name: str) -> str | None:
        """A text field or nothing."""
        return self.text(name) if name in self else None

    def flag(self, name: str, *, default: bool | None = None) -> bool:
        """A true or false."""
        value = self._take(name, default)
        if not isinstance(value, bool):
            raise ControlError(f"{name} must be true or false")
        return value

    def whole(self, name: str, default: int | None = None) -> int:
        """A whole number."""
        value = self._take(name, default)
        if not isinstance(value, int) or isinstance(value, bool):
            raise ControlError(f"{name} must be a whole number")
        return value

    def decimal(self, name: str, default: Decimal | None = None) -> Decimal:
        """A number, as text or as JSON number."""
        value = self._take(name, default)
        try:
            number = Decimal(str(value))
        except InvalidOperation as error:
            raise ControlError(f"{name} must be a number") from error
        if isinstance(value, bool) or not number.is_finite():
            raise ControlError(f"{name} must be a number")
        return number

    def decimal_unless(self, name: str, word: str) -> Decimal | None:
        """A number, or None for that word."""
        if self.fields.get(name) == word:
            self._read.add(name)
            return None
        return self.decimal(name)

    def optional_decimal(self, name: str) -> Decimal | None:
        """A number or nothing."""
        return self.decimal(name) if name in self else None

    def rows(self, name: str) -> list[Self]:
        """A list of objects."""
        return [self.of(row, f"{name}[{number}]") for number, row in enumerate(self._list(name, None))]

    def optional_rows(self, name: str) -> list[Self]:
        """A list of objects; empty if not sent."""
        return self.rows(name) if name in self else []

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts; empty if not sent."""
        values = self._list(name, ())
        if not all(isinstance(value, str) for value in values):
            raise ControlError(f"{name} must be a list of texts")
        return tuple(str(value) for value in values)

    def mapping(self, name: str) -> Mapping[str, object]:
        """An object of whatever; empty if not sent."""
        return self.of(self._take(name, {}), name).fields

    def without(self, name: str) -> Self:
        """The other fields."""
        return type(self)({field: value for field, value in self.fields.items() if field != name})

    def finish(self) -> None:
        """Nothing may be left over: a misspelt field would silently do nothing."""
        unknown = sorted(set(self.fields) - self._read)
        if unknown:
            raise ControlError(f"unknown fields: {', '.join(unknown)}")

    def _list(self, name: str, default: object) -> list[object]:
        value = self._take(name, default)
        if not isinstance(value, list | tuple):
            raise ControlError(f"{name} must be a list")
        return list(value)

    def _take(self, name: str, default: object) -> object:
        self._read.add(name)
        value = self.fields.get(name)
        if value is None:
            if default is None:
                raise ControlError(f"{name} is missing")
            return default
        return value
