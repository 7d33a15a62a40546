"""`harvest decide` with the kernels P1 and LSF."""

import io
import json
from decimal import Decimal
from typing import Any

import pytest

from harvest.decide import decide_line, decide_stream

P1: dict[str, Any] = {
    "kernel": "p1",
    "side": "LONG",
    "entry": 100,
    "price": 105,
    "peak": 106,
    "trough": 99,
    "sl": 99,
    "sigma": 0.01,
    "ts": 0.35,
    "p_trend": 0.5,
    "p_mr": 0.2,
    "p_chop": 0.3,
}
LSF: dict[str, Any] = {
    "kernel": "lsf",
    "base_tp": 0.01,
    "base_sl": 0.005,
    "leverage": 20,
    "volatility": 0,
    "funding": 0,
    "divergence": 0,
}


def ask(question: dict[str, Any], **changes: object) -> dict[str, Any]:
    fields = json.loads(decide_line(json.dumps({**question, **changes})), parse_float=Decimal, parse_int=Decimal)
    assert isinstance(fields, dict)
    return fields


def test_p1_answers_in_full() -> None:
    assert ask(P1) == {
        "stop_dist": Decimal("0.0121"),
        "tp_dist": Decimal("0.0210975"),
        "trail_gap": Decimal("0.0129"),
        "sl": Decimal("104.6326"),
        "tp": Decimal("107.2152375"),
        "reasons": ["trail_active", "sl_tightening", "regime_trend", "tp_extended"],
    }


def test_r72_p1_never_answers_a_stop_beyond_the_price() -> None:
    answer = ask(P1, peak=112, sl=None, sigma=0.005)

    assert answer["sl"] < 105 < answer["tp"]
    assert answer["reasons"][-1] == "sl_clamped_to_price"


def test_p1_without_a_stop_in_force() -> None:
    question = {name: value for name, value in P1.items() if name != "sl"}

    assert ask(question) == ask(P1, sl=None)
    assert "sl_tightening" not in ask(question)["reasons"]


def test_p1_takes_its_parameters_flat_or_grouped() -> None:
    grouped = ask(P1, theta={"k_sl": {"trend": 3, "mr": "1.6"}, "monotonic_sl": False})

    assert grouped == ask(P1, theta={"k_sl_trend": 3, "k_sl_mr": 1.6, "monotonic_sl": False})
    assert grouped["stop_dist"] == Decimal("0.0212")


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("price", {"price": 0}),
        ("price", {"price": None}),
        ("peak", {"peak": "NaN"}),
        ("trough", {"trough": "1e99"}),
        ("entry", {"entry": -1}),
        ("sl", {"sl": 0}),
        ("side", {"side": "long"}),
        ("sigma", {"sigma": -0.01}),
        ("p_mr", {"p_mr": 20}),
        ("pnl", {"pnl": 5}),
        ("theta.sl_min_pct", {"theta": {"sl_min_pct": 0}}),
        ("theta.k_sl_bull", {"theta": {"k_sl": {"bull": 1}}}),
        ("theta.k_sl_mr", {"theta": {"k_sl_mr": 1, "k_sl": {"mr": 1}}}),
        ("theta.monotonic_sl", {"theta": {"monotonic_sl": 1}}),
        ("theta.T1_R", {"theta": {"T1_R": 1}}),
    ],
)
def test_p1_names_a_bad_field(field: str, change: dict[str, Any]) -> None:
    answer = ask(P1, **change)

    assert answer["field"] == field
    assert field in answer["error"]
    assert "sl" not in answer


def test_lsf_answers_in_full() -> None:
    answer = ask(LSF)

    shown = {name: answer[name].quantize(Decimal("0.000001")) for name in ("lsf", "tp1", "tp2", "tp3", "sl")}
    assert shown == {
        "lsf": Decimal("0.247248"),
        "tp1": Decimal("0.008472"),
        "tp2": Decimal("0.013236"),
        "tp3": Decimal("0.018618"),
        "sl": Decimal("0.008011"),
    }
    assert answer["scheme"] == [Decimal("0.4"), Decimal("0.4"), Decimal("0.2")]
    assert answer["sl_effective"] == answer["sl"]
    assert answer["reasons"] == []


def test_lsf_shows_the_stop_as_it_is_and_as_it_may_be() -> None:
    answer = ask(LSF, leverage=100)

    assert answer["sl"].quantize(Decimal("0.000001")) == Decimal("0.008288")
    assert (answer["sl_effective"], answer["liquidation_distance"]) == (Decimal("0.0048"), Decimal("0.006"))
    assert answer["reasons"] == ["sl_capped_before_liquidation"]
    assert ask(LSF, leverage=100, liquidation_distance=0.02)["sl_effective"] == answer["sl"]
    assert ask(LSF, leverage=100, maintenance_rate=0.005, buffer=0.5)["sl_effective"] == Decimal("0.0025")


def test_lsf_says_which_defaults_it_used() -> None:
    answer = ask({"kernel": "lsf", "leverage": 20})

    names = ("base_tp", "base_sl", "volatility", "funding", "divergence")
    assert answer.pop("reasons") == [f"default:{name}" for name in names]
    assert answer.items() <= ask(LSF).items()


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("leverage", {"leverage": None}),
        ("leverage", {"leverage": "20x"}),
        ("base_tp", {"base_tp": True}),
        ("funding", {"funding": "1e99"}),
        ("liquidation_distance", {"liquidation_distance": 0}),
        ("buffer", {"buffer": 1}),
        ("side", {"side": "LONG"}),
        ("theta", {"theta": {}}),
    ],
)
def test_lsf_names_a_bad_field(field: str, change: dict[str, Any]) -> None:
    answer = ask(LSF, **change)

    assert answer["field"] == field
    assert field in answer["error"]


def test_kernels_are_asked_in_any_order_and_a_bad_line_stops_none() -> None:
    lines = [json.dumps(question) for question in (P1, {**LSF, "leverage": "?"}, LSF, {**P1, "price": 0, "id": "b"})]
    sink = io.StringIO()

    decide_stream(io.StringIO("\n".join(lines)), sink)

    first, bad, third, last = map(json.loads, sink.getvalue().splitlines())
    assert ("sl" in first, bad["field"], "lsf" in third) == (True, "leverage", True)
    assert (last["id"], last["field"]) == ("b", "price")
