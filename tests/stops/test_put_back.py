"""A close has swept a stop away, and it cannot be put back at once: it is put back later, and not forgotten (R56)."""

from decimal import Decimal

import pytest

from contracts.names import KEY_FREEZE
from simulator.depth import Depth
from tests.bridge.servers import eventually
from tests.lab import Lab
from tests.stops.stage import POST, SOL, ended, look, move, orders, price, resting, stops_of

READ = "GET /fapi/v1/openAlgoOrders"
PATIENCE = 30.0
LOOKS_IN_VAIN, READS_A_LOOK = 2, 3


async def put_back(lab: Lab) -> None:
    """Return when it rests again, for what is left."""

    await eventually(lambda: rests(lab, Decimal(50)), PATIENCE)


async def test_refused_once_it_is_sent_again_although_nobody_rings(lab: Lab) -> None:
    await lab.open(SOL, "LONG", "100")
    assert (await move(lab, "140"))["outcome"] == "STOP_MOVED"
    await lab.fault("refusal", POST, code=-4045)
    await lab.fault("refusal", code=-4118)

    assert (await lab.close(SOL, "PARTIAL_CLOSE", percentage="0.5"))["outcome"] == "REDUCED"

    await put_back(lab)


async def test_frozen_meanwhile_it_is_put_back_when_the_freeze_is_lifted(lab: Lab) -> None:
    await lab.open(SOL, "LONG", "50")
    assert (await move(lab, "140"))["outcome"] == "STOP_MOVED"
    (stop,) = await orders(lab)
    assert lab.exchange is not None
    await lab.redis.set(KEY_FREEZE, "a human")
    await lab.exchange.cancel_algo_order(SOL, stop.algo_id)
    await look(lab)  # as a close does that has cancelled it
    assert (await move(lab, "141"))["decisive"] == "human_freeze"  # behind the look
    assert await resting(lab) == []

    await lab.redis.delete(KEY_FREEZE)

    await put_back(lab)


async def test_while_nothing_can_be_read_it_pauses_between_its_looks_and_then_puts_it_back(lab: Lab) -> None:
    await lab.open(SOL, "LONG", "50")
    assert (await move(lab, "140"))["outcome"] == "STOP_MOVED"
    (stop,) = await orders(lab)
    assert lab.exchange is not None
    await lab.exchange.cancel_algo_order(SOL, stop.algo_id)
    await lab.fault("error", READ, code=-1008, msg="overloaded", times=LOOKS_IN_VAIN * READS_A_LOOK)
    await look(lab)

    async def blind_and_back() -> bool:
        struck = (await lab.call("GET", "/sim/faults"))["injected"]
        return len(struck) == LOOKS_IN_VAIN * READS_A_LOOK

    await eventually(blind_and_back, PATIENCE)
    await put_back(lab)
    kinds = [event.WhichOneof("attributes") for event in (await stops_of(lab).fetch_history()).events]
    assert kinds.count("timer_started_event_attributes") >= LOOKS_IN_VAIN


@pytest.mark.parametrize("back", ["", "145"])
async def test_it_fires_into_a_book_that_holds_only_a_part_and_the_rest_is_not_left_naked(lab: Lab, back: str) -> None:
    await lab.open(SOL, "LONG", "100")
    assert (await move(lab, "140"))["outcome"] == "STOP_MOVED"
    await looked_at_often(lab)
    thin(lab)

    await price(lab, "139.5")
    left = await lab.position(SOL)
    assert 0 < left < 100
    assert await resting(lab) == []
    if back:
        await price(lab, back)

    if back:
        await eventually(lambda: rests(lab, left), PATIENCE)
    else:
        await eventually(lambda: flat(lab), PATIENCE)
        await ended(lab)


async def looked_at_often(lab: Lab) -> None:
    """As after a doubtful send: nobody rings, and the next looks are not a minute away."""
    await lab.fault("refused_cut", POST)
    await lab.fault("refusal", POST, code=-4164)
    assert (await move(lab, "141"))["decisive"] == "stop_refused"


async def rests(lab: Lab, quantity: Decimal) -> bool:
    return await resting(lab) == [("SELL", Decimal(140), quantity)]


def thin(lab: Lab) -> None:
    """A book that holds less than the position within the allowed price."""
    lab.simulator.gateway.exchange.book.set_depth(SOL, Depth(levels=20, first=Decimal(1)))


async def flat(lab: Lab) -> bool:
    return await lab.position(SOL) == 0
