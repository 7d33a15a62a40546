"""The reconciler's stream: its entries become decisions of the intent stream, each once."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import pytest
import redis
from pydantic import SecretStr

from contracts.names import CONSUMER_GROUP, STREAM_INTENT, STREAM_RECONCILE_CLOSE
from contracts.reconcile_close import signature_of
from harvest.dead_letters import DeadLetterBox
from tests.bridge.servers import eventually
from tests.lab import Fields, Lab
from worker import Parts, make_readers

BTC = "BTCUSDT"
SECRET = b"not in any repository"


def composed(qty: str = "0.062", **more: str) -> Fields:
    """As the original's reconciler writes it."""
    now = str(time.time_ns() // 1_000_000)
    return {
        "plan_id": f"reconclose:{BTC}:9f3a1c22be47:{now}",
        "decision": "RECONCILE_CLOSE",
        "symbol": BTC,
        "side": "SELL",
        "type": "MARKET",
        "qty": qty,
        "reduceOnly": "true",
        "reason": "reconcile_drift",
        "source": "p3.4",
        "signature": "9f3a1c22be47",
        "hmac": "0" * 64,
        "exchange_amt": qty,
        "ledger_amt": "0.002",
        "ts": now,
        **more,
    }


async def add(lab: Lab, fields: Fields, entry_id: str = "*") -> str:
    """The reconciler writes an entry."""
    content: Any = fields
    written: Any = await lab.redis.xadd(STREAM_RECONCILE_CLOSE, content, id=entry_id)
    return str(written.decode())


@asynccontextmanager
async def reading(lab: Lab, secret: bytes | None = None) -> AsyncIterator[None]:
    """The reader, as the worker has it beside its bridge."""
    assert lab.settings is not None
    assert lab.exchange is not None
    signed = SecretStr(secret.decode()) if secret else None
    settings = lab.settings.model_copy(update={"reconcile_secret": signed})
    _, reader = make_readers(Parts(lab.client, lab.redis, lab.exchange), settings)
    stop = asyncio.Event()
    task = asyncio.create_task(reader.run(stop))
    yield
    stop.set()
    task.cancel()  # both, as the worker does when its bridge has stopped: the Redis client may swallow the second
    await asyncio.gather(task, return_exceptions=True)


async def handed_on(lab: Lab, count: int) -> list[str]:
    """Ids of the decisions that came of it."""

    async def there() -> list[str]:
        entries: Any = await lab.redis.xrange(STREAM_INTENT)
        return [entry_id.decode() for entry_id, _ in entries] if len(entries) >= count else []

    return await eventually(there)


async def dealt_with(lab: Lab) -> None:
    """Return when nothing of the stream is pending or unread."""

    async def done() -> bool:
        groups: Any = await lab.redis.xinfo_groups(STREAM_RECONCILE_CLOSE)
        return any(group["pending"] == 0 and group["lag"] == 0 for group in groups)

    await eventually(done)


async def test_the_composed_example_closes_the_excess_once(lab: Lab) -> None:
    await lab.open(BTC, "LONG", "0.1")
    async with reading(lab):
        await add(lab, entry := composed())
        (decision,) = await handed_on(lab, 1)
        result = await lab.result(decision)

    assert (result["outcome"], result["action"], result["filled_qty"]) == ("REDUCED", "RECONCILE_CLOSE", "0.062")
    assert (result["plan_id"], result["producer"], result["reason"]) == (entry["plan_id"], "p3.4", "reconcile_drift")
    assert await lab.position(BTC) == Decimal("0.038")


async def test_never_more_than_the_position(lab: Lab) -> None:
    await lab.open(BTC, "LONG", "0.05")
    async with reading(lab):
        await add(lab, composed())
        (decision,) = await handed_on(lab, 1)
        await lab.result(decision)

    assert await lab.position(BTC) == 0
    assert await lab.executed(BTC) == Decimal("0.05")


async def test_written_twice_it_closes_once(lab: Lab) -> None:
    await lab.open(BTC, "LONG", "1")
    async with reading(lab):
        entry = composed()
        await add(lab, entry)
        await add(lab, entry)
        first, second = await handed_on(lab, 2)
        outcomes = {(await lab.result(first))["outcome"], (await lab.result(second))["outcome"]}

    assert "REDUCED" in outcomes
    assert outcomes <= {"REDUCED", "JOINED", "ALREADY_DONE"}
    assert await lab.executed(BTC) == Decimal("0.062")


async def test_delivered_again_it_is_handed_on_once(lab: Lab) -> None:
    """The group was lost: everything comes again."""
    await lab.open(BTC, "LONG", "1")
    async with reading(lab):
        await add(lab, composed())
        (decision,) = await handed_on(lab, 1)
        await lab.result(decision)
        await dealt_with(lab)
    await lab.redis.xgroup_setid(STREAM_RECONCILE_CLOSE, CONSUMER_GROUP, "0")

    async with reading(lab):
        await dealt_with(lab)

    assert await lab.redis.xlen(STREAM_INTENT) == 1
    assert await lab.executed(BTC) == Decimal("0.062")


async def test_what_a_reader_that_died_had_in_hand_is_handed_on(lab: Lab) -> None:
    assert lab.settings is not None
    await lab.open(BTC, "LONG", "1")
    await add(lab, composed())
    await lab.redis.xgroup_create(STREAM_RECONCILE_CLOSE, CONSUMER_GROUP, id="0")
    await lab.redis.xreadgroup(CONSUMER_GROUP, lab.settings.consumer, {STREAM_RECONCILE_CLOSE: ">"})

    async with reading(lab):
        (decision,) = await handed_on(lab, 1)
        assert (await lab.result(decision))["outcome"] == "REDUCED"


async def test_a_short_is_closed_by_a_purchase_and_the_other_side_is_left_alone(lab: Lab) -> None:
    await lab.open(BTC, "SHORT", "1")
    async with reading(lab):
        await add(lab, composed(side="SELL"))
        await add(lab, composed(side="BUY", plan_id="reconclose:2"))
        wrong, right = [await lab.result(each) for each in await handed_on(lab, 2)]

    assert (wrong["executed"], wrong["decisive"]) == ("false", "no_position")
    assert right["outcome"] == "REDUCED"
    assert await lab.position(BTC) == Decimal("-0.938")


async def test_r65_an_old_entry_keeps_its_age_however_late_it_is_read(lab: Lab) -> None:
    await lab.open(BTC, "LONG", "1")
    an_hour_ago = str(time.time_ns() // 1_000_000 - 3_600_000)
    no_time = composed(plan_id="without-a-time")
    del no_time["ts"]
    await add(lab, no_time, f"{an_hour_ago}-0")
    await add(lab, composed(ts=an_hour_ago))
    async with reading(lab):
        await handed_on(lab, 2)
        await eventually(lambda: stale(lab))

    assert await lab.executed(BTC) == 0


async def stale(lab: Lab) -> bool:
    """Whether both were answered as too old, in one record or each."""
    results = await lab.stream("quantum:stream:apply.result")
    return sum(int(each.get("count", "1")) for each in results if each["outcome"] == "SKIPPED_STALE") == 2


async def test_in_shadow_mode_it_is_suggested(shadow_lab: Lab) -> None:
    lab = shadow_lab
    await lab.open(BTC, "LONG", "1")
    async with reading(lab):
        await add(lab, composed())
        (decision,) = await handed_on(lab, 1)
        assert (await lab.result(decision))["outcome"] == "SUGGESTED"

    assert await lab.position(BTC) == 1


async def test_signed_entries_are_taken_and_others_are_dead_letters(lab: Lab) -> None:
    await lab.open(BTC, "LONG", "1")
    signed = composed()
    signed["hmac"] = signature_of(signed, SECRET)
    larger = {**signed, "qty": "0.9"}
    async with reading(lab, SECRET):
        for entry in (composed(), larger, {name: text for name, text in signed.items() if name != "hmac"}, signed):
            await add(lab, entry)
        (decision,) = await handed_on(lab, 1)
        assert (await lab.result(decision))["filled_qty"] == "0.062"
        await dealt_with(lab)

    assert [(each["stream"], each["field"]) for each in await lab.dead()] == [(STREAM_RECONCILE_CLOSE, "hmac")] * 3
    assert SECRET.decode() not in str(await lab.dead())
    assert await lab.executed(BTC) == Decimal("0.062")


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("decision", {"decision": "EXECUTE"}),
        ("decision", {"decision": ""}),
        ("action", {"action": "CLOSE"}),
        ("qty", {"qty": ""}),
        ("qty", {"qty": "None"}),
        ("side", {"side": "None"}),
        ("side", {"side": "BOTH"}),
        ("type", {"type": "LIMIT"}),
        ("reduceOnly", {"reduceOnly": "false"}),
    ],
)
async def test_what_says_something_else_is_a_dead_letter_and_closes_nothing(
    lab: Lab, field: str, changes: Fields
) -> None:
    await lab.open(BTC, "LONG", "1")
    async with reading(lab):
        await add(lab, composed(**changes))
        await dealt_with(lab)

    (letter,) = await lab.dead()
    assert (letter["stream"], letter["field"]) == (STREAM_RECONCILE_CLOSE, field)
    assert await lab.redis.xlen(STREAM_INTENT) == 0


async def test_ids_of_the_two_streams_are_not_mistaken_for_each_other(lab: Lab) -> None:
    """Both streams count in milliseconds: one and the same id on both is two entries and two letters."""
    now = f"{time.time_ns() // 1_000_000}-0"
    await lab.redis.xadd(STREAM_INTENT, {"symbol": BTC}, id=now)
    await add(lab, composed(decision="EXECUTE"), now)
    async with reading(lab):
        await eventually(lambda: two_letters(lab))

    streams = {each["stream"]: each["entry_id"] for each in await lab.dead()}
    assert streams == {STREAM_INTENT: now, STREAM_RECONCILE_CLOSE: now}
    where = lab.redis.connection_pool.connection_kwargs
    with redis.Redis(host=where["host"], port=where["port"]) as client:
        box = DeadLetterBox(client)
        (letter,) = [each for each in box.newest(5) if each.fields["stream"] == STREAM_RECONCILE_CLOSE]
        original = box.original(letter)
    assert original is not None
    assert original[b"decision"] == b"EXECUTE"


async def two_letters(lab: Lab) -> bool:
    """Whether both are there."""
    return len(await lab.dead()) == 2
