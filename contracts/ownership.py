"""Which installation sends to an exchange account, as far as whoever sends must know."""

from typing import Final, Protocol

CLAIM_MS: Final = 20_000
"""How long a claim lives after its last renewal. Longer than a signed order stays valid (5 s): an order renews the
claim before it leaves, so it executes, or is refused for its age, before another installation can own the account."""


class AccountClaim(Protocol):
    """Our installation's claim to the account. Implemented by :mod:`runtime.ownership`."""

    @property
    def name(self) -> str:
        """Of our installation."""
        ...

    @property
    def key(self) -> str | None:
        """Where the claim is; None while the exchange has not told whose account it is."""
        ...

    async def owned_by_another(self) -> str:
        """Whose the account is, if it is not ours; else "", also when nobody can tell. Renews our claim."""
        ...
