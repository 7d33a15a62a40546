"""How much request weight a pass may spend beside the read of all positions."""

from typing import Final

POSITIONS_COST: Final = 5
A_PASS: Final = 15
"""Weight of a pass, at most, but for one read of what funding was paid, once an hour."""


class WeightBudget:
    """What is left of a pass's weight."""

    def __init__(self, left: int = A_PASS - POSITIONS_COST) -> None:
        self.left = left

    def take(self, weight: int) -> bool:
        """Spend it if there is as much left; returns whether there was."""
        if weight > self.left:
            return False
        self.left -= weight
        return True
