"""An order whose answer was lost: found, proven never executed, or not known yet (R46).

The exchange refuses a request once its clock is past the signed timestamp plus recvWindow. Past that fence an order has
executed or never will; what remains is only that reads may lag, hence several clean looks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from kernel.errors import KernelError

_FIRST_WAIT_MS = 100
_LONGEST_WAIT_MS = 1000


@dataclass(frozen=True, slots=True)
class Look:
    """One read of order, trades and position, stamped by the exchange's clock. `position_size` unsigned, in the asset.

    `unexplained_trades`: trades since the send that belong to no order known to us.
    """

    exchange_time_ms: int
    order_found: bool
    unexplained_trades: bool
    position_size: Decimal


class Settlement(StrEnum):
    """What became of the order."""

    FOUND = "FOUND"
    NEVER_EXECUTED = "NEVER_EXECUTED"
    KEEP_LOOKING = "KEEP_LOOKING"


@dataclass(frozen=True, slots=True)
class SettleRules:
    """How much proof is wanted; times in milliseconds on the exchange's clock."""

    margin_ms: int = 2000  # between the clocks of the exchange's own tiers
    clean_looks: int = 3
    spacing_ms: int = 500

    def __post_init__(self) -> None:
        if self.margin_ms < 0 or self.clean_looks < 1 or self.spacing_ms < 0:
            raise KernelError("settling needs a margin and spacing of at least 0 and at least one clean look", "rules")


@dataclass(frozen=True, slots=True)
class SettleStep:
    """The finding, how long to wait before the next look, and why."""

    settlement: Settlement
    wait_ms: int
    reason: str


DEFAULT_RULES = SettleRules()


def fence_ms(signed_timestamp_ms: int, recv_window_ms: int, rules: SettleRules = DEFAULT_RULES) -> int:
    """The exchange's time past which a request that was signed so cannot execute any more, epoch milliseconds."""
    return signed_timestamp_ms + recv_window_ms + rules.margin_ms


def settle(
    signed_timestamp_ms: int,
    recv_window_ms: int,
    size_before: Decimal,
    looks: Sequence[Look],
    rules: SettleRules = DEFAULT_RULES,
) -> SettleStep:
    """Judge all looks so far, oldest first. NEVER_EXECUTED is said only past the fence and only by agreeing looks."""
    if any(look.order_found for look in looks):
        return SettleStep(Settlement.FOUND, 0, "order_found")
    fence = fence_ms(signed_timestamp_ms, recv_window_ms, rules)
    disagreement = _disagreement(looks[-1], size_before) if looks else None
    if not looks or looks[-1].exchange_time_ms <= fence:
        wait = pause_before_fence_ms(len(looks), looks[-1].exchange_time_ms, fence) if looks else 0
        return SettleStep(Settlement.KEEP_LOOKING, wait, disagreement or "before_fence")
    if disagreement:
        return SettleStep(Settlement.KEEP_LOOKING, rules.spacing_ms, disagreement)
    if _proven(looks, fence, size_before, rules):
        return SettleStep(Settlement.NEVER_EXECUTED, 0, "absent_past_fence")
    return SettleStep(Settlement.KEEP_LOOKING, rules.spacing_ms, "more_clean_looks_needed")


def pause_before_fence_ms(looks: int, exchange_time_ms: int, fence: int) -> int:
    """Until the next look, after so many, the last of them at that time of the exchange.

    An order that executed is usually visible at once: look early, then ever less often, and again at the fence.
    """
    patience = min(_FIRST_WAIT_MS << min(looks - 1, 4), _LONGEST_WAIT_MS)
    return min(patience, fence + 1 - exchange_time_ms)


def _proven(looks: Sequence[Look], fence: int, size_before: Decimal, rules: SettleRules) -> bool:
    """Enough looks since the last disagreement, each far enough from the next; one that came too early does no harm.

    Spacing is by the exchange's clock, which may run slower than the one we wait by.
    """
    apart: list[int] = []
    for look in reversed(looks):
        if look.exchange_time_ms <= fence or _disagreement(look, size_before):
            break
        if not apart or apart[-1] - look.exchange_time_ms >= rules.spacing_ms:
            apart.append(look.exchange_time_ms)
    return len(apart) >= rules.clean_looks


def _disagreement(look: Look, size_before: Decimal) -> str | None:
    if look.unexplained_trades:
        return "unexplained_trades"
    return None if look.position_size == size_before else "position_differs"
