import io
import json
from decimal import Decimal
from typing import Any

import pytest

from harvest.decide import decide_line, decide_stream

BASE: dict[str, Any] = {
    "kernel": "p2",
    "side": "LONG",
    "entry": 100,
    "pnl": 5,
    "age": 3600,
    "stop_dist_pct": 0.02,
    "sl": 99,
    "sigma": 0.01,
    "ts": 0.35,
    "p_trend": 0.5,
    "p_mr": 0.2,
    "p_chop": 0.3,
}


def ask(**changes: object) -> dict[str, Any]:
    """The answer to the base question with some fields changed, read back exactly."""
    return read(decide_line(json.dumps({**BASE, **changes})))


def read(answer: str) -> dict[str, Any]:
    fields = json.loads(answer, parse_float=Decimal, parse_int=Decimal)
    assert isinstance(fields, dict)
    return fields


def without(name: str) -> str:
    return json.dumps({key: value for key, value in BASE.items() if key != name})


def test_a_question_is_answered_in_full() -> None:
    answer = ask()

    kill = answer.pop("kill_score")
    age = answer["components"].pop("age_penalty")
    assert kill.quantize(Decimal("0.0001")) == Decimal("0.5031")
    assert age.quantize(Decimal("0.0001")) == Decimal("0.0417")
    assert answer == {
        "R_net": Decimal("2.45"),
        "risk_unit": Decimal(2),
        "cost_est": Decimal("0.1"),
        "components": {"regime_flip": 0, "sigma_spike": 0, "ts_drop": 0},
        "action": "PARTIAL_25",
        "new_sl": Decimal("100.2"),
        "reasons": ["harvest_partial_25", "profit_lock"],
    }


def test_a_full_close_and_no_lock() -> None:
    answer = ask(pnl=-4, p_trend=0.1, p_mr=0.3, p_chop=0.6)

    assert (answer["action"], answer["new_sl"]) == ("FULL_CLOSE_PROPOSED", None)
    assert answer["reasons"] == ["kill_score_triggered", "regime_flip"]


def test_numbers_never_pass_through_a_float() -> None:
    long_number = "0.1234567890123456789012345"
    line = json.dumps({**BASE, "pnl": "X"}).replace('"X"', long_number)

    as_number, as_string = read(decide_line(line)), ask(pnl=long_number)

    assert as_number == as_string
    assert as_number["R_net"] == (Decimal(long_number) - Decimal("0.1")) / 2


def test_p2_26_the_boundary_belongs_to_the_tranche() -> None:
    assert ask(pnl=4.1)["action"] == "PARTIAL_25"


def test_theta_overrides_and_optional_fields() -> None:
    assert ask(theta={"T1_R": "3"})["action"] == "NONE"
    assert ask(theta={"T1_R": 3}, stop_dist_pct=None, sl=None)["new_sl"] == Decimal("100.2")
    assert read(decide_line(without("sl"))) == ask(sl=None)
    assert read(decide_line(without("stop_dist_pct"))) == ask()


@pytest.mark.parametrize("identity", ["a-1", 17, 1.50])
def test_an_id_is_echoed_as_it_came(identity: str | float) -> None:
    assert json.loads(decide_line(json.dumps({**BASE, "id": identity})))["id"] == identity
    assert json.loads(decide_line(json.dumps({**BASE, "id": identity, "entry": 0})))["id"] == identity


@pytest.mark.parametrize("name", ["side", "entry", "pnl", "age", "sigma", "ts", "p_trend", "p_mr", "p_chop"])
def test_r18_a_missing_field_is_an_error_and_never_a_zero(name: str) -> None:
    for line in (without(name), json.dumps({**BASE, name: None})):
        answer = read(decide_line(line))

        assert answer["field"] == name
        assert name in answer["error"]


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("kernel", {"kernel": "p9"}),
        ("kernel", {"kernel": None}),
        ("kernel", {"kernel": ["p2"]}),
        ("entry", {"entry": 0}),
        ("entry", {"entry": True}),
        ("entry", {"entry": "NaN"}),
        ("entry", {"entry": "Infinity"}),
        ("pnl", {"pnl": float("nan")}),
        ("sigma", {"sigma": float("-inf")}),
        ("theta.T1_R", {"theta": {"T1_R": float("nan")}}),
        ("entry", {"entry": "1_0"}),
        ("entry", {"entry": [1]}),
        ("pnl", {"pnl": "1e99"}),
        ("age", {"age": -1}),
        ("sl", {"sl": 0}),
        ("side", {"side": "BUY"}),
        ("side", {"side": 5}),
        ("stop_dist_pct", {"stop_dist_pct": 40}),
        ("p_trend", {"p_trend": 50}),
        ("theta", {"theta": [1]}),
        ("theta.T9_R", {"theta": {"T9_R": 1}}),
        ("theta.sigma_ref", {"theta": {"sigma_ref": 0}}),
        ("theta.sigma_ref", {"theta": {"sigma_ref": None}}),
        ("theta.T2_R", {"theta": {"T1_R": 9}}),
        ("theta.T1_R", {"theta": {"T1_R": True}}),
        ("stop_distpct", {"stop_distpct": 0.02}),
        ("id", {"id": {"a": 1}}),
        ("id", {"id": False}),
    ],
)
def test_a_bad_field_is_named(field: str, change: dict[str, Any]) -> None:
    answer = ask(**change)

    assert answer["field"] == field
    assert field in answer["error"]
    assert "action" not in answer


@pytest.mark.parametrize(
    "line",
    ["{", "[]", "5", "null", '"text"', "[" * 100_000, '{"kernel": "p2", "entry": NaN}', "{} {}", "\x00"],
)
def test_a_line_that_is_no_question_is_answered_too(line: str) -> None:
    answer = read(decide_line(line))

    assert answer["error"]
    assert "action" not in answer


def test_a_field_given_twice_is_an_error() -> None:
    answer = read(decide_line('{"kernel": "p2", "entry": 1, "entry": 2}'))

    assert (answer["field"], answer["error"]) == ("entry", "entry is given twice")


class _Sink(io.StringIO):
    """Counts flushes and complete lines at each."""

    def __init__(self) -> None:
        super().__init__()
        self.lines_at_flush: list[int] = []

    def flush(self) -> None:
        self.lines_at_flush.append(self.getvalue().count("\n"))


def test_a_stream_is_answered_line_by_line_and_survives_bad_ones() -> None:
    good = json.dumps(BASE)
    source = io.StringIO(f"{good}\n\n   \nnonsense\n{good}")
    sink = _Sink()

    decide_stream(source, sink)

    first, bad, last = map(read, sink.getvalue().splitlines())
    assert first == last == ask()
    assert "error" in bad
    assert sink.lines_at_flush[:3] == [1, 2, 3]
