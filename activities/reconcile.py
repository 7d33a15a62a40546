"""Comparing the user's records with the exchange, and putting right what two clean reads agree on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import structlog
from redis.asyncio import Redis
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.failures import UNKNOWN_SYMBOL, as_application_errors
from activities.generation import one_moment
from activities.interfaces import Reconciling
from activities.orphans import find_orphans, still_orphans
from activities.reconcile_events import Speaker, odd_event, record_event, stop_event
from activities.reconcile_view import Judged, RecordsView, read_view
from activities.record_fields import beside, facts, first_facts, moving
from activities.record_store import Change, Ongoing, RecordStore
from activities.safety_openings import Openings
from contracts.errors import ExchangeError, ExchangeRefused, ExchangeThrottled
from contracts.mode import Mode
from contracts.names import KEY_RECORDS_OWNER
from contracts.reconcile import (
    ConditionalOrder,
    ReconcileLook,
    ReconcileReport,
    ReconcileRequest,
    RecordFinding,
    RecordKind,
    SettleRequest,
    StopsOf,
)
from contracts.wire_out import text
from exchange.background import in_background
from exchange.port import ExchangePort
from exchange.reconcile_port import ReconcilePort
from kernel.records import Match

MOST_FINDINGS: Final = 150
"""Of one run, so that they fit into its history; the next run goes on."""
MOST_GHOSTS: Final = 25
"""Symbols of one run whose trades are read before their records go."""
_COUNTED: Final[Mapping[Match, str]] = {
    Match.GHOST: "purged", Match.UNKNOWN: "adopted", Match.DRIFT: "repaired", Match.REPLACED: "repaired",
}  # fmt: skip

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Keeper:
    """Who keeps the records true."""

    account: str
    venue: str
    mode: Mode
    build: str

    @property
    def name(self) -> str:
        """As it stands in Redis: another account's exchange must never be the measure of these records."""
        return f"{self.venue}:{self.account}"


