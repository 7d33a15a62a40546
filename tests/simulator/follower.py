"""A WebSocket client of the simulator's streams."""

import json

import aiohttp

from tests.simulator.client import Client, Row

KEY_PATH = "/fapi/v1/listenKey"


class Follower:
    """Follows one connection."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self._number = 0

    async def next(self) -> Row:
        """The next message, whatever it is."""
        message = await self.socket.receive(timeout=5)
        assert message.type is aiohttp.WSMsgType.TEXT, message
        value = json.loads(message.data)
        return value if isinstance(value, dict) else {"rows": value}

    async def ask(self, method: str, *params: object) -> tuple[list[Row], Row]:
        """What came before the answer to a request, and the answer."""
        self._number += 1
        await self.socket.send_json({"method": method, "params": list(params), "id": self._number})
        before: list[Row] = []
        while (message := await self.next()).get("id") != self._number:
            before.append(message)
        return before, message

    async def told(self) -> list[Row]:
        """Everything that was sent up to now."""
        before, _ = await self.ask("LIST_SUBSCRIPTIONS")
        return before

    async def labels(self) -> list[str]:
        """The same, as labels."""
        return [label(message) for message in await self.told()]

    async def ended(self) -> int | None:
        """Wait until the other side has ended the connection; its code, None without one."""
        message = await self.socket.receive(timeout=5)
        while message.type is aiohttp.WSMsgType.TEXT:
            message = await self.socket.receive(timeout=5)
        return self.socket.close_code if message.type is aiohttp.WSMsgType.CLOSE else None


def label(message: Row) -> str:
    """Event type and step: ORDER_TRADE_UPDATE:TRADE, ALGO_UPDATE:NEW, ACCOUNT_UPDATE."""
    about = message.get("o")
    step = about.get("x") or about.get("X") if isinstance(about, dict) else None
    return f"{message['e']}:{step}" if step else str(message["e"])


def part(row: Row, name: str) -> Row:
    """The object under that name."""
    value = row[name]
    assert isinstance(value, dict), value
    return value


async def listen_key(client: Client) -> str:
    """The account's key."""
    return str((await key_call(client, "POST"))["listenKey"])


async def key_call(client: Client, method: str, query: str = "", key: str = "sim-key") -> Row:
    """A call about the key, as an object whatever the outcome."""
    return (await client.raw(method, KEY_PATH, query, **{"X-MBX-APIKEY": key})).row


async def connect(client: Client, path: str, *, autoping: bool = True) -> Follower:
    """Connect to an address."""
    return Follower(await client.session.ws_connect(f"{client.simulator.url}{path}", autoping=autoping))


async def follow(client: Client) -> Follower:
    """Follow the account as the documentation shows it."""
    return await connect(client, f"/private/ws?listenKey={await listen_key(client)}")
