"""Names of the watch's decisions: the same decision about the same position always comes to the same name.

A name is made of the position's generation and of what is done once to it: a rung, a rule that closes, a stop by its
number. There is no time and no float in it (R02), so evaluating again, or by another worker, is no second decision.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from contracts.order import OrderState
from kernel.identity import parse_client_order_id, rung_of

_MOST_STEPS: Final = 40
RUNGS: Final = (
    *("p25", "p50", "p75"),
    *(f"lsf{level}" for level in range(1, 4)),
    *(f"r{step}" for step in range(1, _MOST_STEPS + 1)),
    *(f"x{score}" for score in range(1, _MOST_STEPS + 1)),
)
"""Every rung that the kernel names: tranches, LSF levels, steps of R, shares of the evaluator."""
_UNNAMED: Final = frozenset({"p25", "p50", "p75"})
"""What a producer without ids takes has these names itself."""


def intent_id(account: str, key: str, generation: int, name: str) -> str:
    """``watch:<account>:<SYMBOL>:<SIDE>:<generation>:<name>``."""
    return f"watch:{account}:{key}:{generation}:{name}"


def rungs_taken_by(orders: Iterable[OrderState], account: str, key: str, generation: int) -> Sequence[str]:
    """The rungs that these orders took, whichever process sent them. What executed nothing took nothing."""
    names = {rung_of(intent_id(account, key, generation, rung), None): rung for rung in RUNGS}
    names |= {rung: rung for rung in _UNNAMED}
    taken: list[str] = []
    for order in orders:
        known = parse_client_order_id(order.client_order_id)
        if known is not None and known.generation == generation and order.executed_quantity > 0:
            taken += [names[known.rung]] if known.rung in names else []
    return taken
