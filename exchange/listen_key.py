"""The key by which the exchange lets us listen to the account's user stream. It is a secret: it is in no log line.

One key serves every process of the account: asking for one while one lives answers that one and lengthens its life. So
a key is never deleted: that would end the streams of all the others.
"""

from typing import Final

from contracts.errors import ExchangeRefused
from exchange.background import in_background
from exchange.reads import Reads
from exchange.signed_client import SignedClient
from exchange.wire import UnreadableAnswer, row, text

_INVALID: Final = -1125


class ListenKeys:
    """Obtains and renews it. A key lives for an hour unless renewed."""

    def __init__(self, client: SignedClient, reads: Reads) -> None:
        self._client = client
        self._reads = reads

    async def obtain(self) -> str:
        """The account's key, new or the living one. Weight 1. Raises ExchangeError."""
        try:
            with in_background():
                key = await self._reads.ask(self._client.futures_stream_get_listen_key())
        except (KeyError, TypeError):  # the library takes the key out of the answer and does not look before
            raise UnreadableAnswer("the answer to POST listenKey has no key in it") from None
        return text({"listenKey": key}, "listenKey")

    async def renew(self, key: str) -> str:
        """The key that is good for another hour: this one, or a new one if the exchange has forgotten it.

        Weight 1 or 2. Raises ExchangeError.
        """
        try:
            with in_background():
                answer = await self._reads.ask(self._client.futures_stream_keepalive(key))
        except ExchangeRefused as refused:
            if refused.code != _INVALID:
                raise
            return await self.obtain()
        renewed = row(answer, "a listen key")
        return text(renewed, "listenKey") if "listenKey" in renewed else key
