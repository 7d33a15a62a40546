"""What is recorded: one close for each way that a workflow can take."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from contracts.intent import CloseIntent
from contracts.mode import Mode
from tests.faults.outside import Outside
from tests.lab import Lab

SYMBOL = "SOLUSDT"


@dataclass(frozen=True)
class Scenario:
    """Everything that happens to one symbol until its workflow has ended."""

    play: Callable[[Lab], Awaitable[None]]
    hedge: bool = False
    mode: Mode = Mode.LIVE
    user_stream: bool = False
    order_timeout: float = 1.0
    read_lag: timedelta = timedelta(0)
    apart: bool = False
    """The worker is a process of its own, and the lab an :class:`Outside`."""

    @property
    def name(self) -> str:
        """Also the name of its file."""
        return self.play.__name__


async def full(lab: Lab) -> None:
    await lab.open(SYMBOL, "LONG", "10")
    await lab.close(SYMBOL, reason="stop_loss_triggered")


async def partial(lab: Lab) -> None:
    await lab.open(SYMBOL, "SHORT", "10")
    await lab.close(SYMBOL, "PARTIAL_CLOSE", percentage="0.5", intent_id="brain-1")


async def hedge(lab: Lab) -> None:
    await lab.open(SYMBOL, "LONG", "10")
    await lab.open(SYMBOL, "SHORT", "4")
    await lab.close(SYMBOL, side="SHORT")


async def settled_executed(lab: Lab) -> None:
    await lab.open(SYMBOL, "LONG", "10")
    await lab.fault("executed_cut")
    await lab.close(SYMBOL, "PARTIAL_CLOSE", percentage="0.5")


async def settled_never_executed(lab: Lab) -> None:
    await lab.open(SYMBOL, "LONG", "10")
    await lab.fault("refused_cut")
    await lab.close(SYMBOL, "PARTIAL_CLOSE", percentage="0.5")


async def refused_then_accepted(lab: Lab) -> None:
    await lab.open(SYMBOL, "LONG", "10")
    await lab.fault("error", code=-1111, msg="Precision is over the maximum defined for this asset.")
    await lab.fault("error", code=-2022, msg="ReduceOnly Order is rejected.", times=2)
    await lab.close(SYMBOL)


async def filled_in_part(lab: Lab) -> None:
    await lab.open(SYMBOL, "LONG", "10")
    await lab.fault("partial_fill", fraction="0.4")
    await lab.close(SYMBOL)


async def escalated(lab: Lab) -> None:
    await lab.open(SYMBOL, "LONG", "10")
    await lab.fault("error", code=-1008, msg="overloaded", times=3)
    weak = await lab.send(SYMBOL, "PARTIAL_25")
    await lab.until(SYMBOL, attempts=1)
    strong = await lab.send(SYMBOL)
    await lab.result(weak)
    await lab.result(strong)


async def joined(lab: Lab) -> None:
    await lab.open(SYMBOL, "LONG", "10")
    await lab.fault("executed_delay", delay_ms=700)
    first = await lab.send(SYMBOL)
    await lab.until(SYMBOL, attempts=1)
    repeats = [await lab.send(SYMBOL) for _ in range(2)]
    for entry in (first, *repeats):
        await lab.result(entry)


async def decided_later(lab: Lab) -> None:
    """As joined, since what was decided after the snapshot is answered after another look."""
    await joined(lab)
    await lab.handle(SYMBOL).result()


async def already_flat(lab: Lab) -> None:
    await lab.close(SYMBOL)


async def opened_unseen(lab: Lab) -> None:
    """A position that no read shows for a while, and no user stream told of."""
    await lab.fault("read_lag", call="GET *", delay_ms=1700)
    await lab.open(SYMBOL, "LONG", "10")
    await lab.close(SYMBOL)


async def blocked(lab: Lab) -> None:
    await lab.open(SYMBOL, "LONG", "10")
    await lab.close(SYMBOL, account="somebody-else")


async def suggested(lab: Lab) -> None:
    await lab.open(SYMBOL, "LONG", "10")
    await lab.close(SYMBOL)


async def called_a_human(lab: Lab) -> None:
    await lab.open(SYMBOL, "LONG", "10")
    await lab.fault("error", code=-2015, msg="Invalid API-key, IP, or permissions for action.", status=401)
    await lab.close(SYMBOL)


async def reads_failed_for_a_while(lab: Lab) -> None:
    await lab.open(SYMBOL, "LONG", "10")
    await lab.fault("refused_503_unavailable", call="GET /fapi/v3/positionRisk", times=5)
    await lab.close(SYMBOL)


async def stops_cancelled(lab: Lab) -> None:
    await lab.open(SYMBOL, "LONG", "10")
    await stop_rests(lab)
    await lab.close(SYMBOL)


async def stop_rests(lab: Lab) -> None:
    assert lab.exchange is not None
    await lab.exchange._client.futures_create_algo_order(
        algoType="CONDITIONAL", symbol=SYMBOL, side="SELL", type="STOP_MARKET", triggerPrice="50", quantity="10",
        reduceOnly="true", clientAlgoId="stop-1",
    )  # fmt: skip


async def stop_in_the_way(lab: Lab) -> None:
    await lab.open(SYMBOL, "LONG", "10")
    await stop_rests(lab)
    await lab.fault("error", code=-4118, msg="ReduceOnly Order Failed. Please check your existing position.")
    await lab.close(SYMBOL)


async def stops_swept(lab: Lab) -> None:
    """As stops_cancelled, since what rests is read after the order."""
    await stops_cancelled(lab)
    await lab.handle(SYMBOL).result()


async def found_in_the_way(lab: Lab) -> None:
    """As stop_in_the_way, since what rests is read only then."""
    await stop_in_the_way(lab)
    await lab.handle(SYMBOL).result()


async def stops_unread(lab: Lab) -> None:
    await lab.open(SYMBOL, "LONG", "10")
    await lab.fault("error", call="GET /fapi/v1/openAlgoOrders", code=-1001, status=503, times=-1)
    await lab.close(SYMBOL)
    await lab.handle(SYMBOL).result()


async def killed(lab: Lab) -> None:
    """The worker, while its order is at the exchange and the answer is not back."""
    assert isinstance(lab, Outside)
    await lab.open(SYMBOL, "LONG", "10")
    await lab.fault("executed_delay", delay_ms=30_000)
    entry = await lab.send(SYMBOL)
    await lab.order_arrived(SYMBOL)
    await lab.stack.kill_worker()
    await lab.stack.start_worker()
    await lab.result(entry)


async def killed_never_executed(lab: Lab) -> None:
    assert isinstance(lab, Outside)
    await lab.open(SYMBOL, "LONG", "10")
    await lab.fault("refused_hang", delay_ms=30_000)
    entry = await lab.send(SYMBOL)
    await lab.order_arrived(SYMBOL)
    await lab.stack.kill_worker()
    await lab.stack.start_worker()
    await lab.result(entry)


async def lagging(lab: Lab) -> None:
    await lab.open(SYMBOL, "LONG", "10")
    await lab.fault("read_lag", call="GET /fapi/v3/positionRisk", delay_ms=3_000)
    await lab.close(SYMBOL, "PARTIAL_CLOSE", percentage="0.5")


async def several_pieces(lab: Lab) -> None:
    """One MARKET order may have 5000 at most."""
    await lab.open(SYMBOL, "LONG", "4000")
    for _ in range(3):
        await lab.open(SYMBOL, "LONG", "3000")
    await lab.close(SYMBOL)


async def told_by_the_stream(lab: Lab) -> None:
    await lab.stream_connected()
    await lab.open(SYMBOL, "LONG", "10")
    await lab.close(SYMBOL)


async def overtaken_by_the_stream(lab: Lab) -> None:
    """The stream tells the order's end, its answer does not come."""
    await lab.stream_connected()
    await lab.open(SYMBOL, "LONG", "10")
    await lab.fault("executed_delay", delay_ms=4_000)
    await lab.close(SYMBOL)


