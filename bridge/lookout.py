"""Who looks at the newest entries while a backlog is being read."""

from typing import Final, NamedTuple

from bridge.entry import Entry, order_of
from bridge.reader import FIRST, Reader

_PAGES: Final = 3
"""Pages a look takes: with these a whole backlog is looked through in a fraction of the time that reading takes."""
_PAGE: Final = 500


class _Gap(NamedTuple):
    """Entries between two ids that nobody has looked at; both ends are known."""

    after: str
    before: str


class Lookout:
    """Reads the stream from its end backwards, past the consumer group.

    An emergency written behind a backlog is at the end of the stream, and each look begins there: what was written
    since the last look, then whatever is newest of the rest. Nothing is delivered by this, so the group brings each
    entry once more in its turn.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._newest = FIRST
        self._gaps: list[_Gap] = []

    def forget(self) -> None:
        """There is no backlog any more, or the stream is another one."""
        self._newest = FIRST
        self._gaps.clear()

    async def look(self, floor: str) -> list[Entry]:
        """Entries beyond the floor that were not looked at yet, the newest first; at most some pages of them."""
        self._gaps.append(_Gap(max(self._newest, floor, key=order_of), "+"))
        found: list[Entry] = []
        for _ in range(_PAGES):
            if not self._gaps:
                break
            gap = self._gaps.pop()
            found += await self._page(gap, max(gap.after, floor, key=order_of))
        return found

    async def _page(self, gap: _Gap, after: str) -> list[Entry]:
        page = await self._reader.newest(after, gap.before, _PAGE)
        if page:
            self._newest = max(self._newest, page[0].id, key=order_of)
        if len(page) == _PAGE:
            self._gaps.append(_Gap(after, page[-1].id))
        return page
