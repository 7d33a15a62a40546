"""A told fee is believed only if it is the one that trades which were read make of it."""

from decimal import Decimal

import pytest

from activities.fees import LATEST, FeeRates
from contracts.order import Trade
from tests.activities.samples import SYMBOL, trade

RATE = Decimal("0.0005")


def paid(quantity: str, fee: Decimal | None = None, **changes: object) -> Trade:
    """A sale at 3000 with its fee: at the rate, rounded as the exchange prints it, unless given."""
    sold = trade(1, f"-{quantity}")
    due = (sold.price * sold.quantity * RATE).quantize(Decimal("1e-8"))
    return sold.model_copy(update={"commission": due if fee is None else fee, **changes})


@pytest.fixture
def fees() -> FeeRates:
    known = FeeRates()
    known.learn(SYMBOL, [paid("0.007"), paid("2.345")])
    return known


@pytest.mark.parametrize("quantity", ["0.001", "0.333", "2.345", "17.77"])
def test_the_usual_fee_fits(fees: FeeRates, quantity: str) -> None:
    assert fees.fits(SYMBOL, paid(quantity))


@pytest.mark.parametrize("quantity", ["0.001", "0.333", "2.345"])
@pytest.mark.parametrize("off", ["0.00000003", "-0.00000003", "1", "-1"])
def test_a_fee_that_is_off_in_the_last_digits_does_not(fees: FeeRates, quantity: str, off: str) -> None:
    right = paid(quantity)

    assert not fees.fits(SYMBOL, paid(quantity, right.commission + Decimal(off)))


def test_what_was_not_learnt_does_not_fit(fees: FeeRates) -> None:
    assert not FeeRates().fits(SYMBOL, paid("1"))
    assert not fees.fits("BTCUSDT", paid("1"))
    assert not fees.fits(SYMBOL, paid("1", maker=True))
    assert not fees.fits(SYMBOL, paid("1", commission_asset="BNB"))


def test_a_rate_that_changed_fits_again_once_it_was_read(fees: FeeRates) -> None:
    dearer = paid("1", Decimal("1.8"))
    assert not fees.fits(SYMBOL, dearer)

    fees.learn(SYMBOL, [dearer])

    assert fees.fits(SYMBOL, dearer)
    assert not fees.fits(SYMBOL, paid("1"))


def test_only_the_latest_trades_say_what_the_rate_is() -> None:
    fees = FeeRates()
    fees.learn(SYMBOL, [paid("9", Decimal(20)), *[paid("1")] * LATEST])

    assert fees.fits(SYMBOL, paid("1"))


def test_no_fee_at_all_and_a_rebate_are_rates_too() -> None:
    fees = FeeRates()
    fees.learn(SYMBOL, [paid("1", Decimal(0))])
    fees.learn(SYMBOL, [paid("1", Decimal("-0.3"), maker=True)])

    assert fees.fits(SYMBOL, paid("2", Decimal(0)))
    assert not fees.fits(SYMBOL, paid("2"))
    assert fees.fits(SYMBOL, paid("2", Decimal("-0.6"), maker=True))
