"""What the scripted market proves, judged from the exchange's own books.

Which decisions had to be made stands in the script, what was made on the streams, what was done in the exchange's
ledger; each is compared with the others, and none is believed alone. Everything here is pure.
"""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal

from harvest.market_evidence import NOTHING, OURS, FillEvidence, Made, MarketEvidence, MarketKill, StopEvidence
from harvest.market_script import Expected
from harvest.proofs import Proof

LADDER = "ETHUSDT"
_ENDINGS = frozenset({"CLOSED_FLAT", "REDUCED"})
_STOP_MOVED = "STOP_MOVED"


def market_proofs(evidence: MarketEvidence) -> tuple[Proof, ...]:
    """The checklist's second half."""
    return rules_proof(evidence), path_proof(evidence), once_proof(evidence), money_proof(evidence)


def rules_proof(seen: MarketEvidence) -> Proof:
    """Every rule fired, each decision of the script was made once and carried out, and no other was made."""
    made = {one.key: one for one in seen.made}
    wanted = {(one.symbol, one.name): one for one in seen.expected}
    problems = [
        *(f"{symbol} {name} was not decided" for symbol, name in wanted.keys() - made.keys()),
        *(f"{symbol} {name} was decided unasked" for symbol, name in made.keys() - wanted.keys()),
        *(f"{one.symbol} {one.name} ended {one.outcome or 'never'}" for one in seen.made if not _carried_out(one)),
        *(f"{key[0]} {key[1]} by {made[key].rule}" for key in made.keys() & wanted.keys()
          if made[key].rule != wanted[key].rule),
        *(f"{rule} never fired" for rule in seen.rules if rule not in {one.rule for one in seen.made}),
    ]  # fmt: skip
    fired = len({one.rule for one in seen.made})
    return _judge(
        "every rule fires once", problems, f"{fired} of {len(seen.rules)} rules, {len(seen.made)} decisions, each once"
    )


def path_proof(seen: MarketEvidence) -> Proof:
    """Each position went where the script wants it, step by step in the ledger; its stops rested where they must."""
    problems = [
        f"{symbol} went {_arrows(path_of(symbol, seen.fills))}, not {_arrows(wanted)}"
        for symbol, wanted in _paths(seen.expected).items()
        if path_of(symbol, seen.fills)[1:] != wanted
    ]
    levels = {symbol: _levels(symbol, seen.stops) for symbol in {one.symbol for one in seen.expected}}
    for symbol, rested in levels.items():
        asked = [one.stop for one in seen.expected if one.symbol == symbol and one.stop is not None]
        if rested != asked:
            problems.append(f"stops of {symbol} rested at {_arrows(rested)}, not {_arrows(asked)}")
    stops = "; ".join(f"{symbol} stop {_arrows(rested)}" for symbol, rested in levels.items() if rested)
    return _judge("tranches and stops", problems, f"{LADDER} {_arrows(path_of(LADDER, seen.fills))}; {stops}")


def once_proof(seen: MarketEvidence) -> Proof:
    """Over the kill, each decision has one order that executed all of it, and every order belongs to one decision."""
    name = "none missed, none doubled"
    if seen.kill is None:
        return Proof(name, ok=False, evidence="no worker was killed")
    closing = [one for one in seen.expected if one.closes > 0]
    problems = [*_wrong_amounts(seen, closing), *_strays(seen), *_wrong_kill(seen, seen.kill)]
    kill = seen.kill
    story = (
        f"pid {kill.killed_pid} killed {kill.killed_ms - kill.arrived_ms} ms after the order of {kill.symbol} "
        f"{kill.name} arrived, {len(kill.due_ms)} more came due while nobody watched, pid {kill.new_pid} went on; "
        f"{len(closing)} closes, {len(seen.requests)} orders"
    )
    return _judge(name, problems, story)


def money_proof(seen: MarketEvidence) -> Proof:
    """Nothing is left open, and our results agree with the exchange's books to the last digit."""
    moved = seen.ledger_pnl - seen.ledger_fees - seen.opening_fees + seen.funding
    problems = [
        *(["what is open could not be read"] if seen.still_open is None else seen.still_open),
        *([] if seen.fills else ["nothing was traded"]),
        *_unequal("PnL", seen.published_pnl, seen.ledger_pnl),
        *_unequal("fees", seen.published_fees, seen.ledger_fees),
        *_unequal("wallet", moved, seen.wallet_change),
    ]
    evidence = (
        f"no position, no resting order; realised {seen.published_pnl} by our results, {seen.ledger_pnl} by the "
        f"exchange; fees {seen.published_fees}, {seen.ledger_fees}"
    )
    return _judge("flat, and PnL to the digit", problems, evidence)


