"""Calls about the listen key: the API key suffices, no signature."""

from simulator.call import Call, Route
from simulator.exchange import Exchange
from simulator.signature import check_key


def start(exchange: Exchange, call: Call) -> object:
    """POST listenKey: the live key, extended, or a new one."""
    check_key(call.api_key, exchange.config.api_key)
    return {"listenKey": exchange.listen_keys.obtain()}


def renew(exchange: Exchange, call: Call) -> object:
    """PUT listenKey; clients may name the key, the account has one anyway."""
    check_key(call.api_key, exchange.config.api_key)
    return {"listenKey": exchange.listen_keys.renew(call.params.text("listenKey"))}


def close(exchange: Exchange, call: Call) -> object:
    """DELETE listenKey: for every consumer of the account."""
    check_key(call.api_key, exchange.config.api_key)
    exchange.listen_keys.drop(call.params.text("listenKey"))
    return {}


def routes() -> list[Route]:
    """The routes of the listen key."""
    return [
        Route("POST /fapi/v1/listenKey", start, 1, signed=False),
        Route("PUT /fapi/v1/listenKey", renew, 1, signed=False),
        Route("DELETE /fapi/v1/listenKey", close, 1, signed=False),
    ]