async def answered_before(lab: Lab) -> None:
    """The decision is carried out again after its close has ended."""
    decided = datetime.now(UTC)
    await lab.open(SYMBOL, "LONG", "10")
    entry = await lab.send(SYMBOL, timestamp=decided.isoformat())
    await lab.result(entry)
    await lab.handle(SYMBOL).result()
    await lab.open(SYMBOL, "LONG", "7")
    await lab.carry_out(CloseIntent(entry_id=entry, symbol=SYMBOL, action="CLOSE", decided_at=decided))


async def closed_elsewhere(lab: Lab) -> None:
    """Between our read and our order somebody else closes."""
    await lab.open(SYMBOL, "LONG", "10")
    others = {"do": "position", "symbol": SYMBOL, "side": "LONG", "quantity": "-10"}
    await lab.fault("meanwhile", before=[others])
    await lab.close(SYMBOL)


async def throttled(lab: Lab) -> None:
    await lab.open(SYMBOL, "LONG", "10")
    await lab.fault("error", code=-1015, msg="Too many new orders.", status=429, retry_after_s=1)
    await lab.close(SYMBOL)


async def given_up_for_a_stronger(lab: Lab, lost: str = "refused_cut") -> None:
    """A full close arrives while nobody knows what became of a part's order."""
    await lab.open(SYMBOL, "LONG", "10")
    await lab.fault(lost)
    weak = await lab.send(SYMBOL, "PARTIAL_25")
    await lab.until(SYMBOL, phase="settle")
    strong = await lab.send(SYMBOL)
    await lab.result(weak)
    await lab.result(strong)


