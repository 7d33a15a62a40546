"""One message of the user stream, before it is sent."""

from dataclasses import dataclass
from functools import cached_property

from simulator.call import encode

Row = dict[str, object]
NAMES = frozenset(
    {
        "ORDER_TRADE_UPDATE",
        "ACCOUNT_UPDATE",
        "TRADE_LITE",
        "ALGO_UPDATE",
        "ACCOUNT_CONFIG_UPDATE",
        "MARGIN_CALL",
        "listenKeyExpired",
    }
)


@dataclass(frozen=True, eq=False)
class UserMessage:
    """What goes out under a listen key, and by what faults choose it.

    `name` is the event type as clients see it; `step` the execution type of an ORDER_TRADE_UPDATE or the status of an
    ALGO_UPDATE, else empty. `client_id` and `order_id` are the order's, if the message is about one.
    """

    key: str
    name: str
    row: Row
    step: str = ""
    symbol: str | None = None
    client_id: str = ""
    order_id: int = 0

    @cached_property
    def text(self) -> str:
        """As JSON; encoded once for all connections."""
        return encode(self.row)

    @property
    def label(self) -> str:
        """Name and step: ORDER_TRADE_UPDATE:TRADE, ALGO_UPDATE:TRIGGERED, ACCOUNT_UPDATE."""
        return f"{self.name}:{self.step}" if self.step else self.name

    @property
    def fills(self) -> bool:
        """Whether it tells of a fill of an order."""
        return self.name == "ORDER_TRADE_UPDATE" and self.step in {"TRADE", "CALCULATED"}
