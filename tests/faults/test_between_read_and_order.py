"""Somebody else trades, or the exchange takes over, between our read and our order (group 12).

The order is then larger than what is left, or about a position that is none: the exchange caps or refuses it, and the
result says who closed how much.
"""

from tests.faults.scene import FULL, Fault, Scene, between, ended, expected, play, trade
from tests.lab import Lab

REPLACED = trade("all"), trade("60")
FLIPPED = trade("all"), trade("40", "SHORT")
DELEVERAGED: Fault = {"do": "deleverage", "quantity": "40"}

SCENES = (
    Scene("reduced", ended("CLOSED_ELSEWHERE", 0, 70, sent=1), (between(trade("-30")),), FULL),
    Scene("grown", ended("CLOSED_FLAT", 0, 100, 25, sent=2), (between(trade("25")),), FULL),
    Scene("closed", ended("CLOSED_ELSEWHERE", 0, sent=1), (between(trade("all")),), FULL),
    Scene("flipped", ended("CLOSED_ELSEWHERE", -40, sent=1), (between(*FLIPPED),), FULL),
    Scene("reopened", ended("CLOSED_ELSEWHERE", 0, 60, sent=1), (between(*REPLACED),), FULL),
    Scene("reduced, partial", ended("REDUCED", 20, 50, sent=1), (between(trade("-30")),)),
    Scene("flipped, partial", ended("CLOSED_ELSEWHERE", -40, sent=1), (between(*FLIPPED),)),
    Scene("liquidated", ended("CLOSED_ELSEWHERE", 0, sent=1), (between({"do": "liquidate"}),), FULL),
    Scene("deleveraged", ended("CLOSED_ELSEWHERE", 0, 60, sent=1), (between(DELEVERAGED),), FULL),
)


async def test_the_result_says_what_we_did_and_the_position_is_nobodys_surprise(lab: Lab) -> None:
    assert await play(lab, *SCENES) == expected(*SCENES)
