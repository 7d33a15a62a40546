"""The simulated exchange as a whole: its parts and what moves them."""

import time
from dataclasses import replace
from decimal import Decimal
from random import Random

from simulator.account import Account
from simulator.algo_desk import AlgoDesk
from simulator.book import Book
from simulator.booking import Booking
from simulator.candles import Candles
from simulator.clock import Clock
from simulator.config import SimulatorConfig
from simulator.countdown import Countdown
from simulator.depth import Level
from simulator.errors import refusal
from simulator.events import AccountChanged, Events, MarkMoved
from simulator.faults import FaultBook
from simulator.funding import Funding
from simulator.identifiers import Identifiers
from simulator.lag import OF_STATES
from simulator.ledger import Ledger
from simulator.limits import Limits
from simulator.liquidation import Liquidation
from simulator.listen_key import ListenKeys
from simulator.margin import Margin
from simulator.matching import NO_REASON, Engine
from simulator.offers import shown
from simulator.orders import Order
from simulator.prices import Prices
from simulator.stream_faults import StreamFaults
from simulator.symbols import SymbolRules, default_symbols
from simulator.tape import Tape
from simulator.timetable import Timetable


class Exchange:
    """All state of one simulator; a reset makes a new one."""

    def __init__(self, config: SimulatorConfig) -> None:
        self.config = config
        self.secret = config.api_secret.encode()
        self.clock = Clock(config.clock_skew_ms)
        self.events = Events()
        self.limits = Limits(config, self.clock)
        self.ledger = Ledger(config.ledger_path)
        self.events.listen(self.ledger.noted)
        self.faults = FaultBook()
        self.stream_faults = StreamFaults()
        self.listen_keys = ListenKeys(config.seed, self.clock, self.events)
        self.account = Account(config.balance, config.leverage, self.events, hedge=config.hedge)
        self.account.update_time = self.clock.now_ms()  # clients take a balance that was never updated for none
        self.prices = Prices(config)
        self.candles = Candles(config.seed, self.clock, self.prices, self.events)
        self.tape = Tape(self.candles, self.events)
        self.symbols: dict[str, SymbolRules] = {}
        self.exchange_info: bytes | None = None
        self.latency_ms = config.latency_ms
        self.latencies_ms: dict[str, float] = {}
        self.timetable = Timetable(self.clock)
        self.book = Book(config, self.prices, self.symbols)
        identifiers = Identifiers(config.seed)
        booking = Booking(config, self.clock, self.account, self.ledger, identifiers, self.events)
        self.engine = Engine(
            config, self.clock, self.prices, self.book, self.account, self.symbols, booking, identifiers,
            self._before_execution, self._before_end, self.events,
        )  # fmt: skip
        self.margin = Margin(self.account, self.prices, self.engine.orders)
        self.liquidation = Liquidation(self)
        self.funding = Funding(self)
        self.countdown = Countdown(self)
        self.algos = AlgoDesk(self)
        for rules in default_symbols().values():
            self.list_symbol(rules)
        self.funding.begin()

    def list_symbol(self, rules: SymbolRules) -> None:
        """Add a symbol, or change one's rules; an existing mark stays."""
        known = self.symbols.get(rules.symbol)
        self.symbols[rules.symbol] = rules
        mark = self.prices.mark(rules.symbol) if known else rules.initial_price
        self.prices.list_symbol(replace(rules, initial_price=mark))
        self.candles.list_symbol(rules)
        self.exchange_info = None

    def rules(self, symbol: str) -> SymbolRules:
        """The symbol's rules, or the refusal of an unknown one."""
        found = self.symbols.get(symbol)
        if found is None:
            raise refusal(-1121)
        return found

    def move(self, symbol: str, price: Decimal) -> None:
        """Move the mark and let everything react that waits for it."""
        self.rules(symbol)
        self.prices.set_mark(symbol, price)
        self.events.emit(MarkMoved(symbol))
        self.engine.match(symbol)
        self.algos.trigger(symbol)
        self.liquidation.check()

    def depth(self, symbol: str, limit: int) -> tuple[list[Level], list[Level]]:
        """Bids and asks as everybody sees them, best first: the seeded levels and the account's resting orders."""
        bids = shown(self.book.levels(symbol, "SELL"), self.engine.orders.queue(symbol, "BUY"), "SELL", limit)
        asks = shown(self.book.levels(symbol, "BUY"), self.engine.orders.queue(symbol, "SELL"), "BUY", limit)
        return bids, asks

    def transfer(self, amount: Decimal) -> None:
        """Money comes into the account, or leaves it, USDT."""
        now = self.clock.now_ms()
        self.account.credit("TRANSFER", amount, now)
        self.events.emit(AccountChanged("DEPOSIT" if amount > 0 else "WITHDRAW", self.account.wallet, amount, ()))
        self.liquidation.check()

    def cancel_everything(self, symbol: str) -> None:
        """Take out what rests and what waits for a trigger."""
        self.engine.cancel_all(symbol)
        self.algos.cancel_all(symbol)

    def expire_at(self, order: Order, time_ms: int) -> None:
        """Let a resting order end at an exchange time."""
        symbol, order_id = order.asked.symbol, order.order_id

        def expire() -> None:
            now = self.engine.orders.by_id(symbol, order_id)
            if now is not None and now.is_open:
                self.engine.expire(now, NO_REASON)

        self.timetable.at(time_ms, f"order {symbol} {order_id}", expire)

    def step_walk(self, random: Random, bps: float) -> None:
        """One step of the random walk."""
        for symbol, price in self.prices.walked(random, bps):
            self.move(symbol, price)

    def latency(self, call: str) -> float:
        """How long this call's answer travels, seconds."""
        return self.latencies_ms.get(call, self.latency_ms) / 1000

    def _before_end(self, symbol: str, client_id: str) -> None:
        self.faults.changing(symbol, client_id, time.time_ns(), OF_STATES)

    def _before_execution(self, symbol: str, client_id: str) -> None:
        self.faults.changing(symbol, client_id, time.time_ns())
