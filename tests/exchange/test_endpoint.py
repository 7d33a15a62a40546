"""Play money stays play money (R62, R63)."""

import pytest
from pydantic import SecretStr

from contracts.errors import InvalidSettings
from contracts.mode import Venue
from exchange.endpoint import ExchangeEndpoint
from runtime.settings import Settings
from worker import endpoint_of


def endpoint(venue: Venue, base_url: str = "", key: str = "k", private: str = "top-secret") -> ExchangeEndpoint:
    return ExchangeEndpoint.model_validate(
        {"venue": venue, "base_url": base_url, "api_key": key, "api_secret": private}
    )


@pytest.mark.parametrize(
    ("venue", "base_url", "origin"),
    [
        (Venue.LIVE, "", "https://fapi.binance.com"),
        (Venue.DEMO, "", "https://demo-fapi.binance.com"),
        (Venue.LIVE, "https://fapi.binance.com/fapi", "https://fapi.binance.com"),
        (Venue.DEMO, "https://testnet.binancefuture.com/", "https://testnet.binancefuture.com"),
        (Venue.SIMULATOR, "http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        (Venue.SIMULATOR, "http://[::1]:8080/fapi", "http://[::1]:8080"),
        (Venue.SIMULATOR, "http://localhost:9", "http://localhost:9"),
        (Venue.SIMULATOR, "http://simulator:18080", "http://simulator:18080"),
    ],
)
def test_address(venue: Venue, base_url: str, origin: str) -> None:
    assert endpoint(venue, base_url).origin == origin


@pytest.mark.parametrize(
    ("venue", "base_url"),
    [
        (Venue.DEMO, "https://fapi.binance.com"),
        (Venue.LIVE, "https://demo-fapi.binance.com"),
        (Venue.LIVE, "http://fapi.binance.com"),
        (Venue.LIVE, "https://fapi.binance.com:8443"),
        (Venue.LIVE, "https://fapi.binance.com.evil.example"),
        (Venue.LIVE, "https://fapi.binance.com@evil.example"),
        (Venue.LIVE, "http://127.0.0.1:8080"),
        (Venue.SIMULATOR, ""),
        (Venue.SIMULATOR, "https://fapi.binance.com"),
        (Venue.SIMULATOR, "http://10.0.0.1:8080"),
        (Venue.SIMULATOR, "http://localhost.evil.example"),
        (Venue.SIMULATOR, "127.0.0.1:8080"),
        (Venue.SIMULATOR, "http://127.0.0.1:8080/other"),
        (Venue.SIMULATOR, "http://127.0.0.1:notaport"),
    ],
)
def test_contradictions_refuse_to_start(venue: Venue, base_url: str) -> None:
    with pytest.raises(InvalidSettings):
        endpoint(venue, base_url)


@pytest.mark.parametrize(("key", "secret"), [("", "s"), ("k", "")])
def test_missing_credentials(key: str, secret: str) -> None:
    with pytest.raises(InvalidSettings, match="empty"):
        endpoint(Venue.DEMO, "", key, secret)


def test_r63_the_account_that_is_meant_reaches_the_adapter() -> None:
    settings = Settings(api_key=SecretStr("k"), api_secret=SecretStr("s"), account_alias="SgsR")
    assert endpoint_of(settings).account_alias == "SgsR"


def test_the_secret_does_not_show() -> None:
    assert "top-secret" not in repr(endpoint(Venue.DEMO))
