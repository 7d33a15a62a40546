"""One position, judged: what was found, what is written, and what is told."""

import time
from dataclasses import dataclass, replace
from typing import Final

import structlog

from activities.watch_config import ActiveRules, WatchConfig
from activities.watch_decisions import decide, stop_is_missing, stop_name, waiting_rungs
from activities.watch_hints import SymbolHints
from activities.watch_intents import Entry, Occasion, entry_of
from activities.watch_openings import unknown_opening
from activities.watch_signals import WatchSignals, regime_of
from activities.watch_view import Known, Seen, see, with_extremes
from contracts.market import FundingFacts, MarketReading
from contracts.order import PositionSide
from contracts.watch import HeldPosition, PositionMemory, PositionReport
from kernel.errors import KernelError
from kernel.finding import ALL
from kernel.rules import Verdict, judge

FAILURES_BEFORE_BLIND_CLOSES: Final = 3
"""So often an opening could not be read until the position is judged without: protection must not wait for ever."""
_BLIND_RULES: Final = frozenset({"emergency_stop", "stop_hit", "take_profit_hit", "liquidation_protection"})
"""Rules that need neither age nor opening."""

_log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Untraced:
    """Why a position's trades are not read as far as they go, and how often that failed."""

    why: str
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """What this pass read about a position."""

    held: HeldPosition
    hints: SymbolHints
    market: MarketReading
    funding: FundingFacts | None
    now_ms: int
    """The exchange's clock."""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What came of it."""

    key: str
    report: PositionReport
    memory: PositionMemory | None = None
    entries: tuple[Entry, ...] = ()
    rules: tuple[str, ...] = ()
    """Of the entries."""
    failed: bool = False
    """The evaluation itself broke (R75)."""


class Evaluation:
    """Judges positions under the rules of their symbols."""

    def __init__(self, account: str, build: str, config: WatchConfig, *, shadow: bool) -> None:
        self._account = account
        self._build = build
        self._config = config
        self._shadow = shadow
        self._signals = WatchSignals()

    def forget_all_but(self, lives: set[str]) -> None:
        """Only these positions, each with its generation, are still there."""
        self._signals.forget_all_but(lives)

    def of(self, facts: Facts, memory: PositionMemory | None, untraced: Untraced | None) -> Evaluated:
        """Judge one position. One that breaks the rules' code keeps no other from being judged."""
        active = self._active(facts)
        try:
            return self._judged(facts, memory, untraced, active)
        except KernelError as odd:
            return _failed(facts, memory, active, f"evaluation_failed: {odd}")
        except Exception as error:
            _log.exception("a position broke its evaluation", position=facts.held.key)
            return _failed(facts, memory, active, f"evaluation_failed: {type(error).__name__}")

    def _active(self, facts: Facts) -> ActiveRules:
        symbol, hints = facts.held.position.symbol, facts.hints
        if hints.config_problem:
            return self._config.keep(symbol, hints.config_problem)
        return self._config.adopt(symbol, hints.config)

    def _judged(
        self, facts: Facts, memory: PositionMemory | None, untraced: Untraced | None, active: ActiveRules
    ) -> Evaluated:
        position = facts.held.position
        blind = untraced is not None and not (memory and memory.entry_price == position.entry_price)
        if untraced is not None and blind:
            if untraced.failures < FAILURES_BEFORE_BLIND_CLOSES:
                return Evaluated(facts.held.key, _report(facts, memory, active, problem=untraced.why), memory)
            memory = unknown_opening(position, facts.now_ms)
        if memory is None:
            raise KernelError(f"{facts.held.key} has no memory although its trades were read", "memory")
        memory = with_extremes(memory, position)
        rungs = frozenset(memory.rungs_taken) | waiting_rungs(memory, self._now_ms(), once=self._shadow)
        seen = see(
            Known(facts.held, memory, facts.hints, facts.market, facts.funding, active.rules, rungs, facts.now_ms)
        )
        seen = self._with_signals(facts, seen)
        verdict = judge(seen.view, active.rules)
        verdict = replace(verdict, notes=tuple(dict.fromkeys((*verdict.notes, *seen.notes))))
        allowed = untraced is None or (verdict.fraction == ALL and (not blind or verdict.rule in _BLIND_RULES))
        return self._written(facts, seen, verdict, active, untraced if not allowed else None)

    def _with_signals(self, facts: Facts, seen: Seen) -> Seen:
        memory = seen.memory
        if not memory.first_regime and seen.view.market is not None:
            memory = memory.model_copy(update={"first_regime": regime_of(seen.view.market)})
        life = f"{facts.held.key}:{memory.generation}"
        signals = self._signals.of(life, seen.view, memory.first_regime, facts.now_ms)
        return replace(seen, view=replace(seen.view, signals=signals), memory=memory)

    def _written(
        self, facts: Facts, seen: Seen, verdict: Verdict, active: ActiveRules, held_back: Untraced | None
    ) -> Evaluated:
        side, memory, now = facts.held.position.side, seen.memory, self._now_ms()
        if held_back is not None:
            report = _report(facts, memory, active, verdict, problem=held_back.why)
            return Evaluated(facts.held.key, report, memory)
        wanted, memory = decide(verdict, side, memory, now, once=self._shadow)
        occasion = Occasion(self._account, self._build, active.state.version, self._shadow, now, facts.now_ms)
        return Evaluated(
            facts.held.key,
            _report(facts, memory, active, verdict),
            memory,
            tuple(entry_of(each, verdict, facts.held, memory, occasion) for each in wanted),
            (verdict.rule,) * len(wanted),
        )

    def _now_ms(self) -> int:
        return int(time.time() * 1000)


def _failed(facts: Facts, memory: PositionMemory | None, active: ActiveRules, problem: str) -> Evaluated:
    return Evaluated(facts.held.key, _report(facts, memory, active, problem=problem[:300]), memory, failed=True)


def _report(
    facts: Facts,
    memory: PositionMemory | None,
    active: ActiveRules,
    verdict: Verdict | None = None,
    problem: str = "",
) -> PositionReport:
    position = facts.held.position
    plain = PositionReport(
        symbol=position.symbol,
        side=PositionSide(position.side),
        quantity=position.size,
        mark_price=position.mark_price,
        config=active.state,
        problem=problem,
    )
    known = {} if memory is None else _remembered(facts, memory)
    said = {} if verdict is None else _said(verdict)
    return plain.model_copy(update={**known, **said})


def _remembered(facts: Facts, memory: PositionMemory) -> dict[str, object]:
    return {
        "generation": memory.generation,
        "rungs_taken": memory.rungs_taken,
        "waiting": _waiting(memory, facts.held.position.side),
        "stop": memory.stop,
        "age_seconds": max(0, facts.now_ms - memory.opened_at_ms) // 1000,
    }


def _waiting(memory: PositionMemory, side: PositionSide) -> tuple[str, ...]:
    shown = {*memory.rungs_taken} if stop_is_missing(memory, side) else {*memory.rungs_taken, stop_name(memory)}
    return tuple(name for name in memory.asked if name not in shown)


def _said(verdict: Verdict) -> dict[str, object]:
    return {
        "action": verdict.action.value,
        "rule": verdict.rule,
        "reason": verdict.reason,
        "codes": verdict.codes,
        "notes": verdict.notes,
        "r_net": verdict.r_net,
        "kill_score": verdict.kill_score,
    }
