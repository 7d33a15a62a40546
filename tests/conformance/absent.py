"""What the clients know and the simulator does not have, and why; they are not driven through it."""

ABSENT = {
    "GET /fapi/v1/account": "retired by the exchange; v2 and v3 are there",
    "GET /fapi/v1/balance": "retired by the exchange; v2 and v3 are there",
    "GET /fapi/v1/positionRisk": "retired by the exchange; v2 and v3 are there",
    "GET /fapi/v1/lvtKlines": "leveraged tokens are gone",
    "GET /fapi/v1/income/asyn": "files to download, made by hand",
    "GET /fapi/v1/income/asyn/id": "files to download, made by hand",
    "GET /fapi/v1/order/asyn": "files to download, made by hand",
    "GET /fapi/v1/order/asyn/id": "files to download, made by hand",
    "GET /fapi/v1/trade/asyn": "files to download, made by hand",
    "GET /fapi/v1/trade/asyn/id": "files to download, made by hand",
    "GET /fapi/v1/convert/exchangeInfo": "conversion of assets is not trading",
    "POST /fapi/v1/convert/getQuote": "conversion of assets is not trading",
    "POST /fapi/v1/convert/acceptQuote": "conversion of assets is not trading",
    "GET /fapi/v1/convert/orderStatus": "conversion of assets is not trading",
    "GET /fapi/v1/pmAccountInfo": "portfolio margin is another kind of account",
    "GET /fapi/v1/stock/contract": "the contract to sign before stock perpetuals, which are not listed",
    "POST /fapi/v1/stock/contract": "the contract to sign before stock perpetuals, which are not listed",
    "GET /fapi/v1/apiReferral/ifNewUser": "for brokers",
    "GET /fapi/v1/apiReferral/customization": "for brokers",
    "POST /fapi/v1/apiReferral/customization": "for brokers",
    "GET /fapi/v1/apiReferral/userCustomization": "for brokers",
    "POST /fapi/v1/apiReferral/userCustomization": "for brokers",
    "GET /fapi/v1/apiReferral/traderNum": "for brokers",
    "GET /fapi/v1/apiReferral/overview": "for brokers",
    "GET /fapi/v1/apiReferral/tradeVol": "for brokers",
    "GET /fapi/v1/apiReferral/rebateVol": "for brokers",
    "GET /fapi/v1/apiReferral/traderSummary": "for brokers",
}

SPOT_WALLET = "moves or lends money of the Spot wallet"
SINGULAR = "the exchange has no such route: it is called batchOrders"
UNDRIVEN_METHODS = {
    "futures_account_transfer": SPOT_WALLET,
    "futures_loan_borrow_history": SPOT_WALLET,
    "futures_loan_repay_history": SPOT_WALLET,
    "futures_loan_wallet": SPOT_WALLET,
    "futures_loan_interest_history": SPOT_WALLET,
    "futures_cross_collateral_adjust_history": SPOT_WALLET,
    "futures_cross_collateral_liquidation_history": SPOT_WALLET,
    "futures_historical_data_link": "files to download, made by hand",
    "futures_v1_get_income_asyn": "files to download, made by hand",
    "futures_v1_get_income_asyn_id": "files to download, made by hand",
    "futures_v1_get_order_asyn": "files to download, made by hand",
    "futures_v1_get_order_asyn_id": "files to download, made by hand",
    "futures_v1_get_trade_asyn": "files to download, made by hand",
    "futures_v1_get_trade_asyn_id": "files to download, made by hand",
    "futures_v1_get_convert_exchange_info": "conversion of assets is not trading",
    "futures_v1_post_convert_get_quote": "conversion of assets is not trading",
    "futures_v1_post_convert_accept_quote": "conversion of assets is not trading",
    "futures_v1_get_convert_order_status": "conversion of assets is not trading",
    "futures_v1_get_pm_account_info": "portfolio margin is another kind of account",
    "futures_v1_put_batch_orders": "the library signs another text than it sends: JSON in a form",
    "futures_v1_put_batch_order": SINGULAR,
    "futures_v1_post_batch_order": SINGULAR,
    "futures_v1_delete_batch_order": SINGULAR,
}
"""Methods of python-binance that lead to nothing the simulator has, and why."""

NOT_OFFERED = "not offered: nothing is watched through it here"
UNDRIVEN_STREAMS = {
    "all_market_liquidation_order_streams": NOT_OFFERED,
    "liquidation_order_streams": NOT_OFFERED,
    "all_market_mini_tickers_stream": NOT_OFFERED,
    "all_market_tickers_streams": NOT_OFFERED,
    "individual_symbol_mini_ticker_stream": NOT_OFFERED,
    "individual_symbol_ticker_streams": NOT_OFFERED,
    "asset_index": NOT_OFFERED,
    "composite_index_symbol_information_streams": NOT_OFFERED,
    "continuous_contract_kline_candlestick_streams": NOT_OFFERED,
    "contract_info_stream": NOT_OFFERED,
    "trading_session_stream": NOT_OFFERED,
    "rpi_diff_book_depth_streams": NOT_OFFERED,
}
"""Streams that the official SDK knows and the simulator does not have."""
