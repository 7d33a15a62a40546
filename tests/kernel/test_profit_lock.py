from decimal import Decimal

import pytest

from kernel.profit_lock import profit_lock
from kernel.side import Side


@pytest.mark.parametrize(
    ("side", "stop", "proposed"),
    [
        (Side.LONG, None, "100.2"),
        (Side.LONG, "100.1999", "100.2"),
        (Side.LONG, "100.2", None),
        (Side.LONG, "100.2001", None),
        (Side.SHORT, None, "99.8"),
        (Side.SHORT, "99.8001", "99.8"),
        (Side.SHORT, "99.8", None),
        (Side.SHORT, "99.7999", None),
    ],
)
def test_a_stop_is_proposed_only_when_strictly_tighter(side: Side, stop: str | None, proposed: str | None) -> None:
    found = profit_lock(side, Decimal(100), None if stop is None else Decimal(stop), Decimal("0.002"))

    assert found == (None if proposed is None else Decimal(proposed))
