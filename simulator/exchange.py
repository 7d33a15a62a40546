"""The simulated exchange as a whole: its parts and what moves them."""

import time
from dataclasses import replace
from decimal import Decimal
from random import Random

from simulator.account import Account
from simulator.algo import AlgoDesk
from simulator.clock import Clock
from simulator.config import SimulatorConfig
from simulator.errors import refusal
from simulator.faults import FaultBook
from simulator.ledger import Ledger
from simulator.limits import Limits
from simulator.matching import Engine
from simulator.prices import Prices
from simulator.symbols import SymbolRules, default_symbols


class Exchange:
    """All state of one simulator; a reset makes a new one."""

    def __init__(self, config: SimulatorConfig) -> None:
        self.config = config
        self.secret = config.api_secret.encode()
        self.clock = Clock(config.clock_skew_ms)
        self.limits = Limits(config, self.clock)
        self.ledger = Ledger()
        self.faults = FaultBook()
        self.account = Account(config.balance, config.leverage, hedge=config.hedge)
        self.prices = Prices(config)
        self.symbols: dict[str, SymbolRules] = {}
        self.exchange_info: bytes | None = None
        self.latency_ms = config.latency_ms
        self.latencies_ms: dict[str, float] = {}
        self.engine = Engine(
            config, self.clock, self.prices, self.account, self.symbols, self.ledger, self._before_execution
        )
        self.algos = AlgoDesk(self.engine, self.clock, self.account, self.prices)
        for rules in default_symbols().values():
            self.list_symbol(rules)

    def list_symbol(self, rules: SymbolRules) -> None:
        """Add a symbol, or change one's rules; an existing mark stays."""
        known = self.symbols.get(rules.symbol)
        self.symbols[rules.symbol] = rules
        mark = self.prices.mark(rules.symbol) if known else rules.initial_price
        self.prices.list_symbol(replace(rules, initial_price=mark))
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
        self.engine.match(symbol)
        self.algos.trigger(symbol)

    def step_walk(self, random: Random, bps: float) -> None:
        """One step of the random walk."""
        for symbol, price in self.prices.walked(random, bps):
            self.move(symbol, price)

    def latency(self, call: str) -> float:
        """How long this call's answer travels, seconds."""
        return self.latencies_ms.get(call, self.latency_ms) / 1000

    def _before_execution(self, symbol: str, client_id: str) -> None:
        self.faults.executing(symbol, client_id, time.time_ns())
