"""What a drill tells, in a table and as JSON."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from harvest.drill.audit import Fault, Verdict

_SHOWN = 25
"""Findings that are printed; the JSON has all."""


@dataclass(frozen=True)
class Report:
    """One drill."""

    drill: str
    seed: int
    seconds: float
    verdict: Verdict
    strikes: Counter[str]
    injected: int
    """How often a fault of the exchange struck."""
    pending: int
    """Stream entries that were not acknowledged in the end."""

    @property
    def ok(self) -> bool:
        """Whether nothing is lost, doubled, wrong or unreported, and the stream is done with."""
        return self.verdict.ok and self.pending == 0

    def as_json(self) -> dict[str, Any]:
        """One object."""
        verdict = self.verdict
        return {
            "drill": self.drill,
            "ok": self.ok,
            "seed": self.seed,
            "seconds": round(self.seconds, 1),
            "decisions": verdict.decisions,
            "entries": verdict.entries,
            "orders_sent": verdict.orders_sent,
            "orders_executed": verdict.orders_executed,
            **{fault.value.replace(" ", "_"): verdict.count(fault) for fault in Fault},
            "pending": self.pending,
            "answers": dict(sorted(verdict.answered.items())),
            "strikes": dict(sorted(self.strikes.items())),
            "exchange_faults_struck": self.injected,
            "findings": [
                {"fault": one.fault.value, "scene": one.scene, "symbol": one.symbol, "what": one.what}
                for one in verdict.findings
            ],
        }


def tell(report: Report, console: Console) -> None:
    """For a human."""
    facts = report.as_json()
    table = Table(title=f"drill {report.drill}, seed {report.seed}, {report.seconds:.0f} s", show_header=False)
    for name in ("decisions", "entries", "orders_sent", "orders_executed", "pending"):
        table.add_row(name.replace("_", " "), str(facts[name]))
    for fault in Fault:
        table.add_row(fault.value, str(report.verdict.count(fault)))
    table.add_row("answers", _listed(facts["answers"]))
    table.add_row("strikes", _listed(facts["strikes"]))
    console.print(table)
    for finding in report.verdict.findings[:_SHOWN]:
        console.print(f"  scene {finding.scene} {finding.symbol}: {finding.fault.value}: {finding.what}")
    console.print("all of it held" if report.ok else "it did not hold", style="bold green" if report.ok else "bold red")


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())
