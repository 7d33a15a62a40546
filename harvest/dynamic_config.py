"""The Temporal server's settings that the latency of a close depends on: the single source for every way to run it."""

from typing import Final

DYNAMIC_CONFIG: Final[dict[str, str]] = {
    # As the server comes, each shard polls its transfer queue 20 times a second: a regular activity waits up to 50 ms.
    "history.transferProcessorMaxPollRPS": "2000",
    # The same for timers, retries and timeouts.
    "history.timerProcessorMaxPollRPS": "2000",
    # As the server comes, timers are gathered for a second: a 10 ms retry takes 1 s.
    "history.timerProcessorMaxTimeShift": '"10ms"',
    # As the server comes, a run that continues as new in its first second waits that second out. So would an emergency.
    "history.continueAsNewMinInterval": '"10ms"',
    # Here less often than it comes (20): a close that is over by then is listed by one write instead of three.
    "history.visibilityProcessorMaxPollRPS": "4",
}
"""Key to JSON text, as ``temporal server start-dev --dynamic-config-value key=text`` takes it."""
