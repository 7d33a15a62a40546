"""What really happened: every order request that arrived, every order, every fill. Tests and auditors judge by it."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from simulator.clock import monotonic_us
from simulator.decimals import trimmed
from simulator.events import AccountChanged, Event, OrderChanged
from simulator.orders import Order, Trade
from simulator.positions import Position

Row = dict[str, object]
Changed = tuple[Order, str, float]
Filled = tuple[Trade, Order, Position, Position]


@dataclass(slots=True)
class Request:
    """One physical order that was asked for; the outcome is written once it is known."""

    path: str
    params: dict[str, str]
    traceparent: str | None
    number: int = 0
    arrived_ns: int = field(default_factory=time.time_ns)
    monotonic_us: float = field(default_factory=monotonic_us)
    outcome: str = "pending"
    code: int | None = None
    order_id: int | None = None
    fault: str | None = None
    settled_us: float | None = None
    on_settled: Callable[["Request"], None] | None = None

    @property
    def client_order_id(self) -> str:
        """The id the sender gave it."""
        return self.params.get("newClientOrderId") or self.params.get("clientAlgoId") or ""

    def settle(self, outcome: str, *, code: int | None = None, order_id: int | None = None) -> None:
        """Write the outcome: accepted, refused (with a code) or dropped (a fault kept it from the engine)."""
        self.outcome, self.code, self.order_id, self.settled_us = outcome, code, order_id, monotonic_us()
        if self.on_settled is not None:
            self.on_settled(self)

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
    """Append-only; emptied by a reset alone. With a path, every line goes to that file as well, at once."""

    def __init__(self, path: str = "") -> None:
        self._requests: list[Request] = []
        self._orders: list[Changed] = []
        self._fills: list[Filled] = []
        self._file: TextIO | None = None
        if path:
            self._file = Path(path).open("a", encoding="utf-8", buffering=1)  # noqa: SIM115 - closed by `close`
        self._write("begun", {"time_ms": time.time_ns() // 1_000_000})

    def received(self, path: str, params: dict[str, str], traceparent: str | None) -> Request:
        """Note a request before anything is done about it."""
        request = Request(path, params, traceparent, len(self._requests) + 1)
        self._requests.append(request)
        if self._file is not None:
            self._write("request", {"request": request.number, **request.row()})
            request.on_settled = self._settled
        return request

    def noted(self, event: Event) -> None:
        """Listen to what happens to orders."""
        if isinstance(event, OrderChanged):
            if event.trade is None:
                changed = (event.order, event.execution, monotonic_us())
                self._orders.append(changed)
                if self._file is not None:
                    self._write("order", _order_row(*changed))
        elif isinstance(event, AccountChanged) and self._file is not None:
            wallet = {"reason": event.reason, "wallet": trimmed(event.wallet), "change": trimmed(event.change)}
            self._write("wallet", {**wallet, "monotonic_us": monotonic_us()})

    def filled(self, trade: Trade, order: Order, before: Position, after: Position) -> None:
        """Note a fill and what it did to the position."""
        self._fills.append((trade, order, before, after))
        if self._file is not None:
            self._write("fill", _fill_row(trade, order, before, after))

    def rows(self, symbol: str | None, client_id_prefix: str) -> dict[str, list[Row]]:
        """Requests, orders and fills in order of arrival, optionally of one symbol or of one family of ids."""
        found = {
            "requests": [request.row() for request in self._requests],
            "orders": [_order_row(*changed) for changed in self._orders],
            "fills": [_fill_row(*fill) for fill in self._fills],
        }
        return {name: [row for row in rows if _wanted(row, symbol, client_id_prefix)] for name, rows in found.items()}

    def close(self) -> None:
        """Write no more to the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _settled(self, request: Request) -> None:
        self._write("outcome", {"request": request.number, **request.row()})

    def _write(self, kind: str, row: Row) -> None:
        if self._file is not None:
            self._file.write(json.dumps({"kind": kind, **row}, separators=(",", ":")) + "\n")


def _wanted(row: Row, symbol: str | None, prefix: str) -> bool:
    return symbol in (None, row["symbol"]) and str(row["client_order_id"]).startswith(prefix)


def _order_row(order: Order, execution: str, at_us: float) -> Row:
    asked = order.asked
    return {
        "symbol": asked.symbol,
        "client_order_id": asked.client_order_id,
        "order_id": order.order_id,
        "time_ms": order.update_time,
        "monotonic_us": at_us,
        "execution": execution,
        "status": order.status,
        "expire_reason": order.expire_reason,
        "type": asked.kind,
        "side": asked.side,
        "position_side": asked.position_side,
        "quantity": trimmed(asked.quantity),
        "price": trimmed(asked.price),
        "executed": trimmed(order.executed),
        "reduce_only": asked.reduce_only,
        "actor": order.actor,
    }


def _fill_row(trade: Trade, order: Order, before: Position, after: Position) -> Row:
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
        "actor": order.actor,
    }
