"""Pure decisions: Decimal in, Decimal out; no I/O, no clock, no randomness, no framework."""
