"""Refusals that are about other orders of the account: resting ones, and stops that fire just then (groups 7 and 8)."""

from tests.faults.scene import FULL, STOP_FIRES, Fault, Scene, between, ended, expected, play
from tests.lab import Lab

CONFLICT: Fault = {"kind": "refusal", "code": -4118, "only": "conflicting", "times": -1}
TRIGGERING: Fault = {"kind": "refusal", "code": -4117, "after": list(STOP_FIRES)}
GONE = ended("CLOSED_ELSEWHERE", 0, sent=1)

SCENES = (
    Scene("-4118 while a target rests", ended("CLOSED_FLAT", 0, 100, sent=2), (CONFLICT,), FULL, target="100"),
    Scene("-4118, short", ended("CLOSED_FLAT", 0, 100, sent=2), (CONFLICT,), FULL, side="SHORT", target="40"),
    Scene(
        "-4118, and what was cancelled lingers",
        ended("CLOSED_FLAT", 0, 100, sent=2),
        (CONFLICT, {"kind": "read_lag", "call": "GET /fapi/v1/openOrders", "times": -1, "delay_ms": 1500}),
        FULL,
        target="100",
    ),
    Scene("-4118 while nothing rests", ended("REDUCED", 50, 50, sent=2), ({"kind": "refusal", "code": -4118},)),
    Scene("-2022 with a position", ended("REDUCED", 50, 50, sent=2), ({"kind": "refusal", "code": -2022},)),
    Scene("-4117, then the stop takes all", GONE, (TRIGGERING,), FULL, stop="100"),
    Scene("-4117, then the stop takes 30", ended("CLOSED_FLAT", 0, 70, sent=2), (TRIGGERING,), FULL, stop="30"),
    Scene(
        "-4117 and the stop does not fire",
        ended("CLOSED_FLAT", 0, 100, sent=2),
        ({"kind": "refusal", "code": -4117},),
        FULL,
    ),
    Scene("the stop was faster", GONE, (between(*STOP_FIRES),), FULL, stop="100"),
    Scene("the stop took 30", ended("CLOSED_ELSEWHERE", 0, 70, sent=1), (between(*STOP_FIRES),), FULL, stop="30"),
)


async def test_what_stands_in_the_way_is_cleared_and_the_close_goes_on(lab: Lab) -> None:
    assert await play(lab, *SCENES) == expected(*SCENES)
