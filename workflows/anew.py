"""A run that began with a picture of the past: the position that its decision was about had already been turned over.

Reads may lag by seconds (R52), so a run may begin with a long that is a short by then. Its order is refused (-2022),
and it would end with nothing executed, although what it was to close is open.
"""

from dataclasses import replace

from temporalio import workflow

from contracts.order import PositionSide
from workflows import steps
from workflows.case import Case, Judgement
from workflows.steps import OnWait


async def begun_anew(case: Case, judgement: Judgement, on_wait: OnWait) -> Case | None:
    """The same decision with nothing done yet, if what is open was there before the run first looked; else None.

    What was opened since then is another position, and left alone. Both times are the exchange's.
    """
    if not _may_have_begun_in_the_past(case, judgement) or not workflow.patched("begin-anew"):
        return None
    anew = replace(case, memory=case.memory.anew())
    snapshot = await steps.take_snapshot(anew.snapshot_request(refresh=False), on_wait)
    opened = snapshot.generation
    return None if opened is None or anew.memory.is_another(opened) else anew


def _may_have_begun_in_the_past(case: Case, judgement: Judgement) -> bool:
    """An order was sent, nothing was executed, and the position that was meant by no name is now of the other side.

    In hedge mode one side's opening says nothing about whether the other one was gone by then.
    """
    permit, memory = judgement.permit, case.memory
    turned = permit.decisive == "no_position" and "other_side_open" in permit.reasons
    one_way = all(each.position_side is PositionSide.BOTH for each in judgement.snapshot.positions)
    begun_in_vain = memory.generation is not None and memory.attempts > 0 and not memory.anything_to_confirm
    return turned and one_way and begun_in_vain and case.intent.side is None
