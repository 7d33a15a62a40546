"""The first thing that a worker asks of the exchange."""

import structlog

from contracts.errors import CredentialsRefused, ExchangeError
from exchange.binance import BinanceExchange

_log = structlog.get_logger(__name__)


async def check_at_start(exchange: BinanceExchange) -> None:
    """A key that is certainly refused stops the start (R58); an exchange that is away does not."""
    try:
        await exchange.check_credentials()
    except CredentialsRefused:
        raise
    except ExchangeError as failed:
        _log.warning("credentials not checked yet", error=str(failed))
