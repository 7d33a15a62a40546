"""What the watch cannot read is said, and nothing is made up in its place."""

from contracts.names import key_config, key_market_state
from tests.watch.test_harvesting import SYMBOL, opened
from tests.watch.watch_lab import WatchLab

POSITIONS = "GET /fapi/v3/positionRisk"


async def test_unreadable_positions_are_not_no_positions(watched: WatchLab) -> None:
    await opened(watched)
    await watched.until_report(SYMBOL, rule="none")

    await watched.fault("html_502", POSITIONS, times=-1)
    blind = await watched.until_status(readable=False)
    await watched.price(SYMBOL, "2400")
    await watched.call("DELETE", "/sim/faults")
    await watched.until_position(SYMBOL, "0")

    assert "positions could not be read" in blind.problem
    assert [report.symbol for report in blind.positions] == [SYMBOL]
    assert (await watched.until_status(readable=True)).problem == ""


async def test_without_a_market_state_our_own_estimate_is_used_and_told(watched: WatchLab) -> None:
    await opened(watched, theta__kill_threshold="1")
    await watched.redis.delete(key_market_state(SYMBOL))

    report = await watched.until_told(SYMBOL, lambda report: "market_estimated" in report.notes)

    assert report.kill_score is not None


async def test_without_market_state_and_candles_prices_alone_decide(watched: WatchLab) -> None:
    await watched.fault("html_502", "GET /fapi/v1/klines", times=-1)
    await opened(watched)
    await watched.redis.delete(key_market_state(SYMBOL))

    await watched.price(SYMBOL, "2610")
    missing = "tranche:market_state_missing+candles_unreadable"
    await watched.until_told(SYMBOL, lambda report: any(note.startswith(missing) for note in report.notes))

    assert await watched.intents() == []

    await watched.price(SYMBOL, "2400")
    await watched.until_position(SYMBOL, "0")
    assert (await watched.intents())[0]["rule"] == "emergency_stop"


async def test_an_opening_that_cannot_be_read_still_lets_protection_through(watched: WatchLab) -> None:
    await watched.fault("html_502", "GET /fapi/v1/userTrades", times=4)
    await opened(watched)
    await watched.price(SYMBOL, "2400")

    await watched.until_position(SYMBOL, "0")

    assert (await watched.intents())[0]["rule"] == "emergency_stop"


async def test_stops_that_cannot_be_listed_do_not_keep_a_position_from_being_judged(watched: WatchLab) -> None:
    await watched.fault("html_502", "GET /fapi/v1/openAlgoOrders", times=-1)
    await opened(watched)
    await watched.until_told(SYMBOL, lambda report: "stops_not_read_yet" in report.notes)

    await watched.price(SYMBOL, "2610")
    await watched.until_position(SYMBOL, "75")

    assert (await watched.intents())[0]["rule"] == "tranche"


async def test_rules_change_while_it_runs_and_a_mistake_keeps_the_last_good_ones(watched: WatchLab) -> None:
    await opened(watched, harvest="off")
    before = await watched.until_report(SYMBOL, rule="none")
    await watched.price(SYMBOL, "2610")

    await watched.configure(SYMBOL, harvest="tranches", min_r="3")
    good = await watched.until_told(SYMBOL, lambda report: "tranche:below_min_r" in report.notes)
    await watched.configure(SYMBOL, min_r="a lot")
    bad = await watched.until_told(SYMBOL, lambda report: bool(report.config.problem))
    await watched.configure(SYMBOL, min_r="0.5")
    await watched.until_position(SYMBOL, "75")

    assert before.config.version != good.config.version == bad.config.version
    assert "min_r is 'a lot': a number was expected; the last good rules hold" in bad.config.problem
    (intent,) = await watched.intents()
    assert intent["config_version"] not in (before.config.version, good.config.version)


async def test_a_configuration_of_the_wrong_kind_is_told(watched: WatchLab) -> None:
    await opened(watched)
    good = await watched.until_report(SYMBOL, rule="none")

    await watched.redis.delete(key_config(SYMBOL))
    await watched.redis.set(key_config(SYMBOL), '{"min_r": 1}')
    told = await watched.until_told(SYMBOL, lambda report: bool(report.config.problem))

    assert "no hash" in told.config.problem
    assert told.config.version == good.config.version
