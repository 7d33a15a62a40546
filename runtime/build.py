"""Which build of ours this is."""

from importlib.metadata import PackageNotFoundError, version
from typing import Final

PACKAGE: Final = "harvest-exits"


def build_id(revision: str) -> str:
    """The package's version, and behind a plus sign the source revision if one is given."""
    try:
        released = version(PACKAGE)
    except PackageNotFoundError:
        released = "0.0.0"  # run from a source tree that was never installed
    if not revision or revision == released or revision.startswith(f"{released}+"):
        return revision or released
    return f"{released}+{revision}"
