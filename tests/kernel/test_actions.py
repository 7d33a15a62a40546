from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.actions import CloseKind, normalise, parse_fraction
from kernel.errors import KernelError
from kernel.identity import rung_of

D = Decimal


@pytest.mark.parametrize(
    ("text", "fraction"),
    [
        ("0.25", "0.25"),
        ("1", "1"),
        ("1.0", "1"),
        ("25", "0.25"),
        ("25.0", "0.25"),
        ("100", "1"),
        ("2", "0.02"),
        (" 0.5 ", "0.5"),
        (".5", "0.5"),
        (D("75"), "0.75"),
        (D("0.001"), "0.001"),
    ],
)
def test_a_fraction_is_read(text: str | Decimal, fraction: str) -> None:
    assert parse_fraction(text) == D(fraction)


@pytest.mark.parametrize(
    "text",
    [
        "0",
        "-0.25",
        "-25",
        "1.5",
        "2.5",
        "99.9",
        "101",
        "NaN",
        "Infinity",
        "abc",
        "25%",
        "",
        "1_0",
        "٢٥",
        "0.0000000000001",
        "0." + "3" * 31,
        "0." + "3" * 5000,
        "1." + "0" * 5000,
        "9" * 5000,
        D("NaN"),
        D(0),
    ],
)
def test_r67_anything_else_is_refused_loudly(text: str | Decimal) -> None:
    with pytest.raises(KernelError, match="percentage") as caught:
        parse_fraction(text)

    assert caught.value.field == "percentage"


@pytest.mark.parametrize("text", ["0.30000000000000004", "0.023333333333333334", "0." + "3" * 28, "0.000000000001"])
def test_a_fraction_as_floats_and_decimals_are_printed_is_read(text: str) -> None:
    assert parse_fraction(text) == D(text)


def read(text: str | Decimal) -> Decimal | None:
    try:
        return parse_fraction(text)
    except KernelError:
        return None


def test_a_refusal_stays_short_however_long_the_number() -> None:
    with pytest.raises(KernelError) as caught:
        parse_fraction("0." + "3" * 60_000)

    assert len(str(caught.value)) < 250


written = st.one_of(
    st.text(st.sampled_from("0123456789."), max_size=60),
    st.integers(0, 60).map(lambda zeros: "0." + "0" * zeros + "1"),
    st.integers(1, 6000).map(lambda digits: "0." + "3" * digits),
    st.integers(1, 6000).map(lambda digits: "1." + "0" * digits),
    st.decimals(0, 101).map(str),
)


@given(text=written | st.text() | st.decimals())
def test_what_is_read_as_a_fraction_is_accepted_everywhere(text: str | Decimal) -> None:
    """1E-13 once passed here, and the next step refused it where nobody expected a refusal."""
    fraction = read(text)

    if fraction is not None:
        assert normalise("CLOSE", fraction).kind in (CloseKind.FULL, CloseKind.PARTIAL)
        assert rung_of(None, fraction)


@pytest.mark.parametrize("action", ["EXIT", "REDUCE", "CLOSE", "FULL_CLOSE", " close ", "Exit"])
def test_closing_words_become_a_full_close(action: str) -> None:
    found = normalise(action, None)

    assert (found.kind, found.fraction) == (CloseKind.FULL, D(1))
    assert found.reasons == (f"action_normalized_{action.strip().lower()}_to_close",)


@pytest.mark.parametrize(
    "action",
    ["FULL_CLOSE_PROPOSED", "MANUAL_CLOSE", "TOXICITY_UNWIND", "TIME_STOP_EXIT", "LIQUIDATION", "LIQUIDATION_RISK"],
)
def test_r35_full_closes_of_any_name_stay_full_closes(action: str) -> None:
    found = normalise(action, D(1), quantity=D(3))

    assert (found.kind, found.quantity, found.reasons, found.emergency) == (CloseKind.FULL, None, (), False)


@pytest.mark.parametrize("action", ["EMERGENCY_SL_CLOSE", "EMERGENCY_CLOSE", "PANIC_CLOSE"])
@pytest.mark.parametrize("percentage", [None, D("0.25"), D(1)])
def test_r35_an_emergency_closes_everything(action: str, percentage: Decimal | None) -> None:
    found = normalise(action, percentage)

    assert (found.kind, found.emergency) == (CloseKind.FULL, True)


@given(
    action=st.sampled_from(["EXIT", "REDUCE", "CLOSE", "FULL_CLOSE", "PARTIAL_CLOSE", "HARVEST_PARTIAL"]),
    fraction=st.decimals("0.0001", "0.9999", places=4),
)
def test_r67_a_fraction_is_honoured_exactly(action: str, fraction: Decimal) -> None:
    found = normalise(action, fraction)

    assert (found.kind, found.fraction) == (CloseKind.PARTIAL, fraction)
    assert ("fraction_honoured" in found.reasons) == (not action.endswith(("PARTIAL", "PARTIAL_CLOSE")))


@pytest.mark.parametrize(
    ("action", "fraction", "tranche"),
    [
        ("PARTIAL_25", "0.25", "p25"),
        ("PARTIAL_33", "0.33", None),
        ("PARTIAL_50", "0.5", "p50"),
        ("PARTIAL_75", "0.75", "p75"),
        ("PARTIAL_25_PROPOSED", "0.25", "p25"),
        ("PARTIAL_CLOSE_25", "0.25", "p25"),
        ("PARTIAL_CLOSE_50", "0.5", "p50"),
        ("PARTIAL_CLOSE_75", "0.75", "p75"),
        ("REDUCE_25", "0.25", "p25"),
        ("REDUCE_50", "0.5", "p50"),
        ("HARVEST_70_KEEP_30", "0.7", None),
        ("HARVEST_DYNAMIC_42PCT", "0.42", None),
        ("harvest_dynamic_5pct", "0.05", None),
    ],
)
def test_r35_each_partial_name_means_its_fraction(action: str, fraction: str, tranche: str | None) -> None:
    found = normalise(action, None)

    assert (found.kind, found.fraction, found.tranche) == (CloseKind.PARTIAL, D(fraction), tranche)
    assert normalise(action, D(fraction)) == found


