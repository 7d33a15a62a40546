"""The watch through everything: market, watch, stream, bridge, close, exchange. By the exchange's own ledger."""

from decimal import Decimal

import pytest
from redis.asyncio import Redis
from temporalio.client import Client

from contracts.names import KEY_CONFIG, key_watch
from tests.watch.watch_lab import WatchLab

SYMBOL = "ETHUSDT"


async def opened(lab: WatchLab, side: str = "LONG", quantity: str = "100", **rules: str) -> None:
    """A position with entry 2500 in a calm market, under the default risk unit of 2 %: 1 R is 50."""
    await lab.market(SYMBOL)
    await lab.configure(SYMBOL, **({"trailing": "off", "profit_lock": "false"} | rules))
    await lab.price(SYMBOL, "2500")
    await lab.call("POST", "/sim/position", symbol=SYMBOL, side=side, quantity=quantity, entry_price="2500")


async def climb(lab: WatchLab, price: str, left: str, rung: str) -> None:
    """The market reaches a target, and what it is worth is closed."""
    await lab.price(SYMBOL, price)
    await lab.until_position(SYMBOL, left)
    await lab.until_told(SYMBOL, lambda report: rung in report.rungs_taken and rung not in report.waiting)


@pytest.mark.parametrize(
    ("side", "prices", "sign"), [("LONG", ("2610", "2710", "2810"), ""), ("SHORT", ("2390", "2290", "2190"), "-")]
)
async def test_r68_two_four_and_six_r_close_25_50_and_75_percent_once_each(
    watched: WatchLab, side: str, prices: tuple[str, str, str], sign: str
) -> None:
    await opened(watched, side)

    for price, left, rung in zip(prices, ("75", "37.5", "9.375"), ("p25", "p50", "p75"), strict=True):
        await climb(watched, price, sign + left, rung)
    await watched.until_status(readable=True)

    intents = await watched.intents()
    assert [fields["action"] for fields in intents] == ["PARTIAL_25", "PARTIAL_50", "PARTIAL_75"]
    assert len({fields["intent_id"] for fields in intents}) == 3
    assert await watched.executed(SYMBOL) == Decimal("90.625")
    assert len(await watched.requests(SYMBOL)) == 3


async def test_r68_a_rung_whose_order_cannot_be_read_for_a_while_is_not_forgotten(watched: WatchLab) -> None:
    await opened(watched)
    await watched.until_report(SYMBOL, rule="none")
    await watched.fault("read_lag", call="GET /fapi/v1/order", delay_ms=2500)

    await climb(watched, "2610", "75", "p25")
    await watched.until_status(readable=True)

    assert await watched.executed(SYMBOL) == 25
    assert len(await watched.requests(SYMBOL)) == 1


async def test_a_loss_beyond_the_limit_is_closed_at_once_with_the_familiar_words(watched: WatchLab) -> None:
    await opened(watched)
    await watched.until_report(SYMBOL, rule="none")

    await watched.price(SYMBOL, "2400")
    await watched.until_position(SYMBOL, "0")

    intents = await watched.intents()
    fields = intents[0]
    assert fields["reason"] == "emergency_stop_loss (R=-2.05)"
    assert (fields["action"], fields["percentage"], fields["urgency"]) == ("CLOSE", "1", "EMERGENCY")
    assert (fields["hold_score"], fields["exit_score"]) == ("0", "10")
    assert (fields["intent_type"], fields["side"], fields["account"]) == ("AUTONOMOUS_EXIT", "LONG", watched.account)
    assert Decimal(fields["pnl_usd"]) == -10000
    assert (Decimal(fields["entry_price"]), Decimal(fields["exit_price"])) == (Decimal(2500), Decimal(2400))
    assert len({fields["intent_id"] for fields in intents}) == 1
    await watched.until_status(positions=())
    assert len(await watched.requests(SYMBOL)) == 1


async def test_a_ladder_is_climbed_in_shares_of_the_original_size(watched: WatchLab) -> None:
    await opened(watched, ladder="0.5:0.25, 1.0:0.25, 1.5:0.25")

    await climb(watched, "2530", "75", "r1")
    await climb(watched, "2560", "50", "r2")
    await climb(watched, "2580", "25", "r3")

    assert {fields["action"] for fields in await watched.intents()} == {"PARTIAL_CLOSE"}
    assert await watched.executed(SYMBOL) == 75


async def test_a_symbols_own_ladder_is_climbed_whatever_all_symbols_say(watched: WatchLab) -> None:
    await watched.redis.hset(KEY_CONFIG, "harvest", "off")
    await opened(watched, ladder="0.5:0.25")

    await climb(watched, "2530", "75", "r1")


async def test_a_memory_that_is_lost_is_found_again_at_the_exchange(watched: WatchLab) -> None:
    await opened(watched)
    await climb(watched, "2610", "75", "p25")
    before = await watched.until_report(SYMBOL, rungs_taken=("p25",))

    await watched.stop()
    await watched.redis.delete(key_watch(watched.account))
    await watched.start()

    await climb(watched, "2710", "37.5", "p50")
    after = await watched.until_report(SYMBOL, rungs_taken=("p25", "p50"))
    assert after.generation == before.generation
    assert await watched.executed(SYMBOL) == Decimal("62.5")
    assert len(await watched.intents("tranche")) == 2


async def test_a_position_opened_anew_takes_its_tranches_anew(watched: WatchLab) -> None:
    await opened(watched)
    await climb(watched, "2610", "75", "p25")
    await watched.price(SYMBOL, "2500")
    await watched.open(SYMBOL, "LONG", "-75")
    await watched.call("POST", "/sim/position", symbol=SYMBOL, side="LONG", quantity="40", entry_price="2500")

    await climb(watched, "2610", "30", "p25")

    first, second = await watched.intents("tranche")
    assert first["intent_id"] != second["intent_id"]


async def test_a_stop_is_asked_for_once_and_seen_when_the_exchange_shows_it(watched: WatchLab) -> None:
    await opened(watched, profit_lock="true")

    await watched.price(SYMBOL, "2580")
    await watched.until_report(SYMBOL, waiting=(), stop=Decimal(2505))
    await watched.price(SYMBOL, "2504")
    await watched.until_position(SYMBOL, "0")

    lock, *closes = await watched.intents()
    assert (lock["action"], Decimal(lock["new_sl_proposed"])) == ("PROFIT_LOCK_SL", Decimal(2505))
    assert (lock["rule"], lock["reason"]) == ("profit_lock", "profit_lock (stop=2505.000)")
    assert {fields["rule"] for fields in closes} <= {"stop_hit"}  # the exchange may have been faster


async def test_in_hedge_mode_each_side_is_judged_by_itself(temporal: Client, redis: Redis) -> None:
    async with WatchLab(temporal, redis, hedge=True) as both:
        await opened(both, "LONG")
        await both.call("POST", "/sim/position", symbol=SYMBOL, side="SHORT", quantity="40", entry_price="2500")

        await both.price(SYMBOL, "2610")  # the long takes its first tranche, the short has lost enough
        await both.until_position(SYMBOL, "75")

        assert {(fields["side"], fields["rule"]) for fields in await both.intents()} == {
            ("LONG", "tranche"),
            ("SHORT", "emergency_stop"),
        }
        assert await both.position(SYMBOL, "SHORT") == 0
