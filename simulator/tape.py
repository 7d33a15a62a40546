"""The public trades: what was really traded here, and before that one trade a minute of the pretended past."""

from collections import defaultdict, deque
from dataclasses import dataclass
from decimal import Decimal

from simulator.candles import MINUTE_MS, ONBOARD_MINUTE, Candles
from simulator.events import Event, Events, PublicTrade

REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Print:
    """A public trade with its number. The past's are numbered by their minutes; the first real one comes next."""

    number: int
    price: Decimal
    quantity: Decimal
    time: int
    buyer_is_maker: bool


class Tape:
    """Numbers public trades and keeps the newest of each symbol."""

    def __init__(self, candles: Candles, events: Events) -> None:
        self._candles = candles
        self._printed: dict[str, deque[Print]] = defaultdict(lambda: deque(maxlen=REMEMBERED))
        events.listen(self._heard)

    def newest(self, symbol: str) -> Print:
        """The last trade."""
        printed = self._printed[symbol]
        return printed[-1] if printed else self._pretended(symbol, self._candles.history(symbol).start - 1)

    def last(self, symbol: str, count: int) -> list[Print]:
        """The newest trades, oldest first."""
        return self.since(symbol, self.newest(symbol).number - count + 1, count)

    def since(self, symbol: str, number: int, count: int) -> list[Print]:
        """Trades from that number on."""
        first = max(number, ONBOARD_MINUTE)
        past = self._past(symbol, first, first + count)
        printed = [each for each in self._printed[symbol] if each.number >= number]
        return (past + printed)[:count]

    def between(self, symbol: str, start: int, end: int, count: int) -> list[Print]:
        """Trades of a span of exchange time, ms, both ends included."""
        first = max(start // MINUTE_MS, ONBOARD_MINUTE)
        past = self._past(symbol, first, min(first + count + 1, end // MINUTE_MS + 1))
        found = past + list(self._printed[symbol])
        return [each for each in found if start <= each.time <= end][:count]

    def _past(self, symbol: str, first: int, after: int) -> list[Print]:
        start = self._candles.history(symbol).start
        return [self._pretended(symbol, minute) for minute in range(first, min(after, start))]

    def _heard(self, event: Event) -> None:
        if isinstance(event, PublicTrade):
            number = self.newest(event.symbol).number + 1
            self._printed[event.symbol].append(
                Print(number, event.price, event.quantity, event.time, event.buyer_is_maker)
            )

    def _pretended(self, symbol: str, minute: int) -> Print:
        candle = self._candles.history(symbol).span(minute, minute + 1)
        end = (minute + 1) * MINUTE_MS - 1
        return Print(minute, candle.close, candle.volume, end, candle.close < candle.open)
