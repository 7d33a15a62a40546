"""Why exits do not happen: settings, Redis, Temporal, exchange and ownership, looked at without touching anything."""
