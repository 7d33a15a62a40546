"""A stub of the exchange and an adapter that talks to it."""

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from contracts.mode import Venue
from exchange.binance import BinanceExchange
from exchange.endpoint import ExchangeEndpoint
from tests.exchange.stub_exchange import KEY, SECRET, StubExchange


def endpoint(url: str, **overrides: float) -> ExchangeEndpoint:
    return ExchangeEndpoint.model_validate(
        {
            "venue": Venue.SIMULATOR,
            "base_url": url,
            "api_key": SecretStr(KEY),
            "api_secret": SecretStr(SECRET),
            "read_timeout": 1.0,
            "order_timeout": 0.4,
            **overrides,
        }
    )


@pytest.fixture
async def stub() -> AsyncIterator[StubExchange]:
    async with StubExchange() as server:
        yield server


@pytest.fixture
async def exchange(stub: StubExchange) -> AsyncIterator[BinanceExchange]:
    adapter = await BinanceExchange.connect(endpoint(stub.url))
    yield adapter
    await adapter.close()
