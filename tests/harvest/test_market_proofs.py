"""Each proof of the scripted market can fail: wrong evidence of every kind. And the script is what it says it is."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

import pytest

from harvest.market_evidence import FillEvidence, Made, MarketEvidence, MarketKill, StopEvidence
from harvest.market_proofs import market_proofs
from harvest.market_record import RULES
from harvest.market_script import BLED, EXPECTED, HOLDINGS, RISE_4R, UNWATCHED, Expected, Holding

KILLED_MS, UNWATCHED_KEYS = 2_000, tuple((one.symbol, one.name) for one in UNWATCHED.expects)
(FLYING,) = RISE_4R.expects


def client_id(one: Expected) -> str:
    return f"hv-1-{one.name}-1"


def made(one: Expected) -> Made:
    stop = one.stop is not None
    return Made(
        symbol=one.symbol,
        rule=one.rule,
        name=one.name,
        action="CLOSE",
        reason="because",
        written_ms=KILLED_MS,
        r=Decimal(1),
        kill_score=None,
        stop=one.stop,
        outcome="STOP_MOVED" if stop else "REDUCED" if one.leaves else "CLOSED_FLAT",
        client_order_ids=() if stop else (client_id(one),),
        realized_pnl=Decimal(0 if stop else "1.5"),
        commission=Decimal(0 if stop else "0.05"),
    )


def fill(one: Expected) -> FillEvidence:
    sign = -1 if one.leaves < 0 else 1
    return FillEvidence(
        symbol=one.symbol,
        client_order_id=client_id(one),
        time_ms=KILLED_MS + 1,
        quantity=one.closes,
        before=one.leaves + sign * one.closes,
        after=one.leaves,
        realized_pnl=Decimal("1.5"),
        commission=Decimal("0.05"),
    )


CLOSES = [one for one in EXPECTED if one.closes > 0]
OPENING = FillEvidence("ETHUSDT", "web_1", 1, Decimal(100), Decimal(0), Decimal(100), Decimal(0), Decimal(2))
EARNED = Decimal("1.45") * len(CLOSES)
GOOD = MarketEvidence(
    expected=EXPECTED,
    rules=RULES,
    made=tuple(made(one) for one in EXPECTED),
    requests=tuple((one.symbol, client_id(one)) for one in CLOSES),
    fills=(OPENING, *(fill(one) for one in CLOSES)),
    stops=tuple(
        StopEvidence(one.symbol, one.stop, one.leaves, "CANCELED", 1) for one in EXPECTED if one.stop is not None
    ),
    still_open=(),
    wallet_before=Decimal(1000),
    wallet_after=Decimal(1000) + EARNED - 2 - 3,
    funding=Decimal(-3),
    kill=MarketKill(
        symbol=FLYING.symbol,
        name=FLYING.name,
        killed_pid=10,
        new_pid=11,
        watching_pid=11,
        arrived_ms=KILLED_MS - 20,
        answer_due_ms=KILLED_MS + 2_980,
        killed_ms=KILLED_MS,
        due_ms=dict.fromkeys(UNWATCHED_KEYS, KILLED_MS),
    ),
)


def failing(evidence: MarketEvidence) -> list[int]:
    """Numbers of the proofs that do not hold, as the demo counts them."""
    return [number for number, proof in enumerate(market_proofs(evidence), 7) if not proof.ok]


def says(evidence: MarketEvidence) -> str:
    return " ".join(proof.evidence for proof in market_proofs(evidence))


def without(name: str, made: Iterable[Made] = GOOD.made) -> tuple[Made, ...]:
    return tuple(one for one in made if one.name != name)


def with_made(name: str, **changes: object) -> MarketEvidence:
    changed = tuple(replace(one, **changes) if one.name == name else one for one in GOOD.made)  # type: ignore[arg-type]
    return replace(GOOD, made=changed)


def with_fill(name: str, **changes: object) -> MarketEvidence:
    changed = tuple(
        replace(one, **changes) if one.client_order_id == f"hv-1-{name}-1" else one  # type: ignore[arg-type]
        for one in GOOD.fills
    )
    return replace(GOOD, fills=changed)


def with_kill(**changes: object) -> MarketEvidence:
    assert GOOD.kill is not None
    return replace(GOOD, kill=replace(GOOD.kill, **changes))  # type: ignore[arg-type]


def test_good_evidence_proves_all_four() -> None:
    assert failing(GOOD) == []
    assert "ETHUSDT 100 → 75 → 37.5 → 9.375 → 0; SOLUSDT stop 150.3 → 156" in says(GOOD)


def test_no_evidence_proves_nothing() -> None:
    nothing = replace(GOOD, made=(), requests=(), fills=(), stops=(), still_open=None, kill=None)
    assert failing(nothing) == [7, 8, 9, 10]


def test_7_a_rule_that_never_fired() -> None:
    assert failing(replace(GOOD, rules=(*RULES, "a_new_rule"))) == [7]
    assert "time_stop was not decided" in says(replace(GOOD, made=without("time_stop")))
    assert 7 in failing(replace(GOOD, made=without("time_stop")))


@pytest.mark.parametrize("wrong", [{"outcome": ""}, {"outcome": "BLOCKED"}, {"rule": "ladder"}])
def test_7_a_decision_that_ended_otherwise_or_was_another_rules(wrong: dict[str, object]) -> None:
    assert failing(with_made("p25", **wrong)) == [7]


def test_7_a_stop_that_was_not_moved() -> None:
    assert failing(with_made("stop2", outcome="ALREADY_DONE")) == [7]


def test_7_a_decision_that_nobody_expects() -> None:
    more = replace(GOOD.made[0], name="p25again", client_order_ids=(), realized_pnl=Decimal(0), commission=Decimal(0))
    assert failing(replace(GOOD, made=(*GOOD.made, more))) == [7]


def test_8_a_position_that_went_another_way() -> None:
    assert failing(with_fill("p50", after=Decimal(37))) == [8]


@pytest.mark.parametrize("stops", [(), GOOD.stops[:1], tuple(reversed(GOOD.stops))])
def test_8_a_stop_that_did_not_rest_where_it_must(stops: tuple[StopEvidence, ...]) -> None:
    assert failing(replace(GOOD, stops=stops)) == [8]


def test_8_a_stop_fitted_to_a_smaller_position_is_no_other_one() -> None:
    fitted = replace(GOOD.stops[0], quantity=Decimal(75))
    assert failing(replace(GOOD, stops=(GOOD.stops[0], fitted, GOOD.stops[1]))) == []


def test_9_a_decision_that_was_missed() -> None:
    missed = tuple(one for one in GOOD.fills if one.client_order_id != "hv-1-p50-1")
    evidence = replace(GOOD, fills=missed)
    assert failing(evidence) == [8, 9, 10]
    assert "ETHUSDT p50 closed 0, not 37.5" in says(evidence)


def test_9_an_order_that_was_doubled() -> None:
    twice = replace(GOOD, requests=(*GOOD.requests, ("ETHUSDT", "hv-1-p50-1")))
    assert failing(twice) == [9]
    assert "hv-1-p50-1 was sent 2 times" in says(twice)


def test_9_an_order_that_no_decision_explains() -> None:
    assert failing(replace(GOOD, requests=(*GOOD.requests, ("ETHUSDT", "hv-1-p50-2")))) == [9]


def test_9_an_order_that_two_decisions_claim() -> None:
    assert failing(with_made("p75", client_order_ids=("hv-1-p75-1", "hv-1-p50-1"))) == [9]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"new_pid": 10, "watching_pid": 10}, "the same process went on"),
        ({"watching_pid": 10}, "pid 10 watches"),
        ({"watching_pid": None}, "pid None watches"),
        ({"arrived_ms": KILLED_MS + 1}, "no order in flight"),
        ({"answer_due_ms": KILLED_MS}, "no order in flight"),
        ({"due_ms": {}}, "nothing came due"),
        ({"due_ms": {UNWATCHED_KEYS[0]: KILLED_MS - 1}}, "was due before the kill"),
    ],
)
def test_9_a_kill_that_proves_nothing(wrong: dict[str, object], words: str) -> None:
    assert failing(with_kill(**wrong)) == [9]
    assert words in says(with_kill(**wrong))


def test_9_what_was_done_before_the_kill_proves_nothing() -> None:
    early = with_fill(UNWATCHED.expects[0].name, time_ms=KILLED_MS - 1)
    assert failing(early) == [9]


@pytest.mark.parametrize("still_open", [None, ("FLOWUSDT 4000",), ("SOLUSDT STOP_MARKET 156",)])
def test_10_something_is_left_or_nobody_can_say(still_open: tuple[str, ...] | None) -> None:
    assert failing(replace(GOOD, still_open=still_open)) == [10]


@pytest.mark.parametrize(
    "wrong", [{"realized_pnl": Decimal("1.50000001")}, {"commission": Decimal("0.04999999")}]
)  # fmt: skip
def test_10_results_that_differ_from_the_ledger_in_the_last_digit(wrong: dict[str, object]) -> None:
    assert failing(with_made("p50", **wrong)) == [10]


def test_10_a_wallet_that_the_fills_do_not_explain() -> None:
    assert failing(replace(GOOD, wallet_after=GOOD.wallet_after + Decimal("0.00000001"))) == [10]
    assert failing(replace(GOOD, funding=Decimal(0))) == [10]


def test_every_rule_of_the_watch_has_its_moment_in_the_script() -> None:
    assert {one.rule for one in EXPECTED} == set(RULES)


def test_each_decision_of_the_script_has_a_name_of_its_own() -> None:
    assert len({(one.symbol, one.name) for one in EXPECTED}) == len(EXPECTED)


@pytest.mark.parametrize("held", [*HOLDINGS, BLED], ids=lambda held: held.symbol)
def test_each_position_of_the_script_is_closed_in_the_end_to_the_last_unit(held: Holding) -> None:
    closes = [one for one in EXPECTED if one.symbol == held.symbol and one.closes > 0]
    assert sum(one.closes for one in closes) == held.quantity
    assert closes[-1].leaves == 0
