"""`harvest drill amnesia`: everything that we ever stored is gone, and the whole stream is read again.

Three times: Temporal forgets, Redis forgets, both forget. Some decisions were carried out before, others were begun.
What was done must not be done again; what was not must get done.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path
from typing import Final

from contracts.errors import HarvestError
from harvest.drill.audit import OURS, Fault, Finding, Played, audit
from harvest.drill.book import ExchangeBook
from harvest.drill.players import SCENE_TIMEOUT_S, Actor, Performance
from harvest.drill.post import Post
from harvest.drill.report import Report
from harvest.drill.scenes import Scene, scene
from harvest.drill.store import Store
from harvest.stack import Stack, StackConfig

FORGETTING: Final = (("temporal",), ("redis",), ("temporal", "redis"))
BEGUN_EVERY: Final = 5
"""One scene in so many is still being carried out when everything is forgotten."""
_AT_ONCE: Final = 8
_WORKER: Final = "worker-1"
_LOOK_S: Final = 0.2
_REPLAY_S: Final = 180.0


async def run_amnesia(closes: int, seed: int, folder: Path) -> Report:
    """Play, forget, replay; three rounds on one exchange."""
    began = time.monotonic()
    config = StackConfig(folder, worker=False, simulator_options=("--unlimited",))
    async with AsyncExitStack() as exits:
        stack = await exits.enter_async_context(Stack(config))
        book = await exits.enter_async_context(ExchangeBook(stack.exchange_url))
        post = await exits.enter_async_context(Post(stack.redis_url))
        drill = Amnesia(stack, book, post, seed)
        for forgetful in FORGETTING:
            await drill.round(forgetful, closes // len(FORGETTING))
        books = await book.books()
        verdict = audit(drill.played, books.requests, books.fills, post.results, post.dead, answered_once=False)
        verdict.findings += drill.again
        return Report("amnesia", seed, time.monotonic() - began, verdict, drill.forgotten, await book.injected(), 0)


class Amnesia:
    """The rounds, and what came of them."""

    def __init__(self, stack: Stack, book: ExchangeBook, post: Post, seed: int) -> None:
        self._stack = stack
        self._book = book
        self._post = post
        self._seed = seed
        self._numbers = count(1)
        self._store = Store(stack)
        self.played: list[Played] = []
        self.again: list[Finding] = []
        self.forgotten: Counter[str] = Counter()

    async def round(self, forgetful: tuple[str, ...], closes: int) -> None:
        """Every scene has a symbol of its own, and what it leaves stays open."""
        cast = self._cast(forgetful, closes)
        for symbol in cast:
            await self._book.list_symbol(symbol)
        worker = await self._stack.spawn_worker(_WORKER)
        await self._stack.worker_ready(worker)
        performances = await self._perform(cast)
        done = [symbol for symbol, drawn in cast.items() if not _only_begun(drawn)]
        worker.kill()
        await worker.wait()
        before = await self._orders()
        await self._store.forget(forgetful)
        self.forgotten["+".join(forgetful)] += len(cast)
        await self._book.calm()
        await self._replay()
        after = await self._orders()
        for symbol in done:
            if new := after[symbol] - before[symbol]:
                what = f"{new} orders sent again after {' and '.join(forgetful)} forgot"
                self.again.append(Finding(Fault.DOUBLED, cast[symbol].number, symbol, what))
        await self._look(cast, performances)

    def _cast(self, forgetful: Sequence[str], closes: int) -> dict[str, Scene]:
        """Scenes by the symbol that each is played on."""
        cast: dict[str, Scene] = {}
        decisions = 0
        while decisions < closes:
            drawn = scene(self._seed, next(self._numbers), None)
            cast[f"{''.join(name[0] for name in forgetful)}{drawn.number}USDT".upper()] = drawn
            decisions += len(drawn.says)
        return cast

    async def _perform(self, cast: Mapping[str, Scene]) -> dict[str, Performance]:
        """Play all; those that are to be done are answered, those only begun have sent an order in vain."""
        room = asyncio.Semaphore(_AT_ONCE)

        async def one(symbol: str, drawn: Scene) -> Performance:
            async with room:
                return await self._play(symbol, drawn)

        async with asyncio.TaskGroup() as group:
            tasks = {symbol: group.create_task(one(symbol, drawn)) for symbol, drawn in cast.items()}
        return {symbol: task.result() for symbol, task in tasks.items()}

    async def _play(self, symbol: str, drawn: Scene) -> Performance:
        actor = Actor(symbol, self._book, self._post)
        if not _only_begun(drawn):
            performance = await actor.perform(drawn)
            await self._post.answered(performance.entry_ids, SCENE_TIMEOUT_S)
            return performance
        overloaded = {"kind": "error", "code": -1008, "status": 503, "msg": "overloaded", "times": -1}
        await self._book.strike({"call": "POST /fapi/v1/order", "symbol": symbol, **overloaded})
        performance = await actor.perform(drawn.without_waiting())
        await self._refused(symbol)
        return performance

    async def _refused(self, symbol: str) -> None:
        """Return when an order was sent in vain: the exchange's ledger is looked at, it tells nobody."""
        while not (await self._orders())[symbol]:  # noqa: ASYNC110
            await asyncio.sleep(_LOOK_S)

    async def _replay(self) -> None:
        """A new worker reads the whole stream. It stops when nothing is left to do."""
        worker = await self._stack.spawn_worker(_WORKER)
        await self._stack.worker_ready(worker)
        try:
            async with asyncio.timeout(_REPLAY_S):
                await self._store.replayed()
        except TimeoutError as error:
            raise HarvestError(f"the stream was not replayed within {_REPLAY_S:g} s") from error
        await worker.stop(grace_s=self._stack.config.grace_s)

    async def _orders(self) -> Counter[str]:
        """Order requests of ours by symbol."""
        requests = (await self._book.books()).requests
        return Counter(str(row["symbol"]) for row in requests if str(row["client_order_id"]).startswith(OURS))

    async def _look(self, cast: Mapping[str, Scene], performances: Mapping[str, Performance]) -> None:
        for symbol, drawn in cast.items():
            performance, left = performances[symbol], await self._book.size(symbol, drawn.side)
            self.played.append(Played(drawn, symbol, performance.opened_by, False, performance.entries, left))


def _only_begun(drawn: Scene) -> bool:
    return drawn.kind in ("full", "part") and drawn.number % BEGUN_EVERY == 0
