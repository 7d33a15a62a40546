"""Faults of the user stream: what is lost, doubled, late, out of order, or the end of the connection.

The engine and the HTTP calls stay right while the stream lies: that is what a client has to survive. The control
route arms `StreamFault`s with `StreamFaults.arm`, disarms with `clear` and shows `rows`; `UserStream` asks
`deliveries` before it sends. Nothing is random: a fault counts matching messages, so the same scenario always hurts in
the same place.

    StreamFault(kind="drop", event="ORDER_TRADE_UPDATE:TRADE")
    StreamFault(kind="reorder", event="ACCOUNT_UPDATE", place="behind", other="ORDER_TRADE_UPDATE:TRADE")
    StreamFault(kind="reorder", event="ALGO_UPDATE:*", place="behind", other="ORDER_TRADE_UPDATE:TRADE")
    StreamFault(kind="cut", event="ACCOUNT_UPDATE", client_order_id_prefix="hv-", delivered=True)

What needs no message to strike is done at once: `exchange.listen_keys.expire()`, `gateway.streams.user.cut()` and
`gateway.streams.user.silence()`.
"""

import time
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, fields, replace
from fnmatch import fnmatchcase
from typing import Literal

from simulator.clock import monotonic_us
from simulator.user_message import Row, UserMessage

STREAM_KINDS = frozenset({"drop", "duplicate", "change", "delay", "reorder", "cut", "silence", "expire_key"})
Action = Literal["send", "cut", "silence", "expire_key"]
ENDS: dict[str, Action] = {"cut": "cut", "silence": "silence", "expire_key": "expire_key"}


@dataclass(slots=True, kw_only=True)
class StreamFault:
    """One order to misbehave. Counts down `times` (-1: for ever) after letting `skip` matching messages pass.

    `event` is a pattern over a message's name or label (`ACCOUNT_UPDATE`, `ORDER_TRADE_UPDATE:TRADE`, `ALGO_UPDATE:*`).
    An ACCOUNT_UPDATE that tells of a fill carries the order's client id, so a prefix finds it as well.

    drop          the message never goes out
    duplicate     it goes out twice
    change        it goes out with other values: `changes` by path, as {"o.l": "99", "a.P.0.pa": "0"}
    delay         it goes out `delay_ms` later; those behind it do not wait
    reorder       it moves `place` (ahead or behind) all messages of the same step that match `other`
    cut           connections are cut in its place, or right behind it when `delivered`
    silence       connections stay open but carry nothing any more, from it on or behind it when `delivered`
    expire_key    the listen key ends in its place, or right behind it when `delivered`
    """

    kind: str
    event: str = "*"
    times: int = 1
    skip: int = 0
    symbol: str | None = None
    client_order_id_prefix: str = ""
    delay_ms: float = 0
    place: str = "behind"
    other: str = ""
    delivered: bool = False
    changes: Mapping[str, object] = field(default_factory=dict)

    def concerns(self, message: UserMessage) -> bool:
        """Whether it is about this message."""
        fits = matches(self.event, message) and self.symbol in (None, message.symbol)
        return fits and message.client_id.startswith(self.client_order_id_prefix)

    def use(self) -> bool:
        """Count one matching message; whether the fault strikes it."""
        if self.skip:
            self.skip -= 1
            return False
        if self.times == 0:
            return False
        self.times -= self.times > 0
        return True


@dataclass(frozen=True, slots=True)
class StreamInjection:
    """One time a fault struck."""

    time_ns: int
    monotonic_us: float
    kind: str
    event: str
    symbol: str | None
    client_order_id: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """What to do next: send the message after `delay_ms`, or do something to the connections or the key."""

    action: Action
    message: UserMessage | None = None
    delay_ms: float = 0


class StreamFaults:
    """Armed faults of the user stream, and the log of what they did."""

    def __init__(self) -> None:
        self._armed: list[StreamFault] = []
        self._log: list[StreamInjection] = []

    def arm(self, fault: StreamFault) -> None:
        """Add a fault; several may strike one message, in the order in which they were added."""
        self._armed.append(fault)

    def clear(self) -> None:
        """Disarm everything; the log stays."""
        self._armed.clear()

    def deliveries(self, messages: Sequence[UserMessage]) -> list[Delivery]:
        """How the messages of one step of the engine really go out."""
        if not self._armed:
            return [Delivery("send", message) for message in messages]
        ordered = list(messages)
        for fault in self._armed:
            if fault.kind == "reorder":
                ordered = self._reordered(fault, ordered)
        return [delivery for message in ordered for delivery in self._struck(message)]

    def rows(self) -> dict[str, list[dict[str, object]]]:
        """Armed faults and past injections."""
        return {"armed": [_row(fault) for fault in self._armed], "injected": [_row(entry) for entry in self._log]}

    def _reordered(self, fault: StreamFault, messages: list[UserMessage]) -> list[UserMessage]:
        others = [message for message in messages if matches(fault.other, message) and not fault.concerns(message)]
        if not others:
            return messages
        moved = [message for message in messages if fault.concerns(message) and self._strikes(fault, message)]
        rest = [message for message in messages if message not in moved]
        at = rest.index(others[0]) if fault.place == "ahead" else rest.index(others[-1]) + 1
        return rest[:at] + moved + rest[at:]

    def _struck(self, message: UserMessage) -> list[Delivery]:
        sent = [Delivery("send", message)]
        for fault in self._armed:
            if fault.kind != "reorder" and fault.concerns(message) and self._strikes(fault, message):
                sent = _changed(fault, sent)
        return sent

    def _strikes(self, fault: StreamFault, message: UserMessage) -> bool:
        if not fault.use():
            return False
        about = (fault.kind, message.label, message.symbol, message.client_id)
        self._log.append(StreamInjection(time.time_ns(), monotonic_us(), *about))
        return True


def matches(pattern: str, message: UserMessage) -> bool:
    """Whether a pattern names this message, with or without its step."""
    return fnmatchcase(message.name, pattern) or fnmatchcase(message.label, pattern)


def with_changes(row: Row, changes: Mapping[str, object]) -> Row:
    """A copy with other values at these paths; a path that leads nowhere changes nothing."""
    copy = deepcopy(row)
    for path, value in changes.items():
        *way, last = path.split(".")
        place: object = copy
        for name in way:
            place = _inside(place, name)
        if isinstance(place, dict) and last in place:
            place[last] = value
    return copy


def _inside(place: object, name: str) -> object:
    if isinstance(place, dict):
        return place.get(name)
    return place[int(name)] if isinstance(place, list) and name.isdigit() and int(name) < len(place) else None


def _changed(fault: StreamFault, sent: list[Delivery]) -> list[Delivery]:
    if fault.kind in ENDS:
        return [*(sent if fault.delivered else []), Delivery(ENDS[fault.kind])]
    return [each for delivery in sent for each in _resent(fault, delivery)]


def _resent(fault: StreamFault, delivery: Delivery) -> list[Delivery]:
    message = delivery.message
    if message is None:  # what an earlier fault does to the connection stays
        return [delivery]
    if fault.kind == "drop":
        return []
    if fault.kind == "duplicate":
        return [delivery, delivery]
    if fault.kind == "delay":
        return [replace(delivery, delay_ms=fault.delay_ms)]
    return [replace(delivery, message=replace(message, row=with_changes(message.row, fault.changes)))]


def _row(value: StreamFault | StreamInjection) -> dict[str, object]:
    return {each.name: getattr(value, each.name) for each in fields(value)}
