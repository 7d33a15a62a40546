"""What really happened: every order request that arrived and every fill. Tests judge by it."""

import time
from dataclasses import dataclass, field

from simulator.clock import monotonic_us
from simulator.decimals import trimmed
from simulator.orders import Order, Trade
from simulator.positions import Position

Row = dict[str, object]


@dataclass(slots=True)
class Request:
    """One physical POST of an order; the outcome is written once it is known."""

    path: str
    params: dict[str, str]
    traceparent: str | None
    arrived_ns: int = field(default_factory=time.time_ns)
    monotonic_us: float = field(default_factory=monotonic_us)
    outcome: str = "pending"
    code: int | None = None
    order_id: int | None = None
    fault: str | None = None
    settled_us: float | None = None

    @property
    def client_order_id(self) -> str:
        """The id the sender gave it."""
        return self.params.get("newClientOrderId") or self.params.get("clientAlgoId") or ""

    def settle(self, outcome: str, *, code: int | None = None, order_id: int | None = None) -> None:
        """Write the outcome: accepted, refused (with a code) or dropped (a fault kept it from the engine)."""
        self.outcome, self.code, self.order_id, self.settled_us = outcome, code, order_id, monotonic_us()

    def row(self) -> Row:
        """As GET /sim/ledger shows it."""
        return {
            "path": self.path,
            "symbol": self.params.get("symbol", ""),
            "client_order_id": self.client_order_id,
            "arrived_ms": self.arrived_ns // 1_000_000,
            "arrived_ns": self.arrived_ns,
            "monotonic_us": self.monotonic_us,
            "outcome": self.outcome,
            "code": self.code,
            "order_id": self.order_id,
            "fault": self.fault,
            "settled_us": self.settled_us,
            "traceparent": self.traceparent,
            "params": self.params,
        }


class Ledger:
    """Append-only; emptied by a reset alone."""

    def __init__(self) -> None:
        self._requests: list[Request] = []
        self._fills: list[tuple[Trade, Order, Position, Position, str]] = []

    def received(self, path: str, params: dict[str, str], traceparent: str | None) -> Request:
        """Note a request before anything is done about it."""
        request = Request(path, params, traceparent)
        self._requests.append(request)
        return request

    def filled(self, trade: Trade, order: Order, before: Position, after: Position, actor: str) -> None:
        """Note a fill and what it did to the position."""
        self._fills.append((trade, order, before, after, actor))

    def rows(self, symbol: str | None, client_id_prefix: str) -> dict[str, list[Row]]:
        """Requests and fills in order of arrival, optionally of one symbol or of one family of ids."""
        requests = (request.row() for request in self._requests)
        fills = (_fill_row(*fill) for fill in self._fills)
        return {
            "requests": [row for row in requests if _wanted(row, symbol, client_id_prefix)],
            "fills": [row for row in fills if _wanted(row, symbol, client_id_prefix)],
        }


def _wanted(row: Row, symbol: str | None, prefix: str) -> bool:
    return symbol in (None, row["symbol"]) and str(row["client_order_id"]).startswith(prefix)


def _fill_row(trade: Trade, order: Order, before: Position, after: Position, actor: str) -> Row:
    return {
        "symbol": trade.symbol,
        "client_order_id": order.asked.client_order_id,
        "order_id": trade.order_id,
        "trade_id": trade.trade_id,
        "time_ms": trade.time,
        "monotonic_us": trade.seen_at,
        "side": trade.side,
        "position_side": trade.position_side,
        "quantity": trimmed(trade.quantity),
        "price": trimmed(trade.price),
        "commission": trimmed(trade.commission),
        "realized_pnl": trimmed(trade.realized_pnl),
        "position_before": trimmed(before.amount),
        "position_after": trimmed(after.amount),
        "actor": actor,
    }
