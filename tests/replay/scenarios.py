"""What is recorded: one close for each way that a workflow can take."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from contracts.mode import Mode
from tests.lab import Lab

SYMBOL = "SOLUSDT"


@dataclass(frozen=True)
class Scenario:
    """Everything that happens to one symbol until its workflow has ended."""

    play: Callable[[Lab], Awaitable[None]]
    hedge: bool = False
    mode: Mode = Mode.LIVE

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


async def already_flat(lab: Lab) -> None:
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
    assert lab.exchange is not None
    await lab.exchange._client.futures_create_algo_order(
        algoType="CONDITIONAL", symbol=SYMBOL, side="SELL", type="STOP_MARKET", triggerPrice="50", quantity="10",
        reduceOnly="true", clientAlgoId="stop-1",
    )  # fmt: skip
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
    Scenario(already_flat),
    Scenario(blocked),
    Scenario(suggested, mode=Mode.SHADOW),
    Scenario(called_a_human),
    Scenario(reads_failed_for_a_while),
    Scenario(stops_cancelled),
)
