"""`harvest decide` with `"kernel": "lsf"`: levels, stop and harvest scheme for a leverage."""

from collections.abc import Mapping
from typing import Final

from harvest.question import Question
from kernel.leverage import LeverageInputs, LiquidationCap, leverage_levels

_REQUIRED: Final = ("leverage",)
_DEFAULTED: Final = ("base_tp", "base_sl", "volatility", "funding", "divergence")
_CAP: Final = ("maintenance_rate", "buffer")
_OPTIONAL: Final = (*_DEFAULTED, *_CAP, "liquidation_distance")
WIRE_NAMES: Final[Mapping[str, str]] = {}


def decide_lsf(question: Question) -> dict[str, object]:
    """The engine's answer; a default that was used is among the reasons. Raises KernelError."""
    question.check_names(_REQUIRED, _OPTIONAL)
    given = {name: question.number(name) for name in _DEFAULTED if question.has(name)}
    distance = question.optional("liquidation_distance")
    inputs = LeverageInputs(question.number("leverage"), **given, liquidation_distance=distance)
    cap = LiquidationCap(**{name: question.number(name) for name in _CAP if question.has(name)})
    levels = leverage_levels(inputs, cap)
    return {
        "lsf": levels.lsf,
        "tp1": levels.tp1,
        "tp2": levels.tp2,
        "tp3": levels.tp3,
        "sl": levels.stop,
        "sl_effective": levels.stop_effective,
        "liquidation_distance": levels.liquidation_distance,
        "scheme": levels.scheme,
        "reasons": (*levels.reasons, *(f"default:{name}" for name in _DEFAULTED if name not in given)),
    }
