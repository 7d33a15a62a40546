"""Whatever an answer to an order looks like, sending ends in a report: an error would say less than is known."""

import pytest

from contracts.order import Verdict
from exchange.binance import BinanceExchange
from tests.exchange.samples import order_row, ticket
from tests.exchange.stub_exchange import KEY, SECRET, Answer, StubExchange

ORDER = "POST /fapi/v1/order"
FIELDS = (
    *("orderId", "clientOrderId", "status", "side", "positionSide", "origQty", "executedQty"),
    *("avgPrice", "cumQuote", "reduceOnly", "closePosition", "time", "updateTime"),
)
ODD: tuple[object, ...] = (
    None,
    "",
    [],
    {},
    ["x"],
    True,
    -1,
    0,
    1.5,
    10**400,
    "\u00b2",
    "1E999999999999",
    "NaN",
    "-0",
    "\u0663",
    " 1 ",
)
HEADERS = ("Retry-After", "X-MBX-USED-WEIGHT-1M", "X-MBX-ORDER-COUNT-10S", "X-MBX-ORDER-COUNT-1M")


@pytest.mark.parametrize("field", FIELDS)
async def test_an_odd_field(exchange: BinanceExchange, stub: StubExchange, field: str) -> None:
    """The order executed: whoever cannot read the answer must not say that it did not."""
    stub.script(ORDER, *(Answer(order_row(**{field: odd})) for odd in ODD))

    verdicts = [(await exchange.place(ticket(timestamp_ms=exchange.now_ms()))).verdict for _ in ODD]

    assert set(verdicts) <= {Verdict.ACCEPTED, Verdict.UNKNOWN}
    assert len(stub.calls(ORDER)) == len(ODD)


@pytest.mark.parametrize("name", HEADERS)
@pytest.mark.parametrize("value", ["\u00b2", "9" * 5000, "x", "-5"])
async def test_an_odd_header(exchange: BinanceExchange, stub: StubExchange, name: str, value: str) -> None:
    unknown = "Unknown error, please check your request or try again later."
    stub.script(ORDER, Answer(order_row(), headers={name: value}), Answer(unknown, 503, {name: value}))

    accepted, lost = [await exchange.place(ticket(timestamp_ms=exchange.now_ms())) for _ in range(2)]

    assert (accepted.verdict, lost.verdict) == (Verdict.ACCEPTED, Verdict.UNKNOWN)


@pytest.mark.parametrize("field", ["clientOrderId", "orderId", "side", "executedQty", "reduceOnly"])
async def test_an_answer_that_carries_our_key(exchange: BinanceExchange, stub: StubExchange, field: str) -> None:
    """What is said of an answer goes into a history, whatever stands in it."""
    stub.script(ORDER, Answer(order_row(**{field: f"{KEY} signature={SECRET} " + "a b " * 500})))

    report = await exchange.place(ticket(timestamp_ms=exchange.now_ms()))

    assert report.verdict is Verdict.UNKNOWN
    assert len(report.message) < 500
    assert KEY not in report.message
    assert SECRET not in report.message
