"""Settings that are each valid and together dangerous (R10, R62, R63). Each sentence says what to do."""

import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from contracts.mode import Mode, Venue
from contracts.names import SOURCE_WATCH

if TYPE_CHECKING:
    from runtime.settings import Settings

_REAL_EXCHANGE_DOMAINS: Final = ("binance.com", "binance.vision", "binancefuture.com", "binance.us")
_TRUE: Final = frozenset({"1", "true", "yes", "on"})
_FALSE: Final = frozenset({"0", "false", "no", "off"})


def contradictions(settings: "Settings") -> list[str]:
    """Everything in these settings that does not go together."""
    return [*_simulator(settings), *_real_money(settings), *_credentials(settings), *_exit_owners(settings)]


def foreign_switches(settings: "Settings", environment: Mapping[str, str] = os.environ) -> list[str]:
    """Switches of other programs in our environment that mean the opposite of our settings.

    R10: a second unit set HARVEST_SHADOW_MODE, which nothing read, and ran live. R63: TESTNET said true,
    BINANCE_TESTNET said false, and an emergency worker held production keys.
    """
    wanted = {
        "HARVEST_SHADOW_MODE": (settings.mode is Mode.SHADOW, f"mode={settings.mode}"),
        "TESTNET": (settings.venue is not Venue.LIVE, f"venue={settings.venue}"),
        "BINANCE_TESTNET": (settings.venue is not Venue.LIVE, f"venue={settings.venue}"),
    }
    return [
        f"{name}={environment[name]} contradicts {ours}; remove {name} or make them agree"
        for name, (value, ours) in wanted.items()
        if name in environment and _truth(environment[name]) is not value
    ]


def _truth(text: str) -> bool | None:
    word = text.strip().lower()
    return True if word in _TRUE else False if word in _FALSE else None


def _simulator(settings: "Settings") -> Iterator[str]:
    url = settings.exchange_url
    if settings.venue is not Venue.SIMULATOR:
        if url is not None:
            yield f"exchange_url is for venue=simulator, but venue={settings.venue}; remove it or change the venue"
        return
    if url is None:
        yield "venue=simulator needs exchange_url, as in http://127.0.0.1:8999"
        return
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        yield f"exchange_url={url!r} is no http address; write it as http://127.0.0.1:8999"
    elif _is_real(parts.hostname):
        yield f"exchange_url names a real exchange ({parts.hostname}), but venue=simulator; use venue=demo or live"


def _is_real(host: str) -> bool:
    name = host.lower().rstrip(".")
    return any(name == domain or name.endswith(f".{domain}") for domain in _REAL_EXCHANGE_DOMAINS)


def _real_money(settings: "Settings") -> Iterator[str]:
    confirmed = settings.live_confirmed_account
    if settings.venue is not Venue.LIVE:
        if confirmed is not None:
            yield (
                f"live_confirmed_account confirms real money, but venue={settings.venue}; remove it or set venue=live"
            )
        return
    if confirmed is None and settings.mode is Mode.LIVE:
        yield (
            "mode=live with venue=live sends orders with real money; confirm it with "
            f"live_confirmed_account={settings.account}"
        )
    if confirmed is not None and confirmed != settings.account:
        yield f"live_confirmed_account={confirmed} is not account={settings.account}; they must be equal"


def _credentials(settings: "Settings") -> Iterator[str]:
    if (settings.api_key is None) != (settings.api_secret is None):
        yield "api_key and api_secret belong together; give both or neither"
    elif settings.mode is Mode.LIVE and settings.venue is not Venue.SIMULATOR and settings.api_key is None:
        yield f"mode=live with venue={settings.venue} needs api_key and api_secret, directly or as ..._file"


def _exit_owners(settings: "Settings") -> Iterator[str]:
    owners = settings.exit_owners
    if "" in owners:
        yield "exit_owners has an empty name in it; write the names with commas between, or remove it to admit all"
    if owners and settings.watch and SOURCE_WATCH not in owners:
        yield (
            f"watch=true decides as source {SOURCE_WATCH}, which exit_owners={','.join(owners)} does not admit;"
            f" add {SOURCE_WATCH} or set watch=false"
        )
