"""How far one read of the exchange's history reaches, for everybody who goes on where it ended."""

from typing import Final

LONGEST_MS: Final = 7 * 24 * 3_600_000 - 1
"""From the first to the last instant of one read, both included. The exchange refuses more."""
MARGIN_MS: Final = 60_000
"""How far into the future a span may reach, so that our clock's error never hides the newest rows.

Therefore a read of trades without a span, at the instant ``now`` of our clock, holds everything from
``now + MARGIN_MS - LONGEST_MS`` on (a minute short of seven days ago) and nothing older.
"""
RECENT_MS: Final = LONGEST_MS - MARGIN_MS - 3_600_000
"""What such a read holds for certain, counted back from any later instant: an hour less than it does.

A next older read that ends this long before now leaves no hole, even if our clock was set back in between. The hour is
read twice; trades are told apart by their ids.
"""
