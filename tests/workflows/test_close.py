"""Plain closes through everything: stream, bridge, Temporal, exchange, result."""

from decimal import Decimal

import pytest

from contracts.names import STREAM_SUGGESTIONS
from tests.lab import Lab


async def test_full_close_of_a_long_ends_flat_with_price_fee_and_profit_from_the_fills(lab: Lab) -> None:
    await lab.open("AEVOUSDT", "LONG", "64606.4")

    result = await lab.close("AEVOUSDT", percentage="1.0", reason="emergency_stop_loss (R=-2.21)")

    assert result["outcome"] == "CLOSED_FLAT"
    assert await lab.position("AEVOUSDT") == 0
    fills = (await lab.call("GET", "/sim/ledger", symbol="AEVOUSDT"))["fills"]
    ours = [fill for fill in fills if fill["client_order_id"].startswith("hv-")]
    assert result["order_id"] == str(ours[0]["order_id"])
    assert Decimal(result["filled_qty"]) == Decimal("64606.4")
    assert Decimal(result["avg_price"]) == Decimal(ours[0]["price"])
    assert Decimal(result["commission"]) == sum(Decimal(fill["commission"]) for fill in ours)
    assert Decimal(result["realized_pnl"]) == sum(Decimal(fill["realized_pnl"]) for fill in ours)
    assert result["order_status"] == "FILLED"
    assert (result["executed"], result["reduceOnly"]) == ("true", "true")


async def test_full_close_of_a_short_buys_it_back(lab: Lab) -> None:
    await lab.open("ETHUSDT", "SHORT", "3.681")

    result = await lab.close("ETHUSDT")

    assert (result["outcome"], result["side"], result["position_side"]) == ("CLOSED_FLAT", "BUY", "SHORT")
    assert Decimal(result["position_amt_before"]) == Decimal("-3.681")
    assert await lab.position("ETHUSDT") == 0


