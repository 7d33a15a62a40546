"""The public streams: what happens goes out at once, states go out at their pace while somebody follows them."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from itertools import count

from simulator.call import encode
from simulator.events import Event, MarkMoved, PublicTrade
from simulator.exchange import Exchange
from simulator.market_topic import Topic
from simulator.paced import Paced
from simulator.stream_connection import Connection
from simulator.wire_stream import aggregate_trade, book_ticker

QUARTER_SECOND = 0.25
SENT_AT_ONCE = frozenset({"aggTrade", "bookTicker"})
Follower = tuple[Connection, str]


class MarketStream:
    """Serves the public streams of one exchange.

    A stream asked for under an address that does not serve it stays silent, as on the exchange.
    """

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._categories: dict[Connection, str] = {}
        self._followers: dict[Topic, list[Follower]] = {}
        self._paced = Paced(exchange)
        self._listening = False
        self._ticking: asyncio.Task[None] | None = None

    def join(self, connection: Connection, category: str) -> None:
        """Serve this one too; it may change at any time what it follows."""
        self._categories[connection] = category
        connection.changed = self._resort
        self._resort()

    def leave(self, connection: Connection) -> None:
        """It is gone."""
        del self._categories[connection]
        self._resort()

    def _resort(self) -> None:
        followers: dict[Topic, list[Follower]] = defaultdict(list)
        for connection, category in self._categories.items():
            for name, topic in _topics(connection):
                known = topic.symbol is None or topic.symbol in self._exchange.symbols
                if topic.category == category and known:
                    followers[topic].append((connection, name))
        self._followers = dict(followers)
        self._listen(any(topic.kind in SENT_AT_ONCE for topic in followers))
        if self._ticking is None and any(topic.pace for topic in followers):
            self._ticking = asyncio.create_task(self._tick())

    def _listen(self, wanted: bool) -> None:
        if wanted != self._listening:
            events = self._exchange.events
            (events.listen if wanted else events.ignore)(self._heard)
            self._listening = wanted

    def _heard(self, event: Event) -> None:
        if isinstance(event, PublicTrade):
            self._traded(event.symbol)
        elif isinstance(event, MarkMoved):
            self._moved(event.symbol)

    def _traded(self, symbol: str) -> None:
        if followers := self._followers.get(Topic("aggTrade", symbol, 0)):
            trade = self._exchange.tape.newest(symbol)
            row = aggregate_trade(trade, self._exchange.rules(symbol), self._exchange.clock.now_ms())
            _send(followers, row)

    def _moved(self, symbol: str) -> None:
        followers = [*self._of("bookTicker", symbol), *self._of("bookTicker", None)]
        if followers:
            _send(followers, book_ticker(self._exchange, symbol, self._paced.number()))

    def _of(self, kind: str, symbol: str | None) -> list[Follower]:
        return self._followers.get(Topic(kind, symbol, 0), [])

    async def _tick(self) -> None:
        for quarter in count():
            paced = [topic for topic in self._followers if topic.pace]
            if not paced:
                break
            for topic in paced:
                if quarter % topic.pace == 0:
                    for row in self._paced.rows(topic):
                        _send(self._followers.get(topic, []), row)
            await asyncio.sleep(QUARTER_SECOND)
        self._ticking = None


def _topics(connection: Connection) -> Iterator[tuple[str, Topic]]:
    for name in connection.followed:
        if topic := Topic.parse(name):
            yield name, topic


def _send(followers: list[Follower], row: object) -> None:
    text = encode(row)
    for connection, name in followers:
        connection.send(name, text)
