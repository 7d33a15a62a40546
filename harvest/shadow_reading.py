"""What a shadow report is made of: the suggestions from Redis, and what happened from the exchange itself."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final, cast

from redis.asyncio import Redis

from contracts.errors import ExchangeError, ExchangeUnavailable
from contracts.names import STREAM_SUGGESTIONS
from contracts.order import PositionSide, Trade
from contracts.snapshot import Position
from exchange.port import ExchangePort
from harvest.shadow_compare import Compared, Fill, Story, compare, told_once, uncompared
from harvest.shadow_suggestion import Suggestion, Uncompared, read_suggestion
from kernel.errors import KernelError
from kernel.lot_filters import lot_rules
from kernel.side import Side
from kernel.sizing import size_orders

_PAGE: Final = 1000
_BEFORE_MS: Final = 60_000
"""A position is read a little before the moment that its suggestion names."""
_LOOKS: Final = 3


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which suggestions. Instants are aware; None is no bound."""

    account: str
    since: datetime | None = None
    until: datetime | None = None
    symbol: str | None = None

    def includes(self, suggestion: Suggestion) -> bool:
        """Whether it is of the span, the symbol and the account."""
        at = suggestion.at_ms
        return (
            suggestion.account == self.account
            and self.symbol in (None, suggestion.symbol)
            and (self.since is None or at >= self.since.timestamp() * 1000)
            and (self.until is None or at < self.until.timestamp() * 1000)
        )

    def may_include(self, other: Uncompared) -> bool:
        """Whether something that cannot be read may be of it: in doubt it is told. Its entry's time stands for its."""
        at = int(other.id.partition("-")[0])
        return (
            other.account in ("", self.account)
            and (self.symbol is None or other.symbol in ("", self.symbol))
            and (self.since is None or at >= self.since.timestamp() * 1000)
            and (self.until is None or at < self.until.timestamp() * 1000)
        )


@dataclass(frozen=True, slots=True)
class ShadowReport:
    """Every suggestion that was asked for is in one of the two."""

    compared: tuple[Compared, ...]
    uncompared: tuple[Uncompared, ...]
    unread: tuple[str, ...]
    """Symbols whose trades or position the exchange did not show."""
    trimmed_before: str
    """If the stream keeps no suggestions older than this entry, and there were some; else "". """


async def shadow_report(redis: Redis, exchange: ExchangePort, wanted: Wanted, taker_fee: Decimal) -> ShadowReport:
    """Read and compare. Raises RedisError; what one symbol's reads raise is told in the report."""
    read = [read_suggestion(entry_id, fields) async for entry_id, fields in _entries(redis)]
    asked = [each for each in read if isinstance(each, Suggestion) and wanted.includes(each)]
    left = [each for each in read if isinstance(each, Uncompared) and wanted.may_include(each)]
    decisions, repeats = told_once(asked)
    left += repeats
    compared: list[Compared] = []
    unread: list[str] = []
    for group in _groups(decisions):
        symbol = group[0].symbol
        try:
            found = await _group(exchange, group, taker_fee)
        except ExchangeError as failed:
            unread.append(symbol)
            found = [uncompared(each, f"the exchange could not be read: {failed}") for each in group]
        compared += [each for each in found if isinstance(each, Compared)]
        left += [each for each in found if isinstance(each, Uncompared)]
    return ShadowReport(
        compared=tuple(sorted(compared, key=lambda each: (each.suggestion.at_ms, each.suggestion.id))),
        uncompared=tuple(sorted(left, key=lambda each: each.id)),
        unread=tuple(dict.fromkeys(unread)),
        trimmed_before=await _trimmed_before(redis, wanted),
    )


def _groups(suggestions: Iterable[Suggestion]) -> list[list[Suggestion]]:
    groups: dict[tuple[str, Side], list[Suggestion]] = {}
    for each in suggestions:
        groups.setdefault((each.symbol, each.side), []).append(each)
    return list(groups.values())