async def test_a_closed_trade_is_announced_once_with_the_price_of_the_fills(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")

    result = await lab.close("SOLUSDT", entry_price="1", exit_price="2")

    closed = await lab.trades_closed()
    assert [trade["symbol"] for trade in closed] == ["SOLUSDT"]
    assert closed[0]["exit_price"] == result["avg_price"]
    assert closed[0]["side"] == "LONG"


@pytest.mark.parametrize(
    ("fraction", "left"), [("0.25", "75"), ("0.5", "50"), ("0.75", "25"), ("0.38", "62"), ("25", "75"), ("0.1", "90")]
)
async def test_r67_each_fraction_is_honoured_exactly(lab: Lab, fraction: str, left: str) -> None:
    await lab.open("SOLUSDT", "LONG", "100")

    result = await lab.close("SOLUSDT", "PARTIAL_CLOSE", percentage=fraction)

    assert result["outcome"] == "REDUCED"
    assert await lab.position("SOLUSDT") == Decimal(left)


async def test_the_ladder_of_a_short_takes_fractions_of_what_is_there(lab: Lab) -> None:
    await lab.open("BTCUSDT", "SHORT", "100")

    left = []
    for action in ("PARTIAL_25", "PARTIAL_50", "PARTIAL_75"):
        await lab.close("BTCUSDT", action)
        left.append(await lab.position("BTCUSDT"))

    assert left == [Decimal(-75), Decimal("-37.5"), Decimal("-9.375")]


async def test_r68_a_repeated_tranche_is_taken_once(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "100")

    entries = [await lab.send("SOLUSDT", "PARTIAL_25") for _ in range(20)]
    results = [await lab.result(entry) for entry in entries]

    assert [result["outcome"] for result in results].count("REDUCED") == 1
    assert {result["outcome"] for result in results} <= {"REDUCED", "JOINED", "ALREADY_DONE"}
    assert len(await lab.requests("SOLUSDT")) == 1
    assert await lab.position("SOLUSDT") == 75


async def test_r01_the_same_entry_five_times_is_one_close_and_five_answers(lab: Lab) -> None:
    await lab.open("BERAUSDT", "LONG", "500")

    entries = [await lab.send("BERAUSDT", percentage="1.0", reason="stop_loss_triggered") for _ in range(5)]
    results = [await lab.result(entry) for entry in entries]

    assert [result["executed"] for result in results].count("true") == 1
    assert {result["outcome"] for result in results} <= {"CLOSED_FLAT", "JOINED", "ALREADY_FLAT"}
    assert len(await lab.requests("BERAUSDT")) == 1
    assert await lab.position("BERAUSDT") == 0


async def test_two_decisions_with_ids_of_their_own_are_two_closes(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "100")

    await lab.close("SOLUSDT", "PARTIAL_CLOSE", percentage="0.25", intent_id="first")
    await lab.close("SOLUSDT", "PARTIAL_CLOSE", percentage="0.25", intent_id="second")
    await lab.close("SOLUSDT", "PARTIAL_CLOSE", percentage="0.25", intent_id="second")

    assert await lab.position("SOLUSDT") == Decimal("56.25")


async def test_nothing_to_close_is_an_answer_and_no_order(lab: Lab) -> None:
    result = await lab.close("XRPUSDT")

    assert (result["outcome"], result["executed"]) == ("ALREADY_FLAT", "false")
    assert await lab.requests("XRPUSDT") == []


async def test_r53_a_position_larger_than_the_largest_order_is_closed_in_pieces(lab: Lab) -> None:
    await lab.open("DOGEUSDT", "LONG", "250000")

    result = await lab.close("DOGEUSDT")

    sent = [Decimal(request["params"]["quantity"]) for request in await lab.requests("DOGEUSDT")]
    assert result["outcome"] == "CLOSED_FLAT"
    assert sum(sent) == 250000
    assert len(sent) > 1
    assert await lab.position("DOGEUSDT") == 0


async def test_r31_a_human_freeze_blocks_and_says_so_and_thawing_lets_the_next_one_through(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")
    await lab.redis.set("quantum:harvest:freeze", "ops: maintenance")

    frozen = await lab.close("SOLUSDT")
    await lab.redis.delete("quantum:harvest:freeze")
    thawed = await lab.close("SOLUSDT")

    assert (frozen["outcome"], frozen["decisive"]) == ("BLOCKED", "human_freeze")
    assert thawed["outcome"] == "CLOSED_FLAT"


async def test_r27_a_critical_kill_score_does_not_stop_a_close(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")
    worst: dict[str | bytes, str] = {"sigma": "0.05", "ts": "-1", "p_trend": "0", "p_mr": "0.5", "p_chop": "0.5"}
    await lab.redis.hset("quantum:marketstate:SOLUSDT", mapping=worst)  # type: ignore[arg-type]

    result = await lab.close("SOLUSDT")

    assert result["outcome"] == "CLOSED_FLAT"
    assert Decimal(result["kill_score"]) > Decimal("0.9")


async def test_r18_an_unknown_action_is_blocked_loudly_and_never_another_action(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")

    result = await lab.close("SOLUSDT", "FROBNICATE")

    assert (result["outcome"], result["decision"]) == ("BLOCKED", "BLOCKED")
    assert result["decisive"] == "action_normalized_frobnicate_unknown_variant"
    assert await lab.position("SOLUSDT") == 10


async def test_an_intent_for_another_account_is_blocked(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")

    result = await lab.close("SOLUSDT", account="somebody-else")

    assert (result["outcome"], result["decisive"]) == ("BLOCKED", "wrong_account")
    assert await lab.position("SOLUSDT") == 10


async def test_queries_answer_after_the_close_has_ended(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")
    await lab.close("SOLUSDT")
    await lab.handle("SOLUSDT").result()

    handle = lab.handle("SOLUSDT")
    status, decision = await handle.query("status"), await handle.query("decision")
    attempts, timeline = await handle.query("attempts"), await handle.query("timeline")

    assert (status["phase"], status["outcome"]) == ("done", "CLOSED_FLAT")
    assert decision["verdict"] == "ALLOW"
    assert Decimal(attempts[0]["ticket"]["quantity"]) == 10
    assert [entry["phase"] for entry in timeline][-1] == "done"


async def test_history_of_a_plain_close_is_as_short_as_designed(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")
    await lab.close("SOLUSDT")
    await lab.handle("SOLUSDT").result()

    events = (await lab.handle("SOLUSDT").fetch_history()).events

    assert len(events) <= 14  # docs/decisions: thirteen, and the outcome attribute


async def test_the_outcome_is_a_search_attribute(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")
    await lab.close("SOLUSDT")
    await lab.handle("SOLUSDT").result()

    described = await lab.handle("SOLUSDT").describe()
    attributes = {pair.key.name: pair.value for pair in described.typed_search_attributes}

    assert attributes["HarvestOutcome"] == "CLOSED_FLAT"
    assert attributes["HarvestSymbol"] == "SOLUSDT"
    assert attributes["HarvestSide"] == "LONG"
    assert attributes["HarvestAccount"] == lab.account


async def test_shadow_mode_suggests_and_never_sends(shadow_lab: Lab) -> None:
    await shadow_lab.open("SOLUSDT", "LONG", "10")

    result = await shadow_lab.close("SOLUSDT")

    assert (result["outcome"], result["executed"], result["would_execute"]) == ("SUGGESTED", "false", "true")
    assert await shadow_lab.requests("SOLUSDT") == []
    assert await shadow_lab.position("SOLUSDT") == 10
    assert len(await shadow_lab.stream(STREAM_SUGGESTIONS)) == 1


async def test_hedge_mode_closes_only_the_named_side(hedge_lab: Lab) -> None:
    await hedge_lab.open("SOLUSDT", "LONG", "10")
    await hedge_lab.open("SOLUSDT", "SHORT", "4")

    result = await hedge_lab.close("SOLUSDT", side="SHORT")

    assert (result["outcome"], result["position_side"]) == ("CLOSED_FLAT", "SHORT")
    assert await hedge_lab.position("SOLUSDT", "SHORT") == 0
    assert await hedge_lab.position("SOLUSDT", "LONG") == 10
    assert "reduceOnly" not in (await hedge_lab.requests("SOLUSDT"))[0]["params"]


async def test_hedge_mode_with_both_sides_open_and_none_named_is_refused_as_ambiguous(hedge_lab: Lab) -> None:
    await hedge_lab.open("SOLUSDT", "LONG", "10")
    await hedge_lab.open("SOLUSDT", "SHORT", "4")

    result = await hedge_lab.close("SOLUSDT")

    assert (result["outcome"], result["decisive"]) == ("BLOCKED", "position_side_ambiguous")
    assert await hedge_lab.requests("SOLUSDT") == []


async def test_hedge_mode_the_only_open_side_needs_no_name(hedge_lab: Lab) -> None:
    await hedge_lab.open("SOLUSDT", "SHORT", "4")

    result = await hedge_lab.close("SOLUSDT", "PARTIAL_CLOSE", percentage="0.5")

    assert result["outcome"] == "REDUCED"
    assert await hedge_lab.position("SOLUSDT", "SHORT") == -2
