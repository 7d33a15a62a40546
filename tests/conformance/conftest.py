"""Each client is driven once, all at the same time, each against its own exchange; the reports serve all tests."""

import asyncio

import pytest

from tests.conformance.driver import CCXT, DRIVERS, PYTHON_BINANCE, SDK, SDK_STREAMS, Driver, Seen, drive
from tests.conformance.environment import clients_python

Reports = dict[Driver, Seen | BaseException]


@pytest.fixture(scope="session")
async def reports() -> Reports:
    """What each driver saw, or what stopped it."""
    await clients_python()
    results = await asyncio.gather(*map(drive, DRIVERS), return_exceptions=True)
    return dict(zip(DRIVERS, results, strict=True))


@pytest.fixture(scope="session")
def ccxt(reports: Reports) -> Seen:
    """What ccxt's driver saw."""
    return _of(reports, CCXT)


@pytest.fixture(scope="session")
def sdk(reports: Reports) -> Seen:
    """What the official SDK's driver saw."""
    return _of(reports, SDK)


@pytest.fixture(scope="session")
def python_binance(reports: Reports) -> Seen:
    """What python-binance's driver saw."""
    return _of(reports, PYTHON_BINANCE)


@pytest.fixture(scope="session")
def sdk_streams(reports: Reports) -> Seen:
    """What the official SDK's driver of streams saw."""
    return _of(reports, SDK_STREAMS)


def _of(reports: Reports, driver: Driver) -> Seen:
    seen = reports[driver]
    if isinstance(seen, BaseException):
        raise seen
    return seen
