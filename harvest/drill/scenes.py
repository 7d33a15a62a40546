"""What is decided in a chaos drill: seeded scenes, each one position and what is said about it. Pure.

A scene knows what must have happened when it is over, from the drill's own arithmetic and nobody else's.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from random import Random
from typing import Final

STEP: Final = Decimal("0.001")
"""Quantity step of every symbol of a drill."""
PRICE: Final = Decimal(100)
TICK: Final = Decimal("0.01")
LARGEST_SKEW_MS: Final = 3000
"""How far the exchange's clock is off at most."""
REOPEN_AFTER_S: Final = 5.5 + LARGEST_SKEW_MS / 1000
"""A decision up to 5 s older than a position may be about it: producers' clocks are not the exchange's. And a position
is as old as the exchange's clock said when it was opened."""

Fields = dict[str, str]


@dataclass(frozen=True)
class Say:
    """One decision, put on the stream some time after the one before."""

    after_s: float
    fields: Fields
    copies: int = 1
    """How often the same entry is added."""
    wait: bool = False
    """Whether the scene waits for the answer before it goes on."""

    @property
    def understood(self) -> bool:
        """Whether it should get a result; otherwise a dead letter."""
        return "action" in self.fields


@dataclass(frozen=True)
class Move:
    """Somebody else trades the position: base units, above zero opens and below zero closes."""

    after_s: float
    quantity: Decimal


@dataclass(frozen=True)
class Scene:
    """One position, the decisions about it, and what must be true in the end. Quantities unsigned, base units."""

    number: int
    kind: str
    side: str
    size: Decimal
    steps: tuple[Say | Move, ...]
    executed: Decimal | None
    """What orders of ours must have executed in all; None where it depends on who was first."""
    remaining: tuple[Decimal, ...]
    """Sizes that may be left."""
    rungs: tuple[Decimal, ...] | None = None
    """What each decision must have executed, in any order; None where the strongest takes all."""

    @property
    def says(self) -> list[Say]:
        """Its decisions."""
        return [step for step in self.steps if isinstance(step, Say)]

    def without_waiting(self) -> "Scene":
        """The same, said without waiting for any answer."""
        steps = (replace(step, wait=False) if isinstance(step, Say) else step for step in self.steps)
        return replace(self, steps=tuple(steps))


@dataclass
class _Writer:
    """Draws one scene after the other."""

    random: Random
    fixed_side: str | None
    number: int

    def scene(self) -> Scene:
        """The next one."""
        (kind,) = self.random.choices(list(_WEIGHTS), weights=list(_WEIGHTS.values()))
        return kind(self)

    def size(self) -> Decimal:
        return STEP * self.random.randint(64, 400_000)

    def side(self) -> str:
        return self.fixed_side or self.random.choice(("LONG", "SHORT"))

    def gap(self, most: float = 0.6) -> float:
        return round(self.random.uniform(0, most), 3)

    def close(self, side: str, **more: str) -> Fields:
        """A full close, in one of the original's wordings."""
        wording = self.random.choice(
            (
                {"action": "CLOSE", "percentage": "1.0"},
                {"action": "FULL_CLOSE_PROPOSED"},
                {"action": "CLOSE", "percentage": "100"},
            )
        )
        return self._said(side, {**wording, **more})

    def emergency(self, side: str) -> Fields:
        return self._said(
            side, {"action": "CLOSE", "percentage": "1.0", "reason": "emergency_stop_loss (R=-2.21)", "urgency": "high"}
        )

    def part(self, side: str, fraction: Decimal, name: str) -> Fields:
        said = {"action": "PARTIAL_CLOSE", "percentage": str(fraction)}
        return self._said(side, {**said, "intent_id": f"{name}-{self.number}"})

    def _said(self, side: str, fields: Fields) -> Fields:
        named = {"side": side} if self.fixed_side else {}
        return {"intent_type": "AUTONOMOUS_EXIT", "source": "drill", **fields, **named}


def taken(size: Decimal, fraction: Decimal) -> Decimal:
    """What a fraction of a size is, in whole steps, never more."""
    return size * fraction // STEP * STEP


def _full(draw: _Writer) -> Scene:
    side, size = draw.side(), draw.size()
    steps = (Say(0, draw.close(side), copies=draw.random.choice((1, 1, 1, 3)), wait=True),)
    return Scene(draw.number, "full", side, size, steps, size, (Decimal(0),))


