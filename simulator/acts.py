"""What is done to the exchange by somebody who is not the client: read first, so that it can be done at any time later.

A control call does its act at once; a fault does its own when it strikes; a plan does them at set times.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from simulator.clock import monotonic_us
from simulator.control_body import ControlBody, ControlError
from simulator.decimals import trimmed
from simulator.engine_acts import ENGINE_ACTS
from simulator.errors import ApiError
from simulator.orders import NewOrder
from simulator.positions import Position
from simulator.symbols import rules

if TYPE_CHECKING:
    from simulator.exchange import Exchange
    from simulator.gateway import Gateway

Row = dict[str, object]
Effect = Callable[["Gateway"], object]
OK: Row = {"ok": True}
OVERSIZE = frozenset({"cut", "refuse"})
EVERYTHING = "all"


@dataclass(frozen=True, slots=True)
class Act:
    """One act; `fields` as they were sent, for whoever asks what is armed."""

    name: str
    fields: Mapping[str, object]
    effect: Effect

    def do(self, gateway: Gateway) -> str:
        """Do it; what stood in its way, if anything did."""
        try:
            self.effect(gateway)
        except (ControlError, ApiError) as error:
            return f"{self.name}: {error}"
        return ""

    def row(self) -> Row:
        """As it was written."""
        return {"do": self.name, **self.fields}


def read_act(body: ControlBody) -> Act:
    """An act written as an object: `do` says which, the other fields are those of the control call of that name."""
    name = body.text("do")
    read = ACTS.get(name)
    if read is None:
        raise ControlError(f"do must be one of {', '.join(sorted(ACTS))}")
    return Act(name, {field: value for field, value in body.fields.items() if field != "do"}, read(body))


def _price(body: ControlBody) -> Effect:
    symbol, price = body.text("symbol"), body.decimal("price")
    body.finish()
    if price <= 0:
        raise ControlError("price must be above zero")

    def effect(gateway: Gateway) -> object:
        gateway.exchange.move(symbol, price)
        return OK

    return effect


def _position(body: ControlBody) -> Effect:
    """Somebody else opens (quantity above zero) or closes (below zero, or all) on the account; with real fills."""
    symbol, side = body.text("symbol"), body.text("side")
    quantity = body.decimal_unless("quantity", EVERYTHING)
    price, client_id = body.optional_decimal("entry_price"), body.optional_text("client_order_id")
    body.finish()
    if side not in {"LONG", "SHORT"} or quantity == 0:
        raise ControlError("side must be LONG or SHORT, quantity not zero")

    def effect(gateway: Gateway) -> object:
        exchange = gateway.exchange
        traded = -abs(_position_of(exchange, symbol, side).amount) if quantity is None else quantity
        return _trade_outside(exchange, symbol, side, traded, price, client_id)

    return effect


def _trade_outside(
    exchange: Exchange, symbol: str, side: str, quantity: Decimal, price: Decimal | None, client_id: str | None
) -> object:
    opens = quantity > 0
    asked = NewOrder(
        symbol=exchange.rules(symbol).symbol,
        side="BUY" if (side == "LONG") == opens else "SELL",
        position_side=side if exchange.account.hedge else "BOTH",
        kind="MARKET",
        quantity=abs(quantity),
        client_order_id=client_id or exchange.engine.identifiers.client_id("web_"),
        reduce_only=not opens and not exchange.account.hedge,
    )
    order = exchange.engine.force(asked, price, "outside")
    trades = exchange.account.trades(symbol, order.order_id)
    return {
        **OK,
        "order_id": order.order_id,
        "status": order.status,
        "executed": trimmed(order.executed),
        "trade_ids": [trade.trade_id for trade in trades],
    }


def _mode(body: ControlBody) -> Effect:
    """Switch by force, open positions and all; impossible only while one symbol has both sides."""
    hedge = body.flag("hedge")
    body.finish()

    def effect(gateway: Gateway) -> object:
        exchange = gateway.exchange
        held = [position.symbol for position in exchange.account.open_positions()]
        if not hedge and len(set(held)) < len(held):
            raise ControlError("a symbol has a long and a short position")
        exchange.account.change_mode(monotonic_us(), hedge=hedge)
        return OK

    return effect


def _clock(body: ControlBody) -> Effect:
    skew, drift = body.whole("skew_ms"), body.whole("drift_ms_per_s", 0)
    body.finish()

    def effect(gateway: Gateway) -> object:
        gateway.exchange.clock.set(skew, drift)
        return OK

    return effect


def _latency(body: ControlBody) -> Effect:
    """Answers take this long from now on: of one call if named, else of all."""
    delay, call = float(body.decimal("ms")), body.optional_text("call")
    body.finish()

    def effect(gateway: Gateway) -> object:
        exchange = gateway.exchange
        if call is None:
            exchange.latency_ms = delay
            exchange.latencies_ms.clear()
        else:
            exchange.latencies_ms[call] = delay
        return OK

    return effect


def _symbol(body: ControlBody) -> Effect:
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

    def effect(gateway: Gateway) -> object:
        gateway.exchange.list_symbol(listed)
        return OK

    return effect


def _limits(body: ControlBody) -> Effect:
    """Change the limits; what is not named stays."""
    names = ("weight_per_minute", "orders_per_minute", "orders_per_10s")
    weight, minute, ten_seconds = (body.whole(name) if name in body else None for name in names)
    body.finish()

    def effect(gateway: Gateway) -> object:
        limits = gateway.exchange.limits
        pairs = ((limits.weight, weight), (limits.orders_1m, minute), (limits.orders_10s, ten_seconds))
        for window, limit in pairs:
            window.limit = window.limit if limit is None else limit
        return OK

    return effect


def _behaviour(body: ControlBody) -> Effect:
    """Where the real exchange differs between accounts and over time; what is not named stays."""
    changed: dict[str, object] = {}
    if "oversize_reduce_only" in body:
        changed["oversize_reduce_only"] = body.text("oversize_reduce_only")
    if "legacy_order_fields" in body:
        changed["legacy_order_fields"] = body.flag("legacy_order_fields")
    body.finish()
    if changed.get("oversize_reduce_only", "cut") not in OVERSIZE:
        raise ControlError("oversize_reduce_only is cut or refuse")

    def effect(gateway: Gateway) -> object:
        exchange = gateway.exchange
        exchange.config = replace(exchange.config, **changed)  # type: ignore[arg-type]  # checked above
        return OK

    return effect


def _position_of(exchange: Exchange, symbol: str, side: str) -> Position:
    """The open position that is long or short, whatever the mode."""
    opened = (held for held in exchange.account.open_positions() if held.symbol == symbol)
    found = [held for held in opened if (held.amount > 0) == (side == "LONG")]
    if not found:
        raise ControlError(f"nobody is {side} in {symbol}")
    return found[0]


def _stream_cut(body: ControlBody) -> Effect:
    """Every connection of the user stream ends without a word."""
    body.finish()

    def effect(gateway: Gateway) -> object:
        gateway.streams.user.cut()
        return OK

    return effect


def _stream_silence(body: ControlBody) -> Effect:
    """The connections that are open now stay open and carry nothing any more."""
    body.finish()

    def effect(gateway: Gateway) -> object:
        gateway.streams.user.silence()
        return OK

    return effect


def _listen_key_expire(body: ControlBody) -> Effect:
    body.finish()

    def effect(gateway: Gateway) -> object:
        gateway.exchange.listen_keys.expire()
        return OK

    return effect


ACTS: dict[str, Callable[[ControlBody], Effect]] = {
    "price": _price,
    "position": _position,
    "mode": _mode,
    "clock": _clock,
    "latency": _latency,
    "limits": _limits,
    "symbol": _symbol,
    "behaviour": _behaviour,
    "stream_cut": _stream_cut,
    "stream_silence": _stream_silence,
    "listen_key_expire": _listen_key_expire,
    **ENGINE_ACTS,
}
"""By the name of the control call: `POST /sim/<name>`."""
