"""Deterministic orchestration. No clock, no I/O: those are behind :mod:`activities.interfaces`."""
