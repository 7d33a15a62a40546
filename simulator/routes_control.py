"""The unsigned /sim calls by which tests, demos and drills steer the simulator and see what happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from decimal import Decimal
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from simulator.acts import ACTS, OK, Row
from simulator.call import Answer, encode
from simulator.config import PriceStep
from simulator.control_body import ControlBody, ControlError
from simulator.decimals import trimmed
from simulator.errors import ApiError
from simulator.exchange import Exchange
from simulator.fault_form import read_fault
from simulator.stream_fault_form import read_stream_fault

if TYPE_CHECKING:
    from simulator.gateway import Gateway

Steer = Callable[[Exchange, ControlBody], object]


def control(gateway: Gateway, key: str, query: str, body: str) -> Answer:
    """Answer a control call."""
    try:
        return Answer.of(_control(gateway, key, query, body))
    except (ControlError, ApiError) as error:
        return Answer(encode({"error": str(error)}).encode(), 400)


def _control(gateway: Gateway, key: str, query: str, body: str) -> object:
    if key == "POST /sim/reset":
        gateway.reset()
        return OK
    if mover := MOVING.get(key):
        mover(gateway, ControlBody.parse(body))
        return OK
    if key == "GET /sim/health":
        return _health(gateway)
    if key == "GET /sim/ledger":
        return _ledger(gateway.exchange, query)
    if (steer := STEERING.get(key)) is not None:
        return steer(gateway.exchange, ControlBody.parse(body))
    if (act := ACTS.get(key.removeprefix("POST /sim/"))) is not None:
        return act(ControlBody.parse(body))(gateway)
    raise ControlError(f"no such control call: {key}")


def _health(gateway: Gateway) -> Row:
    exchange = gateway.exchange
    return {
        **OK,
        "time_ms": exchange.clock.now_ms(),
        "hedge": exchange.account.hedge,
        "symbols": list(exchange.symbols),
        "late_requests": gateway.late_requests,
        "wallet": trimmed(exchange.account.wallet),
    }


def _ledger(exchange: Exchange, query: str) -> Row:
    wanted = {name: values[-1] for name, values in parse_qs(query).items()}
    return dict(exchange.ledger.rows(wanted.get("symbol"), wanted.get("client_order_id_prefix", "")))


def _positions(exchange: Exchange, _body: ControlBody) -> object:
    return [
        {
            "symbol": held.symbol,
            "side": held.side,
            "quantity": trimmed(held.amount),
            "entry_price": trimmed(held.entry_price),
            "mark_price": trimmed(exchange.prices.mark(held.symbol)),
        }
        for held in exchange.account.open_positions()
    ]


def _arm(exchange: Exchange, body: ControlBody) -> object:
    return {**OK, "id": exchange.faults.arm(read_fault(body))}


def _arm_stream(exchange: Exchange, body: ControlBody) -> object:
    exchange.stream_faults.arm(read_stream_fault(body))
    return OK


def _faults(exchange: Exchange, _body: ControlBody) -> object:
    streams = exchange.stream_faults.rows()
    return {**exchange.faults.rows(), **{f"stream_{name}": rows for name, rows in streams.items()}}


def _clear(exchange: Exchange, body: ControlBody) -> object:
    """Disarm one, or all."""
    number = body.whole("id") if "id" in body else None
    body.finish()
    if number is None:
        exchange.faults.clear()
        exchange.stream_faults.clear()
    elif not exchange.faults.disarm(number):
        raise ControlError(f"no fault {number} is armed")
    return OK


def _config(exchange: Exchange, _body: ControlBody) -> object:
    return {field.name: str(getattr(exchange.config, field.name)) for field in fields(exchange.config)}


def _limits(exchange: Exchange, _body: ControlBody) -> object:
    return exchange.limits.rows()


def _walk(gateway: Gateway, body: ControlBody) -> None:
    config = gateway.exchange.config
    seed, interval = body.whole("seed", config.seed), body.whole("interval_ms", config.walk_interval_ms)
    bps = float(body.decimal("bps", Decimal(str(config.walk_bps))))
    body.finish()
    gateway.movers.walk(seed, interval, bps)


def _script(gateway: Gateway, body: ControlBody) -> None:
    rows = body.rows("steps")
    steps = tuple(PriceStep(row.whole("at_ms"), row.text("symbol"), row.decimal("price")) for row in rows)
    for row, step in zip(rows, steps, strict=True):
        row.finish()
        gateway.exchange.rules(step.symbol)
    body.finish()
    gateway.movers.play(steps)


def _rest(gateway: Gateway, _body: ControlBody) -> None:
    gateway.movers.stop()


MOVING: dict[str, Callable[[Gateway, ControlBody], None]] = {
    "POST /sim/walk": _walk,
    "POST /sim/script": _script,
    "POST /sim/rest": _rest,
}

STEERING: dict[str, Steer] = {
    "GET /sim/config": _config,
    "GET /sim/limits": _limits,
    "GET /sim/faults": _faults,
    "POST /sim/faults": _arm,
    "DELETE /sim/faults": _clear,
    "POST /sim/stream_faults": _arm_stream,
    "GET /sim/positions": _positions,
}
