"""LSF: the user's tables (original system, section 2.1), and what the stop may not do: lie behind liquidation."""

from decimal import ROUND_UP, Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import KernelError
from kernel.leverage import LeverageInputs, LeverageLevels, LiquidationCap, harvest_scheme, leverage_levels

MILLIONTH = Decimal("0.000001")
LOW, MIDDLE, HIGH = "30/30/40", "40/40/20", "50/30/20"

# leverage, LSF, TP1, TP2, TP3 and SL in percent, scheme
BY_LEVERAGE = [
    ("0", "0.590616", "1.1906", "1.4953", "1.9477", "0.6638", LOW),
    ("1", "0.590616", "1.1906", "1.4953", "1.9477", "0.6638", LOW),
    ("2", "0.476505", "1.0765", "1.4383", "1.9191", "0.7094", LOW),
    ("3", "0.419060", "1.0191", "1.4095", "1.9048", "0.7324", LOW),
    ("5", "0.358197", "0.9582", "1.3791", "1.8895", "0.7567", LOW),
    ("7", "0.324734", "0.9247", "1.3624", "1.8812", "0.7701", LOW),
    ("10", "0.294300", "0.8943", "1.3471", "1.8736", "0.7823", LOW),
    ("11", "0.286952", "0.8870", "1.3435", "1.8717", "0.7852", MIDDLE),
    ("20", "0.247248", "0.8472", "1.3236", "1.8618", "0.8011", MIDDLE),
    ("30", "0.225531", "0.8255", "1.3128", "1.8564", "0.8098", MIDDLE),
    ("31", "0.223927", "0.8239", "1.3120", "1.8560", "0.8104", HIGH),
    ("50", "0.202765", "0.8028", "1.3014", "1.8507", "0.8189", HIGH),
    ("75", "0.187591", "0.7876", "1.2938", "1.8469", "0.8250", HIGH),
    ("100", "0.178091", "0.7781", "1.2890", "1.8445", "0.8288", HIGH),
]
# base TP, base SL, leverage, volatility, funding, divergence; TP1, TP2, TP3, SL
ADJUSTED = [
    ((".01", ".005", "20", ".5", "0", "0"), (".008472", ".013236", ".018618", ".008812")),
    ((".01", ".005", "20", "0", ".01", "0"), (".008540", ".013342", ".018767", ".008011")),
    ((".01", ".005", "20", "0", "-.01", "0"), (".008405", ".013130", ".018469", ".008011")),
    ((".01", ".005", "20", "0", "0", ".5"), (".008472", ".013236", ".018618", ".009613")),
    ((".01", ".005", "20", "1", ".02", ".5"), (".008608", ".013448", ".018916", ".011215")),
    ((".02", ".012", "10", "0", "0", "0"), (".017886", ".026943", ".037471", ".018775")),
    ((".025", ".015", "10", "0", "0", "0"), (".022357", ".033679", ".046839", ".020000")),
    ((".001", ".0001", "10", "0", "0", "0"), (".003000", ".003000", ".003000", ".001500")),
    ((".01", ".005", "10", "10", "0", "0"), (".008943", ".013471", ".018736", ".020000")),
    ((".01", ".005", "20", "0", "-2", "0"), (".003", ".003", ".003", ".008011")),
    (("-1", "-1", "10", "0", "0", "0"), (".003", ".003", ".003", ".0015")),
]


def levels(leverage: str, base_tp: str = "0.01", base_sl: str = "0.005") -> LeverageLevels:
    return leverage_levels(LeverageInputs(Decimal(leverage), Decimal(base_tp), Decimal(base_sl)))


@pytest.mark.parametrize(("leverage", "lsf", "tp1", "tp2", "tp3", "stop", "scheme"), BY_LEVERAGE)
def test_the_users_table(leverage: str, lsf: str, tp1: str, tp2: str, tp3: str, stop: str, scheme: str) -> None:
    found = levels(leverage)

    percents = [(100 * level).quantize(Decimal("0.0001")) for level in (*found.targets, found.stop)]
    assert found.lsf.quantize(MILLIONTH) == Decimal(lsf)
    assert percents == list(map(Decimal, (tp1, tp2, tp3, stop)))
    assert "/".join(f"{100 * part:.0f}" for part in found.scheme) == scheme


