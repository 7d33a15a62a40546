"""`harvest shadow-report` on the real stack: Harvest suggests, outsiders trade, the exchange tells what happened."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis
from temporalio.client import Client

from contracts.errors import ExchangeUnavailable
from contracts.mode import Mode
from contracts.names import STREAM_SUGGESTIONS
from contracts.snapshot import Position
from harvest.exit_code import ExitCode
from harvest.shadow_reading import read_story
from harvest.stack import Stack
from kernel.side import Side
from tests.activities.fake_exchange import FakeExchange, Views
from tests.activities.samples import position
from tests.activities.samples import trade as sold
from tests.harvest.shadow_samples import START
from tests.lab import Lab

ROOT = Path(__file__).resolve().parents[2]
SYMBOL = "ETHUSDT"
D = Decimal


class Reporter:
    """Somebody who asks for reports beside a running shadow."""

    def __init__(self, lab: Lab, servers: Stack) -> None:
        self.lab = lab
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HARVEST_")}
        self._environment = {
            **kept,
            "HARVEST_ACCOUNT": lab.account,
            "HARVEST_VENUE": "simulator",
            "HARVEST_EXCHANGE_URL": lab.simulator.url,
            "HARVEST_API_KEY": "sim-key",
            "HARVEST_API_SECRET": "sim-secret",
            "HARVEST_REDIS_URL": servers.redis_url,
        }

    async def run(self, *arguments: str) -> tuple[int, str, str]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "harvest", "shadow-report", *arguments),
            cwd=ROOT,
            env=self._environment,
            stdout=PIPE,
            stderr=PIPE,
        )
        output, problem = await process.communicate()
        return process.returncode or 0, output.decode(), problem.decode()

    async def report(self, *arguments: str) -> dict[str, Any]:
        code, output, problem = await self.run("--json", *arguments)
        assert code == ExitCode.OK, problem
        said: dict[str, Any] = json.loads(output)
        return said


@pytest.fixture
def reporter(shadow_lab: Lab, servers: Stack) -> Reporter:
    return Reporter(shadow_lab, servers)


async def price(lab: Lab, mark: str) -> None:
    await lab.call("POST", "/sim/price", symbol=SYMBOL, price=mark)


async def trade(lab: Lab, side: str, quantity: str, at: str) -> None:
    """An outsider trades at exactly this price; a negative quantity closes."""
    await lab.call("POST", "/sim/position", symbol=SYMBOL, side=side, quantity=quantity, entry_price=at)


async def suggest(lab: Lab, action: str, **fields: str) -> str:
    """A producer decides, and Harvest suggests; the suggestion's id."""
    assert (await lab.close(SYMBOL, action, **fields))["outcome"] == "SUGGESTED"
    newest: Any = await lab.redis.xrevrange(STREAM_SUGGESTIONS, count=1)
    return str(newest[0][0].decode())


async def test_a_suggestion_is_complete(shadow_lab: Lab) -> None:
    await price(shadow_lab, "2500")
    await trade(shadow_lab, "LONG", "100", "2500")
    await price(shadow_lab, "2600")
    await suggest(shadow_lab, "PARTIAL_CLOSE", percentage="0.25", source="brain", intent_id="b-1", reason="R above 2")

    (record,) = await shadow_lab.stream(STREAM_SUGGESTIONS)
    said = json.loads(record["payload"])
    assert (said["symbol"], said["side"], said["position_side"], said["action"]) == (
        SYMBOL,
        "SELL",
        "LONG",
        "PARTIAL_CLOSE",
    )
    assert [D(said[name]) for name in ("qty", "order_qty", "target_qty", "position_amt")] == [25, 25, 75, 100]
    assert [D(said["entry_price"]), D(said["mark_price"])] == [2500, 2600]
    assert (said["outcome"], said["producer"], said["intent_id"]) == ("SUGGESTED", "brain", "b-1")
    assert said["client_order_ids"] == [f"hv-{_base36(int(said['generation']))}-{said['rung']}-1"]
    assert abs(said["decided_at"] - said["timestamp"]) < 60_000
    assert said["r_level"]
    assert said["reason_codes"][0] == "close_allowed"


