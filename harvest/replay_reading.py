"""Which runs are replayed, and their histories, from the Temporal server. It only lists and reads."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, zip_longest
from typing import Final

from temporalio.client import Client, WorkflowExecution
from temporalio.service import RPCError, RPCStatusCode

from contracts.errors import DependencyUnavailable, HarvestError
from contracts.names import (
    CLOSE_WORKFLOW,
    FLATTEN_WORKFLOW,
    MOVE_STOP_WORKFLOW,
    RECONCILE_WORKFLOW,
    SAFETY_WORKFLOW,
    WATCH_WORKFLOW,
)
from contracts.search import ACCOUNT
from harvest.replaying import Story
from runtime.patience import first_line

TYPES: Final = {
    "close": CLOSE_WORKFLOW,
    "stop": MOVE_STOP_WORKFLOW,
    "flatten": FLATTEN_WORKFLOW,
    "safety": SAFETY_WORKFLOW,
    "reconcile": RECONCILE_WORKFLOW,
    "watch": WATCH_WORKFLOW,
}
"""By the word that their workflow ids begin with, before the account."""


@dataclass(frozen=True)
class Wanted:
    """What to replay."""

    account: str
    since: datetime
    """Closed from here on; running ones always."""
    most: int
    """Closed ones at most, the newest; running ones always."""
    words: tuple[str, ...] = tuple(TYPES)
    """Keys of TYPES."""


@dataclass(frozen=True)
class Selection:
    """The runs that are replayed."""

    runs: tuple[WorkflowExecution, ...]
    left_out: bool
    """Whether more had closed than were wanted at most."""


async def select(client: Client, wanted: Wanted) -> Selection:
    """Running ones first, then closed ones by turns of their types.

    By turns, because the safety net and reconciling end every minute, and would crowd out the closes of the day.

    Raises:
        DependencyUnavailable: Temporal does not answer.
        HarvestError: it does not know our search attributes.
    """
    try:
        running = [await _listed(client, word, wanted.account, "CloseTime IS NULL", None) for word in wanted.words]
        ended = f"CloseTime >= '{wanted.since.isoformat()}'"
        closed = [await _listed(client, word, wanted.account, ended, wanted.most + 1) for word in wanted.words]
    except RPCError as error:
        if error.status is RPCStatusCode.INVALID_ARGUMENT:
            raise HarvestError(
                f"Temporal cannot search namespace {client.namespace} by {ACCOUNT.name} ({first_line(error)});"
                " has a worker of Harvest ever started there?"
            ) from error
        raise DependencyUnavailable(f"Temporal does not list its workflows: {first_line(error)}") from error
    by_turns = [run for turn in zip_longest(*closed) for run in turn if run is not None]
    # One that closed between the two lists is in both.
    runs = {run.run_id: run for run in chain(*running, by_turns[: wanted.most])}
    return Selection(tuple(runs.values()), left_out=len(by_turns) > wanted.most)


async def histories(client: Client, runs: Iterable[WorkflowExecution]) -> AsyncIterator[Story]:
    """As they are now. What Temporal has forgotten since it was listed is left out.

    Raises:
        DependencyUnavailable: Temporal does not answer any more.
    """
    for run in runs:
        try:
            history = await client.get_workflow_handle(run.id, run_id=run.run_id).fetch_history()
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                continue
            raise DependencyUnavailable(
                f"Temporal does not tell the history of {run.id}: {first_line(error)}"
            ) from error
        yield Story(run.id, run.run_id, run.workflow_type, history)


async def _listed(client: Client, word: str, account: str, which: str, most: int | None) -> Sequence[WorkflowExecution]:
    """The newest first, as the server lists them."""
    query = f"WorkflowType = '{TYPES[word]}' AND {which} AND ({ACCOUNT.name} = '{account}' OR {ACCOUNT.name} IS NULL)"
    found: list[WorkflowExecution] = []
    async for run in client.list_workflows(query):
        if _is_of(run, word, account):
            found.append(run)
        if most is not None and len(found) >= most:
            break
    return found


def _is_of(run: WorkflowExecution, word: str, account: str) -> bool:
    """Only closes and stops carry the account as an attribute; the ids of all begin with it.

    An account called like ours with something behind it ("main-2") may be taken for ours then: one replay more.
    """
    name = f"{word}-{account}"
    return run.typed_search_attributes.get(ACCOUNT) == account or run.id == name or run.id.startswith(f"{name}-")