async def _group(
    exchange: ExchangePort, group: Sequence[Suggestion], taker_fee: Decimal
) -> list[Compared | Uncompared]:
    sized = [await _on_the_grid(exchange, each) for each in group]
    fitting = [each for each in sized if isinstance(each, Suggestion)]
    story = await read_story(exchange, group[0].symbol, group[0].side, min(each.at_ms for each in group), taker_fee)
    return [*(each for each in sized if isinstance(each, Uncompared)), *compare(fitting, story, taker_fee)]


async def _on_the_grid(exchange: ExchangePort, suggestion: Suggestion) -> Suggestion | Uncompared:
    """As much of it as orders could close. The watch suggests without knowing the symbol's lot sizes."""
    if suggestion.sized:
        quantity = suggestion.quantity
    else:
        size, rules = abs(suggestion.position), await exchange.symbol_rules(suggestion.symbol)
        try:
            target = max(Decimal(0), size - suggestion.quantity)
            quantity = sum(size_orders(size, target, lot_rules(rules)).quantities, Decimal(0))
        except KernelError as odd:
            return uncompared(suggestion, f"cannot be sized: {odd}")
    if quantity <= 0:
        return uncompared(suggestion, "less than the exchange accepts: nothing would have been sent")
    return replace(suggestion, quantity=quantity, sized=True)


async def read_story(exchange: ExchangePort, symbol: str, side: Side, from_ms: int, taker_fee: Decimal) -> Story:
    """Position and trades of one side, of one moment. Raises ExchangeError."""
    hedge = await exchange.hedge_mode()
    position_side = PositionSide(side.value) if hedge else PositionSide.BOTH
    before = await _position(exchange, symbol, position_side)
    for _ in range(_LOOKS):
        trades = await exchange.recent_trades(symbol, start_ms=from_ms - _BEFORE_MS)
        now = await _position(exchange, symbol, position_side)
        if _amount(before) == _amount(now):
            break
        before = now  # it moved while we read: the trades may lack the last ones
    else:
        raise ExchangeUnavailable(f"{symbol} kept changing while it was read; ask again")
    fills = tuple(_fill(each, symbol, taker_fee) for each in trades if each.position_side is position_side)
    return Story(fills, _amount(now), now.mark_price if now else None)


async def _position(exchange: ExchangePort, symbol: str, side: PositionSide) -> Position | None:
    return next((each for each in await exchange.positions(symbol) if each.position_side is side), None)


def _amount(position: Position | None) -> Decimal:
    return position.amount if position else Decimal(0)


def _fill(trade: Trade, symbol: str, taker_fee: Decimal) -> Fill:
    in_quote = trade.commission == 0 or symbol.endswith(trade.commission_asset)
    fee = trade.commission if in_quote else trade.price * trade.quantity * taker_fee
    return Fill(trade.time_ms, trade.signed_quantity, trade.price, fee, fee_estimated=not in_quote)


async def _entries(redis: Redis) -> AsyncIterator[tuple[str, dict[str, str]]]:
    after = "-"
    while True:
        page = cast(
            "list[tuple[bytes, dict[bytes, bytes]]]", await redis.xrange(STREAM_SUGGESTIONS, min=after, count=_PAGE)
        )
        for raw_id, raw in page:
            yield raw_id.decode(), {_text(name): _text(value) for name, value in raw.items()}
        if len(page) < _PAGE:
            return
        after = f"({page[-1][0].decode()}"


def _text(raw: bytes) -> str:
    return raw.decode(errors="backslashreplace")


async def _trimmed_before(redis: Redis, wanted: Wanted) -> str:
    """The oldest entry that is kept, if older ones of the span are not."""
    if not await redis.exists(STREAM_SUGGESTIONS):
        return ""
    info = await redis.xinfo_stream(STREAM_SUGGESTIONS)
    if info["entries-added"] <= info["length"] or not info["first-entry"]:
        return ""
    first = info["first-entry"][0].decode()
    reaches_back = wanted.since is not None and int(first.partition("-")[0]) <= wanted.since.timestamp() * 1000
    return "" if reaches_back else str(first)
