"""The rules that need nothing but prices: emergency stop, stop hit, take-profit hit."""

from kernel.finding import ExitAction, Finding, Situation


def emergency_stop(situation: Situation) -> Finding | None:
    """R below the limit (-1.5): everything goes, at once. The reason's words are the user's."""
    r = situation.r.r_net
    if r >= situation.config.emergency_r:
        return None
    return Finding(
        rule="emergency_stop",
        action=ExitAction.CLOSE,
        reason=f"emergency_stop_loss (R={r:.2f})",
        codes=("emergency_stop_loss",),
        emergency=True,
        numbers=(("R_net", r), ("limit", situation.config.emergency_r)),
    )


def stop_hit(situation: Situation) -> Finding | None:
    """The mark is at or beyond the stop in force."""
    view = situation.view
    if view.stop is None or not view.beyond(view.stop):
        return None
    return Finding(
        rule="stop_hit",
        action=ExitAction.CLOSE,
        reason=f"stop_loss_triggered (mark={view.mark_price}, stop={view.stop})",
        codes=("stop_loss_triggered",),
        numbers=(("mark", view.mark_price), ("stop", view.stop)),
    )


def take_profit_hit(situation: Situation) -> Finding | None:
    """The mark is at or beyond the take-profit."""
    view = situation.view
    if view.take_profit is None or (view.mark_price - view.take_profit) * view.side.sign < 0:
        return None
    return Finding(
        rule="take_profit_hit",
        action=ExitAction.CLOSE,
        reason=f"take_profit_triggered (mark={view.mark_price}, take_profit={view.take_profit})",
        codes=("take_profit_triggered",),
        numbers=(("mark", view.mark_price), ("take_profit", view.take_profit)),
    )
