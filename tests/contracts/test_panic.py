"""What flattens an account, and what does not."""

from datetime import UTC, datetime, timedelta

import pytest

from contracts.errors import InvalidIntent
from contracts.panic import parse_panic

NOW = datetime(2026, 2, 18, 12, 0, tzinfo=UTC)
ENTRY = f"{int(NOW.timestamp() * 1000)}-0"
EVENT = {
    "event_id": "550e8400-e29b-41d4-a716-446655440000",
    "reason": "HEARTBEAT_LOST",
    "severity": "CRITICAL",
    "issued_by": "watchdog",
    "ts": str(int(NOW.timestamp() * 1000) - 1500),
}


def test_an_event_of_the_originals_watchdog() -> None:
    event = parse_panic(ENTRY, EVENT, NOW)

    assert (event.event_id, event.issued_by, event.reason) == (EVENT["event_id"], "watchdog", "HEARTBEAT_LOST")
    assert event.issued_at == NOW - timedelta(milliseconds=1500)


def test_without_an_id_or_a_time_the_entrys_own_count() -> None:
    event = parse_panic(ENTRY, {"issued_by": "ops"}, NOW)

    assert (event.event_id, event.issued_at, event.reason) == (ENTRY, NOW, "no reason given")


def test_an_id_becomes_fit_for_a_workflow_id() -> None:
    assert parse_panic(ENTRY, {**EVENT, "event_id": "a/b c" + "x" * 100}, NOW).event_id == "a_b_c" + "x" * 59


@pytest.mark.parametrize("issuer", ["", "somebody", "watchdog2", "opsx"])
def test_nobody_else_may_flatten_an_account(issuer: str) -> None:
    with pytest.raises(InvalidIntent, match="issued_by"):
        parse_panic(ENTRY, {**EVENT, "issued_by": issuer}, NOW)


@pytest.mark.parametrize("ts", ["soon", "-5", str(int(NOW.timestamp() * 1000) + 3_600_000)])
def test_a_time_that_cannot_be_is_refused(ts: str) -> None:
    with pytest.raises(InvalidIntent, match="ts"):
        parse_panic(ENTRY, {**EVENT, "ts": ts}, NOW)
