"""The exchange's official SDK finds every answer to be of the declared types, and the values right."""

import pytest

from tests.conformance.driver import Seen

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("clients")]
ASK, BID = "64006.4", "63993.60"


def test_every_answer_has_the_declared_types(sdk: Seen) -> None:
    assert sdk.warnings == []


def test_market_data(sdk: Seen) -> None:
    assert (sdk.values["symbols"], sdk.values["candles"], sdk.values["mark"]) == (15, 500, "64000.00000000")


def test_settings_come_back_as_they_were_made(sdk: Seen) -> None:
    assert (sdk.values["hedge"], sdk.values["multi"]) == (True, True)
    assert sdk.values["leverage"] == "70000000"  # the cap of the bracket that allows 25


def test_both_sides_of_a_symbol_funding_liquidation_and_deleveraging(sdk: Seen) -> None:
    values = sdk.values
    assert values["sides"] == [["LONG", "2.000", "5000.00000000"], ["SHORT", "-1.000", "-2500.00000000"]]
    assert values["adl"] == [{"LONG": 1, "SHORT": 1, "BOTH": 0}]
    assert values["funding"] == ["-0.5", "0.25"]
    assert values["forced"] == [["BUY", "1.000"], ["SELL", "2.000"]]


def test_a_position_is_opened_reduced_and_closed(sdk: Seen) -> None:
    values = sdk.values
    assert values["opened"] == ["FILLED", "0.100", "sdk-open"]
    assert values["reduced"] == ["FILLED", "0.040", f"{BID}000000", True]
    assert values["fills"] == [["0.040", BID, "1.279872", "-0.512"]]
    assert values["position"] == ["0.060", ASK]
    assert values["closed"] == 0


def test_conditional_orders(sdk: Seen) -> None:
    values = sdk.values
    assert values["stop"] == ["NEW", "63000.00"]
    assert (values["waiting"], values["asked"]) == (3, "NEW")
    assert (values["canceled_stop"], values["canceled_stops"]) == ("200", 200)
    assert values["all_stops"] == ["CANCELED"] * 3


def test_resting_orders_are_changed_and_cancelled_one_by_one_and_together(sdk: Seen) -> None:
    values = sdk.values
    assert (values["open"], values["changed"], values["amended"]) == (
        "NEW", ["0.200", "60100.00"], ["60000.00", "60100.00", 1],
    )  # fmt: skip
    assert (values["canceled"], values["canceled_all"], values["countdown"]) == ("CANCELED", 200, "0")
    assert values["batch"] == ["NEW", "NEW", -4164]
    assert values["batch_changed"] == ["60002.00", "60002.00"]
    assert values["batch_canceled"] == ["CANCELED", "CANCELED"]


def test_a_listen_key_stays_the_same_when_it_is_extended(sdk: Seen) -> None:
    assert sdk.values["same_key"] is True
