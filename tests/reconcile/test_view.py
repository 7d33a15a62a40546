"""A read counts only where two answers of the exchange agree, and only by what they say."""

import pytest

from contracts.errors import ExchangeError
from tests.reconcile.desk import ETH, SOL, Desk

POSITIONS = "GET /fapi/v3/positionRisk"
ACCOUNT = "GET /fapi/v3/account"


async def test_of_a_symbol_on_which_the_answers_differ_nothing_is_known(desk: Desk) -> None:
    assert desk.exchange is not None
    await desk.open(ETH, "LONG", "1")
    await desk.fault("read_lag", call=POSITIONS, delay_ms=5_000, symbol=SOL)
    await desk.open(SOL, "LONG", "10")

    view = await desk.exchange.reconcile_reads.account_view()

    assert SOL in view.unsettled
    assert SOL not in {each.position.symbol for each in view.held}


async def test_hedge_both_sides_are_seen(hedge_desk: Desk) -> None:
    assert hedge_desk.exchange is not None
    await hedge_desk.open(SOL, "LONG", "10")
    await hedge_desk.open(SOL, "SHORT", "4")

    view = await hedge_desk.exchange.reconcile_reads.account_view()

    assert sorted(each.key for each in view.held) == ["SOLUSDT:LONG", "SOLUSDT:SHORT"]
    assert view.unsettled == frozenset()


@pytest.mark.parametrize("call", [POSITIONS, ACCOUNT])
@pytest.mark.parametrize("kind", ["empty_body", "truncated_body", "json_array", "html_502"])
async def test_an_answer_that_cannot_be_read_is_an_error_and_never_no_positions(
    desk: Desk, call: str, kind: str
) -> None:
    if (call, kind) == (POSITIONS, "json_array"):
        kind = "cut_body"  # an array is what that call answers with
    assert desk.exchange is not None
    await desk.open(SOL, "LONG", "10")
    await desk.fault(kind, call=call)

    with pytest.raises(ExchangeError):
        await desk.exchange.reconcile_reads.account_view()


async def test_a_whole_run_where_everything_is_true_costs_60_of_the_weight(desk: Desk) -> None:
    await desk.open(SOL, "LONG", "10")
    await desk.reconcile()
    before = await weight(desk)

    await desk.reconcile()

    asking = 1
    assert await weight(desk) - before - asking <= 60


async def weight(desk: Desk) -> int:
    """What the exchange has counted of this minute, by the answer to a call that costs 1."""
    assert desk.exchange is not None
    await desk.exchange.exchange_time_ms()
    return int(desk.exchange.usage.weight_1m or 0)
