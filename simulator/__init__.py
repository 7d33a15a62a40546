"""Binance USD-M futures over HTTP, faithful, with faults on request; for demos, tests and drills."""

from simulator.config import PriceStep, SimulatorConfig
from simulator.control_body import ControlError
from simulator.fault_plan import FaultPlan, load_plan
from simulator.server import Simulator, serve

__all__ = ["ControlError", "FaultPlan", "PriceStep", "Simulator", "SimulatorConfig", "load_plan", "serve"]
