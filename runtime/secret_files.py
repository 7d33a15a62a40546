"""Secrets that a file holds: ``HARVEST_API_KEY_FILE`` instead of ``HARVEST_API_KEY``, as container secrets do."""

from pathlib import Path
from typing import Final

SECRETS: Final = ("api_key", "api_secret", "reconcile_secret")


def with_secrets_from_files(data: dict[str, object]) -> dict[str, object]:
    """The settings with each ``<secret>_file`` read into ``<secret>``.

    Raises:
        ValueError: with one line per file that cannot be read or that contradicts a secret given directly.
    """
    problems: list[str] = []
    result = dict(data)
    for name in SECRETS:
        file = data.get(f"{name}_file")
        if file is None or file == "":
            result.pop(f"{name}_file", None)
        elif data.get(name):
            problems.append(f"{name} and {name}_file are both given; keep one of them")
        else:
            _read_into(result, name, Path(str(file)), problems)
    if problems:
        raise ValueError("\n".join(problems))
    return result


def _read_into(result: dict[str, object], name: str, file: Path, problems: list[str]) -> None:
    try:
        secret = file.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        problems.append(f"{name}_file: {file} cannot be read ({type(error).__name__}); check path and permissions")
        return
    if not secret:
        problems.append(f"{name}_file: {file} is empty; put the secret into it")
    result[name] = secret
