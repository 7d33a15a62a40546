"""A refusal and what the whole close makes of it: the exchange's ledger says what was sent, and how much executed."""

from decimal import Decimal
from typing import Any

from tests.lab import Lab

ORDER = "/fapi/v1/order"


def quantities(requests: list[dict[str, Any]]) -> list[Decimal]:
    """What each request asked for."""
    return [Decimal(request["params"]["quantity"]) for request in requests]


async def rest_reduce_only(lab: Lab, symbol: str, side: str, quantity: str, price: str) -> None:
    """Somebody's own take profit rests in the book."""
    assert lab.exchange is not None
    await lab.exchange._client.futures_create_order(
        symbol=symbol, side=side, type="LIMIT", timeInForce="GTC", quantity=quantity, price=price, reduceOnly="true"
    )


async def test_a_code_that_nobody_knows_calls_a_human_and_the_close_goes_on(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")
    await lab.fault("error", code=-4999, msg="A rule of tomorrow.", times=2)
    entry = await lab.send("SOLUSDT")

    status = await lab.until("SOLUSDT", needs_human=True)
    result = await lab.result(entry)

    assert status["outcome"] == "NEEDS_HUMAN"
    assert "-4999: A rule of tomorrow." in str(await lab.handle("SOLUSDT").query("timeline"))
    assert result["outcome"] == "CLOSED_FLAT"
    assert await lab.executed("SOLUSDT") == 10


async def test_an_order_that_rests_on_the_same_side_is_cancelled_and_the_close_tried_again(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")
    await rest_reduce_only(lab, "SOLUSDT", "SELL", "10", "900")
    await lab.fault(
        "error", code=-4118, msg="ReduceOnly Order Failed. Please check your existing position and open orders."
    )

    result = await lab.close("SOLUSDT")

    assert lab.exchange is not None
    assert result["outcome"] == "CLOSED_FLAT"
    assert len(await lab.requests("SOLUSDT")) == 2
    assert await lab.exchange.open_orders("SOLUSDT") == ()


async def test_one_that_is_gone_before_we_cancel_it_is_no_obstacle(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")
    await rest_reduce_only(lab, "SOLUSDT", "SELL", "10", "900")
    await lab.fault("error", code=-4118, msg="ReduceOnly Order Failed.")
    await lab.fault("error", call=f"DELETE {ORDER}", code=-2011, msg="Unknown order sent.")

    result = await lab.close("SOLUSDT")

    assert result["outcome"] == "CLOSED_FLAT"
    assert await lab.position("SOLUSDT") == 0


async def test_a_book_too_thin_for_a_full_close_is_sold_to_in_slices(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")
    message = "The counterparty's best price does not meet the PERCENT_PRICE filter limit."
    await lab.fault("error", code=-4131, msg=message, times=2)

    result = await lab.close("SOLUSDT")

    sent = quantities(await lab.requests("SOLUSDT"))
    assert result["outcome"] == "CLOSED_FLAT"
    assert sent[:3] == [Decimal(10), Decimal(5), Decimal("2.5")]
    assert sum(sent[2:]) == 10
    assert await lab.executed("SOLUSDT") == 10
    assert Decimal(result["filled_qty"]) == 10


async def test_r68_a_part_is_never_sliced_since_its_first_order_tells_its_total(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")
    await lab.fault("error", code=-4131, msg="PERCENT_PRICE")

    result = await lab.close("SOLUSDT", "PARTIAL_CLOSE", percentage="0.5")

    assert result["outcome"] == "REDUCED"
    assert quantities(await lab.requests("SOLUSDT")) == [5, 5]
    assert await lab.position("SOLUSDT") == 5


async def test_a_maximum_that_shrank_since_we_read_the_rules_splits_the_order(lab: Lab) -> None:
    await lab.call("POST", "/sim/symbol", symbol="THINUSDT", price="10", tick="0.01", step="0.1", market_max="100")
    assert lab.exchange is not None
    await lab.exchange.symbol_rules("THINUSDT", refresh=True)
    await lab.open("THINUSDT", "LONG", "35")
    await lab.close("THINUSDT", "PARTIAL_CLOSE", quantity="1")  # the rules are known now
    await lab.call("POST", "/sim/symbol", symbol="THINUSDT", price="10", tick="0.01", step="0.1", market_max="10")

    result = await lab.close("THINUSDT")

    sent = quantities(await lab.requests("THINUSDT"))[1:]
    assert result["outcome"] == "CLOSED_FLAT"
    assert sent[0] == 34  # refused: -4005
    assert len(sent[1:]) == 4
    assert max(sent[1:]) == 10
    assert sum(sent[1:]) == 34
    assert await lab.position("THINUSDT") == 0


async def test_r55_reduceonly_refused_in_hedge_mode_is_a_question_of_the_mode(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")
    await lab.fault("error", code=-1106, msg="Parameter 'reduceonly' sent when not required.")

    result = await lab.close("SOLUSDT")

    timeline = await lab.handle("SOLUSDT").query("timeline")
    assert result["outcome"] == "CLOSED_FLAT"
    assert not any("human" in step["text"] for step in timeline)
    assert await lab.executed("SOLUSDT") == 10


async def test_r60_a_clock_that_jumps_while_a_close_runs_delays_it_by_one_attempt(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")
    await lab.close("SOLUSDT", "PARTIAL_CLOSE", quantity="1")
    await lab.call("POST", "/sim/clock", skew_ms=-90_000)

    result = await lab.close("SOLUSDT")

    assert result["outcome"] == "CLOSED_FLAT"
    assert await lab.executed("SOLUSDT") == 10


async def test_r55_the_mode_is_switched_between_the_read_and_the_send(lab: Lab) -> None:
    """The order is on its way as in one-way mode when the account becomes a hedge account; and back."""
    await lab.open("SOLUSDT", "LONG", "10")
    for code, hedge in ((-4061, True), (-4061, False)):
        await lab.fault("error", code=code, msg="Order's position side does not match user's setting.")
        entry = await lab.send("SOLUSDT", "PARTIAL_CLOSE", quantity="4" if hedge else "6")
        await lab.until("SOLUSDT", attempts=1)
        await lab.call("POST", "/sim/mode", hedge=hedge)
        assert (await lab.result(entry))["outcome"] in {"REDUCED", "CLOSED_FLAT"}
        await lab.handle("SOLUSDT").result()

    assert await lab.position("SOLUSDT") == 0
    assert await lab.executed("SOLUSDT") == 10
