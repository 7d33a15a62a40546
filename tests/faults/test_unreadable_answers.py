"""Answers that say nothing, or more than we know: gateways, broken bodies, other shapes, new fields (groups 2 and 14).

Whether such an order executed is found out; whether such a read means "flat" is never guessed.
"""

import pytest

from tests.faults.scene import FULL, ORDER, POSITION, Scene, ended, expected, play
from tests.lab import Lab

FOUND = ended("REDUCED", 50, 50, sent=1)
SENT_AGAIN = ended("REDUCED", 50, 50, sent=2)
UNREADABLE = ("html_504", "truncated_body", "cut_body", "json_array")

EXECUTED = tuple(Scene(kind, FOUND, ({"kind": kind},)) for kind in UNREADABLE)
ODD = tuple(  # what Python calls a digit and cannot read, and a list where a number should be
    Scene(f"{field}, odd", FOUND, ({"kind": "extra_fields", "add": {field: odd}},))
    for field, odd in (("updateTime", "\u00b2"), ("avgPrice", []))
)
NOT_EXECUTED = (
    *(Scene(f"{kind}, not executed", SENT_AGAIN, ({"kind": kind, "executed": False},)) for kind in UNREADABLE),
    Scene("no answer in time, not executed", SENT_AGAIN, ({"kind": "refused_hang", "delay_ms": 1500},)),
    Scene("unavailable", SENT_AGAIN, ({"kind": "refused_503_unavailable"},)),
    Scene("unknown, as JSON", SENT_AGAIN, ({"kind": "refused_503_unknown", "body": "json"},)),
)
READS = tuple(
    Scene(kind, ended("CLOSED_FLAT", 0, 100, sent=1), ({"kind": kind, "call": POSITION, "times": 3},), decision=FULL)
    for kind in (*UNREADABLE, "html_502", "empty_body")
)
WITH_MORE_IN_THEM = tuple(
    Scene(call, FOUND, ({"kind": "extra_fields", "call": call, "times": -1},))
    for call in (ORDER, POSITION, "GET /fapi/v1/order", "GET /fapi/v1/userTrades", "GET /fapi/v1/openOrders")
)


@pytest.mark.parametrize(
    "scenes", [EXECUTED + ODD + NOT_EXECUTED, READS + WITH_MORE_IN_THEM], ids=["of an order", "of a read"]
)
async def test_an_answer_that_cannot_be_read_decides_nothing(lab: Lab, scenes: tuple[Scene, ...]) -> None:
    assert await play(lab, *scenes) == expected(*scenes)
