"""The JSON body of a control call, read strictly: a wrong field is an error, never ignored."""

import json
from decimal import Decimal, InvalidOperation


class ControlError(ValueError):
    """A control call that makes no sense."""


class ControlBody:
    """Typed access to the fields; `finish` complains about those nobody read."""

    def __init__(self, text: str) -> None:
        try:
            fields = json.loads(text) if text else {}
        except json.JSONDecodeError as error:
            raise ControlError(f"body is not JSON: {error}") from error
        if not isinstance(fields, dict):
            raise ControlError("body is not a JSON object")
        self._fields: dict[str, object] = fields
        self._read: set[str] = set()

    def __contains__(self, name: str) -> bool:
        """Whether the field was sent with a value."""
        return self._fields.get(name) is not None

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
            return Decimal(str(value))
        except InvalidOperation as error:
            raise ControlError(f"{name} must be a number") from error

    def optional_decimal(self, name: str) -> Decimal | None:
        """A number or nothing."""
        return self.decimal(name) if name in self else None

    def rows(self, name: str) -> list["ControlBody"]:
        """A list of objects."""
        value = self._take(name, None)
        if not isinstance(value, list):
            raise ControlError(f"{name} must be a list")
        return [ControlBody(json.dumps(row)) for row in value]

    def finish(self) -> None:
        """Nothing may be left over: a misspelt field would silently do nothing."""
        unknown = sorted(set(self._fields) - self._read)
        if unknown:
            raise ControlError(f"unknown fields: {', '.join(unknown)}")

    def _take(self, name: str, default: object) -> object:
        self._read.add(name)
        value = self._fields.get(name)
        if value is None:
            if default is None:
                raise ControlError(f"{name} is missing")
            return default
        return value
