"""Price history: a pretended past up to the start, then what the mark did and what was traded."""

from bisect import bisect_left
from dataclasses import dataclass
from decimal import Decimal

from simulator.clock import Clock
from simulator.decimals import ZERO, floor_to
from simulator.events import Event, Events, MarkMoved, PublicTrade
from simulator.past import Bar, Past
from simulator.prices import Prices
from simulator.symbols import ONBOARD_MS, SymbolRules

MINUTE_MS = 60_000
ONBOARD_MINUTE = ONBOARD_MS // MINUTE_MS
"""The first minute of every contract."""
DAILY_TURNOVER = Decimal(500_000_000)
"""USDT a day that the pretended past trades, roughly."""


@dataclass(frozen=True, slots=True)
class Candle:
    """Prices and volumes of a span of time; `quote` is the volume in USDT."""

    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal = ZERO
    quote: Decimal = ZERO
    trades: int = 0

    def then(self, later: "Candle") -> "Candle":
        """This span and the one that follows it, as one."""
        return Candle(
            self.open,
            max(self.high, later.high),
            min(self.low, later.low),
            later.close,
            self.volume + later.volume,
            self.quote + later.quote,
            self.trades + later.trades,
        )


class History:
    """One symbol's minutes; those of the simulator's own life are kept as they happen."""

    def __init__(self, rules: SymbolRules, price: Decimal, seed: int, start: int) -> None:
        self.rules = rules
        self.start = start
        self._first = price
        self._daily_volume = int(DAILY_TURNOVER / price / rules.lot.step)
        self._name = f"{seed}:{rules.symbol}"
        self._made: Past | None = None
        self._minutes: list[int] = []
        self._candles: list[Candle] = []

    def moved(self, price: Decimal, minute: int) -> None:
        """The mark moved."""
        now = self._current(minute)
        high, low = max(now.high, price), min(now.low, price)
        self._candles[-1] = Candle(now.open, high, low, price, now.volume, now.quote, now.trades)

    def traded(self, trade: PublicTrade, minute: int) -> None:
        """Somebody traded."""
        now = self._current(minute)
        volume, quote = now.volume + trade.quantity, now.quote + trade.price * trade.quantity
        self._candles[-1] = Candle(now.open, now.high, now.low, now.close, volume, quote, now.trades + 1)

    def span(self, start: int, end: int) -> Candle:
        """The minutes from `start` until before `end`; what has not happened yet stands still."""
        if end <= self.start:
            return self._pretended(start, end)
        if start < self.start:
            return self._pretended(start, self.start).then(self._lived(self.start, end))
        return self._lived(start, end)

    def _current(self, minute: int) -> Candle:
        """The candle of this minute; a clock that was set back adds to the newest."""
        if not self._minutes or minute > self._minutes[-1]:
            close = self._candles[-1].close if self._candles else self._first
            self._minutes.append(minute)
            self._candles.append(Candle(close, close, close, close))
        return self._candles[-1]

    def _lived(self, start: int, end: int) -> Candle:
        first, after = bisect_left(self._minutes, start), bisect_left(self._minutes, end)
        before = self._candles[first - 1].close if first else self._first
        whole = Candle(before, before, before, before)
        for candle in self._candles[first:after]:
            whole = whole.then(candle)
        return whole

    def _pretended(self, start: int, end: int) -> Candle:
        if self._made is None:
            self._made = Past(self._name, self.start, self._daily_volume)
        return self._scaled(self._made, self._made.span(start, end))

    def _scaled(self, past: Past, bar: Bar) -> Candle:
        tick, scale = self.rules.tick, float(self._first) / past.last
        opened, high, low, close = (
            max(tick, floor_to(Decimal(price * scale) + tick / 2, tick))
            for price in (bar.open, bar.high, bar.low, bar.close)
        )
        volume = bar.volume * self.rules.lot.step
        quote = volume * (opened + high + low + close) / 4
        return Candle(opened, high, low, close, volume, quote, bar.trades)


class Candles:
    """The history of every symbol."""

    def __init__(self, seed: int, clock: Clock, prices: Prices, events: Events) -> None:
        self._seed = seed
        self._clock = clock
        self._prices = prices
        self._histories: dict[str, History] = {}
        events.listen(self._heard)

    def list_symbol(self, rules: SymbolRules) -> None:
        """Begin a symbol's history at its mark, or go on under changed rules."""
        if known := self._histories.get(rules.symbol):
            known.rules = rules
        else:
            price = self._prices.mark(rules.symbol)
            self._histories[rules.symbol] = History(rules, price, self._seed, self.minute())

    def minute(self) -> int:
        """Minutes since the epoch, by the exchange's clock."""
        return self._clock.now_ms() // MINUTE_MS

    def history(self, symbol: str) -> History:
        """One symbol's."""
        return self._histories[symbol]

    def _heard(self, event: Event) -> None:
        if isinstance(event, MarkMoved):
            self._histories[event.symbol].moved(self._prices.mark(event.symbol), self.minute())
        elif isinstance(event, PublicTrade):
            self._histories[event.symbol].traded(event, self.minute())
