"""Which address belongs to which venue. A mismatch refuses to start: play money must stay play money (R62, R63)."""

from ipaddress import ip_address
from typing import Final

from yarl import URL

from contracts.errors import InvalidSettings
from contracts.mode import Venue

LIVE: Final = "https://fapi.binance.com"
DEMO: Final = "https://demo-fapi.binance.com"

_HOSTS: Final[dict[Venue, frozenset[str]]] = {
    Venue.LIVE: frozenset({"fapi.binance.com"}),
    Venue.DEMO: frozenset({"demo-fapi.binance.com", "testnet.binancefuture.com"}),
}
_DEFAULTS: Final = {Venue.LIVE: LIVE, Venue.DEMO: DEMO}
_STREAMS: Final[dict[Venue, tuple[str, ...]]] = {
    Venue.LIVE: ("wss://fstream.binance.com",),
    # The exchange's own pages name the one or the other, depending on their age. The adapter tries them in turn.
    Venue.DEMO: ("wss://fstream.binancefuture.com", "wss://demo-fstream.binance.com"),
}


def origin_for(venue: Venue, base_url: str) -> str:
    """The origin (scheme, host, port) to talk to.

    Args:
        venue: where orders are meant to go.
        base_url: an explicit address; empty for the venue's own. A trailing ``/fapi`` is accepted.

    Raises:
        InvalidSettings: address and venue contradict each other, or the simulator's address is missing or not local.
    """
    if not base_url:
        if venue is Venue.SIMULATOR:
            raise InvalidSettings("the simulator needs an address: set base_url, for example http://127.0.0.1:8080")
        return _DEFAULTS[venue]
    url = _parsed(base_url)
    if venue is Venue.SIMULATOR:
        _require_loopback(url)
    else:
        _require_official(venue, url)
    return str(url.origin())


def stream_origins_for(venue: Venue, base_url: str) -> tuple[str, ...]:
    """Where the venue's streams are, best first. There is nothing to set, so nothing to set wrong: the simulator
    streams where it answers.

    Raises:
        InvalidSettings: as :func:`origin_for`.
    """
    origin = origin_for(venue, base_url)
    if venue is Venue.SIMULATOR:
        return (f"ws{origin.removeprefix('http')}",)
    return _STREAMS[venue]


def _parsed(base_url: str) -> URL:
    try:
        url = URL(base_url)
    except ValueError:
        raise InvalidSettings(f"base_url {base_url!r} is not a URL") from None
    if url.user or url.password or url.query_string:  # first: what follows repeats the address
        raise InvalidSettings("base_url carries credentials or a query; give only scheme, host and port")
    if url.scheme not in {"http", "https"} or not url.host or url.path.rstrip("/") not in {"", "/fapi"}:
        raise InvalidSettings(f"base_url {base_url!r} must look like https://host or http://127.0.0.1:port")
    return url


def _require_official(venue: Venue, url: URL) -> None:
    if url.scheme != "https" or url.host not in _HOSTS[venue] or url.explicit_port not in {None, 443}:
        allowed = ", ".join(sorted(f"https://{host}" for host in _HOSTS[venue]))
        raise InvalidSettings(
            f"venue {venue.value} and address {url.origin()} contradict each other: {venue.value} is {allowed}. "
            "Correct the venue or leave base_url empty."
        )


def _require_loopback(url: URL) -> None:
    """On this machine, or a container beside this one: a name without a dot leads nowhere else."""
    host = url.host or ""
    if "." not in host and ":" not in host:
        return
    try:
        local = ip_address(host).is_loopback
    except ValueError:
        local = False
    if not local:
        raise InvalidSettings(
            f"the simulator must be on this machine (127.0.0.1, ::1, localhost) or a container's name, not on {host}"
        )
