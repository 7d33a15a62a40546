"""What the watch reads of the market and of a position's past, from the simulated exchange over HTTP."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise

import pytest
from pydantic import SecretStr

from activities.market import MarketDesk
from activities.watch_extremes import extremes_since
from activities.watch_signals import LOOK_EVERY_MS, WatchSignals
from contracts.market import Candle, FundingFacts, Income
from contracts.mode import Venue
from contracts.watch import HeldPosition
from exchange.binance import BinanceExchange
from exchange.endpoint import ExchangeEndpoint
from kernel.kill_score import MarketState
from kernel.position_view import PositionView
from kernel.side import Side
from simulator import Simulator, SimulatorConfig
from tests.watch.watch_lab import WatchLab

MINUTE = 60_000
START = 1_800_000_000_000 // MINUTE * MINUTE


@dataclass
class Tape:
    """A past of one minute candles, as the exchange would tell it, and a log of what it was asked."""

    first_ms: int
    highs: list[int] = field(default_factory=list)
    asked: list[tuple[str, int]] = field(default_factory=list)
    now_ms: int = START

    async def all_positions(self) -> tuple[HeldPosition, ...]:
        return ()

    async def candles(self, symbol: str, most: int) -> tuple[Candle, ...]:
        self.asked.append((symbol, most))
        last = self.now_ms // MINUTE * MINUTE - MINUTE
        opens = range(last - (most - 1) * MINUTE, last + 1, MINUTE)
        return tuple(
            Candle(open_ms=at, high=Decimal(1), low=Decimal(1), close=Decimal(100) + at // MINUTE % 7) for at in opens
        )

    async def mark_candles(self, symbol: str, interval: str, start_ms: int) -> tuple[Candle, ...]:
        assert symbol == "ETHUSDT"
        self.asked.append((interval, start_ms))
        step = {"1m": 1, "5m": 5}[interval]
        found = [
            (self.first_ms + minute * MINUTE, self.highs[minute : minute + step])
            for minute in range(0, len(self.highs), step)
        ]
        return tuple(
            Candle(open_ms=at, high=Decimal(max(highs)), low=Decimal(min(highs)), close=Decimal(1))
            for at, highs in found
            if at >= start_ms
        )[:499]

    async def funding(self, symbol: str) -> FundingFacts:
        raise AssertionError(symbol)

    async def funding_paid(self, start_ms: int) -> tuple[Income, ...]:
        raise AssertionError(start_ms)


async def test_one_estimate_for_each_new_candle() -> None:
    tape = Tape(START)
    desk = MarketDesk(tape)
    assert desk.reading("ETHUSDT", START).missing == "market_not_read_yet"
    assert desk.cost("ETHUSDT", START) == 2

    await desk.refresh("ETHUSDT", START)
    first = desk.reading("ETHUSDT", START)
    assert first.facts is not None
    assert first.estimated
    assert desk.cost("ETHUSDT", START + MINUTE - 1) == 0

    tape.now_ms = START + MINUTE
    assert desk.cost("ETHUSDT", START + MINUTE) == 1
    await desk.refresh("ETHUSDT", START + MINUTE)
    assert desk.reading("ETHUSDT", START + MINUTE).facts != first.facts
    assert [most for _, most in tape.asked] == [257, 10]

    assert desk.reading("ETHUSDT", START + 10 * MINUTE).missing == "market_estimate_old"


async def test_extremes_of_a_short_life_leave_out_the_minute_of_the_opening() -> None:
    tape = Tape(START, [900, 110, 105, 90])

    assert await extremes_since(tape, "ETHUSDT", START + 5_000, START + 4 * MINUTE) == (Decimal(110), Decimal(90))
    assert await extremes_since(tape, "ETHUSDT", START + 3 * MINUTE + 5_000, START + 4 * MINUTE) is None


async def test_extremes_of_a_long_life_read_the_rest_of_the_first_candle_in_minutes() -> None:
    tape = Tape(START, [900, 900, 130, *[100] * 1000, 95])

    found = await extremes_since(tape, "ETHUSDT", START + MINUTE + 1, START + 1004 * MINUTE)

    assert found == (Decimal(130), Decimal(95))
    assert [interval for interval, _ in tape.asked] == ["5m", "1m"]


def view(sigma: str, mark: str, p_trend: str = "0.6") -> PositionView:
    market = MarketState(Decimal(sigma), Decimal("0.3"), Decimal(p_trend), Decimal("0.2"), Decimal("0.2"))
    return PositionView(
        side=Side.LONG,
        entry_price=Decimal(100),
        mark_price=Decimal(mark),
        quantity=Decimal(1),
        age_seconds=Decimal(60),
        peak_price=Decimal(mark),
        trough_price=Decimal(100),
        stop_dist_pct=Decimal("0.02"),
        market=market,
    )


def test_signals_need_three_looks_half_a_minute_apart() -> None:
    signals = WatchSignals()
    marks = ("101", "102", "103")
    told = [
        signals.of("ETHUSDT:LONG:7", view(sigma, mark), "trend", START + look * LOOK_EVERY_MS)
        for look, (sigma, mark) in enumerate(zip(("0.010", "0.010", "0.012"), marks, strict=True))
    ]

    assert [each.volatility_expanding for each in told] == [None, None, True]
    assert told[-1].r_history == (Decimal("0.5"), Decimal(1), Decimal("1.5"))
    assert told[-1].regime_changed is False
    turned = signals.of("ETHUSDT:LONG:7", view("0.01", "103", "0.1"), "trend", START + 3 * LOOK_EVERY_MS)
    assert turned.regime_changed is True


@pytest.fixture
async def exchange() -> AsyncIterator[tuple[Simulator, BinanceExchange]]:
    simulator = Simulator(SimulatorConfig(seed=7, leverage=20))
    await simulator.start()
    endpoint = ExchangeEndpoint(
        venue=Venue.SIMULATOR,
        base_url=simulator.url,
        api_key=SecretStr("sim-key"),
        api_secret=SecretStr("sim-secret"),
        user_stream=False,
    )
    connected = await BinanceExchange.connect(endpoint)
    yield simulator, connected
    await connected.close()
    await simulator.stop()


async def test_the_reads_of_the_whole_account_and_of_the_market(exchange: tuple[Simulator, BinanceExchange]) -> None:
    _, connected = exchange
    watch = connected.watch_reads

    candles = await watch.candles("ETHUSDT", 257)
    now = connected.now_ms()

    assert len(candles) == 257
    assert candles[-1].open_ms + MINUTE <= now < candles[-1].open_ms + 3 * MINUTE
    assert [late.open_ms - early.open_ms for early, late in pairwise(candles)] == [MINUTE] * 256
    assert all(candle.low <= candle.close <= candle.high for candle in candles)
    marks = await watch.mark_candles("ETHUSDT", "5m", now - 60 * MINUTE)
    assert 12 <= len(marks) <= 13
    assert (await watch.funding("ETHUSDT")).rate == Decimal("0.0001")
    assert await watch.all_positions() == ()
    assert await watch.funding_paid(now - MINUTE) == ()


async def test_leverage_is_told_by_the_margin_and_funding_that_was_paid_closes(watched: WatchLab) -> None:
    await watched.stop()
    await watched.market("ETHUSDT")
    await watched.open("ETHUSDT", "SHORT", "10")
    await watched.call("POST", "/sim/fund", symbol="ETHUSDT", rate="-0.02")
    assert watched.exchange is not None
    (held,) = await watched.exchange.watch_reads.all_positions()
    assert held.leverage == 20

    await watched.start()
    await watched.until_position("ETHUSDT", "0")

    closes = await watched.intents()
    assert {fields["rule"] for fields in closes} == {"funding_bleed"}
    assert "funding_paid" in closes[0]["reason_codes"]
