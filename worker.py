"""The main process: Temporal worker and stream bridge together, and the one place where everything is put together.

``python worker.py`` reads its settings from the environment and from the file that HARVEST_CONFIG names, waits for what
it depends on, works until SIGTERM, and then finishes what it has begun.
"""

import asyncio
import gc
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import structlog
from pydantic import SecretStr
from redis.asyncio import Redis
from temporalio.client import Client
from temporalio.worker import Worker

from activities.canonical_record import CanonicalRecord
from activities.confirmation import Confirmation
from activities.fees import FeeRates
from activities.flatten import AccountSurvey
from activities.handing import CloseDoor
from activities.hints import RedisHints
from activities.look import OrderLook
from activities.marks import SentMarks
from activities.orders import ExchangeOrders
from activities.publisher import Publisher
from activities.reads import ExchangeReads
from activities.reconcile import Keeper, Reconciler
from activities.results import VerifiedResults
from activities.safety import SafetyReader
from activities.snapshot import SnapshotReader
from activities.stop_bell import StopBell
from activities.stops import ExchangeStops
from activities.stops_view import StopsReader
from activities.stream_vitals import StreamVitals
from activities.watch import AccountWatch, WatchTurn
from activities.watch_pass import WatchParts
from bridge.bridge import Bridge
from bridge.panic import PanicReader
from bridge.reconcile_close import ReconcileCloseReader
from bridge.settings import BridgeSettings
from bridge.starter import Starter
from bridge.stats import BridgeStats
from bridge.switches import Switches
from bridge.vitals import meter_of
from contracts.close import ClosePolicy
from contracts.errors import HarvestError
from contracts.mode import Mode
from exchange.binance import BinanceExchange
from exchange.endpoint import ExchangeEndpoint
from exchange.start_check import check_at_start
from runtime.beside import beside
from runtime.load import load_settings
from runtime.log_lines import configure_logging
from runtime.ownership import Ownership, keep_account, own_account, require_account
from runtime.reconcile_schedule import arrange_reconcile
from runtime.redis_client import connect_redis, wait_for_redis
from runtime.relief import relieve
from runtime.safety_schedule import arrange_safety
from runtime.sandbox import sandbox
from runtime.settings import Settings
from runtime.telemetry import Telemetry, start_telemetry
from runtime.temporal import connect_temporal, ensure_search_attributes
from runtime.unless import unless
from runtime.watch_start import arrange_watch
from workflows.close import CloseWorkflow
from workflows.flatten import FlattenWorkflow
from workflows.move_stop import MoveStopWorkflow
from workflows.reconcile import ReconcileWorkflow
from workflows.safety import SafetyWorkflow
from workflows.watch import WatchWorkflow

CACHED_WORKFLOWS = 5000
"""More than the largest burst: a workflow that falls out of the cache is replayed for every step."""
STICKY_TIMEOUT = timedelta(milliseconds=500)
"""How soon another worker takes over a workflow whose worker died."""
BEAT_THROTTLE = timedelta(milliseconds=500)
PURE = ("contracts", "kernel", "workflows", "activities", "pydantic", "opentelemetry")
"""Imported once for all runs. The sandbox still guards what workflow code calls."""
WORKFLOWS = (CloseWorkflow, FlattenWorkflow, MoveStopWorkflow, ReconcileWorkflow, SafetyWorkflow, WatchWorkflow)

log = structlog.get_logger("harvest.worker")


@dataclass(frozen=True)
class Parts:
    """What a worker is made of."""

    client: Client
    redis: Redis
    exchange: BinanceExchange
    claim: Ownership | None = None


def policy_of(settings: Settings) -> ClosePolicy:
    """The settings that travel with every decision."""
    return ClosePolicy(
        mode=settings.mode,
        account=settings.account,
        max_intent_age=settings.max_intent_age,
        ladder_base=settings.ladder_base,
        recv_window_ms=settings.recv_window_ms,
        read_lag=settings.read_lag,
        exit_owners=settings.exit_owners,
    )


