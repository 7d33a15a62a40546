"""Where orders go and whether they go at all, as typed values (R10, R62, R63)."""

from enum import StrEnum


class Mode(StrEnum):
    """`shadow` decides and publishes suggestions and never sends; `live` sends."""

    SHADOW = "shadow"
    LIVE = "live"


class Venue(StrEnum):
    """Which exchange the orders go to."""

    DEMO = "demo"
    """Binance's own demo exchange: real rules, play money."""
    LIVE = "live"
    """Binance USD-M with real money."""
    SIMULATOR = "simulator"
    """Our own simulated exchange at an address that the settings name."""


class LadderBase(StrEnum):
    """What a fraction is a fraction of."""

    CURRENT = "current"
    """The position's size at the rung's first decision: 25, 50, 75 % of 100 leave 75, 37.5, 9.375."""
    ORIGINAL = "original"
    """The generation's largest size."""
