"""Finding and cancelling conditional orders whose position is gone."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from activities.generation import one_moment
from contracts.order import AlgoOrder, OrderState
from contracts.reconcile import AccountView, ConditionalOrder, OrphanFinding
from exchange.port import ExchangePort
from kernel.orphans import Resting, orphans, resting
from kernel.side import Side
from kernel.stop_identity import parse_stop_id


def find_orphans(account: AccountView, orders: Sequence[ConditionalOrder], *, foreign: bool) -> list[OrphanFinding]:
    """What one read shows, without the plain orders, which are asked for only where there is something to cancel."""
    by_symbol: defaultdict[str, list[AlgoOrder]] = defaultdict(list)
    for each in orders:
        by_symbol[each.symbol].append(each.order)
    return [
        OrphanFinding(symbol=symbol, algo_id=order.algo_id)
        for symbol, resting_there in sorted(by_symbol.items())
        if symbol not in account.unsettled
        for order in _orphaned(resting_there, (), account, symbol)
        if foreign or parse_stop_id(order.client_algo_id)
    ]


async def still_orphans(
    exchange: ExchangePort, account: AccountView, before: Iterable[OrphanFinding]
) -> list[ConditionalOrder]:
    """Those that a second look shows as well, with the symbol's plain orders and trades beside them. Weight 7 a symbol.

    A stop must not be taken from a position that was opened a moment ago and that the exchange does not show yet.

    Raises :class:`contracts.errors.ExchangeError` if a read did not succeed.
    """
    wanted: defaultdict[str, set[int]] = defaultdict(set)
    for each in before:
        if each.symbol not in account.unsettled:
            wanted[each.symbol].add(each.algo_id)
    found: list[ConditionalOrder] = []
    for symbol, ids in sorted(wanted.items()):
        trades = await exchange.recent_trades(symbol)
        positions = [each.position for each in account.held if each.position.symbol == symbol]
        if not one_moment(positions, trades, exchange.now_ms()):
            continue
        plain = await exchange.open_orders(symbol)
        conditional = await exchange.open_algo_orders(symbol)
        found += [
            ConditionalOrder(symbol=symbol, order=order)
            for order in _orphaned(conditional, plain, account, symbol)
            if order.algo_id in ids
        ]
    return found


def _orphaned(
    conditional: Sequence[AlgoOrder], plain: Sequence[OrderState], account: AccountView, symbol: str
) -> list[AlgoOrder]:
    held = {Side(each.position.side.value) for each in account.held if each.position.symbol == symbol}
    by_id: Mapping[int, AlgoOrder] = {order.algo_id: order for order in conditional}
    gone = orphans((_resting(order.algo_id, order) for order in conditional), map(_plain, plain), held)
    return [by_id[number] for number in sorted(gone)]


def _plain(order: OrderState) -> Resting:
    return _resting(order.order_id, order)


def _resting(number: int, order: AlgoOrder | OrderState) -> Resting:
    only_reduces = order.reduce_only or order.close_position
    return resting(number, order.side, order.position_side, reduce_only=only_reduces)
