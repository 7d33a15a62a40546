"""`harvest dead`."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

from cyclopts import App
from redis import Redis
from redis.exceptions import RedisError

from contracts.errors import DependencyUnavailable, HarvestError
from harvest.dead_letters import DeadLetterBox, Letter
from harvest.dead_revival import revived
from harvest.exit_code import ExitCode

_DEFAULT_REDIS: Final = "redis://127.0.0.1:6379/0"

app = App(name="dead", help="Look at dead letters, and put them back.")


@app.command(name="list")
def show_all(*, count: int = 20, json_lines: bool = False, redis_url: str | None = None) -> int:
    """Print the newest dead letters, one a line: letter, entry, field, reason.

    Args:
        count: how many at most.
        json_lines: one JSON object a line.
        redis_url: where the stream is; else HARVEST_REDIS_URL, else the local Redis.
    """
    with _box(redis_url) as box:
        for letter in box.newest(count):
            print(_json(letter) if json_lines else _line(letter))
    return ExitCode.OK


@app.command
def show(letter_id: str, *, redis_url: str | None = None) -> int:
    """Print one dead letter as a JSON object, with the producer's fields as far as anybody still has them.

    Args:
        letter_id: as `harvest dead list` shows it.
        redis_url: where the stream is; else HARVEST_REDIS_URL, else the local Redis.
    """
    with _box(redis_url) as box:
        letter = box.letter(letter_id)
        print(_json(letter, box.original(letter)))
    return ExitCode.OK


@app.command
def requeue(
    letter_id: str,
    *,
    set_: tuple[str, ...] = (),
    unset: tuple[str, ...] = (),
    bare: bool = False,
    redis_url: str | None = None,
) -> int:
    """Put a dead letter back on the intent stream and print the new entry's id. Asked again, it prints the same id.

    The decision keeps its time: an old one is weighed as an old one, unless you decide anew and say so with
    `--set decided_at=2026-11-20T17:00:00Z`.

    Args:
        letter_id: as `harvest dead list` shows it.
        set_: a field to add or to replace, as in percentage=0.25; may be repeated.
        unset: a field to leave out; may be repeated.
        bare: start from no fields at all, with what --set gives; for letters whose original is gone.
        redis_url: where the stream is; else HARVEST_REDIS_URL, else the local Redis.
    """
    sets = dict(_pair(text) for text in set_)
    with _box(redis_url) as box:
        letter = box.letter(letter_id)
        original = {} if bare else box.original(letter)
        if original is None:
            raise HarvestError(f"the original of {letter_id} is gone; give all its fields: --bare --set symbol=... ...")
        requeued = box.requeue(letter, revived(letter.entry_id, original, sets, unset, datetime.now(UTC)))
    print(requeued.entry_id if requeued.now else f"{requeued.entry_id} (put back before)")
    return ExitCode.OK


@contextmanager
def _box(redis_url: str | None) -> Iterator[DeadLetterBox]:
    redis: Redis = Redis.from_url(redis_url or os.environ.get("HARVEST_REDIS_URL") or _DEFAULT_REDIS)
    try:
        yield DeadLetterBox(redis)
    except RedisError as error:
        raise DependencyUnavailable(f"Redis does not answer as it should: {error}") from error
    finally:
        redis.close()


def _pair(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator or not name:
        raise HarvestError(f"--set {text}: a field is set as in --set percentage=0.25")
    return name, value


def _line(letter: Letter) -> str:
    back = f"  (put back as {letter.requeued_as})" if letter.requeued_as else ""
    return f"{letter.id}  {letter.entry_id}  {letter.fields['field']}: {letter.fields['reason']}{back}"


def _json(letter: Letter, original: dict[bytes, bytes] | None = None) -> str:
    shown: dict[str, object] = {"id": letter.id, **letter.fields, "requeued_as": letter.requeued_as}
    if original is not None:
        shown["original"] = {_text(name): _text(value) for name, value in original.items()}
    return json.dumps(shown, ensure_ascii=True)


def _text(raw: bytes) -> str:
    return raw.decode(errors="backslashreplace")