def _part(draw: _Writer) -> Scene:
    side, size = draw.side(), draw.size()
    fraction = Decimal(draw.random.randint(1, 990)) / 1000
    done = taken(size, fraction)
    if not done:
        return _full(draw)
    steps = (Say(0, draw.part(side, fraction, "part"), copies=draw.random.choice((1, 1, 2)), wait=True),)
    return Scene(draw.number, "part", side, size, steps, done, (size - done,), (done,))


def _ladder(draw: _Writer) -> Scene:
    """25, 50 and 75 percent of what is left each time: 100, 75, 37.5, 9.375."""
    side, size = draw.side(), draw.size()
    left, rungs, steps = size, [], []
    for fraction in (Decimal("0.25"), Decimal("0.5"), Decimal("0.75")):
        done = taken(left, fraction)
        left -= done
        rungs.append(done)
        steps.append(Say(draw.gap(), draw.part(side, fraction, f"rung{fraction}"), wait=True))
    return Scene(draw.number, "ladder", side, size, tuple(steps), size - left, (left,), tuple(rungs))


def _repeated(draw: _Writer) -> Scene:
    """The kernel repeats itself while the price stays where it is."""
    side, size = draw.side(), draw.size()
    done = taken(size, Decimal("0.25"))
    said = {**draw.part(side, Decimal("0.25"), ""), "action": "PARTIAL_25"}
    said.pop("intent_id")
    said.pop("percentage")
    steps = tuple(Say(draw.gap(0.4), said, copies=draw.random.choice((1, 2))) for _ in range(4))
    return Scene(draw.number, "repeated", side, size, steps, done, (size - done,), (done,))


def _contest(draw: _Writer) -> Scene:
    """Many producers say different things within a second, in any order. The strongest leaves nothing."""
    side, size = draw.side(), draw.size()
    said = [
        draw.part(side, Decimal("0.25"), "one"),
        draw.part(side, Decimal("0.5"), "two"),
        draw.part(side, Decimal("0.75"), "three"),
        draw.close(side),
        draw.emergency(side),
        draw.close(side, intent_id=f"late-{draw.number}"),
    ]
    draw.random.shuffle(said)
    steps = tuple(Say(draw.gap(0.3), fields, copies=draw.random.choice((1, 1, 2))) for fields in said)
    return Scene(draw.number, "contest", side, size, steps, size, (Decimal(0),))


def _shrinking(draw: _Writer) -> Scene:
    """Somebody else takes a part off while we close everything."""
    side, size = draw.side(), draw.size()
    steps = (Say(0, draw.close(side)), Move(draw.gap(0.3), -taken(size, Decimal("0.3"))))
    return Scene(draw.number, "shrinking", side, size, steps, None, (Decimal(0),))


def _replaced(draw: _Writer) -> Scene:
    """Somebody else closes the position, and opens another one that nobody decided about."""
    side, size, later = draw.side(), draw.size(), draw.size()
    steps = (
        Say(0, draw.part(side, Decimal("0.5"), "old")),
        Move(draw.gap(0.05), -size),
        Move(REOPEN_AFTER_S, later),
    )
    return Scene(draw.number, "replaced", side, size, steps, None, (later,))


def _garbled(draw: _Writer) -> Scene:
    """Something that nobody can understand comes before a good decision."""
    side, size = draw.side(), draw.size()
    bad = Say(0, {"intent_type": "AUTONOMOUS_EXIT", "percentage": "1.0", "source": "drill"})
    return Scene(
        draw.number, "garbled", side, size, (bad, Say(0, draw.emergency(side), wait=True)), size, (Decimal(0),)
    )


_WEIGHTS: Final[dict[Callable[[_Writer], Scene], int]] = {
    _full: 24,
    _part: 24,
    _ladder: 12,
    _repeated: 10,
    _contest: 12,
    _shrinking: 8,
    _replaced: 4,
    _garbled: 3,
}


def scene(seed: int, number: int, fixed_side: str | None) -> Scene:
    """The scene of that number, the same for the same seed.

    Args:
        fixed_side: LONG or SHORT in hedge mode, where a decision names its side.
    """
    random = Random(f"scene {seed} {number} {fixed_side}")  # noqa: S311 - reproducible, not secret
    return _Writer(random, fixed_side, number).scene()
