"""What a market and its exchange do to an account: thin books, takers, funding, liquidation, time that passes."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

from simulator.control_body import ControlBody, ControlError
from simulator.decimals import trimmed
from simulator.depth import Depth
from simulator.orders import Order

if TYPE_CHECKING:
    from simulator.gateway import Gateway

Row = dict[str, object]
Effect = Callable[["Gateway"], object]


def _depth(body: ControlBody) -> Effect:
    """Build a symbol's book like this from now on; `first` is the quantity at the touch."""
    symbol, levels, first = body.text("symbol"), body.whole("levels", 20), body.decimal("first")
    growth, spacing = body.decimal("growth", Decimal(1)), body.whole("spacing_ticks", 1)
    body.finish()
    if levels < 0 or first < 0 or growth < 0 or spacing < 0:
        raise ControlError("levels, first, growth and spacing_ticks are not below zero")

    def effect(gateway: Gateway) -> object:
        exchange = gateway.exchange
        exchange.book.set_depth(exchange.rules(symbol).symbol, Depth(levels, first, growth, spacing))
        return {"ok": True}

    return effect


def _meet(body: ControlBody) -> Effect:
    """Somebody takes so much of one resting order, at its price."""
    symbol, client_id, quantity = body.text("symbol"), body.text("client_order_id"), body.decimal("quantity")
    body.finish()
    if quantity <= 0:
        raise ControlError("quantity must be above zero")

    def effect(gateway: Gateway) -> object:
        engine = gateway.exchange.engine
        order = engine.orders.by_client_id(symbol, client_id)
        if order is None or not order.is_open:
            raise ControlError(f"{client_id} does not rest")
        return _told(engine.meet(order, quantity))

    return effect


def _gap(body: ControlBody) -> Effect:
    """Tear the contract's last price away from the mark; conditional orders react to whichever they work by."""
    symbol, gap = body.text("symbol"), body.decimal("gap")
    body.finish()

    def effect(gateway: Gateway) -> object:
        exchange = gateway.exchange
        exchange.prices.set_gap(exchange.rules(symbol).symbol, gap)
        exchange.algos.trigger(symbol)
        return {"ok": True}

    return effect


def _fund(body: ControlBody) -> Effect:
    """Pay a symbol's funding now, at this rate or its own."""
    symbol, rate = body.text("symbol"), body.optional_decimal("rate")
    body.finish()

    def effect(gateway: Gateway) -> object:
        exchange = gateway.exchange
        exchange.funding.fund(exchange.rules(symbol).symbol, rate)
        return {"ok": True, "wallet": trimmed(exchange.account.wallet)}

    return effect


def _funding_rate(body: ControlBody) -> Effect:
    """What the next settlement of a symbol costs, as everybody reads it; nothing is paid yet."""
    symbol, rate = body.text("symbol"), body.decimal("rate")
    body.finish()

    def effect(gateway: Gateway) -> object:
        exchange = gateway.exchange
        exchange.funding.set_rate(exchange.rules(symbol).symbol, rate)
        return {"ok": True}

    return effect


def _liquidate(body: ControlBody) -> Effect:
    """Liquidate one position, whatever its margin."""
    symbol, side = _named(body)
    body.finish()

    def effect(gateway: Gateway) -> object:
        held = gateway.exchange.account.position(symbol, side)
        if not held.amount:
            raise ControlError(f"there is no {side} position in {symbol}")
        return _told(gateway.exchange.liquidation.liquidate(held))

    return effect


def _deleverage(body: ControlBody) -> Effect:
    """Auto-deleveraging takes a position, or so much of it, at the mark."""
    symbol, side = _named(body)
    quantity = body.optional_decimal("quantity")
    body.finish()
    if quantity is not None and quantity <= 0:
        raise ControlError("quantity must be above zero")

    def effect(gateway: Gateway) -> object:
        return _told(gateway.exchange.liquidation.deleverage(symbol, side, quantity))

    return effect


def _transfer(body: ControlBody) -> Effect:
    """Money comes (above zero) or goes."""
    amount = body.decimal("amount")
    body.finish()

    def effect(gateway: Gateway) -> object:
        gateway.exchange.transfer(amount)
        return {"ok": True, "wallet": trimmed(gateway.exchange.account.wallet)}

    return effect


def _advance(body: ControlBody) -> Effect:
    """Let the exchange's clock jump ahead and do everything that became due."""
    time_ms = body.whole("ms")
    body.finish()

    def effect(gateway: Gateway) -> object:
        exchange = gateway.exchange
        exchange.clock.skew_ms += time_ms
        exchange.timetable.run()
        return {"ok": True, "time_ms": exchange.clock.now_ms()}

    return effect


def _named(body: ControlBody) -> tuple[str, str]:
    side = body.text("position_side", "BOTH")
    if side not in {"BOTH", "LONG", "SHORT"}:
        raise ControlError("position_side is BOTH, LONG or SHORT")
    return body.text("symbol"), side


def _told(order: Order) -> Row:
    return {
        "ok": True,
        "order_id": order.order_id,
        "client_order_id": order.asked.client_order_id,
        "status": order.status,
        "executed": trimmed(order.executed),
    }


ENGINE_ACTS: dict[str, Callable[[ControlBody], Effect]] = {
    "depth": _depth,
    "meet": _meet,
    "gap": _gap,
    "fund": _fund,
    "funding_rate": _funding_rate,
    "liquidate": _liquidate,
    "deleverage": _deleverage,
    "transfer": _transfer,
    "advance": _advance,
}
"""By the name of the control call: `POST /sim/<name>`."""
