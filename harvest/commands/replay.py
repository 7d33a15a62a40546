"""`harvest replay`."""

import json as json_text
import logging
import sys
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final

from cyclopts import Parameter

from harvest.exit_code import ExitCode
from harvest.interrupt import run
from harvest.replay_files import each, make_folder, read_file, save_in
from harvest.replay_options import Senseless, begin_of, check_account, check_beside_files, check_most, words_of
from harvest.replay_reading import Wanted, histories, select
from harvest.replaying import Failure, Report, Story, make_replayer, replay_all
from harvest.temporal_client import connect
from runtime.load import load_settings
from runtime.log_lines import configure_logging
from runtime.settings import LogFormat, LogLevel

_MOST: Final = 500
_SINCE: Final = "24h"
Said = dict[str, Any]
Types = Annotated[tuple[str, ...], Parameter(name="--type", negative="")]
Files = Annotated[tuple[Path, ...], Parameter(name="--file", negative="")]


def replay(
    *,
    account: str | None = None,
    since: str | None = None,
    types: Types = (),
    most: int | None = None,
    files: Files = (),
    save: Path | None = None,
    json: bool = False,
    address: str | None = None,
) -> int:
    """Replay what Temporal remembers with this build's workflows, and name what would not go on under it.

    It changes nothing and calls no activity. Ends with 0 if everything replays, with 1 if something does not.

    Args:
        account: our name of the exchange account; else HARVEST_ACCOUNT, else main.
        since: what closed from here on: a span as in 24h (if not given), 90m or 7d, or a time. Running ones always.
        types: only close, stop, flatten, safety, reconcile or watch; a workflow type's full name means the same.
        most: so many closed workflows at most (500 if not given), the newest. Running ones always.
        files: replay the histories in these files instead; no server is asked.
        save: a folder for the histories that failed, as --file reads them.
        json: one JSON object.
        address: Temporal's host:port; else TEMPORAL_ADDRESS and the rest of Temporal's own configuration.
    """
    about_server = {"account": account, "since": since, "type": types, "most": most, "address": address}
    try:
        if files:
            check_beside_files(about_server)
        wanted = _wanted(account, _SINCE if since is None else since, types, _MOST if most is None else most)
    except Senseless as wrong:
        print(f"harvest: {wrong}", file=sys.stderr)
        return ExitCode.USAGE
    return _replay(None if files else wanted(), files, save, address, json=json)


def _wanted(account: str | None, since: str, types: tuple[str, ...], most: int) -> Callable[[], Wanted]:
    """Settings are asked for the account alone, and only if nobody names it."""
    begin, words, limit = begin_of(since), words_of(types), check_most(most)
    name = check_account(account) if account is not None else None
    return lambda: Wanted(name or load_settings().account, begin, limit, words)


def _replay(wanted: Wanted | None, files: Files, folder: Path | None, address: str | None, *, json: bool) -> int:
    configure_logging(LogFormat.CONSOLE, LogLevel.ERROR)
    logging.getLogger("temporalio").setLevel(logging.CRITICAL)  # the SDK tells each failure in many lines of its own
    if folder is not None:
        make_folder(folder)
    said = run(from_server(wanted, address, folder) if wanted else from_files(files, folder))
    if json:
        print(json_text.dumps(said, indent=2))
    else:
        _tell(said)
    return ExitCode.FAILED if said["failures"] else ExitCode.OK


async def from_files(paths: Files, folder: Path | None = None) -> Said:
    """Replay files; what came of it. What fails is written to the folder. Raises HarvestError."""
    stories = [read_file(path) for path in paths]
    return _said(await replay_all(make_replayer(), each(stories), partial(_keep, folder)))


async def from_server(wanted: Wanted, address: str | None, folder: Path | None = None) -> Said:
    """Replay what the server has; what came of it. What fails is written to the folder. Raises HarvestError."""
    client = await connect(address)
    selection = await select(client, wanted)
    replayer = make_replayer(client.namespace)
    report = await replay_all(replayer, histories(client, selection.runs), partial(_keep, folder))
    chosen = {"account": wanted.account, "since": wanted.since.isoformat(), "left_out": selection.left_out}
    return {**chosen, "forgotten_meanwhile": len(selection.runs) - report.seen, **_said(report)}


def _keep(folder: Path | None, story: Story) -> None:
    if folder is not None:
        print(f"saved {save_in(folder, story)}", file=sys.stderr)


def _said(report: Report) -> Said:
    return {
        "replayed": report.replayed,
        "failed": len(report.failures),
        "workflows": {name: asdict(count) for name, count in sorted(report.counts.items())},
        "failures": [asdict(failure) for failure in report.failures],
    }


def _tell(said: Said) -> None:
    for name, count in said["workflows"].items():
        begun = f", {count['not_begun']} not begun" if count["not_begun"] else ""
        print(f"{name:<18} {count['replayed']:>6} replayed, {count['failed']} failed{begun}")
    for failure in said["failures"]:
        print(_sentence(Failure(**failure)))
    if said.get("left_out"):
        print("more have closed than were replayed: raise --most, or look at fewer with --since or --type")
    if not said["workflows"]:
        print(f"nothing to replay: no workflow of account {said['account']} runs or has closed since {said['since']}")
    elif said["failed"]:
        print(f"{said['failed']} of {said['replayed']} would not go on under this build")
    else:
        print(f"all {said['replayed']} would go on under this build")


def _sentence(failure: Failure) -> str:
    event = f"event {failure.event}: " if failure.event else ""
    return f"{failure.workflow_id} {failure.run_id} {failure.workflow_type}: {event}{failure.reason}"
