"""The watch as metrics: a blind one, or one that has stopped passing, must call somebody (R76, R83)."""

import time
from collections.abc import Sequence

from temporalio.common import MetricMeter

from activities.watch_evaluation import Evaluated
from contracts.watch import WatchStatus


class WatchVitals:
    """Shows one pass at a time."""

    def __init__(self, meter: MetricMeter) -> None:
        self._readable = meter.create_gauge("harvest_watch_readable", "0 while positions or Redis cannot be read")
        self._positions = meter.create_gauge("harvest_watch_positions", "open positions that are watched")
        self._unjudged = meter.create_gauge("harvest_watch_unjudged", "open positions without a verdict")
        self._passed = meter.create_gauge_float(
            "harvest_watch_last_pass_timestamp_seconds", "when a pass last succeeded, epoch"
        )
        self._blind = meter.create_counter("harvest_watch_blind_passes", "passes that could not read what they need")
        self._decisions = meter.create_counter("harvest_watch_decisions", "decisions written, by rule")
        self._failures = meter.create_counter("harvest_watch_evaluation_failures", "positions whose evaluation broke")

    def show(self, status: WatchStatus, evaluated: Sequence[Evaluated]) -> None:
        """The numbers of the last pass."""
        self._readable.set(int(status.readable))
        if not status.readable:
            self._blind.add(1)
            return
        self._passed.set(time.time())
        self._positions.set(len(status.positions))
        self._unjudged.set(sum(1 for report in status.positions if report.problem))
        for each in evaluated:
            for rule in each.rules:
                self._decisions.add(1, {"rule": rule})
            if each.failed:
                self._failures.add(1)
