"""A plan of faults in a file, YAML or JSON: what is armed when the simulator starts, and what is done at set times."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import yaml

from simulator.acts import Act, read_act
from simulator.control_body import ControlBody, ControlError
from simulator.fault import Fault
from simulator.fault_form import read_fault
from simulator.stream_fault_form import read_stream_fault
from simulator.stream_faults import StreamFault

Entry = TypeVar("Entry", Fault, StreamFault, "TimedAct")


@dataclass(frozen=True, slots=True)
class TimedAct:
    """`at_ms` milliseconds after the simulator has started, this is done."""

    at_ms: int
    act: Act


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """What a whole run is to suffer."""

    faults: tuple[Fault, ...] = ()
    stream_faults: tuple[StreamFault, ...] = ()
    acts: tuple[TimedAct, ...] = ()


def load_plan(path: Path) -> FaultPlan:
    """Read a plan. Raises ControlError with the place of whatever makes no sense."""
    try:
        return read_plan(_content(path))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, json.JSONDecodeError, ControlError) as error:
        raise ControlError(f"{path}: {error}") from error


def read_plan(content: object) -> FaultPlan:
    """A plan from what a file contains."""
    body = ControlBody.of(content, "a plan")
    faults = _each(body, "faults", read_fault)
    stream_faults = _each(body, "stream_faults", read_stream_fault)
    acts = _each(body, "acts", _timed)
    body.finish()
    return FaultPlan(faults, stream_faults, acts)


def _content(path: Path) -> object:
    text = path.read_text(encoding="utf-8")
    return json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)


def _each(body: ControlBody, name: str, read: Callable[[ControlBody], Entry]) -> tuple[Entry, ...]:
    return tuple(_one(entry, f"{name}[{number}]", read) for number, entry in enumerate(body.optional_rows(name)))


def _one(body: ControlBody, where: str, read: Callable[[ControlBody], Entry]) -> Entry:
    try:
        return read(body)
    except ControlError as error:
        raise ControlError(f"{where}: {error}") from error


def _timed(body: ControlBody) -> TimedAct:
    at_ms = body.whole("at_ms")
    if at_ms < 0:
        raise ControlError("at_ms is below zero")
    return TimedAct(at_ms, read_act(body.without("at_ms")))
