"""`harvest decide` with `"kernel": "p1"`: where stop and take-profit belong, and why."""

from collections.abc import Mapping
from typing import Final

from harvest.question import MARKET, Question
from kernel.stops import StopsPosition, propose_stops
from kernel.stops_theta import StopsTheta

_REQUIRED: Final = ("side", "entry", "price", "peak", "trough", *MARKET)
_OPTIONAL: Final = ("theta", "sl")
WIRE_NAMES: Final[Mapping[str, str]] = {"entry_price": "entry", "current_stop": "sl"}


def decide_p1(question: Question) -> dict[str, object]:
    """P1's answer. Raises KernelError."""
    question.check_names(_REQUIRED, _OPTIONAL)
    position = StopsPosition(
        question.side(),
        question.number("entry"),
        question.number("price"),
        question.number("peak"),
        question.number("trough"),
        question.optional("sl"),
    )
    proposal = propose_stops(position, question.market(), question.theta(StopsTheta))
    return {
        "stop_dist": proposal.stop_dist,
        "tp_dist": proposal.tp_dist,
        "trail_gap": proposal.trail_gap,
        "sl": proposal.stop,
        "tp": proposal.take_profit,
        "reasons": proposal.reasons,
    }
