"""python -m simulator: the simulator alone."""

import argparse
import json
from decimal import Decimal
from pathlib import Path

from simulator.config import PriceStep, SimulatorConfig
from simulator.control_body import ControlError
from simulator.fault_plan import FaultPlan, load_plan
from simulator.server import serve


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(prog="python -m simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=18080)
    parser.add_argument("--api-key", default="sim-key")
    parser.add_argument("--api-secret", default="sim-secret")
    parser.add_argument("--hedge", action="store_true", help="keep long and short positions apart")
    parser.add_argument("--seed", type=int, default=1, help="of ids and of the random walk")
    parser.add_argument("--walk", action="store_true", help="let prices walk")
    parser.add_argument("--script", type=Path, help="JSON file with a list of {at_ms, symbol, price}")
    parser.add_argument("--faults", type=_plan, default=FaultPlan(), help="YAML or JSON file: docs/simulator.md")
    parser.add_argument(
        "--ledger", default="", help="file that every order and fill is appended to, a JSON object a line"
    )
    parser.add_argument("--funding", action="store_true", help="pay funding every eight hours")
    parser.add_argument("--fills", type=int, default=1, help="fills per market order")
    parser.add_argument("--latency-ms", type=float, default=0.0)
    parser.add_argument("--unlimited", action="store_true", help="no rate limits to speak of, for benchmarks")
    serve(_config(parser.parse_args()))


def _config(arguments: argparse.Namespace) -> SimulatorConfig:
    weight, minute, ten_seconds = (10**9,) * 3 if arguments.unlimited else (2400, 1200, 300)
    return SimulatorConfig(
        host=arguments.host,
        port=arguments.port,
        api_key=arguments.api_key,
        api_secret=arguments.api_secret,
        hedge=arguments.hedge,
        seed=arguments.seed,
        walk=arguments.walk,
        script=_script(arguments.script),
        plan=arguments.faults,
        fills_per_market_order=arguments.fills,
        latency_ms=arguments.latency_ms,
        ledger_path=arguments.ledger,
        funding=arguments.funding,
        weight_per_minute=weight,
        orders_per_minute=minute,
        orders_per_10s=ten_seconds,
    )


def _plan(path: str) -> FaultPlan:
    try:
        return load_plan(Path(path))
    except ControlError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _script(path: Path | None) -> tuple[PriceStep, ...]:
    if path is None:
        return ()
    rows = json.loads(path.read_text(encoding="utf-8"))
    return tuple(PriceStep(int(row["at_ms"]), str(row["symbol"]), Decimal(str(row["price"]))) for row in rows)


if __name__ == "__main__":
    main()
