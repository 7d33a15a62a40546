"""The account's mode changes between our read and our order, both ways (group 11, R55)."""

from tests.faults.scene import SYMBOLS, Fault, ended, ending
from tests.lab import Lab

WORDS: tuple[Fault, ...] = (
    {"kind": "meanwhile"},  # -4061, as the engine says it
    {"kind": "refusal", "code": -1106},
    {"kind": "refusal", "code": -4062},
)


async def test_r55_to_hedge_mode_and_back_under_an_order(lab: Lab) -> None:
    switches = [(words, hedge) for words in WORDS for hedge in (True, False)]
    for (words, hedge), symbol in zip(switches, SYMBOLS, strict=False):
        side = "LONG" if hedge else "SHORT"
        await lab.open(symbol, side, "100")
        await lab.call("POST", "/sim/faults", **words, before=[{"do": "mode", "hedge": hedge}])

        result = await lab.close(symbol)

        assert await ending(lab, symbol, result) == ended("CLOSED_FLAT", 0, 100, sent=2), (words, hedge)
        sides = [request["params"].get("positionSide", "BOTH") for request in await lab.requests(symbol)]
        assert sides == (["BOTH", side] if hedge else [side, "BOTH"])
