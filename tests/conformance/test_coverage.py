"""Every client is driven through everything that it knows and the simulator has; the page says so."""

import pytest

from simulator.route_table import ROUTES
from tests.conformance.absent import ABSENT, UNDRIVEN_METHODS, UNDRIVEN_STREAMS
from tests.conformance.driver import CCXT, PYTHON_BINANCE, SDK, SDK_STREAMS, Seen
from tests.conformance.table import PAGE, in_page, rendered

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("clients")]  # the first use installs the clients


def test_ccxt_is_driven_through_every_route_it_knows(ccxt: Seen) -> None:
    assert set(ccxt.known) - ccxt.routes == set(ccxt.known) & ABSENT.keys()


def test_the_sdk_is_driven_through_every_route_it_knows(sdk: Seen) -> None:
    assert set(sdk.known) - sdk.routes == set(sdk.known) & ABSENT.keys()


def test_python_binance_is_driven_through_every_futures_method(python_binance: Seen) -> None:
    assert set(python_binance.known) - python_binance.driven.keys() == UNDRIVEN_METHODS.keys()


def test_every_route_has_been_driven_by_somebody(ccxt: Seen, sdk: Seen, python_binance: Seen) -> None:
    assert ccxt.routes | sdk.routes | python_binance.routes == ROUTES.keys()


def test_nothing_is_called_absent_that_no_client_knows(ccxt: Seen, sdk: Seen) -> None:
    assert ABSENT.keys() - set(ccxt.known) - set(sdk.known) == set()


def test_the_sdk_follows_every_stream_it_knows(sdk_streams: Seen) -> None:
    assert set(sdk_streams.known) - sdk_streams.streams.keys() == UNDRIVEN_STREAMS.keys()


def test_the_tables_in_the_page_are_what_was_driven(
    ccxt: Seen, sdk: Seen, python_binance: Seen, sdk_streams: Seen
) -> None:
    fresh = rendered({CCXT: ccxt, SDK: sdk, PYTHON_BINANCE: python_binance, SDK_STREAMS: sdk_streams})

    assert in_page(PAGE.read_text(encoding="utf-8")) == fresh, "run: python -m tests.conformance.table"
