"""What a close can be found by."""

from datetime import UTC, datetime
from decimal import Decimal

from contracts import search
from contracts.intent import CloseIntent
from contracts.order import PositionSide

INTENT = CloseIntent(entry_id="1-0", symbol="ETHUSDT", action="CLOSE", decided_at=datetime(2026, 1, 1, tzinfo=UTC))


def test_what_is_known_at_the_start() -> None:
    attributes = search.start_attributes(INTENT, "main")
    assert (attributes[search.SYMBOL], attributes[search.ACTION]) == ("ETHUSDT", "CLOSE")
    assert attributes[search.ACCOUNT] == "main"
    assert len(attributes) == 3


def test_claims_are_included() -> None:
    intent = INTENT.model_copy(update={"side": PositionSide.SHORT, "r_net": Decimal("-2.5")})
    attributes = search.start_attributes(intent, "main")
    assert (attributes[search.SIDE], attributes[search.R]) == ("SHORT", -2.5)


def test_names_are_unique() -> None:
    assert len({key.name for key in search.ALL}) == len(search.ALL)
