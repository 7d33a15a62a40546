"""In shadow mode the watch suggests, once each, and the intent stream stays empty."""

import json
from decimal import Decimal

import pytest

from contracts.errors import InvalidIntent
from contracts.wire_in import parse_intent
from kernel.actions import parse_fraction
from tests.watch.test_harvesting import SYMBOL, opened
from tests.watch.watch_lab import WatchLab


async def test_decisions_are_suggested_once_and_nothing_is_sent(suggesting: WatchLab) -> None:
    await opened(suggesting)
    await suggesting.price(SYMBOL, "2610")
    await suggesting.until_report(SYMBOL, waiting=("p25",))
    await suggesting.price(SYMBOL, "2400")
    await suggesting.until_report(SYMBOL, waiting=("p25", "emergency_stop"))
    await suggesting.until_status(written=2, mode="shadow")

    suggestions = [json.loads(fields["payload"]) for fields in await suggesting.suggestions()]
    assert [each["rule"] for each in suggestions] == ["tranche", "emergency_stop"]
    assert [Decimal(each["qty"]) for each in suggestions] == [25, 100]
    assert [(each["side"], each["position_side"]) for each in suggestions] == [("SELL", "LONG")] * 2
    assert [Decimal(each["target_qty"]) for each in suggestions] == [75, 0]
    assert await suggesting.intents() == []
    assert await suggesting.position(SYMBOL) == 100


async def test_a_suggestion_copied_onto_the_intent_stream_is_refused(suggesting: WatchLab) -> None:
    await opened(suggesting)
    await suggesting.price(SYMBOL, "2400")
    await suggesting.until_report(SYMBOL, waiting=("emergency_stop",))
    (entry,) = await suggesting.suggestions()

    with pytest.raises(InvalidIntent, match="dry_run"):
        parse_intent("1771371476532-0", entry, parse_fraction)
