"""How many orders really executed, counted from the ledger's rows alone.

    python -m simulator.audit LEDGER-FILE [PARTS]

Orders are grouped by the first hyphenated parts of their client ids, three unless said. Nothing here knows what was
meant to happen. Rows are those of GET /sim/ledger or the lines of a ledger file.
"""

import json
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Executed:
    """What the orders of one group did: how many executed anything, how much altogether, under which client ids."""

    orders: int
    quantity: Decimal
    client_order_ids: tuple[str, ...]


def first_parts(count: int) -> Callable[[str], str]:
    """So many hyphenated parts of a client id; of three, `hv-1k-full-2` and `hv-1k-full-3-1` are `hv-1k-full`."""
    return lambda client_order_id: "-".join(client_order_id.split("-")[:count])


DECISION = first_parts(3)


def executed(fills: Iterable[Row], group: Callable[[str], str] = DECISION) -> dict[tuple[str, str], Executed]:
    """By symbol and group of client ids; an order with many fills counts once."""
    found: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in fills:
        found[str(row["symbol"]), group(str(row["client_order_id"]))].append(row)
    return {key: _executed(rows) for key, rows in found.items()}


def twice(fills: Iterable[Row], group: Callable[[str], str] = DECISION) -> dict[tuple[str, str], Executed]:
    """The groups in which more than one order executed; the pieces of a split order are orders."""
    return {key: one for key, one in executed(fills, group).items() if one.orders > 1}


def read(path: Path) -> dict[str, list[Row]]:
    """The lines of a ledger file by kind: request, outcome, order, fill, wallet."""
    rows: dict[str, list[Row]] = defaultdict(list)
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        rows[str(row["kind"])].append(row)
    return rows


def _executed(rows: list[Row]) -> Executed:
    quantity = sum((Decimal(str(row["quantity"])) for row in rows), Decimal(0))
    orders = {(row["symbol"], row["order_id"]) for row in rows}
    ids = dict.fromkeys(str(row["client_order_id"]) for row in rows)
    return Executed(len(orders), quantity, tuple(ids))


def main(path: str, parts: str = "3") -> None:
    """One line per group: symbol, group, orders that executed, quantity, client ids."""
    for (symbol, group), one in executed(read(Path(path))["fill"], first_parts(int(parts))).items():
        sys.stdout.write(f"{symbol} {group} {one.orders} {one.quantity} {' '.join(one.client_order_ids)}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
