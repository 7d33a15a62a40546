"""A plain signed client: what a test sends is what goes over the wire."""

import hmac
import json
import time
from dataclasses import dataclass
from urllib.parse import urlencode

import aiohttp
from yarl import URL

from simulator import Simulator

Row = dict[str, object]
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ORDER = "/fapi/v1/order"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came."""

    status: int
    text: str
    headers: dict[str, str]

    @property
    def row(self) -> Row:
        """The answer as an object."""
        value = json.loads(self.text)
        assert isinstance(value, dict), value
        return value

    @property
    def rows(self) -> list[Row]:
        """The answer as a list of objects."""
        value = json.loads(self.text)
        assert isinstance(value, list), value
        return value

    @property
    def code(self) -> object:
        """The refusal's code; the call must have been refused."""
        assert self.status != 200, self.text
        return self.row["code"]


def signed(secret: str, query: dict[str, object], body: dict[str, object] | None = None) -> tuple[str, str]:
    """Query and body texts, signed together, the signature at the end of the body or else of the query."""
    query_text, body_text = urlencode(query), urlencode(body or {})
    signature = hmac.new(secret.encode(), (query_text + body_text).encode(), "sha256").hexdigest()
    if body_text:
        return query_text, f"{body_text}&signature={signature}"
    return f"{query_text}&signature={signature}", ""


class Client:
    """Talks to one simulator."""

    def __init__(self, session: aiohttp.ClientSession, simulator: Simulator) -> None:
        self.session = session
        self.simulator = simulator

    async def raw(self, method: str, path: str, query: str = "", body: str = "", **headers: str) -> Reply:
        """Exactly these texts."""
        url = URL(f"{self.simulator.url}{path}?{query}", encoded=True)
        sent = FORM | headers
        async with self.session.request(method, url, data=body or None, headers=sent) as answer:
            return Reply(answer.status, await answer.text(), dict(answer.headers))

    async def call(self, method: str, path: str, **params: object) -> Reply:
        """A signed call; POST and DELETE carry their parameters in the body."""
        key, secret = self.simulator.config.api_key, self.simulator.config.api_secret
        stamped = {**params}
        stamped.setdefault("timestamp", int(time.time() * 1000))
        empty: dict[str, object] = {}
        sent = (stamped, empty) if method == "GET" else (empty, stamped)
        query, body = signed(secret, *sent)
        return await self.raw(method, path, query, body, **{"X-MBX-APIKEY": key})

    async def get(self, path: str, **params: object) -> Reply:
        """A signed GET."""
        return await self.call("GET", path, **params)

    async def order(self, symbol: str, side: str, quantity: str, **more: object) -> Reply:
        """A market order answered with RESULT, unless told otherwise."""
        params: Row = {"symbol": symbol, "side": side, "type": "MARKET", "quantity": quantity}
        params["newOrderRespType"] = "RESULT"
        return await self.call("POST", ORDER, **(params | more))

    async def limit(self, symbol: str, side: str, quantity: str, price: str, **more: object) -> Reply:
        """A resting limit order, unless told otherwise."""
        return await self.order(
            symbol, side, quantity, **({"type": "LIMIT", "price": price, "timeInForce": "GTC"} | more)
        )

    async def position(self, symbol: str) -> list[tuple[object, object]]:
        """Side and amount of every row of v3 positionRisk."""
        rows = (await self.get("/fapi/v3/positionRisk", symbol=symbol)).rows
        return [(row["positionSide"], row["positionAmt"]) for row in rows]

    async def sim(self, method: str, path: str, **fields: object) -> Reply:
        """A control call; it must succeed."""
        async with self.session.request(method, f"{self.simulator.url}/sim/{path}", json=fields or None) as answer:
            reply = Reply(answer.status, await answer.text(), dict(answer.headers))
        assert reply.status == 200, reply.text
        return reply

    async def fault(self, kind: str, **fields: object) -> None:
        """Arm a fault."""
        await self.sim("POST", "faults", kind=kind, **fields)

    async def hold(self, symbol: str, side: str, quantity: str, **more: object) -> Row:
        """A position that somebody else opened."""
        return (await self.sim("POST", "position", symbol=symbol, side=side, quantity=quantity, **more)).row

    async def requests(self, prefix: str = "") -> list[Row]:
        """Order requests in the ledger."""
        return self._rows(await self.sim("GET", f"ledger?client_order_id_prefix={prefix}"), "requests")

    async def fills(self, prefix: str = "") -> list[Row]:
        """Fills in the ledger."""
        return self._rows(await self.sim("GET", f"ledger?client_order_id_prefix={prefix}"), "fills")

    @staticmethod
    def _rows(reply: Reply, name: str) -> list[Row]:
        rows = reply.row[name]
        assert isinstance(rows, list)
        return rows
