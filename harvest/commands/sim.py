"""`harvest sim`."""

from pathlib import Path

from contracts.errors import HarvestError
from harvest.exit_code import ExitCode
from simulator import ControlError, FaultPlan, SimulatorConfig, load_plan, serve


def sim(
    *,
    host: str = "127.0.0.1",
    port: int = 18080,
    hedge: bool = False,
    faults: Path | None = None,
    ledger: Path | None = None,
) -> int:
    """Run the simulated exchange until Ctrl-C. ``python -m simulator --help`` has more switches.

    Args:
        host: address to listen on.
        port: port to listen on; 0 takes any free one.
        hedge: keep long and short positions apart.
        faults: YAML or JSON file with what goes wrong, and when (docs/simulator.md).
        ledger: file that every order and every fill is appended to, one JSON object a line.
    """
    serve(SimulatorConfig(host=host, port=port, hedge=hedge, plan=_plan(faults), ledger_path=str(ledger or "")))
    return ExitCode.OK


def _plan(path: Path | None) -> FaultPlan:
    try:
        return load_plan(path) if path else FaultPlan()
    except ControlError as error:
        raise HarvestError(f"--faults: {error}") from error
