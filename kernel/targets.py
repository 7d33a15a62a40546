"""R targets by leverage: what a position must earn before it is harvested shrinks with the root of its leverage."""

from dataclasses import replace
from decimal import Decimal, localcontext

from kernel.decimals import ARITHMETIC, finite
from kernel.theta import HarvestTheta


def scaled_by_leverage(theta: HarvestTheta, leverage: Decimal) -> HarvestTheta:
    """T1_R, T2_R, T3_R and lock_R divided by sqrt(max(leverage, 1)) (section 1.8); nothing else changes.

    The root is Decimal's own, in the kernel's fixed context. Raises KernelError when leverage is no finite number.
    """
    with localcontext(ARITHMETIC):
        root = max(finite("leverage", leverage), Decimal(1)).sqrt()
        return replace(
            theta,
            T1_R=theta.T1_R / root,
            T2_R=theta.T2_R / root,
            T3_R=theta.T3_R / root,
            lock_R=theta.lock_R / root,
        )