def endpoint_of(settings: Settings) -> ExchangeEndpoint:
    """Where and as whom to talk to the exchange."""
    return ExchangeEndpoint(
        venue=settings.venue,
        base_url=settings.exchange_url or "",
        api_key=settings.api_key or SecretStr(""),
        api_secret=settings.api_secret or SecretStr(""),
        account_alias=settings.account_alias or "",
        order_timeout=settings.order_timeout.total_seconds(),
        user_stream=settings.user_stream,
    )


def make_worker(parts: Parts, settings: Settings) -> Worker:
    """The Temporal worker with its activities."""
    return Worker(
        parts.client,
        task_queue=settings.task_queue,
        workflows=WORKFLOWS,
        activities=make_activities(parts, settings),
        workflow_runner=sandbox(*PURE),
        max_cached_workflows=CACHED_WORKFLOWS,
        sticky_queue_schedule_to_start_timeout=STICKY_TIMEOUT,
        max_heartbeat_throttle_interval=BEAT_THROTTLE,
        default_heartbeat_throttle_interval=BEAT_THROTTLE,
        graceful_shutdown_timeout=settings.graceful_shutdown,
    )


def make_activities(parts: Parts, settings: Settings) -> Sequence[Callable[..., Any]]:
    """Every side effect."""
    exchange, fees, feed = parts.exchange, FeeRates(), parts.exchange.fill_feed
    marks = SentMarks(parts.redis, settings.account, parts.claim)
    reads = ExchangeReads(SnapshotReader(exchange, RedisHints(parts.redis), marks, fees, feed), OrderLook(exchange))
    orders = ExchangeOrders(exchange, settings.mode, marks, feed)
    results, stops = make_results(parts, settings, Confirmation(exchange, feed, fees)), make_stops(parts, settings)
    survey = AccountSurvey(exchange.safety_reads, parts.redis, settings.account, settings.mode)
    starter = Starter(parts.client, policy_of(settings), bridge_settings(settings), BridgeStats())
    records = Reconciler(exchange, exchange.reconcile_reads, parts.redis, keeper_of(settings))
    return [
        reads.take_snapshot,
        reads.look_for_order,
        orders.place_order,
        orders.cancel_resting,
        results.confirm_verify_publish,
        results.publish,
        stops.read_stops,
        stops.place_stop,
        stops.look_for_stop,
        CloseDoor(parts.client, settings.account, starter).hand_over,
        SafetyReader(exchange, exchange.safety_reads, settings.account).read_for_safety,
        survey.survey_account,
        survey.halt_new_risk,
        survey.tell_flattened,
        make_watch(parts, settings).watch_account,
        records.compare_records,
        records.settle_records,
    ]


def keeper_of(settings: Settings) -> Keeper:
    """Whose records are kept true."""
    return Keeper(settings.account, settings.venue, settings.mode, settings.build)


def make_results(parts: Parts, settings: Settings, confirmation: Confirmation) -> VerifiedResults:
    """What a close says in the end, and whom it tells."""
    canonical = CanonicalRecord(parts.redis, keeper_of(settings).name) if settings.records_follow_closes else None
    bell = StopBell(parts.client, settings.account)
    return VerifiedResults(parts.exchange, confirmation, Publisher(parts.redis, settings.build), bell, canonical)


def make_stops(parts: Parts, settings: Settings) -> ExchangeStops:
    """What the stops' workflow works with."""
    reader = StopsReader(parts.exchange, parts.exchange.stops, RedisHints(parts.redis))
    return ExchangeStops(parts.exchange, parts.exchange.stops, reader, settings.mode, parts.claim)


def make_watch(parts: Parts, settings: Settings) -> AccountWatch:
    """The watch, which judges positions while it is this worker's turn."""
    turn = WatchTurn(
        enabled=settings.watch,
        interval=settings.watch_interval,
        lasts=settings.watch_turn,
        build=settings.build,
        shadow=settings.mode is Mode.SHADOW,
    )
    return AccountWatch(WatchParts(parts.exchange, parts.exchange.watch_reads, parts.redis), turn)