class Reconciler(Reconciling):
    """One account's. In shadow mode it tells what it would do, and changes nothing."""

    def __init__(self, exchange: ExchangePort, reads: ReconcilePort, redis: Redis, keeper: Keeper) -> None:
        self._exchange = exchange
        self._reads = reads
        self._store = RecordStore(redis, keeper.account)
        self._openings = Openings(exchange)
        self._keeper = keeper

    @activity.defn(name="compare_records")
    async def compare_records(self, request: ReconcileRequest) -> ReconcileLook:
        """See :class:`activities.interfaces.Reconciling`."""
        with as_application_errors(), in_background():
            await self._check_owner(request.account)
            view = await read_view(self._reads, self._store)
            orders, unread = await self._conditional_orders()
        return ReconcileLook(
            account=self._keeper.account,
            positions=len(view.account.held),
            findings=tuple(each.told for each in view.untrue)[:MOST_FINDINGS],
            orphans=tuple(find_orphans(view.account, orders, foreign=request.stops is StopsOf.ALL))[:MOST_FINDINGS],
            unread=unread,
        )

    async def _conditional_orders(self) -> tuple[tuple[ConditionalOrder, ...], str]:
        """All that rest, or why they are not known: records do not wait for them."""
        try:
            return await self._reads.conditional_orders(), ""
        except ExchangeThrottled:
            raise
        except ExchangeError as failed:
            return (), str(failed)[:200]

    @activity.defn(name="settle_records")
    async def settle_records(self, request: SettleRequest) -> ReconcileReport:
        """See :class:`activities.interfaces.Reconciling`."""
        with as_application_errors(), in_background():
            await self._check_owner(request.account)
            view, speaker = await read_view(self._reads, self._store), self._speaker()
            if not self._shadow:
                await self._publish(view, speaker)  # at once: a close of ours may know better a moment later
            stops = await still_orphans(self._exchange, view.account, request.orphans)
            settled, waiting = await self._believed(view, request.findings)
            if self._shadow:
                report = await self._suggest(settled, stops, view, speaker)
            else:
                report = await self._put_right(settled, stops, view, speaker)
        waiting += len(request.orphans) - len(stops)
        return report.model_copy(
            update={"positions": len(view.account.held), "shadow": self._shadow, "waiting": report.waiting + waiting}
        )

    @property
    def _shadow(self) -> bool:
        return self._keeper.mode is not Mode.LIVE

    def _speaker(self) -> Speaker:
        return Speaker(self._keeper.account, self._keeper.build, self._shadow, self._exchange.now_ms())

    async def _check_owner(self, account: str) -> None:
        """Their names say no account: two that repair them towards two exchanges would destroy each other's (R63)."""
        if account != self._keeper.account:
            message = f"the worker on this task queue is for account {self._keeper.account}, not {account}"
            raise ApplicationError(message, type="AnotherAccount", non_retryable=True)
        if not self._shadow:
            await self._store.own(self._keeper.name)
        owner = await self._store.owner()
        if owner not in (None, self._keeper.name):
            message = (
                f"the position records in this Redis belong to {owner}, this worker is {self._keeper.name}: "
                f"nothing is compared. Set HARVEST_RECONCILE=false here, or delete the key {KEY_RECORDS_OWNER}"
            )
            raise ApplicationError(message, type="RecordsOfAnotherAccount", non_retryable=True)

    async def _believed(self, view: RecordsView, first: Sequence[RecordFinding]) -> tuple[tuple[Judged, ...], int]:
        """What both reads show, and how much only one did. Of a ghost the trades are read, too."""
        before = frozenset(first)
        same = [each for each in view.untrue if each.told in before]
        ghosts = dict.fromkeys(each.symbol for each in same if each.judgement.finding is Match.GHOST)
        gone = {symbol for symbol in list(ghosts)[:MOST_GHOSTS] if await self._is_gone(symbol)}
        settled = tuple(each for each in same if each.symbol not in ghosts or each.symbol in gone)
        return settled, len(before) - len(settled)

    async def _is_gone(self, symbol: str) -> bool:
        """Whether nothing speaks against it: no trade that opened a moment ago, and no entry that still rests."""
        try:
            trades = await self._exchange.recent_trades(symbol)
            orders = await self._exchange.open_orders(symbol)
        except ExchangeRefused as refused:
            if refused.code != UNKNOWN_SYMBOL:
                raise
            return True  # delisted since: one such record must not keep all others from being compared
        opens = [order for order in orders if not (order.reduce_only or order.close_position)]
        return one_moment((), trades, self._exchange.now_ms()) and not opens

    async def _put_right(
        self, settled: Sequence[Judged], stops: Sequence[ConditionalOrder], view: RecordsView, speaker: Speaker
    ) -> ReconcileReport:
        lines, counts, waiting = [], dict.fromkeys(_COUNTED.values(), 0), 0
        ongoing = _odd(view, speaker)
        for each, change in zip(settled, await self._changes(settled, speaker), strict=True):
            how = await self._store.change(change)
            lines.append(f"{each.symbol} {each.kind} {each.judgement.finding}: {how}")
            counts[_COUNTED[each.judgement.finding]] += how == "done"
            waiting += how != "done"
            ongoing += [change.told] if change.told and how == "done" else []
        for stop in stops:
            await self._exchange.cancel_algo_order(stop.symbol, stop.order.algo_id)
            lines.append(f"{stop.symbol} stop {stop.order.algo_id} orphaned: cancelled")
            ongoing.append(_told_stop(stop, speaker))
        await self._store.tell(ongoing)
        self._say(lines)
        return ReconcileReport(**counts, stops_cancelled=len(stops), waiting=waiting, lines=tuple(lines))

    async def _suggest(
        self, settled: Sequence[Judged], stops: Sequence[ConditionalOrder], view: RecordsView, speaker: Speaker
    ) -> ReconcileReport:
        counts = dict.fromkeys(_COUNTED.values(), 0)
        ongoing = [*_odd(view, speaker), *(_told_stop(stop, speaker) for stop in stops)]
        for each, change in zip(settled, await self._changes(settled, speaker), strict=True):
            counts[_COUNTED[each.judgement.finding]] += 1
            ongoing += [change.told] if change.told else []
        await self._store.tell(ongoing)
        lines = tuple(f"{each.symbol} {each.kind} {each.judgement.finding}: would be put right" for each in settled)
        return ReconcileReport(**counts, stops_cancelled=len(stops), lines=lines)

    async def _changes(self, settled: Sequence[Judged], speaker: Speaker) -> list[Change]:
        opened = await self._opened([each for each in settled if each.judgement.finding is Match.UNKNOWN])
        return [_change(each, opened.get(each.symbol), speaker) for each in settled]

    async def _opened(self, unknown: Sequence[Judged]) -> Mapping[str, int]:
        """When the positions that get a record were opened, as far as their trades can be read."""
        wanted = {each.symbol: each.held.position for each in unknown if each.held and each.kind is RecordKind.POSITION}
        openings = await self._openings.of(tuple(wanted.values()))
        return {
            symbol: opening.generation.opened_at_ms
            for symbol, opening in zip(wanted, openings, strict=True)
            if opening.generation
        }

    async def _publish(self, view: RecordsView, speaker: Speaker) -> None:
        """What is open, to be counted, and new prices for the canonical records that are true."""
        if not view.account.unsettled:
            open_now = {each.key: text(each.position.amount) for each in view.account.held}
            await self._store.publish_open(open_now)
        for each in view.judged:
            if each.kind is RecordKind.STATE and each.held and each.judgement.finding is Match.AGREES:
                await self._store.refresh(each.symbol, each.kind, moving(each.kind, each.held, speaker.now_ms))

    def _say(self, lines: Sequence[str]) -> None:
        for line in lines:
            _log.info("records reconciled", change=line)


def _change(judged: Judged, opened_at_ms: int | None, speaker: Speaker) -> Change:
    finding, told = judged.judgement.finding, judged.told
    drop = beside(judged.fields) if finding is Match.REPLACED else ()
    put: dict[str, str] = {}
    if judged.held is not None:
        put = facts(judged.kind, judged.held, speaker.now_ms, judged.fields)
    if finding is Match.UNKNOWN:
        put |= first_facts(judged.kind, opened_at_ms)
    if finding is Match.REPLACED and judged.kind is RecordKind.POSITION:
        put["risk_missing"] = "1"
    event = record_event(judged, drop, speaker)
    again = f"{told.finding} {told.digest} {told.exchange}"
    ongoing = Ongoing(f"{judged.symbol} {judged.kind}", again, event) if event else None
    return Change(judged.symbol, judged.kind, told.digest, put, drop, ongoing)


def _odd(view: RecordsView, speaker: Speaker) -> list[Ongoing]:
    return [
        Ongoing(f"{each.symbol} {each.kind}", each.key_type, odd_event(each.symbol, each.kind, each.key_type, speaker))
        for each in view.odd
    ]


def _told_stop(stop: ConditionalOrder, speaker: Speaker) -> Ongoing:
    return Ongoing(f"{stop.symbol} stop {stop.order.algo_id}", "orphaned", stop_event(stop, speaker))
