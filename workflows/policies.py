"""How long each step may take and what may be repeated, named once."""

from datetime import timedelta
from typing import Final

from temporalio.common import RetryPolicy

READ_TIMEOUT: Final = timedelta(seconds=10)
"""One read of the exchange with all its calls, or one write to Redis."""

READ_QUICKLY: Final = RetryPolicy(
    initial_interval=timedelta(milliseconds=100),
    backoff_coefficient=2.0,
    maximum_interval=timedelta(seconds=1),
    maximum_attempts=3,
    non_retryable_error_types=["CredentialsRefused", "ExchangeThrottled"],
)
"""A hiccup is repeated inside the worker; what lasts longer becomes a durable timer (see steps.patiently)."""

PATIENCE_FIRST: Final = timedelta(milliseconds=500)
PATIENCE_MOST: Final = timedelta(seconds=15)
"""Waiting for a dependency doubles from the first to the most, and never ends: no decision is given up."""

PATIENCE_OURS: Final = timedelta(seconds=1)
"""The most for Redis: there is no limit of calls to be kept, and it shall be noticed soon that it is back."""

HUMAN_AFTER_WAITS: Final = 4
"""Waits for a dependency after which a human is called (about 8 s; 5 s for Redis)."""

SWEEP_WAITS: Final = 3
"""Waits for the list of what a closed position left behind (about 4 s), after which the close ends without it."""

PLACE_START_TO_CLOSE: Final = timedelta(seconds=10)
PLACE_HEARTBEAT: Final = timedelta(seconds=2)
"""A worker that died with an order in flight is noticed after this long; a slow answer is not mistaken for it."""

SEND_ONCE: Final = RetryPolicy(maximum_attempts=1)
"""An order is sent once. Its unknown outcome is settled, never retried (R46)."""

SECOND_LOOK: Final = timedelta(milliseconds=300)
"""Before "there is nothing to close" is believed, the position is read again after this long (R52)."""

LAGGING_PAUSE: Final = timedelta(seconds=1)
"""Between reads of a position that does not show our own fill yet."""

LAGGING_LIMIT: Final = 10
"""Reads that lag after which everything is read anew: what does not clear up in this time is not lag."""

ATTEMPT_PAUSE_FIRST: Final = timedelta(milliseconds=200)
ATTEMPT_PAUSE_MOST: Final = timedelta(seconds=30)
"""Between attempts after a refusal; doubles."""

WATCH_TURN_TIMEOUT: Final = timedelta(minutes=10)
"""A turn ends by itself long before."""
WATCH_SILENCE: Final = timedelta(seconds=5)
"""A watch that does not beat for so long is begun anew, on another worker if there is one."""
WATCH_AGAIN: Final = RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=2))
"""For ever: positions without a watch are without exits."""

READ_ACCOUNT: Final = timedelta(seconds=20)
"""One read of everything that an account holds, for what a schedule starts every minute."""
WITHIN_A_MINUTE: Final = timedelta(seconds=50)
"""What runs every minute is over before the next run is due."""
A_FEW_TIMES: Final = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_attempts=3)
"""Then the run fails loudly; the next one follows. Not sooner: a wrong clock is set at most once a second."""