def bridge_settings(settings: Settings) -> BridgeSettings:
    """What the bridge needs to know of them."""
    return BridgeSettings(
        consumer=settings.consumer,
        task_queue=settings.task_queue,
        build=settings.build,
        read_count=settings.read_count,
        max_in_flight=settings.max_in_flight,
        drain=settings.graceful_shutdown,
    )


def make_bridge(parts: Parts, settings: Settings) -> Bridge:
    """The bridge, on the worker's own client: only so can a workflow start eagerly in this process."""
    return Bridge(parts.redis, parts.client, policy_of(settings), bridge_settings(settings))


def make_readers(parts: Parts, settings: Settings) -> tuple[PanicReader, ReconcileCloseReader]:
    """Of the streams beside the intents'."""
    common = (parts.redis, parts.client, settings.account, bridge_settings(settings))
    return PanicReader(*common, settings.max_intent_age), ReconcileCloseReader(*common, settings.reconcile_key)


@asynccontextmanager
async def connected(settings: Settings, telemetry: Telemetry) -> AsyncIterator[Parts]:
    """Connections to everything; what is away is waited for, with a log line that says what for."""
    redis = connect_redis(settings.redis_url)
    exchange = await BinanceExchange.connect(endpoint_of(settings))
    try:
        await check_at_start(exchange)
        # Closes under way and the safety net need no Redis; the bridge goes on waiting for it.
        async with beside(wait_for_redis(redis, settings.redis_url)):
            client = await connect_temporal(settings, telemetry)
            await ensure_search_attributes(client)
            claim = await own_account(client, redis, exchange, settings)
        yield Parts(client, redis, exchange, claim)
    finally:
        await exchange.close()
        await redis.aclose()


async def work(parts: Parts, settings: Settings, stop: asyncio.Event) -> None:
    """Worker and bridge, until ``stop``: first the intake ends, then what is in flight finishes."""
    worker = make_worker(parts, settings)
    async with StreamVitals(meter_of(parts.client), lambda: parts.exchange.stream_health), worker:
        log.info("worker ready", account=settings.account, mode=settings.mode.value, venue=settings.venue.value)
        async with beside(
            keep_account(parts.claim, stop),
            arrange_safety(parts.client, settings),
            arrange_watch(parts.client, settings),
            arrange_reconcile(parts.client, settings),
            *(reader.run(stop) for reader in make_readers(parts, settings)),
            Switches(parts.redis, meter_of(parts.client)).run(),
            relieve(parts.client, lambda client: make_worker(replace(parts, client=client), settings)),
        ):
            await make_bridge(parts, settings).run(stop)
        log.info("stopping: no new decisions, finishing what is in flight")
    require_account(parts.claim)


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Work until ``stop`` is set. Raises :class:`contracts.errors.HarvestError` if it cannot start."""
    telemetry = start_telemetry(settings)
    try:
        async with AsyncExitStack() as stack:
            parts = await unless(stop, stack.enter_async_context(connected(settings, telemetry)))
            if parts is not None:
                await work(parts, settings, stop)
    finally:
        telemetry.shutdown()


async def main() -> int:
    """Run until SIGTERM or SIGINT; 0 after a graceful end, 1 if it could not start."""
    try:
        settings = load_settings()
    except HarvestError as refused:
        print(refused, file=sys.stderr)  # noqa: T201 - there is no log format before there are settings
        return 1
    configure_logging(settings.log_format, settings.log_level)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        await run(settings, stop)
    except HarvestError as failed:
        log.error("cannot work", reason=str(failed))  # noqa: TRY400 - the message is complete without a traceback
        return 1
    return 0


if __name__ == "__main__":
    import uvloop

    gc.freeze()  # what was imported lives for ever; collecting through it again and again costs a tenth of a close
    sys.setswitchinterval(0.0005)  # workflow code runs in threads: 5 ms until one may go on is half a close
    sys.exit(uvloop.run(main()))
