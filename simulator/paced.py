"""The public streams that tell a state at their pace: mark, candle, depth."""

from simulator.exchange import Exchange
from simulator.market_topic import Topic
from simulator.wire_stream import Levels, depth, kline, mark_price, sides

Row = dict[str, object]


class Paced:
    """Composes what is due. Candles and depth are told only when they have changed."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._last: dict[Topic, object] = {}
        self._minutes: dict[Topic, int] = {}
        self._updates: dict[Topic, int] = {}
        self._told: dict[Topic, tuple[Levels, Levels]] = {}
        self._number = exchange.clock.now_ms()

    def number(self) -> int:
        """The next number of a book update."""
        self._number += 1
        return self._number

    def rows(self, topic: Topic) -> list[object]:
        """The messages that are due now."""
        if topic.kind == "markPrice@arr":
            return [[mark_price(self._exchange, symbol) for symbol in self._exchange.symbols]]
        symbol = topic.symbol or ""
        if topic.kind == "markPrice":
            return [mark_price(self._exchange, symbol)]
        return self._candles(topic, symbol) if topic.kind == "kline" else self._depth(topic, symbol)

    def _candles(self, topic: Topic, symbol: str) -> list[object]:
        """The candle of now, and before it the final state of the one that has just ended."""
        now = self._exchange.candles.minute()
        minutes = [self._minutes.get(topic, now), now]
        told = {_start(row): row for row in (kline(self._exchange, symbol, topic.interval, each) for each in minutes)}
        self._minutes[topic] = now
        return [row for row in told.values() if self._is_new(topic, row["k"])]

    def _depth(self, topic: Topic, symbol: str) -> list[object]:
        now = sides(self._exchange, symbol, topic.levels)
        if not self._is_new(topic, now):
            return []
        before = self._updates.get(topic, self._number)
        told = now if topic.levels else self._difference(topic, now)
        self._updates[topic] = self.number()
        return [depth(symbol, *told, (self._updates[topic], before), self._exchange.clock.now_ms())]

    def _difference(self, topic: Topic, now: tuple[Levels, Levels]) -> tuple[Levels, Levels]:
        """What changed since the last diff; a level that is gone has quantity 0."""
        known = self._told.get(topic, ([], []))
        self._told[topic] = now
        bids, asks = (_changes(before, after) for before, after in zip(known, now, strict=True))
        return bids, asks

    def _is_new(self, topic: Topic, state: object) -> bool:
        changed = self._last.get(topic) != state
        self._last[topic] = state
        return changed


def _start(row: Row) -> object:
    candle = row["k"]
    return candle["t"] if isinstance(candle, dict) else None


def _changes(before: Levels, after: Levels) -> Levels:
    gone = {price: "0" for price, _ in before}
    changed = {price: quantity for price, quantity in after if [price, quantity] not in before}
    kept = {price for price, _ in after}
    return [[price, zero] for price, zero in gone.items() if price not in kept] + [
        [price, quantity] for price, quantity in changed.items()
    ]
