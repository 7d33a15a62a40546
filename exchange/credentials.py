"""What to do about refused credentials, and the question to ask at start (R58)."""

from typing import Final

from contracts.errors import CredentialsRefused
from contracts.mode import Venue
from exchange.wire import UnreadableAnswer, flag, row, rows, text

_ADVICE: Final[dict[int, str]] = {
    -1002: "the key may not do this: enable Futures for it",
    -1011: "this machine's IP address is not on the key's list: add it",
    -1022: "the secret does not belong to the key: copy both again",
    -2014: "the API key is malformed: copy it again, without quotes or spaces",
    -2015: "key, IP address or permission is not accepted: enable Futures, add this machine to the key's IP list, "
    "and check that the key was made at this venue",
    -2017: "the key is locked: unlock it or make a new one",
}
_WHERE: Final[dict[Venue, str]] = {
    Venue.LIVE: "live keys come from binance.com",
    Venue.DEMO: "demo keys come from demo.binance.com; a live key does not work here",
    Venue.SIMULATOR: "the simulator's keys are in its own configuration",
}


def refused(code: int, message: str, venue: Venue) -> CredentialsRefused:
    """The error with what to do about it."""
    return CredentialsRefused(code, f"{message} | {_ADVICE[code]} ({_WHERE[venue]})")


def require_trading(account_config: object, venue: Venue) -> None:
    """Check the answer of GET /fapi/v1/accountConfig.

    Raises:
        CredentialsRefused: the account may not trade futures.
    """
    if not flag(row(account_config, "the account's configuration"), "canTrade"):
        raise CredentialsRefused(
            0, f"the {venue.value} account may not trade futures: enable Futures for account and key"
        )


def require_account(balances: object, wanted: str) -> str:
    """Check the answer of GET /fapi/v3/balance: whose keys are these (R63)?

    Args:
        balances: the decoded answer.
        wanted: the exchange's own name of the account that is meant; empty if nobody said.

    Returns:
        The exchange's name of the account.

    Raises:
        CredentialsRefused: the keys belong to another account.
        UnreadableAnswer: the answer names no account.
    """
    [alias, *others] = sorted(set(rows(balances, "balances", lambda balance: text(balance, "accountAlias")))) or [""]
    if not alias or others:
        raise UnreadableAnswer("the exchange did not name one account; it cannot be told whose keys these are")
    if wanted and alias != wanted:
        raise CredentialsRefused(
            0,
            f"the keys belong to the account {alias}, and account_alias says {wanted}: "
            "give the keys of that account, or correct account_alias",
        )
    return alias
