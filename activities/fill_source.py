"""Where the fills of executed orders came from, for the metrics."""

from temporalio import activity


def count_fills(*, told: int, read: int) -> None:
    """So many orders' fills were told and proved, so many were read. Outside of an activity there is nobody to tell."""
    if not activity.in_activity():
        return
    counter = activity.metric_meter().create_counter(
        "harvest_fills", "orders whose fills were told by the user stream and proved, or read"
    )
    for source, orders in (("told", told), ("read", read)):
        if orders:
            counter.add(orders, {"source": source})
