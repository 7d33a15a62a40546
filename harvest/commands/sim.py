"""`harvest sim`."""

from harvest.exit_code import ExitCode
from simulator import SimulatorConfig, serve


def sim(*, host: str = "127.0.0.1", port: int = 18080, hedge: bool = False) -> int:
    """Run the simulated exchange until Ctrl-C. ``python -m simulator --help`` has more switches.

    Args:
        host: address to listen on.
        port: port to listen on; 0 takes any free one.
        hedge: keep long and short positions apart.
    """
    serve(SimulatorConfig(host=host, port=port, hedge=hedge))
    return ExitCode.OK
