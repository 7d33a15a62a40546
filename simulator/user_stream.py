"""The account's private stream: collects what one step of the engine does, then sends it."""

import asyncio

from simulator.events import Event, ListenKeyGone, MarkMoved, PublicTrade
from simulator.exchange import Exchange
from simulator.stream_connection import Connection
from simulator.stream_faults import Delivery
from simulator.user_events import UserEvents
from simulator.user_message import UserMessage

EVERYONES = (MarkMoved, PublicTrade)


class UserStream:
    """Serves the connections of one exchange. Listens to the engine only while there is one."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._events = UserEvents(exchange)
        self._connections: list[Connection] = []
        self._batch: list[Event] = []

    def join(self, connection: Connection) -> None:
        """Serve this one too."""
        if not self._connections:
            self._exchange.events.listen(self._note)
        self._connections.append(connection)

    def leave(self, connection: Connection) -> None:
        """It is gone."""
        self._connections.remove(connection)
        if not self._connections:
            self._exchange.events.ignore(self._note)

    @property
    def is_followed(self) -> bool:
        """Whether anybody listens."""
        return bool(self._connections)

    def cut(self) -> None:
        """End all connections without a word."""
        for connection in self._connections:
            connection.cut()

    def silence(self) -> None:
        """The connections that are open now stay open and carry nothing any more; later ones are sound."""
        for connection in self._connections:
            connection.silence()

    def _note(self, event: Event) -> None:
        if isinstance(event, EVERYONES):
            return
        if not self._batch:
            asyncio.get_running_loop().call_soon(self._flush)
        self._batch.append(event)

    def _flush(self) -> None:
        batch, self._batch = self._batch, []
        messages = self._events.messages(batch, self._exchange.listen_keys.live or "")
        for delivery in self._exchange.stream_faults.deliveries(messages):
            self._deliver(delivery)
        for event in batch:
            if isinstance(event, ListenKeyGone) and not event.expired:
                self._close(event.key)

    def _deliver(self, delivery: Delivery) -> None:
        if delivery.message is not None:
            if delivery.delay_ms:
                loop = asyncio.get_running_loop()
                loop.call_later(delivery.delay_ms / 1000, self._send, delivery.message)
            else:
                self._send(delivery.message)
        elif delivery.action == "cut":
            self.cut()
        elif delivery.action == "silence":
            self.silence()
        else:
            self._exchange.listen_keys.expire()

    def _send(self, message: UserMessage) -> None:
        for connection in self._connections:
            for followed in connection.followed:
                if wants(followed, message):
                    connection.send(followed, message.text)

    def _close(self, key: str) -> None:
        for connection in self._connections:
            if any(followed.partition("@")[0] == key for followed in connection.followed):
                connection.close()


def wants(followed: str, message: UserMessage) -> bool:
    """Whether what a client follows, `key` or `key@EVENT/EVENT`, includes the message; the end of a key always."""
    key, narrowed, names = followed.partition("@")
    if key != message.key or not key:
        return False
    return not narrowed or message.name in names.split("/") or message.name == "listenKeyExpired"
