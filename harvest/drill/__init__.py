"""Drills: the whole stack under fire, judged from the exchange's own ledger."""
