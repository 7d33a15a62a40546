"""A call as it came in, the answer that goes out, and the route that leads from one to the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from json import JSONEncoder
from typing import TYPE_CHECKING

from simulator.parameters import Parameters

if TYPE_CHECKING:
    from simulator.errors import ApiError
    from simulator.exchange import Exchange
    from simulator.ledger import Request

JSON_TYPE = "application/json;charset=UTF-8"
encode = JSONEncoder(separators=(",", ":")).encode


@dataclass(slots=True)
class Call:
    """One request. What is filled in while it is admitted: window and timestamp, then lag and fault effects."""

    raw_query: str
    raw_body: str
    params: Parameters
    api_key: str | None
    request: Request | None = None
    timestamp: int = 0
    recv_window: int = 0
    as_of: float | None = None
    fraction: Decimal = Decimal(1)
    remainder: int = 9


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes out."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = JSON_TYPE
    cut: bool = False
    """The connection goes in the middle of the body."""

    @classmethod
    def of(cls, value: object, headers: dict[str, str] | None = None) -> Answer:
        """A JSON answer; bytes are taken as encoded already."""
        body = value if isinstance(value, bytes) else encode(value).encode()
        return cls(body, headers=headers or {})

    @classmethod
    def refused(cls, error: ApiError) -> Answer:
        """A refusal in the exchange's form."""
        return cls(encode({"code": error.code, "msg": error.msg}).encode(), error.status, error.headers)


Handler = Callable[["Exchange", Call], object]
Weight = int | Callable[[Parameters], int]


@dataclass(frozen=True, slots=True)
class Route:
    """Method and path, what they cost, who may call, and what happens."""

    key: str
    handler: Handler
    weight: Weight = 1
    signed: bool = True
    places_order: bool = False
    counts: tuple[int, int] | None = None
    """What a call that is no order adds to the order counts of ten seconds and of a minute."""

    @property
    def order_counts(self) -> tuple[int, int] | None:
        """What it adds to the order counts, if anything."""
        return (1, 1) if self.places_order else self.counts

    def cost(self, params: Parameters) -> int:
        """Request weight of a call with these parameters."""
        return self.weight if isinstance(self.weight, int) else self.weight(params)


def by_symbol(one: int, every: int) -> Weight:
    """Weight of a call that is cheaper when it names a symbol."""
    return lambda params: one if "symbol" in params else every
