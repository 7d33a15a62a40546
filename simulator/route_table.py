"""Every REST route by its method and path."""

from simulator import (
    routes_account,
    routes_algo,
    routes_batch,
    routes_history,
    routes_listen_key,
    routes_market,
    routes_orders,
    routes_records,
    routes_settings,
    routes_statistics,
)
from simulator.call import Route

MODULES = (
    routes_market,
    routes_history,
    routes_statistics,
    routes_account,
    routes_settings,
    routes_orders,
    routes_batch,
    routes_records,
    routes_algo,
    routes_listen_key,
)
ROUTES: dict[str, Route] = {route.key: route for module in MODULES for route in module.routes()}
