"""`harvest drill chaos`: decisions under fire, judged from the exchange's ledger."""

import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from harvest.drill.arena import HEDGE, ONE_WAY, Arena
from harvest.drill.report import Report
from harvest.drill.strikes import strikes


@dataclass(frozen=True)
class Chaos:
    """How a chaos drill is run."""

    closes: int
    seed: int
    minutes: float | None
    """After so long no further scene begins."""
    only: str | None
    """The one kind of strike to make; None for all."""
    every_s: float
    """Seconds between two strikes, on average."""


async def run_chaos(chaos: Chaos, folder: Path) -> Report:
    """Start everything, play half of the decisions in one-way mode and half in hedge mode, strike, audit."""
    began = time.monotonic()
    blows = strikes(chaos.seed, chaos.only, chaos.every_s)  # a wrong name is told before anything starts
    deadline = None if chaos.minutes is None else began + chaos.minutes * 60
    half = chaos.closes // 2
    async with Arena(folder) as arena:
        async with arena.under(blows):
            await arena.play(ONE_WAY, chaos.seed, chaos.closes - half, deadline)
            await arena.book.hedge(on=True)
            await arena.play(HEDGE, chaos.seed, half, deadline)
        return Report(
            drill="chaos",
            seed=chaos.seed,
            seconds=time.monotonic() - began,
            pending=await arena.pending(),
            verdict=await arena.verdict(),
            strikes=Counter(strike.kind for strike in arena.forces.struck),
            injected=await arena.book.injected(),
        )
