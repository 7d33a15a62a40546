"""What goes wrong in a chaos drill, and when: seeded, overlapping. Pure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from contracts.errors import HarvestError
from harvest.drill.scenes import LARGEST_SKEW_MS

ORDER: Final = "POST /fapi/v1/order"
LOOK: Final = "GET /fapi/v1/order"
POSITION: Final = "GET /fapi/v3/positionRisk"
TRADES: Final = "GET /fapi/v1/userTrades"

_THROTTLING: Final = (418, 429)

Body = Mapping[str, object]


@dataclass(frozen=True)
class Strike:
    """One blow: at its time something happens to a process or to the exchange."""

    at_s: float
    kind: str
    target: str = ""
    """A process (worker-1, worker-2, temporal, redis), or "exchange"."""
    lasts_s: float = 0
    """How long a process is down or frozen, or the exchange's clock is off."""
    body: Body | None = None
    """For the exchange: what is asked of its fault route."""
    skew_ms: int = 0
    """How far the exchange's clock is off."""


_Draw = Callable[[Random], Strike]
WORKERS: Final = ("worker-1", "worker-2")


def _kill_worker(random: Random) -> Strike:
    return Strike(0, "kill_worker", random.choice(WORKERS), random.uniform(0, 2))


def _freeze_worker(random: Random) -> Strike:
    """Longer than the activity's heartbeat allows, sometimes longer than the whole activity: the zombie sender."""
    return Strike(0, "freeze_worker", random.choice(WORKERS), random.choice((1.0, 3.0, 6.0, 12.0)))


def _kill_temporal(random: Random) -> Strike:
    return Strike(0, "kill_temporal", "temporal", random.uniform(0, 3))


def _kill_redis(random: Random) -> Strike:
    return Strike(0, "kill_redis", "redis", random.uniform(0, 2))


def _clock(random: Random) -> Strike:
    skew_ms = random.randint(-LARGEST_SKEW_MS, LARGEST_SKEW_MS)
    return Strike(0, "clock_skew", "exchange", random.uniform(1, 5), skew_ms=skew_ms)


def _fault(kind: str, call: str = ORDER, most: int = 2, **more: object) -> _Draw:
    def draw(random: Random) -> Strike:
        body: dict[str, object] = {"call": call, "kind": kind, "times": random.randint(1, most), **more}
        return Strike(0, kind, "exchange", body=body)

    return draw


def _delayed(kind: str, call: str, delays_ms: tuple[int, ...]) -> _Draw:
    def draw(random: Random) -> Strike:
        return Strike(
            0, kind, "exchange", body={"call": call, "kind": kind, "times": 1, "delay_ms": random.choice(delays_ms)}
        )

    return draw


def _error(name: str, code: int, call: str = ORDER, status: int = 400, most: int = 2) -> _Draw:
    def draw(random: Random) -> Strike:
        body: dict[str, object] = {"call": call, "kind": "error", "code": code, "status": status, "msg": name}
        if status in _THROTTLING:
            body["retry_after_s"] = random.choice((1, 2, 4))
        return Strike(0, name, "exchange", body={**body, "times": random.randint(1, most)})

    return draw


KINDS: Final[dict[str, tuple[_Draw, ...]]] = {
    "kill_worker": (_kill_worker,),
    "freeze_worker": (_freeze_worker,),
    "kill_temporal": (_kill_temporal,),
    "kill_redis": (_kill_redis,),
    "clock_skew": (_clock,),
    "executed_unanswered": (
        _fault("executed_503_unknown"),
        _fault("executed_408"),
        _fault("executed_cut"),
        _delayed("executed_delay", ORDER, (1500, 6000, 11_000)),
        _fault("html_502", executed=True),
        _fault("empty_body", executed=True),
    ),
    "lost": (
        _fault("refused_503_unknown"),
        _fault("refused_503_unavailable"),
        _fault("refused_408"),
        _fault("refused_cut"),
        _fault("refused_hang", most=1),
        _fault("html_502", executed=False),
    ),
    "late_execution": (_delayed("late_execution", ORDER, (300, 2000, 4500)),),
    "read_lag": (
        _delayed("read_lag", LOOK, (500, 4000)),
        _delayed("read_lag", POSITION, (500, 4000)),
        _delayed("read_lag", TRADES, (500, 4000)),
        _delayed("read_lag", "GET *", (500, 2500)),
    ),
    "not_found": (_error("not_found", -2013, LOOK),),
    "partial_fill": (_fault("partial_fill", fraction="0.4"),),
    "reduce_only_rejected": (_error("reduce_only_rejected", -2022),),
    "resting_in_the_way": (_error("resting_in_the_way", -4118),),
    "best_price_out_of_range": (_error("best_price_out_of_range", -4131),),
    "overloaded": (_error("overloaded", -1008, status=503),),
    "throttled": (
        _error("throttled", -1003, "GET *", status=429, most=4),
        _error("too_many_orders", -1015, status=429, most=1),
        _error("banned", -1003, ORDER, status=418, most=1),
    ),
    "reads_fail": (
        _fault("refused_cut", "GET *", most=5),
        _fault("html_502", "GET *", most=5),
        _delayed("executed_delay", POSITION, (2000, 5000)),
    ),
}
"""By the names that ``--only`` takes."""

_OFTEN: Final[dict[str, int]] = {
    "executed_unanswered": 60,
    "late_execution": 40,
    "lost": 40,
    "partial_fill": 30,
    "read_lag": 30,
    "kill_worker": 12,
    "freeze_worker": 6,
    "kill_temporal": 6,
    "kill_redis": 6,
    "clock_skew": 6,
}
"""Weights: many small faults, and every few seconds a process. What does not stand here weighs 20."""


_ORDINARY: Final = 20


def strikes(seed: int, only: str | None, every_s: float) -> Iterator[Strike]:
    """Strikes without end, the same for the same seed, at random intervals around ``every_s`` seconds.

    Raises:
        HarvestError: ``only`` is no kind of strike.
    """
    if only is not None and only not in KINDS:
        raise HarvestError(f"--only takes one of: {', '.join(KINDS)}")
    return _drawn(Random(f"strikes {seed}"), [only] if only else list(KINDS), every_s)  # noqa: S311


def _drawn(random: Random, names: list[str], every_s: float) -> Iterator[Strike]:
    at_s = 0.0
    while True:
        (name,) = random.choices(names, weights=[_OFTEN.get(name, _ORDINARY) for name in names])
        drawn = random.choice(KINDS[name])(random)
        yield replace(drawn, at_s=round(at_s, 3), lasts_s=round(drawn.lasts_s, 3))
        at_s += random.expovariate(1 / every_s)
