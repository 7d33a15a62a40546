"""The scripted market of the demo, from its first position to the books that it is judged by."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from harvest.demo_stage import Stage
from harvest.mailbox import Result
from harvest.market_evidence import OURS, Made, MarketEvidence, MarketKill
from harvest.market_proofs import market_proofs
from harvest.market_rows import MarketRow, row_of_decision
from harvest.market_script import EXPECTED, SYMBOLS
from harvest.market_stage import MarketStage, Say
from harvest.market_tape import Decision, Tape
from harvest.market_world import MarketWorld
from harvest.proofs import Proof
from kernel.rules import ORDER

Show = Callable[[MarketRow], None]
RULES = tuple(rule.__name__ for rule in ORDER)
"""The watch's, each by the name that its decisions carry."""


@dataclass(frozen=True)
class MarketRecord:
    """What the market came to."""

    evidence: MarketEvidence
    began_ms: int
    """Epoch milliseconds of the first position."""

    @property
    def proofs(self) -> tuple[Proof, ...]:
        """Judged from the evidence alone."""
        return market_proofs(self.evidence)

    def as_json(self) -> dict[str, object]:
        """Plain values; numbers as text, with all their digits."""
        seen = self.evidence
        return {
            "decisions": [self._decision(made) for made in seen.made],
            "stops": [
                {"symbol": one.symbol, "level": str(one.level), "quantity": str(one.quantity), "status": one.status}
                for one in seen.stops
            ],
            "still_open": None if seen.still_open is None else list(seen.still_open),
            "money": {
                "realized_pnl_published": str(seen.published_pnl),
                "realized_pnl_ledger": str(seen.ledger_pnl),
                "fees_published": str(seen.published_fees),
                "fees_ledger": str(seen.ledger_fees),
                "opening_fees_ledger": str(seen.opening_fees),
                "funding": str(seen.funding),
                "wallet_before": str(seen.wallet_before),
                "wallet_after": str(seen.wallet_after),
            },
            "kill": None if seen.kill is None else _kill(seen.kill),
        }

    def _decision(self, made: Made) -> dict[str, object]:
        fills = self.evidence.fills_of(made)
        return {
            "ms": made.written_ms - self.began_ms,
            "symbol": made.symbol,
            "rule": made.rule,
            "name": made.name,
            "action": made.action,
            "reason": made.reason,
            "R_net": _text(made.r),
            "kill_score": _text(made.kill_score),
            "outcome": made.outcome,
            "closed": str(sum((fill.quantity for fill in fills), Decimal(0))),
            "position_after": str(fills[-1].after) if fills else None,
            "stop_price": _text(made.stop),
            "realized_pnl": str(made.realized_pnl),
            "commission": str(made.commission),
            "client_order_ids": list(made.client_order_ids),
        }


async def play_market(stage: Stage, say: Say, show: Show) -> MarketRecord:
    """All beats, on an account that is flat when they begin."""
    outside, witness, account = stage.outside, stage.witness, stage.stack.config.account
    await outside.close_everything()
    wallet, fills, requests = await outside.wallet(), await outside.fills(), await outside.requests()
    began_ms = time.time_ns() // 1_000_000

    def shown(decision: Decision) -> None:
        show(row_of_decision(decision, began_ms))

    async with MarketWorld(stage.stack.redis_url, account) as world, Tape(stage.stack.redis_url, shown) as tape:
        market = MarketStage(stage, world, tape, say)
        await market.begin()
        kill = await market.play()
        still_open = await market.still_open()
        await world.forget(SYMBOLS)
    evidence = MarketEvidence(
        expected=EXPECTED,
        rules=RULES,
        made=tuple(_made(decision) for decision in tape.decisions),
        requests=tuple(
            (one.symbol, one.client_order_id)
            for one in (await outside.requests())[len(requests) :]
            if one.client_order_id.startswith(OURS)
        ),
        fills=tuple((await outside.fills())[len(fills) :]),
        stops=tuple([stop for symbol in SYMBOLS for stop in await witness.stops(symbol)]),
        still_open=still_open,
        wallet_before=wallet,
        wallet_after=await outside.wallet(),
        funding=await witness.funding(began_ms),
        kill=kill,
    )
    return MarketRecord(evidence, began_ms)


def _made(decision: Decision) -> Made:
    result = decision.result
    fields = result.fields if result else {}
    return Made(
        symbol=decision.symbol,
        rule=decision.rule,
        name=decision.name,
        action=decision.intent["action"],
        reason=decision.intent.get("reason", ""),
        written_ms=decision.written_ms,
        r=decision.number("R_net"),
        kill_score=decision.number("kill_score"),
        stop=_number(result, "stop_price") if decision.moves_stop else None,
        outcome=result.outcome if result else "",
        client_order_ids=tuple(text for text in fields.get("client_order_id", "").split(",") if text),
        realized_pnl=_number(result, "realized_pnl") or Decimal(0),
        commission=_number(result, "commission") or Decimal(0),
    )


def _number(result: Result | None, name: str) -> Decimal | None:
    text = result.fields.get(name, "") if result else ""
    return Decimal(text) if text else None


def _text(number: Decimal | None) -> str:
    return "" if number is None else f"{number:f}"


def _kill(kill: MarketKill) -> dict[str, object]:
    return {
        "in_flight": f"{kill.symbol} {kill.name}",
        "killed_pid": kill.killed_pid,
        "new_pid": kill.new_pid,
        "watching_pid": kill.watching_pid,
        "order_arrived_ms": kill.arrived_ms,
        "killed_ms": kill.killed_ms,
        "answer_due_ms": kill.answer_due_ms,
        "due_while_nobody_watched": [f"{symbol} {name}" for symbol, name in kill.due_ms],
    }
