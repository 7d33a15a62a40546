"""The demo on a screen: live tables in a terminal, plain lines elsewhere."""

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from rich.console import Console
from rich.live import Live

from harvest.close_record import STAGES, CloseRecord
from harvest.demo_tables import live_table
from harvest.market_rows import MarketRow
from harvest.market_tables import decisions_table


class View(Protocol):
    """What the demo tells while it runs."""

    def live(self) -> AbstractContextManager[object]:
        """Closes are shown while this is entered."""
        ...

    def market(self) -> AbstractContextManager[object]:
        """Decisions of the watch are shown while this is entered."""
        ...

    def say(self, text: str) -> None:
        """One line about what happens."""
        ...

    def show(self, record: CloseRecord) -> None:
        """A close has changed."""
        ...

    def decided(self, row: MarketRow) -> None:
        """A decision of the watch was answered."""
        ...


def view_for(console: Console) -> View:
    """The view that fits where the console writes to."""
    return LiveView(console) if console.is_terminal else PlainView(console)


class LiveView:
    """One table in which the closes move on."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._records: list[CloseRecord] = []
        self._rows: list[MarketRow] = []
        self._live = Live(console=console, refresh_per_second=20, get_renderable=lambda: live_table(self._records))
        self._market = Live(
            console=console,
            refresh_per_second=20,
            transient=True,  # the same table comes again at the end, by the exchange's books
            get_renderable=lambda: decisions_table(self._rows),
        )

    def live(self) -> AbstractContextManager[object]:
        """Closes are shown while this is entered."""
        return self._live

    def market(self) -> AbstractContextManager[object]:
        """Decisions of the watch are shown while this is entered."""
        return self._market

    def say(self, text: str) -> None:
        """One line, above the table."""
        self._console.print(text, highlight=False)

    def show(self, record: CloseRecord) -> None:
        """A close has changed."""
        if not any(known is record for known in self._records):
            self._records.append(record)

    def decided(self, row: MarketRow) -> None:
        """A decision of the watch was answered."""
        self._rows.append(row)


class PlainView:
    """A line for each close when it has ended, and before that one for each stage that lets us wait."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._told: dict[int, str] = {}

    def live(self) -> AbstractContextManager[object]:
        """Nothing to prepare."""
        return nullcontext()

    def market(self) -> AbstractContextManager[object]:
        """Nothing to prepare."""
        return nullcontext()

    def say(self, text: str) -> None:
        """One line."""
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)

    def show(self, record: CloseRecord) -> None:
        """A close has changed: tell it once for each new stage or outcome."""
        line = _line(record)
        if line and self._told.get(id(record)) != line:
            self._told[id(record)] = line
            self.say(line)

    def decided(self, row: MarketRow) -> None:
        """A decision of the watch was answered."""
        self.say(row.line)


def _line(record: CloseRecord) -> str:
    """Nothing before the first stage is reached."""
    steps = " · ".join(f"{stage} {record.stages[stage]} ms" for stage in STAGES if stage in record.stages)
    if not steps and not record.outcome:
        return ""
    return f"  {record.symbol:<9} {record.title:<30} {record.outcome or '...':<13} {steps or record.dead_letter}"
