"""What one pass of the watch costs: processor time of its process and request weight, for any number of positions.

``python -m bench.watch_pass`` watches 50 positions on the simulator, with a market state of each in Redis, then without
any, when the watch makes its own estimates. The simulator and Redis are processes of their own. Processor time is the
whole process's: reading, judging, writing and the event loop.
"""

import argparse
import asyncio
import gc
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import structlog
from pydantic import SecretStr
from redis.asyncio import Redis

from activities.watch_pass import WatchParts, WatchPass
from bench.percentiles import Percentiles
from contracts.mode import Venue
from contracts.names import key_market_state
from exchange.binance import BinanceExchange
from exchange.endpoint import ExchangeEndpoint
from harvest.stack import API_KEY, API_SECRET, Stack, StackConfig

CALM = {"sigma": "0.01", "ts": "0.35", "p_trend": "0.5", "p_mr": "0.2", "p_chop": "0.3"}
_COUNTER = "X-MBX-USED-WEIGHT-1M"
_MINUTE_MS = 60_000


@dataclass(frozen=True)
class Cost:
    """Of one pass."""

    cpu_ms: float
    weight: int


class Probe:
    """The exchange's own weight counter."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def used(self) -> tuple[int, int]:
        """The exchange's minute, and the weight counted in it, this question included."""
        async with self._session.get("/fapi/v1/time") as answer:
            minute = (await answer.json())["serverTime"] // _MINUTE_MS
            return minute, int(answer.headers[_COUNTER])


async def cost_of(passes: WatchPass, probe: Probe) -> Cost | None:
    """One pass; None if the counter began anew meanwhile. Raises RuntimeError if the pass saw nothing."""
    minute, before = await probe.used()
    begun = time.process_time()
    status = await passes.run()
    cpu_ms = (time.process_time() - begun) * 1000
    same, after = await probe.used()
    if not status.readable:
        raise RuntimeError(status.problem)
    return Cost(cpu_ms, after - before - 1) if minute == same else None


async def measured(passes: WatchPass, probe: Probe, times: int, pause_s: float) -> list[Cost]:
    """The costs of so many passes."""
    costs: list[Cost] = []
    while len(costs) < times:
        cost = await cost_of(passes, probe)
        costs += [cost] if cost else []
        await asyncio.sleep(pause_s)
    return costs


async def prepare(session: aiohttp.ClientSession, redis: Redis, positions: int) -> list[str]:
    """Open the positions and publish their markets; returns the symbols."""
    symbols = [f"W{number:03}USDT" for number in range(positions)]
    for symbol in symbols:
        listed: dict[str, Any] = {"symbol": symbol, "price": "100", "tick": "0.01", "step": "0.001"}
        opened = {"symbol": symbol, "side": "LONG", "quantity": "10"}
        for path, body in (("/sim/symbol", listed), ("/sim/position", opened)):
            async with session.post(path, json=body) as answer:
                if not answer.ok:
                    raise RuntimeError(f"{path}: {await answer.text()}")
        mapping: dict[Any, Any] = dict(CALM)
        await redis.hset(key_market_state(symbol), mapping=mapping)
    return symbols


async def bench(positions: int, times: int, pause_s: float) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        async with Stack(StackConfig(Path(folder), worker=False)) as stack:
            redis: Redis = Redis.from_url(stack.redis_url)
            endpoint = ExchangeEndpoint(
                venue=Venue.SIMULATOR,
                base_url=stack.exchange_url,
                api_key=SecretStr(API_KEY),
                api_secret=SecretStr(API_SECRET),
                user_stream=False,
            )
            exchange = await BinanceExchange.connect(endpoint)
            async with aiohttp.ClientSession(stack.exchange_url) as session:
                symbols = await prepare(session, redis, positions)
                passes = WatchPass(WatchParts(exchange, exchange.watch_reads, redis), "bench", "bench", shadow=False)
                await report(passes, Probe(session), redis, symbols, times, pause_s)
            await exchange.close()
            await redis.aclose()


async def report(passes: WatchPass, probe: Probe, redis: Redis, symbols: list[str], times: int, pause_s: float) -> None:
    """The four tables."""
    print(f"{len(symbols)} positions, a pass every {pause_s:g} s")
    show("first sight of all of them", await measured(passes, probe, len(symbols), pause_s))
    show("market states in Redis", await measured(passes, probe, times, pause_s))
    await redis.delete(*(key_market_state(symbol) for symbol in symbols))
    show("first estimates of our own", await measured(passes, probe, len(symbols) // 2, pause_s))
    show("estimates of our own", await measured(passes, probe, times, pause_s))
    judged = sum(1 for each in passes.status.positions if each.action)
    scored = sum(1 for each in passes.status.positions if each.kill_score is not None)
    print(f"judged {judged} of {len(symbols)}, {scored} of them with a market")


def show(what: str, costs: list[Cost]) -> None:
    """One line."""
    cpu, weight = [cost.cpu_ms for cost in costs], [cost.weight for cost in costs]
    print(
        f"{what:28} {len(costs):4} passes   CPU ms p50 / p95 / p99 {Percentiles.of(cpu)}   "
        f"weight mean {sum(weight) / len(weight):5.1f}  most {max(weight)}"
    )


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--positions", type=int, default=50)
    parser.add_argument("--passes", type=int, default=60)
    parser.add_argument("--pause", type=float, default=0.5, help="seconds between two passes")
    chosen = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    gc.freeze()  # as the worker does
    asyncio.run(bench(chosen.positions, chosen.passes, chosen.pause))


if __name__ == "__main__":
    main()
