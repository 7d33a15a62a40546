"""Binance USD-M futures over HTTP, faithful, with faults on request; for demos, tests and drills."""

from simulator.config import PriceStep, SimulatorConfig
from simulator.server import Simulator, serve

__all__ = ["PriceStep", "Simulator", "SimulatorConfig", "serve"]
