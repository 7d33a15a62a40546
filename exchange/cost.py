"""What each call costs of the address's request weight, which the exchange allows 2400 of in a minute."""

from typing import Final

UNLISTED: Final = 5
"""For a call that is not below: the usual price of a read, so that a new one is never thought to be free."""
_COSTS: Final[dict[str, int]] = {
    "POST /fapi/v1/order": 0,
    "POST /fapi/v1/algoOrder": 0,
    "GET /fapi/v1/order": 1,
    "DELETE /fapi/v1/order": 1,
    "GET /fapi/v1/algoOrder": 1,
    "DELETE /fapi/v1/algoOrder": 1,
    "GET /fapi/v1/openOrders": 1,
    "GET /fapi/v1/openAlgoOrders": 1,
    "GET /fapi/v1/allOrders": 5,
    "GET /fapi/v1/allAlgoOrders": 5,
    "GET /fapi/v1/userTrades": 5,
    "GET /fapi/v3/positionRisk": 5,
    "GET /fapi/v3/balance": 5,
    "GET /fapi/v3/account": 5,
    "GET /fapi/v1/accountConfig": 5,
    "GET /fapi/v1/positionSide/dual": 30,
    "GET /fapi/v1/commissionRate": 20,
    "GET /fapi/v1/premiumIndex": 1,
    "GET /fapi/v1/klines": 2,
    "GET /fapi/v1/markPriceKlines": 2,
    "GET /fapi/v1/fundingInfo": 1,
    "GET /fapi/v1/income": 30,
    "GET /fapi/v1/rateLimit/order": 1,
    "GET /fapi/v1/time": 1,
    "GET /fapi/v1/exchangeInfo": 1,
    "POST /fapi/v1/listenKey": 1,
    "PUT /fapi/v1/listenKey": 1,
    "DELETE /fapi/v1/listenKey": 1,
}
_OF_ALL_SYMBOLS: Final = {"GET /fapi/v1/openOrders": 40, "GET /fapi/v1/openAlgoOrders": 40}


def cost(method: str, path: str, *, with_symbol: bool) -> int:
    """The request weight of a call.

    Args:
        method: upper case.
        path: without the query.
        with_symbol: whether it names one symbol.
    """
    name = f"{method} {path}"
    if not with_symbol and name in _OF_ALL_SYMBOLS:
        return _OF_ALL_SYMBOLS[name]
    return _COSTS.get(name, UNLISTED)
