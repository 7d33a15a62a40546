"""Decisions about one symbol meet: joined, escalated or made to wait, and every entry gets exactly one answer."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal

from contracts.names import STREAM_INTENT
from tests.bridge.servers import eventually
from tests.lab import Fields, Lab

OVERLOADED = -1008


async def outcomes(lab: Lab, entries: Sequence[str]) -> list[str]:
    """The outcome of each entry; there is exactly one answer to each, also after everything has come to rest."""
    for entry in entries:
        await lab.result(entry)
    symbols = {fields["symbol"] for fields in await lab.stream(STREAM_INTENT)}
    for symbol in symbols:
        await lab.handle(symbol).result()
    answers = [await lab.results(entry) for entry in entries]
    assert [len(answer) for answer in answers] == [1] * len(entries)
    return [answer[0]["outcome"] for answer in answers]


async def accepted(lab: Lab, symbol: str) -> list[Decimal]:
    """Quantities of the orders that the exchange took."""
    return [Decimal(row["params"]["quantity"]) for row in await lab.requests(symbol) if row["outcome"] == "accepted"]


async def send_and_hold(lab: Lab, symbol: str, **fields: str) -> str:
    """Send a close that sits in its first snapshot for a while, and return when it sits there."""
    await lab.fault("executed_delay", call="GET /fapi/v3/positionRisk", delay_ms=700)
    entry = await lab.send(symbol, **fields)

    async def struck() -> bool:
        return bool((await lab.call("GET", "/sim/faults"))["injected"])

    await eventually(struck)
    return entry


async def test_a_partial_close_that_gets_nowhere_gives_way_to_a_full_one(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "100")
    await lab.fault("error", times=3, code=OVERLOADED)
    partial = await lab.send("SOLUSDT", "PARTIAL_CLOSE", percentage="0.25")
    await lab.until("SOLUSDT", attempts=1)

    full = await lab.send("SOLUSDT")

    assert await outcomes(lab, [partial, full]) == ["SUPERSEDED", "CLOSED_FLAT"]
    assert await accepted(lab, "SOLUSDT") == [100]
    assert await lab.position("SOLUSDT") == 0


async def test_a_partial_close_whose_order_is_out_is_counted_before_the_full_one_goes_on(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "100")
    await lab.fault("executed_delay", delay_ms=700)
    partial = await lab.send("SOLUSDT", "PARTIAL_CLOSE", percentage="0.25")
    await lab.until("SOLUSDT", attempts=1)

    full = await lab.send("SOLUSDT")

    assert await outcomes(lab, [partial, full]) == ["REDUCED", "CLOSED_FLAT"]
    assert await accepted(lab, "SOLUSDT") == [25, 75]
    assert Decimal((await lab.result(full))["filled_qty"]) == 75
    assert len(await lab.trades_closed()) == 1


async def test_a_partial_close_that_was_filled_in_part_says_so_when_it_gives_way(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "100")
    await lab.fault("partial_fill", fraction="0.4")
    await lab.fault("error", times=3, code=OVERLOADED)
    partial = await lab.send("SOLUSDT", "PARTIAL_CLOSE", percentage="0.5")
    await lab.until("SOLUSDT", attempts=2)

    full = await lab.send("SOLUSDT")

    assert await outcomes(lab, [partial, full]) == ["SUPERSEDED", "CLOSED_FLAT"]
    assert Decimal((await lab.result(partial))["filled_qty"]) == 20
    assert Decimal((await lab.result(full))["filled_qty"]) == 80
    assert await lab.executed("SOLUSDT") == 100


async def test_a_partial_close_whose_answer_is_lost_does_not_keep_a_full_one_waiting(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "100")
    await lab.fault("refused_cut")
    partial = await lab.send("SOLUSDT", "PARTIAL_CLOSE", percentage="0.25")
    await lab.until("SOLUSDT", phase="settle")

    full = await lab.send("SOLUSDT")

    first_outcome, last_outcome = await outcomes(lab, [partial, full])
    assert (first_outcome, last_outcome) == ("SUPERSEDED", "CLOSED_FLAT")
    assert await lab.executed("SOLUSDT") == 100


async def test_an_emergency_takes_over_from_a_full_close_that_gets_nowhere(lab: Lab) -> None:
    await lab.open("SOLUSDT", "SHORT", "40")
    await lab.fault("error", times=3, code=OVERLOADED)
    full = await lab.send("SOLUSDT")
    await lab.until("SOLUSDT", attempts=1)

    emergency = await lab.send("SOLUSDT", "EMERGENCY_CLOSE")

    assert await outcomes(lab, [full, emergency]) == ["SUPERSEDED", "CLOSED_FLAT"]
    assert await accepted(lab, "SOLUSDT") == [40]


async def test_an_emergency_that_finds_the_close_done_sends_nothing(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "40")
    await lab.fault("executed_delay", delay_ms=700)
    full = await lab.send("SOLUSDT")
    await lab.until("SOLUSDT", attempts=1)

    emergency = await lab.send("SOLUSDT", "EMERGENCY_CLOSE")

    assert await outcomes(lab, [full, emergency]) == ["CLOSED_FLAT", "ALREADY_FLAT"]
    assert len(await lab.requests("SOLUSDT")) == 1


async def test_r35_a_partial_close_never_weakens_a_running_full_one(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "40")
    await lab.fault("executed_delay", delay_ms=700)
    full = await lab.send("SOLUSDT")
    await lab.until("SOLUSDT", attempts=1)

    partials = [await lab.send("SOLUSDT", action) for action in ("PARTIAL_25", "PARTIAL_50", "PARTIAL_75")]

    assert await outcomes(lab, [full, *partials]) == ["CLOSED_FLAT", "SUPERSEDED", "SUPERSEDED", "SUPERSEDED"]
    assert (await lab.result(partials[0]))["joined"] == full
    assert await accepted(lab, "SOLUSDT") == [40]


async def test_another_rung_waits_for_the_running_one_and_takes_its_part_of_what_is_left(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "100")
    await lab.fault("executed_delay", delay_ms=700)
    first = await lab.send("SOLUSDT", "PARTIAL_25")
    await lab.until("SOLUSDT", attempts=1)

    second = await lab.send("SOLUSDT", "PARTIAL_50")

    assert await outcomes(lab, [first, second]) == ["REDUCED", "REDUCED"]
    assert await accepted(lab, "SOLUSDT") == [25, Decimal("37.5")]
    assert await lab.position("SOLUSDT") == Decimal("37.5")


async def test_r01_repeats_of_a_running_decision_share_its_result(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "40")
    await lab.fault("executed_delay", delay_ms=700)
    first = await lab.send("SOLUSDT")
    await lab.until("SOLUSDT", attempts=1)

    repeats = [await lab.send("SOLUSDT", "CLOSE", source=f"service-{number}") for number in range(4)]

    assert await outcomes(lab, [first, *repeats]) == ["CLOSED_FLAT", "JOINED", "JOINED", "JOINED", "JOINED"]
    assert {(await lab.result(entry))["joined"] for entry in repeats} == {first}
    assert len(await lab.requests("SOLUSDT")) == 1


async def test_hedge_mode_the_other_side_waits_its_turn_and_is_closed_then(hedge_lab: Lab) -> None:
    await hedge_lab.open("SOLUSDT", "LONG", "10")
    await hedge_lab.open("SOLUSDT", "SHORT", "4")
    await hedge_lab.fault("executed_delay", delay_ms=700)
    long = await hedge_lab.send("SOLUSDT", side="LONG")
    await hedge_lab.until("SOLUSDT", attempts=1)

    short = await hedge_lab.send("SOLUSDT", side="SHORT")

    assert await outcomes(hedge_lab, [long, short]) == ["CLOSED_FLAT", "CLOSED_FLAT"]
    assert [row["params"]["positionSide"] for row in await hedge_lab.requests("SOLUSDT")] == ["LONG", "SHORT"]
    assert await hedge_lab.position("SOLUSDT") == 0
    assert len(await hedge_lab.trades_closed()) == 2


async def test_hedge_mode_an_emergency_of_the_other_side_does_not_swallow_this_one(hedge_lab: Lab) -> None:
    await hedge_lab.open("SOLUSDT", "LONG", "10")
    await hedge_lab.open("SOLUSDT", "SHORT", "4")
    await hedge_lab.fault("error", times=2, code=OVERLOADED)
    long = await hedge_lab.send("SOLUSDT", "PARTIAL_CLOSE", side="LONG", percentage="0.5")
    await hedge_lab.until("SOLUSDT", attempts=1)

    short = await hedge_lab.send("SOLUSDT", "EMERGENCY_CLOSE", side="SHORT")

    assert await outcomes(hedge_lab, [long, short]) == ["REDUCED", "CLOSED_FLAT"]
    assert await hedge_lab.position("SOLUSDT", "LONG") == 5
    assert await hedge_lab.position("SOLUSDT", "SHORT") == 0


async def test_ten_producers_saying_different_things_at_once_get_ten_answers_and_one_flat_position(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "100")
    said: list[tuple[str, Fields]] = [
        ("PARTIAL_25", {"source": "harvest_brain"}),
        ("PARTIAL_CLOSE", {"percentage": "0.5", "intent_id": "a-1"}),
        ("PARTIAL_CLOSE", {"quantity": "3", "intent_id": "b-1"}),
        ("CLOSE", {"percentage": "1.0", "reason": "stop_loss_triggered"}),
        ("PARTIAL_75", {}),
        ("EMERGENCY_CLOSE", {"source": "safety"}),
        ("HOLD", {}),
        ("FROBNICATE", {}),
        ("FULL_CLOSE_PROPOSED", {"plan_id": "0123456789abcdef"}),
        ("CLOSE", {"side": "LONG"}),
    ]

    entries = list(await asyncio.gather(*(lab.send("SOLUSDT", action, **more) for action, more in said)))

    results = await outcomes(lab, entries)
    assert len(results) == 10
    assert results.count("CLOSED_FLAT") == 1
    assert await lab.position("SOLUSDT") == 0
    assert await lab.executed("SOLUSDT") == 100
    assert len(await lab.trades_closed()) == 1


async def test_a_repeat_of_a_decision_that_was_blocked_for_its_own_fault_is_closed_and_not_swallowed(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")
    strangers = await send_and_hold(lab, "SOLUSDT", account="somebody-else")

    ours = await lab.send("SOLUSDT")

    assert await outcomes(lab, [strangers, ours]) == ["BLOCKED", "CLOSED_FLAT"]
    assert await lab.position("SOLUSDT") == 0


async def test_r65_a_fresh_repeat_of_a_decision_that_is_too_old_is_closed_and_not_swallowed(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")
    old = await send_and_hold(lab, "SOLUSDT", timestamp="2026-01-01T00:00:00Z")

    fresh = await lab.send("SOLUSDT")

    first, second = await outcomes(lab, [old, fresh])
    assert first in {"SKIPPED_STALE", "ALREADY_FLAT"}
    assert second == "CLOSED_FLAT"


async def test_decisions_that_wait_are_counted_in_the_status(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "100")
    await lab.fault("executed_delay", delay_ms=700)
    first = await lab.send("SOLUSDT", "PARTIAL_25")
    await lab.until("SOLUSDT", attempts=1)
    second = await lab.send("SOLUSDT", "PARTIAL_50")

    status = await lab.until("SOLUSDT", waiting_decisions=1)

    assert status["action"] == "PARTIAL_25"
    assert await outcomes(lab, [first, second]) == ["REDUCED", "REDUCED"]


async def test_a_full_close_is_not_given_up_for_an_emergency_of_another_account(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")
    await lab.fault("error", code=OVERLOADED, times=3)
    ours = await lab.send("SOLUSDT")
    await lab.until("SOLUSDT", attempts=1)

    theirs = await lab.send("SOLUSDT", "EMERGENCY_CLOSE", account="somebody-else")

    assert await outcomes(lab, [ours, theirs]) == ["CLOSED_FLAT", "BLOCKED"]
    assert (await lab.result(theirs))["decisive"] == "wrong_account"
    assert await lab.position("SOLUSDT") == 0


async def test_a_fresh_full_close_is_not_given_up_for_an_emergency_that_is_too_old(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")
    await lab.fault("error", code=OVERLOADED, times=3)
    fresh = await lab.send("SOLUSDT")
    await lab.until("SOLUSDT", attempts=1)

    old = await lab.send("SOLUSDT", "EMERGENCY_CLOSE", timestamp="2026-01-01T00:00:00Z")

    first, second = await outcomes(lab, [fresh, old])
    assert first == "CLOSED_FLAT"
    assert second in {"SKIPPED_STALE", "ALREADY_FLAT"}


async def test_hedge_mode_a_full_close_of_one_side_is_not_given_up_for_an_emergency_that_names_none(
    hedge_lab: Lab,
) -> None:
    await hedge_lab.open("SOLUSDT", "LONG", "10")
    await hedge_lab.open("SOLUSDT", "SHORT", "4")
    await hedge_lab.fault("error", code=OVERLOADED, times=3)
    named = await hedge_lab.send("SOLUSDT", side="LONG")
    await hedge_lab.until("SOLUSDT", attempts=1)

    unnamed = await hedge_lab.send("SOLUSDT", "EMERGENCY_CLOSE")

    assert await outcomes(hedge_lab, [named, unnamed]) == ["CLOSED_FLAT", "BLOCKED"]
    assert (await hedge_lab.result(unnamed))["decisive"] == "position_side_ambiguous"
    assert await hedge_lab.position("SOLUSDT", "LONG") == 0
    assert await hedge_lab.position("SOLUSDT", "SHORT") == -4


async def test_hedge_mode_a_close_of_the_side_that_opened_meanwhile_is_not_joined_to_the_other_ones(
    hedge_lab: Lab,
) -> None:
    await hedge_lab.open("SOLUSDT", "LONG", "10")
    await hedge_lab.fault("executed_delay", delay_ms=700)
    unnamed = await hedge_lab.send("SOLUSDT")
    await hedge_lab.until("SOLUSDT", attempts=1)
    await hedge_lab.open("SOLUSDT", "SHORT", "4")

    short = await hedge_lab.send("SOLUSDT", side="SHORT")

    assert await outcomes(hedge_lab, [unnamed, short]) == ["CLOSED_FLAT", "CLOSED_FLAT"]
    assert await hedge_lab.position("SOLUSDT") == 0


async def test_r18_what_is_refused_alone_is_refused_beside_a_running_close_too(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")
    await lab.fault("executed_delay", delay_ms=700)
    ours = await lab.send("SOLUSDT")
    await lab.until("SOLUSDT", attempts=1)

    unknown = await lab.send("SOLUSDT", "FROBNICATE")
    theirs = await lab.send("SOLUSDT", account="somebody-else")

    assert await outcomes(lab, [ours, unknown, theirs]) == ["CLOSED_FLAT", "BLOCKED", "BLOCKED"]
