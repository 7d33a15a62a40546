"""From the error tree to what Temporal's retry policies understand."""

from collections.abc import Iterator
from contextlib import contextmanager

from redis.exceptions import RedisError
from temporalio.exceptions import ApplicationError

from activities.held_back import count_held_back
from contracts.errors import (
    CredentialsRefused,
    DependencyUnavailable,
    ExchangeError,
    ExchangeRefused,
    ExchangeThrottled,
)

UNKNOWN_SYMBOL = -1121


@contextmanager
def as_application_errors() -> Iterator[None]:
    """Give every expected failure its own type name, which is what retry policies and the workflow match on."""
    try:
        yield
    except ExchangeThrottled as throttled:
        count_held_back("read")
        message = f"the exchange throttles us: {throttled}"
        raise ApplicationError(message, throttled.retry_after_ms, type="ExchangeThrottled") from throttled
    except CredentialsRefused as refused:
        message = f"the exchange refuses our credentials ({refused}): check key, permissions and address list"
        raise ApplicationError(message, type="CredentialsRefused") from refused
    except ExchangeRefused as refused:
        unknown = refused.code == UNKNOWN_SYMBOL
        kind = "UnknownSymbol" if unknown else "ExchangeRefused"
        raise ApplicationError(f"the exchange: {refused}", type=kind, non_retryable=unknown) from refused
    except ExchangeError as failed:
        raise ApplicationError(f"the exchange: {failed}", type=type(failed).__name__) from failed
    except (DependencyUnavailable, RedisError) as failed:
        raise ApplicationError(f"redis: {failed}", type="DependencyUnavailable") from failed
