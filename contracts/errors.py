"""The error tree. Each message is written for an operator: what happened, and what to do.

::

    HarvestError
    ├── InvalidSettings          a setting is unknown, contradictory or missing; the process refuses to start
    ├── InvalidIntent            a stream entry cannot be understood; it goes to the dead letters
    ├── DependencyUnavailable    Redis or Temporal does not answer; we wait for it
    ├── AccountOwned             another living installation sends to the exchange account; we do not
    └── ExchangeError
        ├── ExchangeUnavailable  a read did not succeed; reading again is free of consequences
        ├── ExchangeThrottled    a rate limit or a ban; try again at the time it names
        ├── ExchangeRefused      a definite refusal with the exchange's code; nothing was executed
        │   └── CredentialsRefused   key, permission or address not accepted; a human must act
        └── OutcomeUnknown       a request with consequences was sent and its answer was lost
"""


class HarvestError(Exception):
    """Base of every error that Harvest raises on purpose."""


class InvalidSettings(HarvestError):
    """A setting is unknown, contradictory or missing."""


class InvalidIntent(HarvestError):
    """A stream entry cannot be understood.

    Args:
        field: name of the offending field, as it was on the wire.
        problem: what is wrong with it and what would be right.
    """

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


class DependencyUnavailable(HarvestError):
    """Redis or Temporal does not answer."""


class AccountOwned(HarvestError):
    """Another living installation sends to the exchange account (R08, R10)."""


class ExchangeError(HarvestError):
    """Anything that the exchange, or the way to it, answered instead of what was asked."""


class ExchangeUnavailable(ExchangeError):
    """A read did not succeed. Reading again has no consequences."""


class ExchangeThrottled(ExchangeError):
    """A rate limit (429) or a ban (418).

    Args:
        message: what the exchange said.
        retry_after_ms: how long to keep away, in milliseconds.
    """

    def __init__(self, message: str, retry_after_ms: int) -> None:
        super().__init__(message)
        self.retry_after_ms = retry_after_ms


class ExchangeRefused(ExchangeError):
    """A definite refusal: nothing was executed.

    Args:
        code: the exchange's error code (negative), 0 if it gave none.
        message: the exchange's text.
    """

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class CredentialsRefused(ExchangeRefused):
    """Key, permission or network address not accepted. Retrying does not help; a human must act (R58)."""


class OutcomeUnknown(ExchangeError):
    """A request with consequences was sent and its answer was lost: it must be settled, never repeated."""