async def given_up_and_executed(lab: Lab) -> None:
    """A full close goes on while the part's order cannot be read, finds it later, and counts it."""
    await lab.fault("read_lag", call="GET /fapi/v1/order", times=-1, delay_ms=1500)
    await given_up_for_a_stronger(lab, lost="executed_cut")


async def given_up_and_never_executed(lab: Lab) -> None:
    """The full close's result waits for the fence of the part's order."""
    await given_up_for_a_stronger(lab)


async def the_other_side_waits(lab: Lab) -> None:
    await lab.open(SYMBOL, "LONG", "10")
    await lab.open(SYMBOL, "SHORT", "4")
    await lab.fault("executed_delay", delay_ms=700)
    first = await lab.send(SYMBOL, side="LONG")
    await lab.until(SYMBOL, attempts=1)
    second = await lab.send(SYMBOL, side="SHORT")
    await lab.result(first)
    await lab.result(second)


async def decided_before_the_order(lab: Lab) -> None:
    """A repeat of the close waits, and the position is opened anew before the close can be verified."""
    decided = datetime.now(UTC).isoformat()
    await lab.open(SYMBOL, "LONG", "10")
    await lab.fault("error", call="GET /fapi/v3/positionRisk", code=-1001, status=503, skip=1, times=4)
    first = await lab.send(SYMBOL, timestamp=decided)
    await lab.until(SYMBOL, attempts=1)
    repeat = await lab.send(SYMBOL, timestamp=decided)
    await lab.open(SYMBOL, "LONG", "4")
    await lab.result(first)
    await lab.result(repeat)


async def begun_anew(lab: Lab) -> None:
    """It begins with a long that was turned over to a short, as no read shows yet."""
    await lab.open(SYMBOL, "LONG", "10")
    await lab.fault("read_lag", call="GET *", delay_ms=1000)
    await lab.open(SYMBOL, "SHORT", "16")
    await lab.close(SYMBOL)


SCENARIOS = (
    Scenario(full),
    Scenario(partial),
    Scenario(hedge, hedge=True),
    Scenario(settled_executed),
    Scenario(settled_never_executed),
    Scenario(refused_then_accepted),
    Scenario(filled_in_part),
    Scenario(escalated),
    Scenario(joined),
    Scenario(decided_later),
    Scenario(already_flat),
    Scenario(opened_unseen, read_lag=timedelta(seconds=3)),
    Scenario(blocked),
    Scenario(suggested, mode=Mode.SHADOW),
    Scenario(called_a_human),
    Scenario(reads_failed_for_a_while),
    Scenario(stops_cancelled),
    Scenario(stop_in_the_way),
    Scenario(stops_swept),
    Scenario(found_in_the_way),
    Scenario(stops_unread),
    Scenario(killed, apart=True),
    Scenario(killed_never_executed, apart=True),
    Scenario(lagging),
    Scenario(several_pieces),
    Scenario(told_by_the_stream, user_stream=True),
    Scenario(overtaken_by_the_stream, user_stream=True, order_timeout=10.0),
    Scenario(answered_before),
    Scenario(closed_elsewhere),
    Scenario(begun_anew),
    Scenario(decided_before_the_order),
    Scenario(throttled),
    Scenario(given_up_for_a_stronger),
    Scenario(given_up_and_executed),
    Scenario(given_up_and_never_executed),
    Scenario(the_other_side_waits, hedge=True),
)
