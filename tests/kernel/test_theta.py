from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from kernel.errors import KernelError
from kernel.theta import DEFAULT, HarvestTheta

DOCUMENTED = {
    "fallback_stop_pct": "0.02",
    "cost_bps": "10",
    "T1_R": "2",
    "T2_R": "4",
    "T3_R": "6",
    "u1": "0",
    "u2": "0",
    "u3": "0",
    "softmax_temp": "1",
    "lock_R": "1.5",
    "be_plus_pct": "0.002",
    "trend_min": "0.3",
    "sigma_ref": "0.01",
    "sigma_spike_cap": "2",
    "ts_ref": "0.3",
    "ts_drop_cap": "0.5",
    "max_age_sec": "86400",
    "k_regime_flip": "1",
    "k_sigma_spike": "0.5",
    "k_ts_drop": "0.5",
    "k_age_penalty": "0.3",
    "kill_threshold": "0.6",
}


def test_defaults_are_the_documented_ones_and_no_others() -> None:
    assert {name: getattr(DEFAULT, name) for name in HarvestTheta.__slots__} == {
        name: Decimal(text) for name, text in DOCUMENTED.items()
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sigma_ref", Decimal(0)),
        ("max_age_sec", Decimal(0)),
        ("softmax_temp", Decimal(-1)),
        ("fallback_stop_pct", Decimal(2)),
        ("be_plus_pct", Decimal(1)),
        ("k_regime_flip", Decimal(-1)),
        ("kill_threshold", Decimal(0)),
        ("kill_threshold", Decimal("1.1")),
        ("cost_bps", Decimal("NaN")),
        ("T1_R", Decimal("Infinity")),
        ("u1", Decimal(2000)),
        ("lock_R", 1.5),
    ],
)
def test_a_bad_parameter_is_refused_by_name(name: str, value: object) -> None:
    change: dict[str, Any] = {name: value}

    with pytest.raises(KernelError) as caught:
        replace(DEFAULT, **change)

    assert caught.value.field == f"theta.{name}"
    assert f"theta.{name}" in str(caught.value)


@pytest.mark.parametrize(("name", "value", "named"), [("T1_R", "5", "theta.T2_R"), ("T3_R", "3", "theta.T3_R")])
def test_tranche_triggers_must_be_ordered(name: str, value: str, named: str) -> None:
    with pytest.raises(KernelError, match=named) as caught:
        replace(DEFAULT, **{name: Decimal(value)})

    assert caught.value.field == named