@pytest.mark.parametrize(("inputs", "expected"), ADJUSTED)
def test_the_users_adjustments(inputs: tuple[str, ...], expected: tuple[str, ...]) -> None:
    base_tp, base_sl, leverage, volatility, funding, divergence = map(Decimal, inputs)

    found = leverage_levels(LeverageInputs(leverage, base_tp, base_sl, volatility, funding, divergence))

    shown = tuple(level.quantize(MILLIONTH) for level in (*found.targets, found.stop))
    assert shown == tuple(map(Decimal, expected))


@pytest.mark.parametrize(
    ("leverage", "scheme"),
    [("10", "0.3"), ("10.01", "0.4"), ("30", "0.4"), ("30.5", "0.5"), ("125", "0.5"), ("-3", "0.3")],
)
def test_the_scheme_takes_leverage_unrounded(leverage: str, scheme: str) -> None:
    assert harvest_scheme(Decimal(leverage))[0] == Decimal(scheme)


@pytest.mark.parametrize(
    ("leverage", "base_sl", "effective"),
    [
        ("20", "0.005", None),
        ("50", "0.005", None),
        ("100", "0.005", "0.0048"),  # 1 % initial margin less 0.4 %, of that four fifths
        ("50", "0.015", "0.0128"),  # the bases of February
        ("125", "0.005", "0.0032"),
        ("500", "0.005", "0.0008"),  # maintenance is at most half of the initial margin; the clamp's floor gives way
    ],
)
def test_the_stop_is_capped_before_liquidation(leverage: str, base_sl: str, effective: str | None) -> None:
    found = levels(leverage, base_sl=base_sl)

    assert found.stop_effective == (found.stop if effective is None else Decimal(effective))
    assert found.reasons == (() if effective is None else ("sl_capped_before_liquidation",))


def test_the_exchanges_own_distance_counts_more_than_the_estimate() -> None:
    inputs = LeverageInputs(Decimal(5), liquidation_distance=Decimal("0.005"))

    found = leverage_levels(inputs, LiquidationCap(buffer=Decimal("0.5")))

    assert found.stop_effective == Decimal("0.0025")
    assert found.stop == levels("5").stop


def test_a_foreign_decimal_context_changes_nothing() -> None:
    expected = levels("20")

    with localcontext(prec=5, rounding=ROUND_UP):
        assert levels("20") == expected


@pytest.mark.parametrize(
    ("field", "inputs"),
    [
        ("leverage", {"leverage": Decimal("NaN")}),
        ("base_tp", {"leverage": Decimal(1), "base_tp": Decimal("1E+16")}),
        ("funding", {"leverage": Decimal(1), "funding": Decimal("Infinity")}),
        ("liquidation_distance", {"leverage": Decimal(1), "liquidation_distance": Decimal(0)}),
    ],
)
def test_bad_inputs_are_refused_by_field(field: str, inputs: dict[str, Decimal]) -> None:
    with pytest.raises(KernelError) as caught:
        LeverageInputs(**inputs)

    assert caught.value.field == field


@pytest.mark.parametrize("buffer", ["0", "1", "-1", "20"])
def test_a_buffer_is_a_share(buffer: str) -> None:
    with pytest.raises(KernelError) as caught:
        LiquidationCap(buffer=Decimal(buffer))

    assert caught.value.field == "buffer"


leverages = st.decimals("-10", "1000", places=2)
bases = st.decimals("-0.1", "0.5", places=4)
adjustments = st.decimals("-5", "5", places=3)


@given(leverages, bases, bases, adjustments, adjustments, adjustments)
def test_levels_rise_and_stay_in_their_bounds(
    leverage: Decimal, tp: Decimal, sl: Decimal, volatility: Decimal, funding: Decimal, divergence: Decimal
) -> None:
    found = leverage_levels(LeverageInputs(leverage, tp, sl, volatility, funding, divergence))

    assert 0 < found.lsf < Decimal("0.5907")
    assert Decimal("0.003") <= found.tp1 <= found.tp2 <= found.tp3
    assert Decimal("0.0015") <= found.stop <= Decimal("0.02")
    assert 0 < found.stop_effective <= found.stop
    assert found.stop_effective < found.liquidation_distance
    assert sum(found.scheme) == 1


@given(leverages, leverages)
def test_more_leverage_means_nearer_targets_and_never_more_room_to_liquidation(one: Decimal, other: Decimal) -> None:
    lower, higher = (leverage_levels(LeverageInputs(leverage)) for leverage in sorted((one, other)))

    assert higher.lsf <= lower.lsf
    assert all(near <= far for near, far in zip(higher.targets, lower.targets, strict=True))
    assert higher.stop >= lower.stop  # the engine's own way, which is why the effective stop exists
    assert higher.liquidation_distance <= lower.liquidation_distance
