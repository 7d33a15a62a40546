"""The liquidation price is where liquidation happens: a tick before it nothing does, a tick after it all is gone.

Amounts stay within the first bracket on both ends, as the price is solved with the bracket of the present mark.
"""

from decimal import Decimal

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from simulator.config import SimulatorConfig
from simulator.exchange import Exchange
from simulator.orders import NewOrder
from simulator.positions import Position

SYMBOL, OTHER = "ETHUSDT", "SOLUSDT"
TICK = Decimal("0.01")
AMOUNTS = st.integers(1, 8000).map(lambda steps: steps * Decimal("0.001"))
PRICES = st.integers(200_000, 300_000).map(lambda ticks: ticks * TICK)


def opened(exchange: Exchange, symbol: str, side: str, quantity: Decimal, price: Decimal) -> None:
    asked = NewOrder(
        symbol=symbol,
        side="BUY" if side == "LONG" else "SELL",
        position_side=side if exchange.account.hedge else "BOTH",
        kind="MARKET",
        quantity=quantity,
        client_order_id="outside",
    )
    exchange.engine.act_outside(asked, price)


def at_the_edge(exchange: Exchange, held: Position) -> tuple[Decimal, Decimal]:
    """The last price before the liquidation and the first one after it."""
    price = exchange.margin.liquidation_price(held)
    assume(Decimal(1000) < price < Decimal(6000))
    below = price // TICK * TICK
    whole = sum(one.amount for one in exchange.account.open_positions() if one.symbol == held.symbol)
    assume(whole)
    return (below + TICK, below) if whole > 0 else (below, below + TICK)


def position(exchange: Exchange) -> Position:
    return next(held for held in exchange.account.open_positions() if held.symbol == SYMBOL)


@given(
    quantity=AMOUNTS, side=st.sampled_from(("LONG", "SHORT")), entry=PRICES, balance=st.integers(500, 3000),
    isolated=st.booleans(), leverage=st.integers(3, 50), other=st.integers(0, 50),
)  # fmt: skip
@settings(max_examples=50, deadline=None)
def test_one_side(
    *, quantity: Decimal, side: str, entry: Decimal, balance: int, isolated: bool, leverage: int, other: int
) -> None:
    exchange = Exchange(SimulatorConfig(balance=Decimal(balance), leverage=leverage))
    exchange.account.set_isolated(SYMBOL, isolated=isolated)
    opened(exchange, SYMBOL, side, quantity, entry)
    if other:
        opened(exchange, OTHER, "LONG", Decimal(other), Decimal(150))
    assume(not isolated or exchange.margin.cross_ratio() < Decimal("0.5"))
    before, after = at_the_edge(exchange, position(exchange))
    exchange.move(SYMBOL, before)
    assert position(exchange).amount
    exchange.move(SYMBOL, after)
    left = [held.symbol for held in exchange.account.open_positions()]
    assert left == ([OTHER] if isolated and other else [])


@given(long=AMOUNTS, short=AMOUNTS, entry=PRICES, balance=st.integers(500, 3000))
@settings(max_examples=30, deadline=None)
def test_both_sides_of_a_hedged_symbol_go_together(
    *, long: Decimal, short: Decimal, entry: Decimal, balance: int
) -> None:
    exchange = Exchange(SimulatorConfig(balance=Decimal(balance), hedge=True))
    opened(exchange, SYMBOL, "LONG", long, entry)
    opened(exchange, SYMBOL, "SHORT", short, Decimal(2500))
    before, after = at_the_edge(exchange, position(exchange))
    exchange.move(SYMBOL, before)
    assert len(exchange.account.open_positions()) == 2
    exchange.move(SYMBOL, after)
    assert exchange.account.open_positions() == []
