"""The entries that were dealt with lately."""

from collections import OrderedDict


class Recent:
    """A bounded set of entry ids.

    An entry that was acknowledged while a look at the pending ones was under way comes up once more; it is then only
    acknowledged again, not handled again. What is forgotten here is caught by workflow id and rung: this saves work,
    safety does not depend on it.
    """

    def __init__(self, size: int = 50_000) -> None:
        self._size = size
        self._ids: OrderedDict[str, None] = OrderedDict()

    def add(self, entry_id: str) -> None:
        """Remember an id; the oldest ones are forgotten."""
        self._ids[entry_id] = None
        if len(self._ids) > self._size:
            self._ids.popitem(last=False)

    def __contains__(self, entry_id: object) -> bool:
        return entry_id in self._ids
