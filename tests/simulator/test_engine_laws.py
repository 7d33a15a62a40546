"""What must hold whatever is done to an account, in any order: found by random play, checked after every step."""

from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.call import Call
from simulator.config import SimulatorConfig
from simulator.depth import Depth
from simulator.errors import ApiError
from simulator.events import Event, OrderChanged
from simulator.exchange import Exchange
from simulator.orders import Order
from simulator.parameters import Parameters
from simulator.placement import place

SYMBOLS = ("ETHUSDT", "TESTUSDT")
SIDES = st.sampled_from(("BUY", "SELL"))
FAR = st.integers(-30, 30)
STEPS = st.integers(30, 400)
RARELY = st.sampled_from((False, False, False, True))
MODES = st.sampled_from(("EXPIRE_MAKER", "EXPIRE_TAKER", "EXPIRE_BOTH", "NONE"))
Step = tuple[object, ...]
orders = st.tuples(st.just("order"), st.sampled_from(SYMBOLS), SIDES, st.sampled_from(("MARKET", "GTC", "IOC", "FOK",
                   "GTX", "GTC")), STEPS, FAR, RARELY, st.booleans(), MODES)  # fmt: skip
moves = st.tuples(st.just("move"), st.sampled_from(SYMBOLS), FAR)
others = st.one_of(
    st.tuples(st.just("fund"), st.sampled_from(SYMBOLS), st.integers(-50, 50)),
    st.tuples(st.just("meet"), st.integers(0, 5), STEPS),
    st.tuples(st.just("amend"), st.integers(0, 5), STEPS, FAR),
    st.tuples(st.just("cancel"), st.integers(0, 5)),
    st.tuples(st.just("adl"), st.integers(0, 3)),
    st.tuples(st.just("liquidate"), st.integers(0, 3)),
    st.tuples(st.just("transfer"), st.integers(-50, 50)),
)
STEP_OF = {"order": orders, "move": moves, "other": others}
steps = st.sampled_from((*["order"] * 8, "move", "other", "other")).flatmap(lambda kind: STEP_OF[kind])
games = st.lists(steps, min_size=5, max_size=40)


