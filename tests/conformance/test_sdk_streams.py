"""The official SDK follows the streams: every message has the declared types, and the events tell what happened."""

import pytest

from tests.conformance.driver import Seen

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("clients")]


def test_every_message_has_the_declared_types(sdk_streams: Seen) -> None:
    assert sdk_streams.warnings == []


def test_the_user_is_told_of_everything(sdk_streams: Seen) -> None:
    values = sdk_streams.values
    assert values["user_events"] == [
        "AccountConfigUpdate", "AccountUpdate", "AlgoUpdate", "ListenKeyExpired",
        "MarginCall", "OrderTradeUpdate", "TradeLite",
    ]  # fmt: skip
    assert values["executions"] == ["AMENDMENT", "CALCULATED", "CANCELED", "NEW", "TRADE"]
    assert {"ORDER", "FUNDING_FEE"} <= set(values["reasons"])


def test_an_order_and_a_stop_are_told_step_by_step(sdk_streams: Seen) -> None:
    values = sdk_streams.values
    assert values["opened"] == [["NEW", "NEW", "0", "0"], ["TRADE", "FILLED", "0.1", "64006.4"]]
    assert values["algo"] == ["NEW", "TRIGGERING", "TRIGGERED", "FINISHED"]
    assert values["stopped"] == ["0.1", "0.06"]
