"""The side effects, each a thin class over a port. Workflows see only :mod:`activities.interfaces`."""