@pytest.mark.parametrize("action", ["PARTIAL_25", "HARVEST_70_KEEP_30", "HARVEST_DYNAMIC_100PCT"])
def test_a_contradicting_percentage_is_refused(action: str) -> None:
    found = normalise(action, D("0.5"))

    assert (found.kind, found.reasons) == (CloseKind.REFUSED, ("percentage_contradicts_action",))


@pytest.mark.parametrize("action", ["PARTIAL_CLOSE", "PARTIAL_CLOSE_PROPOSED", "HARVEST_PARTIAL"])
def test_a_partial_without_a_part_is_refused_and_takes_a_quantity(action: str) -> None:
    assert normalise(action, None).kind is CloseKind.REFUSED
    assert normalise(action, None).reasons == ("percentage_missing",)
    assert normalise(action, D(1)).kind is CloseKind.FULL

    found = normalise(action, None, quantity=D("12.4"))

    assert (found.kind, found.fraction, found.quantity) == (CloseKind.PARTIAL, None, D("12.4"))
    assert normalise(action, D("0.25"), quantity=D("12.4")).quantity is None


@pytest.mark.parametrize("quantity", ["0", "-1", "NaN"])
def test_a_quantity_of_nothing_is_refused(quantity: str) -> None:
    assert normalise("PARTIAL_CLOSE", None, quantity=D(quantity)).reasons == ("quantity_not_positive",)


def test_a_reconcile_close_is_the_quantity_or_everything() -> None:
    assert normalise("RECONCILE_CLOSE", None, quantity=D("0.062")).quantity == D("0.062")
    assert normalise("RECONCILE_CLOSE", None).kind is CloseKind.FULL


@pytest.mark.parametrize(
    "action",
    ["UPDATE_SL", "PROFIT_LOCK_SL", "MOVE_SL_BREAKEVEN", "MOVE_SL_TRAIL", "TIGHTEN_TRAIL", "MOVE_TO_BREAKEVEN"],
)
def test_stop_moves_are_their_own_kind(action: str) -> None:
    assert normalise(action, None).kind is CloseKind.MOVE_STOP


@pytest.mark.parametrize("action", ["HOLD", "NONE", "DEFENSIVE_HOLD", "QUARANTINE", "LOCKDOWN_HALT"])
def test_r35_holds_are_known_the_kernels_none_among_them(action: str) -> None:
    found = normalise(action, None)

    assert (found.kind, found.reasons) == (CloseKind.HOLD, ("action_hold",))


@pytest.mark.parametrize("action", ["ENTRY", "ENTER", "OPEN", "ENTRY_PROPOSED"])
def test_entries_are_held(action: str) -> None:
    found = normalise(action, None)

    assert (found.kind, found.reasons) == (CloseKind.HOLD, (f"action_normalized_{action.lower()}_to_hold",))


@pytest.mark.parametrize("action", ["", "  ", "UNKNOWN", "unknown"])
def test_r18_a_missing_action_is_refused_and_never_another_action(action: str) -> None:
    found = normalise(action, D(1), quantity=D(1), reason="emergency_stop_loss")

    assert (found.kind, found.reasons) == (CloseKind.REFUSED, ("action_normalized_unknown_to_hold",))


@pytest.mark.parametrize("action", ["PARTIAL_26", "HARVEST_DYNAMIC_0PCT", "HARVEST_DYNAMIC_101PCT", "CLOSEE", "BUY"])
def test_r35_an_unknown_variant_is_refused_by_name(action: str) -> None:
    found = normalise(action, None)

    assert (found.kind, found.reasons) == (CloseKind.REFUSED, (f"action_normalized_{action.lower()}_unknown_variant",))


def test_a_strange_name_makes_a_plain_short_code() -> None:
    (code,) = normalise("{evil}\n" + "x" * 500, None).reasons

    assert len(code) < 80
    assert code.isascii()
    assert code.replace("_", "").isalnum()


@pytest.mark.parametrize(
    ("reason", "urgency", "intent_type", "emergency"),
    [
        ("emergency_stop_loss (R=-2.21)", "", "", True),
        ("Emergency", "", "", True),
        ("", "emergency", "", True),
        ("", "EMERGENCY", "AUTONOMOUS_EXIT", True),
        ("", "", "SYSTEM_PANIC", True),
        ("no emergency", "HIGH", "AUTONOMOUS_EXIT", False),
    ],
)
def test_an_emergency_is_seen_wherever_it_is_said(reason: str, urgency: str, intent_type: str, emergency: bool) -> None:
    assert normalise("CLOSE", None, None, reason, urgency, intent_type).emergency is emergency


@pytest.mark.parametrize("percentage", ["0", "-0.1", "25", "NaN"])
def test_a_percentage_that_is_no_fraction_is_refused(percentage: str) -> None:
    with pytest.raises(KernelError) as caught:
        normalise("CLOSE", D(percentage))

    assert caught.value.field == "percentage"


@given(action=st.text(max_size=60), percentage=st.none() | st.decimals("0.01", 1, places=2))
def test_any_text_gets_an_answer_and_every_refusal_a_reason(action: str, percentage: Decimal | None) -> None:
    found = normalise(action, percentage)

    assert found.reasons or found.kind in (CloseKind.FULL, CloseKind.PARTIAL, CloseKind.MOVE_STOP)
