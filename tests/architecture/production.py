"""The worker exactly as worker.py makes it, on an exchange that is never asked."""

from collections.abc import Callable
from typing import cast
from uuid import uuid4

from redis.asyncio import Redis
from temporalio.client import Client
from temporalio.worker import Interceptor, Replayer, Worker, WorkflowRunner

from exchange.binance import BinanceExchange
from runtime.settings import Settings
from tests.activities.fake_exchange import FakeExchange
from worker import Parts, make_worker


def production_worker(client: Client, redis: Redis) -> Worker:
    """Made, not run."""
    exchange = cast("BinanceExchange", FakeExchange())
    return make_worker(Parts(client, redis, exchange), Settings(task_queue=uuid4().hex))


def production_replayer(
    client: Client, redis: Redis, wrap: Callable[[WorkflowRunner], WorkflowRunner] = lambda runner: runner
) -> Replayer:
    """Replays with the worker's own workflows, sandbox (wrapped, if wanted), data converter and interceptors."""
    worker, connection = production_worker(client, redis).config(), client.config()
    return Replayer(
        workflows=worker["workflows"],
        workflow_runner=wrap(worker["workflow_runner"]),
        data_converter=connection["data_converter"],
        interceptors=[each for each in connection["interceptors"] if isinstance(each, Interceptor)],
    )
