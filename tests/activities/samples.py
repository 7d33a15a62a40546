"""Values as the exchange port gives them, with only what a test cares about spelled out."""

from datetime import timedelta
from decimal import Decimal

from contracts.close import ConcludeRequest
from contracts.order import OrderSide, OrderState, PositionSide, Ticket, Trade
from contracts.result import CloseResult, Outcome
from contracts.snapshot import Position, SymbolRules

SYMBOL = "ETHUSDT"
ACCOUNT = "main"
NOW = 1_800_000_000_000
DAY = int(timedelta(days=1).total_seconds() * 1000)

RULES = SymbolRules(
    symbol=SYMBOL,
    status="TRADING",
    min_quantity=Decimal("0.001"),
    max_quantity=Decimal(10000),
    step=Decimal("0.001"),
    market_min_quantity=Decimal("0.001"),
    market_max_quantity=Decimal(2000),
    market_step=Decimal("0.001"),
    tick=Decimal("0.01"),
)


def position(amount: str, side: PositionSide = PositionSide.BOTH, updated_ms: int | None = None) -> Position:
    """An open position; the amount is signed."""
    return Position(
        symbol=SYMBOL,
        position_side=side,
        amount=Decimal(amount),
        entry_price=Decimal(3000),
        mark_price=Decimal(3010),
        unrealized_pnl=Decimal(10) * Decimal(amount),
        updated_ms=updated_ms,
    )


def trade(
    trade_id: int,
    quantity: str,
    *,
    days_ago: float = 0,
    order_id: int | None = None,
    side: PositionSide = PositionSide.BOTH,
    price: str = "3000",
    time_ms: int | None = None,
    realized: str = "1.5",
) -> Trade:
    """A fill; bought positive, sold negative. It belongs to an order of its own unless one is named."""
    signed = Decimal(quantity)
    return Trade(
        trade_id=trade_id,
        order_id=order_id if order_id is not None else 1000 + trade_id,
        side=OrderSide.BUY if signed > 0 else OrderSide.SELL,
        position_side=side,
        price=Decimal(price),
        quantity=abs(signed),
        realized_pnl=Decimal(realized),
        commission=Decimal("0.25"),
        commission_asset="USDT",
        maker=False,
        time_ms=time_ms if time_ms is not None else NOW - int(days_ago * DAY),
    )


def order(
    order_id: int,
    client_order_id: str,
    *,
    status: str = "FILLED",
    original: str = "1",
    executed: str | None = None,
    created_ms: int | None = None,
    side: OrderSide = OrderSide.SELL,
    position_side: PositionSide = PositionSide.BOTH,
    reduce_only: bool = True,
) -> OrderState:
    """An order; filled unless said otherwise."""
    return OrderState(
        order_id=order_id,
        client_order_id=client_order_id,
        status=status,
        side=side,
        position_side=position_side,
        original_quantity=Decimal(original),
        executed_quantity=Decimal(original if executed is None else executed),
        reduce_only=reduce_only,
        created_ms=created_ms,
    )


def ticket(*, position_side: PositionSide = PositionSide.BOTH, timestamp_ms: int = NOW) -> Ticket:
    """The first attempt of a full close of a long of 1."""
    return Ticket(
        symbol=SYMBOL,
        client_order_id="hv-a-full-1",
        side=OrderSide.SELL,
        position_side=position_side,
        quantity=Decimal(1),
        reduce_only=position_side is PositionSide.BOTH,
        timestamp_ms=timestamp_ms,
        recv_window_ms=5000,
    )


def result(entry_id: str = "1-0", outcome: Outcome = Outcome.CLOSED_FLAT, **changes: object) -> CloseResult:
    """The final word on a decision."""
    values: dict[str, object] = {
        "outcome": outcome,
        "reason_codes": ("close_allowed",),
        "decisive": "close_allowed",
        "plan_id": "0123456789abcdef",
        "entry_id": entry_id,
        "account": ACCOUNT,
        "symbol": SYMBOL,
        "action": "CLOSE",
        "position_side": PositionSide.LONG,
        "order_side": OrderSide.SELL,
        "workflow_id": f"close-{ACCOUNT}-{SYMBOL}",
        "run_id": "run",
    }
    return CloseResult.model_validate(values | changes)


def conclude_request(*orders: OrderState, before: str = "10", **changes: object) -> ConcludeRequest:
    """Confirm a full close of a long of ``before`` unless said otherwise."""
    values: dict[str, object] = {
        "account": ACCOUNT,
        "symbol": SYMBOL,
        "position_side": PositionSide.LONG,
        "orders": orders,
        "position_before": Decimal(before),
        "executed_before": Decimal(0),
        "smallest": Decimal("0.001"),
        "draft": result(outcome=Outcome.NEEDS_HUMAN),
    }
    return ConcludeRequest.model_validate(values | changes)
