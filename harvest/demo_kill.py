"""The scene in which the worker is killed while its order is at the exchange and the answer is not back."""

import time

from harvest.child import Child
from harvest.close_record import CloseRecord
from harvest.demo_script import KILL
from harvest.demo_stage import Stage
from harvest.outside import OrderRequest
from harvest.proofs import KillEvidence

ANSWER_DELAY_MS = 3000
"""How late the exchange answers: long enough to kill in between, whatever the machine."""
_ARRIVAL_TIMEOUT_S = 10.0


async def kill_and_resume(stage: Stage) -> tuple[CloseRecord, KillEvidence | None]:
    """Decide, kill at the worst moment, start another worker at once, and see who finishes it."""
    await stage.open(KILL)
    await stage.outside.delay_answer(KILL.symbol, ANSWER_DELAY_MS)
    before = await stage.witness.orders(KILL.symbol)
    record = await stage.decide(KILL)
    arrived = await stage.outside.order_arrives(record.symbol, record.sent_ms, timeout_s=_ARRIVAL_TIMEOUT_S)
    if arrived is None:
        return record, None
    dead = await stage.stack.kill_worker()
    killed_ms = time.time_ns() // 1_000_000
    record.stages["ordered"] = round(arrived.arrived_ms) - record.sent_ms
    stage.show(record)
    successor = await stage.stack.start_worker()
    await stage.await_result(record)
    await stage.gather_evidence(KILL, record, before)
    return record, await _evidence(stage, record, arrived, dead, successor, killed_ms)


async def _evidence(
    stage: Stage, record: CloseRecord, arrived: OrderRequest, dead: Child, successor: Child, killed_ms: int
) -> KillEvidence:
    requests = await stage.outside.requests(record.symbol)
    return KillEvidence(
        symbol=record.symbol,
        killed_pid=dead.pid,
        new_pid=successor.pid,
        order_arrived_ms=round(arrived.arrived_ms),
        answer_due_ms=round(arrived.arrived_ms) + ANSWER_DELAY_MS,
        killed_ms=killed_ms,
        result_ms=record.result.published_ms if record.result else None,
        outcome=record.outcome,
        orders=len(requests),
    )
