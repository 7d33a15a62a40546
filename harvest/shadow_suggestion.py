"""One record of ``harvest.suggestions``, read back: complete, or why it is not."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from contracts.errors import HarvestError
from kernel.side import Side

_NEEDED: Final = (
    *("symbol", "action", "account", "outcome", "position_side", "position_amt", "qty"),
    *("entry_price", "mark_price", "decided_at", "generation", "rung"),
)
"""Without these nothing can be compared. Builds before shadow-report wrote fewer."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What would have been closed, and from what it was decided. Quantities unsigned, in the asset."""

    id: str
    """Of the stream entry."""
    account: str
    symbol: str
    side: Side
    action: str
    rule: str
    """The watch's rule, else who decided."""
    generation: int
    rung: str
    at_ms: int
    """When position and mark were read, epoch milliseconds by the exchange's clock."""
    position: Decimal
    """Signed, as it was read."""
    quantity: Decimal
    sized: bool
    """Whether the quantity is on the symbol's grid already."""
    entry_price: Decimal
    mark_price: Decimal
    r_net: Decimal | None
    kill_score: Decimal | None
    config_version: str

    @property
    def identity(self) -> tuple[str, Side, int, str]:
        """Two suggestions of the same identity are one decision, told twice."""
        return self.symbol, self.side, self.generation, self.rung


@dataclass(frozen=True, slots=True)
class Uncompared:
    """A suggestion that no number is given for, and why."""

    id: str
    symbol: str
    rule: str
    reason: str
    account: str = ""


class Incomplete(HarvestError):
    """A record says too little, or nothing that can be read."""


def read_suggestion(entry_id: str, fields: Mapping[str, str]) -> Suggestion | Uncompared:
    """Understand one record. What cannot be understood is told, never dropped."""
    said: Mapping[str, Any] = {}
    try:
        said = _payload(fields)
        return _suggestion(entry_id, said)
    except Incomplete as why:
        account = str(said.get("account") or fields.get("account", ""))
        return Uncompared(entry_id, str(said.get("symbol", "")), _rule(said), str(why), account)


def _payload(fields: Mapping[str, str]) -> Mapping[str, Any]:
    try:
        said = json.loads(fields["payload"])
    except (KeyError, ValueError) as error:
        raise Incomplete("no payload that can be read") from error
    if not isinstance(said, dict):
        raise Incomplete("its payload is no object")
    return said


def _suggestion(entry_id: str, said: Mapping[str, Any]) -> Suggestion:
    if moves_stop(said):
        raise Incomplete("moves the stop: it closes nothing by itself")
    missing = [name for name in _NEEDED if said.get(name) in (None, "")]
    if missing:
        raise Incomplete(f"incomplete: {', '.join(missing)}")
    sized = said.get("order_qty") not in (None, "")
    return Suggestion(
        id=entry_id,
        account=str(said["account"]),
        symbol=str(said["symbol"]),
        side=_side(said),
        action=str(said["action"]),
        rule=_rule(said),
        generation=int(_number(said, "generation")),
        rung=str(said["rung"]),
        at_ms=int(_number(said, "decided_at")),
        position=_number(said, "position_amt"),
        quantity=_number(said, "order_qty" if sized else "qty"),
        sized=sized,
        entry_price=_number(said, "entry_price"),
        mark_price=_number(said, "mark_price"),
        r_net=_optional(said, "r_level"),
        kill_score=_optional(said, "kill_score"),
        config_version=str(said.get("config_version", "")),
    )


def moves_stop(said: Mapping[str, Any]) -> bool:
    """Whether it is about the stop: then it names a price for it, and nothing to close."""
    return bool(said.get("stop_price")) and said.get("qty") in ("", "0", None)


def _rule(said: Mapping[str, Any]) -> str:
    return str(said.get("rule") or said.get("producer") or "unnamed")


def _side(said: Mapping[str, Any]) -> Side:
    try:
        return Side(said["position_side"])
    except ValueError as error:
        raise Incomplete(f"position_side is {said['position_side']!r}") from error


def _optional(said: Mapping[str, Any], name: str) -> Decimal | None:
    return None if said.get(name) in (None, "") else _number(said, name)


def _number(said: Mapping[str, Any], name: str) -> Decimal:
    try:
        number = Decimal(str(said[name]))
    except InvalidOperation as error:
        raise Incomplete(f"{name} is {said[name]!r}") from error
    if not number.is_finite():
        raise Incomplete(f"{name} is {said[name]!r}")
    return number
