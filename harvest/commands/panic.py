"""`harvest panic`."""

import os
import sys
from typing import Final

from contracts.errors import DependencyUnavailable, HarvestError
from contracts.flatten import FlattenLine, FlattenStatus, LineState
from harvest.exit_code import ExitCode
from harvest.flatten_order import Handle, order_flatten, progress
from harvest.interrupt import run
from harvest.switches import switch_board, who_and_when
from harvest.temporal_client import connect

_LOOKS_AFTER_FLAT: Final = 10
"""About three seconds. The halt of new risk needs Redis; the workflow goes on waiting for it."""


def panic(
    account: str | None = None,
    *,
    reason: str = "by hand",
    yes: str | None = None,
    unfreeze: bool = False,
    redis_url: str | None = None,
    address: str | None = None,
) -> int:
    """Close everything now and halt new risk. Ends with 0 only when the exchange shows no position.

    Interrupting this command does not stop the flattening. New risk stays halted until `harvest resume`.

    Args:
        account: our name of the exchange account; else HARVEST_ACCOUNT, else main.
        reason: shown in every result.
        yes: the account's name again, for scripts: nothing is asked.
        unfreeze: lift a freeze of the closes first; nothing could be closed otherwise.
        redis_url: where the switches are; else HARVEST_REDIS_URL, else the local Redis.
        address: Temporal's host:port; else TEMPORAL_ADDRESS and the rest of Temporal's own configuration.
    """
    name = account or os.environ.get("HARVEST_ACCOUNT") or "main"
    _confirm(name, yes)
    _thaw(redis_url, asked=unfreeze)
    return ExitCode.OK if run(_flatten(name, reason, address)) else ExitCode.FAILED


def _confirm(account: str, yes: str | None) -> None:
    """The account's name, typed or given. Raises HarvestError on anything else."""
    if yes is None:
        print(
            f"This closes EVERY position of account {account} at market. Type {account} to go on: ", end="", flush=True
        )
        yes = sys.stdin.readline().strip()
    if yes != account:
        raise HarvestError(f"not confirmed: nothing was closed (expected {account!r}, got {yes!r})")


def _thaw(redis_url: str | None, *, asked: bool) -> None:
    """A freeze holds back every close. A Redis that is away holds back none, so it does not stop a panic."""
    try:
        with switch_board(redis_url) as board:
            frozen = board.frozen_by()
            if frozen is None:
                return
            if not asked:
                raise HarvestError(f"closes are frozen ({frozen}): nothing can be closed; add --unfreeze to lift that")
            board.unfreeze()
            print(f"lifted the freeze of {frozen}")
    except DependencyUnavailable as away:
        print(f"{away}; going on without it", file=sys.stderr)


async def _flatten(account: str, reason: str, address: str | None) -> bool:
    """Whether the exchange shows no position any more."""
    client = await connect(address)
    handle = await order_flatten(client, account, reason, who_and_when())
    print(f"{handle.id} is under way; it goes on whatever happens to this command")
    status = await _followed(handle)
    print(_verdict(status), flush=True)
    return status.flat


async def _followed(handle: Handle) -> FlattenStatus:
    """Tell what is new until it has ended, or until it is flat and only the halt of new risk is still waited for."""
    told: set[str] = set()
    since_flat = 0
    async for status in progress(handle):
        news = [line for line in _news(status) if line not in told]
        told.update(news)
        print(*news, sep="\n", end="\n" if news else "", flush=True)
        since_flat = since_flat + 1 if status is not None and status.flat else 0
        if status is not None and (status.ended_at is not None or since_flat > _LOOKS_AFTER_FLAT):
            return status
    raise AssertionError("progress ends with an end")


def _news(status: FlattenStatus | None) -> list[str]:
    if status is None:
        return ["waiting for Temporal and a worker: nobody can say how far it is"]
    waiting = [f"waiting for {status.waiting_for}"] if status.waiting_for else []
    halted = ["new risk is halted"] if status.halted else []
    return [*halted, *waiting, *(_line(line) for line in status.lines)]


def _line(line: FlattenLine) -> str:
    how = f" ({line.outcome})" if line.outcome and line.state is not LineState.FLAT else ""
    again = f", close {line.tries}" if line.tries > 1 else ""
    return f"  {line.symbol:<14} {line.side:<5} {line.amount:f}  {line.state}{how}{again}"


def _verdict(status: FlattenStatus) -> str:
    flat = [line for line in status.lines if line.state is LineState.FLAT]
    halt = "new risk is halted until `harvest resume`" if status.halted else "NEW RISK IS NOT HALTED YET"
    if status.flat:
        return f"flat: {len(flat)} positions closed, the exchange shows none; {halt}"
    left = ", ".join(line.name for line in status.lines if line.state is not LineState.FLAT) or "unknown"
    return f"NOT FLAT: {status.waiting_for or 'positions are left'}; left: {left}; {halt}"
