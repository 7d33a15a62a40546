"""In shadow mode the watch suggests, once each, and the intent stream stays empty."""

import json
from decimal import Decimal

import pytest

from contracts.errors import InvalidIntent
from contracts.wire_in import parse_intent
from harvest.shadow_reading import Wanted, shadow_report
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


async def test_the_watchs_suggestions_are_complete_and_compared_with_what_happened(suggesting: WatchLab) -> None:
    """A quarter of 10.001 is 2.50025; orders of 0.001 steps would have closed 2.500."""
    await opened(suggesting, quantity="10.001")
    await suggesting.price(SYMBOL, "2610")
    await suggesting.until_report(SYMBOL, waiting=("p25",))
    (entry,) = await suggesting.suggestions()
    said = json.loads(entry["payload"])
    assert (said["outcome"], said["producer"], said["rule"]) == ("SUGGESTED", "harvest_watch", "tranche")
    assert (Decimal(said["mark_price"]), Decimal(said["entry_price"])) == (Decimal(2610), Decimal(2500))
    (order_id,) = said["client_order_ids"]
    assert order_id.startswith("hv-")
    assert order_id.endswith(f"-{said['rung']}-1")
    assert said["config_version"]
    await suggesting.call("POST", "/sim/position", symbol=SYMBOL, side="LONG", quantity="-10.001", entry_price="2550")

    assert suggesting.exchange is not None
    wanted = Wanted(suggesting.account)
    report = await shadow_report(suggesting.redis, suggesting.exchange, wanted, Decimal("0.0005"))

    (told,) = report.compared
    assert (told.quantity, told.closed, told.average_price) == (Decimal("2.500"), Decimal("2.500"), Decimal(2550))
    assert told.suggested_pnl == Decimal("2.5") * 110 - Decimal("2.5") * 2610 * Decimal("0.0005")
    assert (report.uncompared, report.unread) == ((), ())
