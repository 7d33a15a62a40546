"""How often a limit or a ban of the exchange keeps us from doing something, for the metrics."""

from temporalio import activity


def count_held_back(what: str) -> None:
    """One more ``order`` or ``read`` that has to wait. Outside of an activity there is nobody to tell."""
    if activity.in_activity():
        counter = activity.metric_meter().create_counter(
            "harvest_held_back", "orders and reads that a limit or a ban of the exchange made wait"
        )
        counter.add(1, {"what": what})
