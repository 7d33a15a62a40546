"""Funding bleed: a position that pays to be held. One once paid 248 % of its margin (R73)."""

from decimal import Decimal

from kernel.finding import Abstention, ExitAction, Finding, Situation

_RULE = "funding_bleed"


def funding_bleed(situation: Situation) -> Finding | Abstention | None:
    """Fires when the side pays a rate above the limit, or has paid too large a share of its initial margin."""
    view, config = situation.view, situation.config
    margin = view.entry_price * view.quantity / view.leverage
    share = view.funding_paid / margin
    # Longs pay a positive rate, shorts a negative one.
    paying = None if view.funding_rate is None else view.funding_rate * view.side.sign
    too_dear = paying is not None and paying > config.funding_rate_limit
    if too_dear or share > config.funding_margin_share:
        return _finding(share, paying, "funding_rate" if too_dear else "funding_paid")
    return Abstention(_RULE, "funding_rate_unknown") if paying is None else None


def _finding(share: Decimal, paying: Decimal | None, cause: str) -> Finding:
    shown = "unknown" if paying is None else f"{paying:.5f}"
    return Finding(
        rule=_RULE,
        action=ExitAction.CLOSE,
        reason=f"excessive_funding_bleed (rate={shown}, paid={share:.4f} of margin)",
        codes=("excessive_funding_bleed", cause),
        exit_score=9,
        numbers=(("paid_share", share), *((("rate", paying),) if paying is not None else ())),
    )