def _base36(number: int) -> str:
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    return (_base36(number // 36) if number >= 36 else "") + digits[number % 36]


async def test_what_was_closed_later_and_what_was_never_closed(shadow_lab: Lab, reporter: Reporter) -> None:
    lab = shadow_lab
    await price(lab, "2500")
    await trade(lab, "LONG", "100", "2500")
    await price(lab, "2600")
    part = await suggest(lab, "PARTIAL_CLOSE", percentage="0.25", source="brain")
    await trade(lab, "LONG", "-10", "2550")
    await trade(lab, "LONG", "-15", "2450")
    await price(lab, "2400")
    whole = await suggest(lab, "CLOSE", source="guard_dog")
    await price(lab, "2300")

    report = await reporter.report()

    first, second = report["compared"]
    assert (first["id"], first["rule"], D(first["quantity"])) == (part, "brain", D(25))
    assert [D(first[name]) for name in ("closed_quantity", "closed_average_price", "open_quantity")] == [25, 2490, 0]
    assert 0 <= first["first_closed_after_ms"] <= first["last_closed_after_ms"] < 60_000
    # 25 x 100 less 25 x 2600 x 0.0005, against 10 x 50 - 15 x 50 less the fees that were paid
    assert D(first["suggested_pnl"]) == D("2467.5")
    assert D(first["happened_pnl"]) == D("-281.125")
    assert D(first["difference"]) == D("2748.625")

    assert (second["id"], second["rule"]) == (whole, "guard_dog")
    assert [D(second[name]) for name in ("quantity", "closed_quantity", "open_quantity", "mark_now")] == [
        75,
        0,
        75,
        2300,
    ]
    # 75 x -100 less 90, against 75 x -200 less 86.25 if it were closed now
    assert (D(second["suggested_pnl"]), D(second["happened_pnl"])) == (D(-7590), D("-15086.25"))
    assert D(second["difference"]) == D("7496.25")

    (total,) = report["total"]
    assert (total["quote"], total["count"], D(total["difference"])) == ("USDT", 2, D("10244.875"))
    assert {each["name"]: D(each["difference"]) for each in report["by_rule"]} == {
        "guard_dog": D("7496.25"),
        "brain": D("2748.625"),
    }
    assert {each["name"]: each["count"] for each in report["by_symbol"]} == {SYMBOL: 2}
    assert report["not_compared"] == []
    assert any("slippage" in each for each in report["not_in_the_difference"])


async def test_a_short_that_did_better_than_the_suggestion(shadow_lab: Lab, reporter: Reporter) -> None:
    lab = shadow_lab
    await price(lab, "2500")
    await trade(lab, "SHORT", "40", "2500")
    await price(lab, "2450")
    await suggest(lab, "CLOSE", source="brain")
    await trade(lab, "SHORT", "-40", "2400")

    (told,) = (await reporter.report())["compared"]

    # 40 x 50 less 49, against 40 x 100 less 48
    assert [D(told["suggested_pnl"]), D(told["happened_pnl"]), D(told["difference"])] == [1951, 3952, -2001]
    assert (told["side"], D(told["open_quantity"]), told["mark_now"]) == ("SHORT", D(0), None)


async def test_what_cannot_be_compared_is_listed_with_its_reason(shadow_lab: Lab, reporter: Reporter) -> None:
    lab = shadow_lab
    await price(lab, "2500")
    await trade(lab, "LONG", "100", "2500")
    first = await suggest(lab, "PARTIAL_CLOSE", percentage="0.25")
    again = await suggest(lab, "PARTIAL_CLOSE", percentage="0.25")
    whole = await suggest(lab, "CLOSE")
    other = await suggest(lab, "PARTIAL_CLOSE", percentage="0.5", intent_id="too-late")
    stop = await suggest(lab, "PROFIT_LOCK_SL", new_sl_proposed="2400")
    old = json.dumps({"symbol": SYMBOL, "action": "CLOSE", "position_side": "LONG", "qty": "5", "position_amt": "100"})
    strange: Any = [
        await lab.redis.xadd(STREAM_SUGGESTIONS, {"payload": old, "account": lab.account}),
        await lab.redis.xadd(STREAM_SUGGESTIONS, {"payload": "{", "account": lab.account}),
    ]
    await lab.redis.xadd(STREAM_SUGGESTIONS, {"payload": "{", "account": "somebody-else"})
    before, broken = (each.decode() for each in strange)

    report = await reporter.report()

    assert [(each["id"], D(each["quantity"])) for each in report["compared"]] == [(first, D(25)), (whole, D(75))]
    why = {each["id"]: each["reason"] for each in report["not_compared"]}
    assert why == {
        again: f"repeats {first}",
        other: "earlier suggestions had closed everything already",
        stop: "moves the stop: it closes nothing by itself",
        before: "incomplete: account, outcome, entry_price, mark_price, decided_at, generation, rung",
        broken: "no payload that can be read",
    }


async def test_a_span_and_a_symbol_are_as_if_harvest_had_been_live_for_them(
    shadow_lab: Lab, reporter: Reporter
) -> None:
    lab = shadow_lab
    await price(lab, "2500")
    await trade(lab, "LONG", "100", "2500")
    await suggest(lab, "PARTIAL_CLOSE", percentage="0.25")
    await suggest(lab, "PARTIAL_CLOSE", percentage="0.5")
    one, two = [json.loads(each["payload"])["decided_at"] for each in await lab.stream(STREAM_SUGGESTIONS)]
    assert one < two

    later = await reporter.report("--since", str(two))
    earlier = await reporter.report("--until", str(two))
    elsewhere = await reporter.report("--symbol", "solusdt")

    assert [D(each["quantity"]) for each in later["compared"]] == [50]
    assert [D(each["quantity"]) for each in earlier["compared"]] == [25]
    assert (elsewhere["compared"], elsewhere["total"]) == ([], [])


async def test_a_symbol_that_cannot_be_read_has_no_number_and_the_command_fails(
    shadow_lab: Lab, reporter: Reporter
) -> None:
    lab = shadow_lab
    await price(lab, "2500")
    await trade(lab, "LONG", "100", "2500")
    suggestion = await suggest(lab, "CLOSE")
    await lab.fault("refused_503_unavailable", call="GET /fapi/v1/userTrades", times=50)

    code, output, _ = await reporter.run("--json")

    said = json.loads(output)
    assert (code, said["unread_symbols"], said["compared"]) == (ExitCode.FAILED, [SYMBOL], [])
    assert "could not be read" in {each["id"]: each["reason"] for each in said["not_compared"]}[suggestion]


async def test_the_table_says_the_same_and_what_it_leaves_out(shadow_lab: Lab, reporter: Reporter) -> None:
    lab = shadow_lab
    await price(lab, "2500")
    await trade(lab, "LONG", "100", "2500")
    await price(lab, "2600")
    await suggest(lab, "CLOSE", source="brain [/odd]")
    await trade(lab, "LONG", "-100", "2550")
    await suggest_nothing(lab)

    code, output, _ = await reporter.run()

    assert code == ExitCode.OK
    for words in (
        "ETHUSDT LONG",
        "brain [/odd]",
        "100 @ 2550",
        "+9870.00",
        "+4872.50",
        "+4997.50",
        "slippage",
        "funding",
    ):
        assert words in output


async def suggest_nothing(lab: Lab) -> None:
    assert (await lab.close(SYMBOL, "CLOSE"))["outcome"] == "ALREADY_FLAT"


@pytest.mark.parametrize("arguments", [("--since", "yesterday"), ("--taker-fee", "lots"), ("--taker-fee", "5")])
async def test_nonsense_is_refused(reporter: Reporter, arguments: tuple[str, str]) -> None:
    code, output, problem = await reporter.run(*arguments)

    assert (code, output) == (ExitCode.FAILED, "")
    assert arguments[0] in problem


async def test_without_suggestions_there_is_nothing_to_tell(reporter: Reporter) -> None:
    report = await reporter.report()

    assert (report["compared"], report["not_compared"], report["total"], report["trimmed_before"]) == ([], [], [], None)


async def test_suggestions_that_are_not_kept_any_more_are_missed(shadow_lab: Lab, reporter: Reporter) -> None:
    lab = shadow_lab
    await price(lab, "2500")
    await trade(lab, "LONG", "100", "2500")
    await suggest(lab, "PARTIAL_CLOSE", percentage="0.25")
    kept = await suggest(lab, "PARTIAL_CLOSE", percentage="0.5")
    await lab.redis.xtrim(STREAM_SUGGESTIONS, maxlen=1, approximate=False)

    whole = await reporter.report()
    since = await reporter.report("--since", kept.partition("-")[0])

    assert (whole["trimmed_before"], since["trimmed_before"]) == (kept, None)


async def test_both_sides_of_a_hedge_are_told_apart(temporal: Client, redis: Redis, servers: Stack) -> None:
    async with Lab(temporal, redis, mode=Mode.SHADOW, hedge=True) as lab:
        await price(lab, "2500")
        await trade(lab, "LONG", "100", "2500")
        await trade(lab, "SHORT", "40", "2500")
        await price(lab, "2600")
        await suggest(lab, "CLOSE", side="LONG")
        await suggest(lab, "CLOSE", side="SHORT")
        await trade(lab, "LONG", "-100", "2700")
        await trade(lab, "SHORT", "-40", "2700")

        report = await Reporter(lab, servers).report()

    told = {each["side"]: [D(each[name]) for name in ("closed_quantity", "difference")] for each in report["compared"]}
    # long: 100 x 100 less 130, against 100 x 200 less 135; short: 40 x -100 less 52, against 40 x -200 less 54
    assert told == {"LONG": [D(100), D(-9995)], "SHORT": [D(40), D(4002)]}


async def test_a_fee_in_another_coin_is_estimated_and_marked() -> None:
    paid = sold(9, "-40", price="2550").model_copy(
        update={"commission": D("0.08"), "commission_asset": "BNB", "time_ms": START + 1000}
    )
    exchange = FakeExchange(held=Views((position("60"),)), fills=Views((paid,)), clock_ms=START + 60_000)

    story = await read_story(exchange, SYMBOL, Side.LONG, START, D("0.0005"))

    assert [(each.fee, each.fee_estimated) for each in story.fills] == [(D("51.0000"), True)]
    assert (story.amount_now, story.mark_now) == (D(60), D(3010))


async def test_a_position_that_never_stands_still_is_not_guessed_at() -> None:
    views = Views[tuple[Position, ...]](*((position(str(amount)),) for amount in range(10, 20)))

    with pytest.raises(ExchangeUnavailable, match="kept changing"):
        await read_story(FakeExchange(held=views), SYMBOL, Side.LONG, START, D(0))
