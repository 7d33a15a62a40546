"""The symbol filters an order must pass, in the order in which the exchange complains."""

from decimal import Decimal

from simulator.decimals import fixed, significant_places
from simulator.errors import refusal
from simulator.symbols import SymbolRules


def check_quantity(rules: SymbolRules, quantity: Decimal, *, market: bool) -> None:
    """LOT_SIZE for limit orders, MARKET_LOT_SIZE for market orders."""
    if quantity <= 0:
        raise refusal(-4003)
    if significant_places(quantity) > rules.quantity_places:
        raise refusal(-1111)
    lot = rules.market_lot if market else rules.lot
    if quantity < lot.minimum:
        raise refusal(-4004)
    if quantity > lot.maximum:
        raise refusal(-4005)
    if (quantity - lot.minimum) % lot.step != 0:
        raise refusal(-4023)


def check_price(rules: SymbolRules, price: Decimal) -> None:
    """PRICE_FILTER: precision, minimum, maximum, tick."""
    if significant_places(price) > rules.price_places:
        raise refusal(-1111)
    if price < rules.tick:
        raise refusal(-4013)
    if price > rules.highest_price:
        raise refusal(-4002)
    if price % rules.tick != 0:
        raise refusal(-4014)


def check_limit_distance(rules: SymbolRules, side: str, price: Decimal, mark: Decimal) -> None:
    """PERCENT_PRICE: a bid may not be far above the mark, an offer not far below."""
    highest, lowest = mark * rules.price_multiplier_up, mark * rules.price_multiplier_down
    if side == "BUY" and price > highest:
        raise refusal(-4016, fixed(highest, rules.price_places))
    if side == "SELL" and price < lowest:
        raise refusal(-4024, fixed(lowest, rules.price_places))


def check_market_distance(rules: SymbolRules, side: str, touch: Decimal, mark: Decimal) -> None:
    """A market order is refused when the best opposite price lies outside the band."""
    too_high = side == "BUY" and touch > mark * rules.price_multiplier_up
    too_low = side == "SELL" and touch < mark * rules.price_multiplier_down
    if too_high or too_low:
        raise refusal(-4131)


def check_notional(rules: SymbolRules, quantity: Decimal, price: Decimal) -> None:
    """MIN_NOTIONAL; the caller exempts what reduces a position."""
    if quantity * price < rules.min_notional:
        raise refusal(-4164, rules.min_notional)