def path_of(symbol: str, fills: Iterable[FillEvidence]) -> list[Decimal]:
    """The position before each fill of ours, and after the last one."""
    own = [fill for fill in fills if fill.symbol == symbol and fill.client_order_id.startswith(OURS)]
    return [own[0].before, *(fill.after for fill in own)] if own else []


def _paths(expected: Iterable[Expected]) -> dict[str, list[Decimal]]:
    paths: dict[str, list[Decimal]] = {}
    for one in expected:
        if one.closes > 0:
            paths.setdefault(one.symbol, []).append(one.leaves)
    return paths


def _levels(symbol: str, stops: Iterable[StopEvidence]) -> list[Decimal]:
    """Where stops rested, one after the other; the same level for another quantity is the same stop."""
    levels: list[Decimal] = []
    for stop in stops:
        if stop.symbol == symbol and (not levels or levels[-1] != stop.level):
            levels.append(stop.level)
    return levels


def _carried_out(made: Made) -> bool:
    return made.outcome == _STOP_MOVED if made.stop is not None else made.outcome in _ENDINGS


def _wrong_amounts(seen: MarketEvidence, closing: Iterable[Expected]) -> list[str]:
    made = {one.key: one for one in seen.made}
    wrong = []
    for one in closing:
        found = made.get((one.symbol, one.name))
        closed = sum((fill.quantity for fill in seen.fills_of(found)), NOTHING) if found else NOTHING
        if closed != one.closes:
            wrong.append(f"{one.symbol} {one.name} closed {_plain(closed)}, not {_plain(one.closes)}")
    return wrong


def _strays(seen: MarketEvidence) -> list[str]:
    """Orders without a decision, of two, or sent again under their name."""
    owners = Counter((one.symbol, client_id) for one in seen.made for client_id in one.client_order_ids)
    sent = Counter(seen.requests)
    executed = {(fill.symbol, fill.client_order_id) for fill in seen.ours}
    return [
        *(f"{symbol} {client_id} was sent {times} times" for (symbol, client_id), times in sent.items() if times > 1),
        *(f"{symbol} {client_id} belongs to {owners[symbol, client_id]} decisions"
          for symbol, client_id in sorted(executed | set(sent)) if owners[symbol, client_id] != 1),
    ]  # fmt: skip


def _wrong_kill(seen: MarketEvidence, kill: MarketKill) -> list[str]:
    first = {key: min((fill.time_ms for fill in _of(seen, key)), default=None) for key in kill.due_ms}
    early = [key for key, at in first.items() if at is not None and at < kill.killed_ms]
    return [
        *(["the same process went on"] if kill.new_pid == kill.killed_pid else []),
        *([] if kill.watching_pid == kill.new_pid else [f"pid {kill.watching_pid} watches"]),
        *([] if kill.arrived_ms <= kill.killed_ms < kill.answer_due_ms else ["killed with no order in flight"]),
        *([] if kill.due_ms else ["nothing came due while nobody watched"]),
        *(f"{symbol} {name} was due before the kill" for (symbol, name), at in kill.due_ms.items()
          if at < kill.killed_ms),
        *(f"{symbol} {name} was done before the kill" for symbol, name in early),
    ]  # fmt: skip


def _of(seen: MarketEvidence, key: tuple[str, str]) -> tuple[FillEvidence, ...]:
    return tuple(fill for made in seen.made if made.key == key for fill in seen.fills_of(made))


def _unequal(what: str, ours: Decimal, theirs: Decimal) -> list[str]:
    return [] if ours == theirs else [f"{what} {ours} is not {theirs}"]


def _judge(name: str, problems: list[str], evidence: str) -> Proof:
    if problems:
        return Proof(name, ok=False, evidence=f"NOT: {'; '.join(sorted(problems))}; seen: {evidence}")
    return Proof(name, ok=True, evidence=evidence)


def _arrows(amounts: Iterable[Decimal | None]) -> str:
    return " → ".join(_plain(amount) for amount in amounts) or "nowhere"


def _plain(amount: Decimal | None) -> str:
    return "unknown" if amount is None else f"{amount.normalize():f}"
