"""What does not execute in one order: partial fills that end for a reason, and books without depth (group 6)."""

from tests.faults.scene import FULL, Scene, ended, expected, play
from tests.lab import Lab

SCENES = (
    Scene("self-trade", ended("REDUCED", 50, 20, 30, sent=2), ({"kind": "stp_partial", "fraction": "0.4"},)),
    Scene("knocked out", ended("REDUCED", 50, 20, 30, sent=2), ({"kind": "knocked_out", "fraction": "0.4"},)),
    Scene("nothing at all", ended("REDUCED", 50, 50, sent=2), ({"kind": "partial_fill", "fraction": "0"},)),
    Scene(
        "again and again",
        ended("CLOSED_FLAT", 0, 50, 25, 25, sent=3),
        ({"kind": "partial_fill", "times": 2},),
        decision=FULL,
    ),
    Scene("price out of the band", ended("REDUCED", 50, 50, sent=2), ({"kind": "refusal", "code": -4131},)),
    Scene("empty book", ended("CLOSED_FLAT", 0, 100, sent=2), ({"kind": "refusal", "code": -1112},), decision=FULL),
    Scene(
        "a short one",
        ended("CLOSED_FLAT", 0, 30, 70, sent=2),
        ({"kind": "stp_partial", "fraction": "0.3"},),
        decision=FULL,
        side="SHORT",
    ),
)


async def test_the_rest_follows_in_a_new_order_and_no_more_than_that(lab: Lab) -> None:
    assert await play(lab, *SCENES) == expected(*SCENES)
