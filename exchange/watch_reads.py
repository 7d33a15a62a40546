"""Reads of the whole account and of the market, for the watch."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from contracts.errors import ExchangeError
from contracts.market import Candle, FundingFacts, Income
from contracts.watch import HeldPosition
from exchange import wire
from exchange.background import in_background
from exchange.clock import ExchangeClock
from exchange.reads import Reads
from exchange.signed_client import SignedClient
from exchange.spans import LONGEST_MS

_EIGHT_HOURS: Final = Decimal(8)
_INTERVALS_KEPT_MS: Final = 3_600_000
_MARK_CANDLES: Final = 499
_PAGE: Final = 1000
_PAGES: Final = 3


class WatchReads:
    """Implements :class:`exchange.watch_port.WatchPort`."""

    def __init__(self, client: SignedClient, reads: Reads, clock: ExchangeClock) -> None:
        self._client = client
        self._reads = reads
        self._clock = clock
        self._hours: Mapping[str, Decimal] = {}
        self._hours_read_ms: int | None = None

    async def all_positions(self) -> tuple[HeldPosition, ...]:
        """Every open position of the account. Weight 5."""
        answer = await self._reads.ask(self._client.futures_position_information())
        return tuple(held for held in wire.rows(answer, "positions", held_position) if held.position.amount)

    async def candles(self, symbol: str, most: int) -> tuple[Candle, ...]:
        """The last candles of one minute that have ended."""
        with in_background():
            request = self._client.futures_klines(symbol=symbol, interval="1m", limit=most + 1)
            answer = await self._reads.ask(request)
        now = self._clock.now_ms()
        return tuple(candle for candle, end_ms in _candles(answer) if end_ms < now)

    async def mark_candles(self, symbol: str, interval: str, start_ms: int) -> tuple[Candle, ...]:
        """Candles of the mark that opened since, the running one too."""
        with in_background():
            request = self._client.futures_mark_price_klines(
                symbol=symbol, interval=interval, startTime=start_ms, limit=_MARK_CANDLES
            )
            answer = await self._reads.ask(request)
        return tuple(candle for candle, _ in _candles(answer))

    async def funding(self, symbol: str) -> FundingFacts:
        """The rate of the next settlement, scaled to eight hours."""
        with in_background():
            hours = (await self._interval_hours()).get(symbol, _EIGHT_HOURS)
            answer = await self._reads.ask(self._client.futures_mark_price(symbol=symbol))
        rate = wire.decimal(wire.row(answer, "the funding rate"), "lastFundingRate")
        return FundingFacts(rate=rate * _EIGHT_HOURS / hours, read_ms=self._clock.now_ms())

    async def funding_paid(self, start_ms: int) -> tuple[Income, ...]:
        """Funding since, of all symbols, oldest first."""
        start = max(start_ms, self._clock.now_ms() - LONGEST_MS)
        found: dict[tuple[str, str], Income] = {}
        with in_background():
            for page in range(1, _PAGES + 1):
                request = self._client.futures_income_history(
                    incomeType="FUNDING_FEE", startTime=start, limit=_PAGE, page=page
                )
                rows = wire.rows(await self._reads.ask(request), "income", _income)
                found.update({(row.transaction, row.symbol): row for row in rows})
                if len(rows) < _PAGE:
                    return tuple(found.values())
        raise ExchangeError(f"more than {_PAGES * _PAGE} funding payments in a week: they are not added up")

    async def _interval_hours(self) -> Mapping[str, Decimal]:
        """Hours between settlements of the symbols where it is not eight."""
        now = self._clock.now_ms()
        if self._hours_read_ms is None or now - self._hours_read_ms > _INTERVALS_KEPT_MS:
            answer = await self._reads.ask(self._client.futures_v1_get_funding_info())
            self._hours = dict(wire.rows(answer, "funding intervals", _hours))
            self._hours_read_ms = now
        return self._hours


def held_position(row: wire.Row) -> HeldPosition:
    """A position row with its leverage; the amount may be zero."""
    return HeldPosition(position=wire.position(row), leverage=_leverage(row))


def _leverage(row: wire.Row) -> Decimal | None:
    """v3 says it nowhere, but the margin that a position binds is its notional by the leverage."""
    if not row.get("notional") or not row.get("positionInitialMargin"):
        return None
    notional, margin = abs(wire.decimal(row, "notional")), wire.decimal(row, "positionInitialMargin")
    return max(Decimal(1), (notional / margin).quantize(Decimal(1))) if notional and margin else None


def _hours(row: wire.Row) -> tuple[str, Decimal]:
    return wire.text(row, "symbol"), wire.decimal(row, "fundingIntervalHours")


def _income(row: wire.Row) -> Income:
    return Income(
        symbol=wire.text(row, "symbol"),
        amount=wire.decimal(row, "income"),
        time_ms=wire.integer(row, "time"),
        transaction=str(row.get("tranId", "")),
    )


def _candles(answer: object) -> list[tuple[Candle, int]]:
    """Candles with the instant they end at."""
    if not isinstance(answer, list):
        raise wire.UnreadableAnswer(f"expected a list of candles, got {type(answer).__name__}")
    return [_candle(fields) for fields in answer]


def _candle(fields: object) -> tuple[Candle, int]:
    if not isinstance(fields, list) or len(fields) < 7:
        raise wire.UnreadableAnswer("a candle has fewer than seven fields")
    row = dict(zip(("open_ms", "open", "high", "low", "close", "volume", "end_ms"), fields, strict=False))
    prices = {name: wire.decimal(row, name) for name in ("high", "low", "close")}
    if min(prices.values()) <= 0:
        raise wire.UnreadableAnswer(f"a candle shows the price {min(prices.values())}")
    return Candle(open_ms=wire.integer(row, "open_ms"), **prices), wire.integer(row, "end_ms")