@dataclass
class Table:
    """An exchange under play, and everything it said."""

    exchange: Exchange
    told: list[Event]

    @classmethod
    def set(cls, *, hedge: bool, isolated: bool, balance: int, refill: bool = False) -> "Table":
        config = SimulatorConfig(hedge=hedge, balance=Decimal(balance), depth_refill=refill)
        exchange = Exchange(config)
        for symbol in SYMBOLS:
            exchange.book.set_depth(symbol, Depth(6, Decimal("0.150"), Decimal(2), 2))
            exchange.account.set_isolated(symbol, isolated=isolated)
        told: list[Event] = []
        exchange.events.listen(told.append)
        return cls(exchange, told)

    def play(self, step: Step) -> None:
        with suppress(ApiError):  # a refusal is an answer too; what it must not do is checked like everything else
            getattr(self, f"_{step[0]}")(*step[1:])

    def _price(self, symbol: str, far: int) -> Decimal:
        return self.exchange.prices.mark(symbol) + far * self.exchange.rules(symbol).tick

    def _order(self, symbol: str, side: str, kind: str, steps: int, far: int, reduces: bool, other: bool,
               mode: str) -> None:  # fmt: skip
        step = self.exchange.rules(symbol).market_lot.step
        texts = {"symbol": symbol, "side": side, "quantity": str(steps * step), "selfTradePreventionMode": mode}
        if self.exchange.account.hedge:
            texts["positionSide"] = "LONG" if other else "SHORT"
        elif reduces:
            texts["reduceOnly"] = "true"
        if kind == "MARKET":
            texts["type"] = kind
        else:
            texts |= {"type": "LIMIT", "timeInForce": kind, "price": str(self._price(symbol, far))}
        now = self.exchange.clock.now_ms()
        place(self.exchange, Call("", "", Parameters(texts), None, timestamp=now, recv_window=60_000))

    def _move(self, symbol: str, far: int) -> None:
        self.exchange.move(symbol, self._price(symbol, far * 20))

    def _fund(self, symbol: str, bps: int) -> None:
        self.exchange.funding.fund(symbol, Decimal(bps) / 10_000)

    def _resting(self, number: int) -> Order | None:
        resting = self.exchange.engine.orders.open_orders()
        return resting[number % len(resting)] if resting else None

    def _meet(self, number: int, steps: int) -> None:
        if order := self._resting(number):
            self.exchange.engine.meet(order, steps * Decimal("0.001"))

    def _amend(self, number: int, steps: int, far: int) -> None:
        if order := self._resting(number):
            symbol = order.asked.symbol
            self.exchange.engine.amend(order, steps * Decimal("0.001"), self._price(symbol, far))

    def _cancel(self, number: int) -> None:
        if order := self._resting(number):
            self.exchange.engine.cancel(order)

    def _adl(self, number: int) -> None:
        if held := self.exchange.account.open_positions():
            one = held[number % len(held)]
            self.exchange.liquidation.deleverage(one.symbol, one.side, abs(one.amount) / 2)

    def _liquidate(self, number: int) -> None:
        if held := self.exchange.account.open_positions():
            self.exchange.liquidation.liquidate(held[number % len(held)])

    def _transfer(self, amount: int) -> None:
        self.exchange.transfer(Decimal(amount))

    def check(self) -> None:
        """The laws."""
        account, store = self.exchange.account, self.exchange.engine.orders
        income = list(account.income.rows())
        assert account.wallet == self.exchange.config.balance + sum(row.amount for row in income)
        assert len({row.transaction_id for row in income}) == len(income)
        for symbol in SYMBOLS:
            trades = account.trades(symbol, None)
            assert len({trade.trade_id for trade in trades}) == len(trades)
            for side in ("BOTH", "LONG", "SHORT"):
                signed = (trade.quantity if trade.side == "BUY" else -trade.quantity
                          for trade in trades if trade.position_side == side)  # fmt: skip
                amount = account.position(symbol, side).amount
                assert amount == sum(signed)
                assert not (side == "LONG" and amount < 0)
                assert not (side == "SHORT" and amount > 0)
            for order in store.of_symbol(symbol):
                self._check_order(order)
            self._check_book(symbol)

    def _check_order(self, order: Order) -> None:
        fills = self.exchange.account.trades(order.asked.symbol, order.order_id)
        assert order.executed == sum(trade.quantity for trade in fills)
        assert order.executed <= order.asked.quantity
        assert (order.executed == order.asked.quantity) == (order.status == "FILLED")
        assert order.is_open == (order.status in {"NEW", "PARTIALLY_FILLED"})

    def _check_book(self, symbol: str) -> None:
        bids, asks = self.exchange.depth(symbol, 50)
        assert not bids or not asks or bids[0].price < asks[0].price
        assert [level.price for level in bids] == sorted({level.price for level in bids}, reverse=True)
        assert [level.price for level in asks] == sorted({level.price for level in asks})
        assert all(level.quantity > 0 for level in bids + asks)

    def check_fills(self) -> None:
        """Whatever may only reduce never opened or flipped anything."""
        rows = self.exchange.ledger.rows(None, "")
        marked = {row["order_id"] for row in rows["orders"] if row["reduce_only"]}
        for fill in rows["fills"]:
            before, after = Decimal(str(fill["position_before"])), Decimal(str(fill["position_after"]))
            if fill["order_id"] in marked:
                assert abs(after) < abs(before)
                assert before * after >= 0

    def check_events(self) -> None:
        """Every order begins with NEW and says nothing after its end."""
        said: dict[tuple[str, int], list[OrderChanged]] = {}
        for event in self.told:
            if isinstance(event, OrderChanged):
                said.setdefault((event.order.asked.symbol, event.order.order_id), []).append(event)
        for events in said.values():
            assert [event.execution for event in events].count("NEW") == 1
            assert events[0].execution == "NEW"
            assert all(event.order.is_open for event in events[:-1])
            state = self.exchange.engine.orders.by_id(events[0].order.asked.symbol, events[0].order.order_id)
            assert state == events[-1].order


@pytest.mark.parametrize("isolated", [False, True], ids=["crossed", "isolated"])
@pytest.mark.parametrize("hedge", [False, True], ids=["one-way", "hedge"])
@given(game=games, balance=st.sampled_from((60, 1_000, 10_000_000)), refill=st.booleans())
@settings(max_examples=60, deadline=None)
def test_the_books_always_balance(*, hedge: bool, isolated: bool, game: list[Step], balance: int, refill: bool) -> None:
    table = Table.set(hedge=hedge, isolated=isolated, balance=balance, refill=refill)
    for step in game:
        table.play(step)
        table.check()
    table.check_fills()
    table.check_events()
