"""A failed read -> the error tree. Reading again has no consequences, so most failures are just "not now"."""

from contracts.errors import ExchangeError, ExchangeRefused, ExchangeThrottled, ExchangeUnavailable
from contracts.mode import Venue
from contracts.order import Reaction, Verdict
from exchange.classify import Classification
from exchange.credentials import refused
from exchange.failure import Failure, FailureKind
from exchange.refusals import CLOCK_CODES, CREDENTIAL_CODES, NO_SUCH_ORDER


def read_error(failure: Failure, meaning: Classification, venue: Venue) -> ExchangeError:
    """The error to raise for a read (or a cancel) that did not succeed."""
    if failure.code in CREDENTIAL_CODES:
        return refused(failure.code, failure.text, venue)
    if meaning.throttles is not None or failure.kind is FailureKind.HELD_BACK:
        return ExchangeThrottled(failure.describe(), meaning.retry_after_ms)
    if failure.code in CLOCK_CODES:
        return ExchangeUnavailable(f"{failure.describe()} | our clock was off and is being set; read again")
    if failure.code is not None and _definite(failure, meaning):
        return ExchangeRefused(failure.code, failure.text)
    return ExchangeUnavailable(failure.describe())


def _definite(failure: Failure, meaning: Classification) -> bool:
    if failure.code == NO_SUCH_ORDER:
        return True  # for an order's fate it proves nothing; for a look-up it is the answer
    return meaning.verdict is Verdict.REFUSED and meaning.reaction is not Reaction.BACK_OFF
