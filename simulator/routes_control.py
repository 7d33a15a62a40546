"""The unsigned /sim calls by which tests, demos and drills steer the simulator and see what happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from decimal import Decimal
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from simulator.call import Answer, encode
from simulator.clock import monotonic_us
from simulator.config import PriceStep
from simulator.control_body import ControlBody, ControlError
from simulator.decimals import trimmed
from simulator.errors import ApiError
from simulator.exchange import Exchange
from simulator.faults import KINDS, Fault
from simulator.orders import NewOrder
from simulator.symbols import rules

if TYPE_CHECKING:
    from simulator.gateway import Gateway

Row = dict[str, object]
Steer = Callable[[Exchange, ControlBody], object]
OK: Row = {"ok": True}
CONNECTIONS = frozenset({"cut", "hang"})
BODIES = frozenset({"text", "json"})


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
        mover(gateway, ControlBody(body))
        return OK
    if key == "GET /sim/health":
        return _health(gateway)
    if key == "GET /sim/ledger":
        return _ledger(gateway.exchange, query)
    steer = STEERING.get(key)
    if steer is None:
        raise ControlError(f"no such control call: {key}")
    return steer(gateway.exchange, ControlBody(body))


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
    rows = exchange.ledger.rows(wanted.get("symbol"), wanted.get("client_order_id_prefix", ""))
    return {"requests": rows["requests"], "fills": rows["fills"]}


def _price(exchange: Exchange, body: ControlBody) -> object:
    symbol, price = body.text("symbol"), body.decimal("price")
    body.finish()
    if price <= 0:
        raise ControlError("price must be above zero")
    exchange.move(symbol, price)
    return OK


def _position(exchange: Exchange, body: ControlBody) -> object:
    """Somebody else opens (quantity above zero) or closes (below zero) on the account; real fills either way."""
    symbol, side = exchange.rules(body.text("symbol")).symbol, body.text("side")
    quantity, price = body.decimal("quantity"), body.optional_decimal("entry_price")
    body.finish()
    if side not in {"LONG", "SHORT"} or not quantity:
        raise ControlError("side must be LONG or SHORT, quantity not zero")
    opens = quantity > 0
    asked = NewOrder(
        symbol=symbol,
        side="BUY" if (side == "LONG") == opens else "SELL",
        position_side=side if exchange.account.hedge else "BOTH",
        kind="MARKET",
        quantity=abs(quantity),
        client_order_id=exchange.engine.identifiers.client_id("web_"),
        reduce_only=not opens and not exchange.account.hedge,
    )
    order = exchange.engine.act_outside(asked, price)
    trades = exchange.account.trades(symbol, order.order_id)
    return {
        **OK,
        "order_id": order.order_id,
        "status": order.status,
        "executed": trimmed(order.executed),
        "trade_ids": [trade.trade_id for trade in trades],
    }


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


def _mode(exchange: Exchange, body: ControlBody) -> object:
    """Switch by force, open positions and all; impossible only while one symbol has both sides."""
    hedge = body.flag("hedge")
    body.finish()
    held = [position.symbol for position in exchange.account.open_positions()]
    if not hedge and len(set(held)) < len(held):
        raise ControlError("a symbol has a long and a short position")
    exchange.account.change_mode(monotonic_us(), hedge=hedge)
    return OK


def _clock(exchange: Exchange, body: ControlBody) -> object:
    exchange.clock.skew_ms = body.whole("skew_ms")
    body.finish()
    return OK


def _latency(exchange: Exchange, body: ControlBody) -> object:
    """Answers take this long from now on: of one call if named, else of all."""
    delay, call = float(body.decimal("ms")), body.optional_text("call")
    body.finish()
    if call is None:
        exchange.latency_ms = delay
        exchange.latencies_ms.clear()
    else:
        exchange.latencies_ms[call] = delay
    return OK


def _symbol(exchange: Exchange, body: ControlBody) -> object:
    """List a symbol or change one's rules."""
    step = body.text("step")
    listed = rules(
        body.text("symbol"),
        body.text("price"),
        body.text("tick"),
        step,
        body.text("max_qty", "10000000"),
        body.text("market_max", "1000000"),
        body.text("min_notional", "5"),
        body.text("market_step", step),
    )
    body.finish()
    exchange.list_symbol(listed)
    return OK


def _arm(exchange: Exchange, body: ControlBody) -> object:
    fault = Fault(
        call=body.text("call", "POST /fapi/v1/order"),
        kind=body.text("kind"),
        times=body.whole("times", 1),
        skip=body.whole("skip", 0),
        delay_ms=float(body.decimal("delay_ms", Decimal(0))),
        symbol=body.optional_text("symbol"),
        client_order_id_prefix=body.text("client_order_id_prefix", ""),
        code=body.whole("code", -1000),
        msg=body.text("msg", "An unknown error occurred while processing the request."),
        status=body.whole("status", 400),
        fraction=body.decimal("fraction", Decimal("0.5")),
        executed=body.flag("executed", default=True),
        connection=body.text("connection", "cut"),
        body=body.text("body", "text"),
    )
    body.finish()
    _check(fault)
    exchange.faults.arm(fault)
    return OK


def _check(fault: Fault) -> None:
    if fault.kind not in KINDS:
        raise ControlError(f"kind must be one of {', '.join(sorted(KINDS))}")
    if fault.connection not in CONNECTIONS or fault.body not in BODIES:
        raise ControlError("connection is cut or hang, body is text or json")
    if not 0 <= fault.fraction <= 1:
        raise ControlError("fraction lies between 0 and 1")


def _faults(exchange: Exchange, _body: ControlBody) -> object:
    return exchange.faults.rows()


def _clear(exchange: Exchange, _body: ControlBody) -> object:
    exchange.faults.clear()
    return OK


def _limits(exchange: Exchange, body: ControlBody) -> object:
    """Change the limits; what is not named stays."""
    limits = exchange.limits
    limits.weight.limit = body.whole("weight_per_minute", limits.weight.limit)
    limits.orders_1m.limit = body.whole("orders_per_minute", limits.orders_1m.limit)
    limits.orders_10s.limit = body.whole("orders_per_10s", limits.orders_10s.limit)
    body.finish()
    return OK


def _config(exchange: Exchange, _body: ControlBody) -> object:
    return {field.name: str(getattr(exchange.config, field.name)) for field in fields(exchange.config)}


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
    "GET /sim/faults": _faults,
    "POST /sim/faults": _arm,
    "DELETE /sim/faults": _clear,
    "POST /sim/price": _price,
    "POST /sim/position": _position,
    "GET /sim/positions": _positions,
    "POST /sim/mode": _mode,
    "POST /sim/clock": _clock,
    "POST /sim/latency": _latency,
    "POST /sim/limits": _limits,
    "POST /sim/symbol": _symbol,
}
