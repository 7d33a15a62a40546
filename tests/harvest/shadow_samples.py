"""Suggestions and stories with only what a test cares about spelled out."""

from dataclasses import replace
from decimal import Decimal

from harvest.shadow_compare import Compared, Fill, Story, compare
from harvest.shadow_suggestion import Suggestion, Uncompared
from kernel.side import Side

START = 1_800_000_000_000
FEE = Decimal("0.0005")
FIRST = Suggestion(
    id="1-0",
    account="main",
    symbol="ETHUSDT",
    side=Side.LONG,
    action="CLOSE",
    rule="tranche",
    generation=7,
    rung="full",
    at_ms=START,
    position=Decimal(100),
    quantity=Decimal(100),
    sized=True,
    entry_price=Decimal(2500),
    mark_price=Decimal(2600),
    r_net=None,
    kill_score=None,
    config_version="",
)


def suggested(quantity: str, *, after_s: int = 0, position: str = "100", mark: str = "2600", **more: str) -> Suggestion:
    """A suggestion so many seconds after the start; its id and rung are its time unless they are given."""
    signed = Decimal(position)
    named = {"id": f"{1 + after_s}-0", "rung": f"r{after_s}", **more}
    return replace(
        FIRST,
        side=Side.of(signed),
        at_ms=START + after_s * 1000,
        position=signed,
        quantity=Decimal(quantity),
        mark_price=Decimal(mark),
        **named,  # type: ignore[arg-type]
    )


def fill(quantity: str, price: str, *, after_s: int, fee: str = "0") -> Fill:
    """A trade so many seconds after the start; bought positive."""
    return Fill(START + after_s * 1000, Decimal(quantity), Decimal(price), Decimal(fee))


def story(*fills: Fill, now: str, mark: str | None = None) -> Story:
    """What happened, and what is open after it."""
    return Story(fills, Decimal(now), None if mark is None else Decimal(mark))


def numbers(found: list[Compared | Uncompared]) -> list[Compared]:
    """Those that were compared."""
    return [each for each in found if isinstance(each, Compared)]


def reasons(found: list[Compared | Uncompared]) -> dict[str, str]:
    """Why others were not, by id."""
    return {each.id: each.reason for each in found if isinstance(each, Uncompared)}


def compared(suggestions: list[Suggestion], happened: Story, fee: Decimal = FEE) -> list[Compared]:
    """Compare, and expect a number for each."""
    found = compare(suggestions, happened, fee)
    assert reasons(found) == {}
    return sorted(numbers(found), key=lambda each: each.suggestion.at_ms)
