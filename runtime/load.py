"""Loading the settings, or refusing to start with everything that is wrong with them at once."""

import difflib
import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from contracts.errors import InvalidSettings
from runtime.contradictions import foreign_switches
from runtime.settings import CONFIG_VARIABLE, PREFIX, Settings

CONFIDENTIAL: Final = frozenset({"api_key", "api_secret", "redis_url"})
"""Fields whose value never appears in a message."""

_READ_ELSEWHERE: Final = frozenset({CONFIG_VARIABLE, "HARVEST_SHADOW_MODE"})


def load_settings(**overrides: Any) -> Settings:
    """The settings from overrides, environment and file, in this order of precedence.

    Raises:
        InvalidSettings: one message that lists every problem and what to do about each.
    """
    problems = [*_unknown_variables(os.environ), *_file_problems(os.environ.get(CONFIG_VARIABLE))]
    settings: Settings | None = None
    if not any(problem.startswith(CONFIG_VARIABLE) for problem in problems):
        try:
            settings = Settings(**overrides)
        except ValidationError as error:
            problems += [line for detail in error.errors() for line in _described(detail)]
    if settings is not None:
        problems += foreign_switches(settings)
    if settings is None or problems:
        raise InvalidSettings("\n".join(["these settings cannot be used:", *(f"  - {line}" for line in problems)]))
    return settings


def _unknown_variables(environment: Mapping[str, str]) -> Iterator[str]:
    """Variables of our prefix that nothing reads: a misspelt switch must not be a silent default (R10)."""
    known = [f"{PREFIX}{name.upper()}" for name in Settings.model_fields]
    for name in sorted(environment):
        if name.upper().startswith(PREFIX) and name.upper() not in {*known, *_READ_ELSEWHERE}:
            yield f"{name} is not a setting{_nearest(name.upper(), known, PREFIX)}"


def _nearest(name: str, known: Iterable[str], prefix: str = "") -> str:
    """A guess at what was meant; the common prefix makes no two names alike."""
    words = [word.removeprefix(prefix) for word in known]
    close = difflib.get_close_matches(name.removeprefix(prefix), words, n=1, cutoff=0.5)
    return f"; did you mean {prefix}{close[0]}?" if close else "; remove it"


def _file_problems(config: str | None) -> Iterator[str]:
    if config is None:
        return
    try:
        tomllib.loads(Path(config).read_text())
    except OSError as error:
        yield f"{CONFIG_VARIABLE}={config} cannot be read ({error.strerror}); correct the path or unset it"
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        yield f"{CONFIG_VARIABLE}={config} is not TOML: {error}"


def _described(detail: ErrorDetails) -> Iterator[str]:
    """One problem that pydantic found, as lines for an operator. Never with a secret in it."""
    name = ".".join(str(part) for part in detail["loc"])
    message = detail["msg"].removeprefix("Value error, ")
    if not name:
        yield from message.splitlines()
    elif detail["type"] == "extra_forbidden":
        yield f"{name} is not a setting{_nearest(name, Settings.model_fields)}"
    else:
        shown = "(hidden)" if detail["loc"][0] in CONFIDENTIAL else _shown(detail["input"])
        yield f"{PREFIX}{name.upper()}={shown}: {message}"


def _shown(value: object) -> str:
    return f"{value.total_seconds():g} s" if isinstance(value, timedelta) else repr(value)[:200]
