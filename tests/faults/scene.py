"""A table of scenes: each is one close on a symbol of its own, under its own faults; all of a table run at once."""

import asyncio
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Any

from tests.lab import Lab

ORDER = "POST /fapi/v1/order"
POSITION = "GET /fapi/v3/positionRisk"
SYMBOLS = (
    "SOLUSDT", "ETHUSDT", "XRPUSDT", "BNBUSDT", "ADAUSDT", "AEVOUSDT", "ACTUSDT", "BERAUSDT", "ALGOUSDT", "BREVUSDT",
    "FLOWUSDT", "INJUSDT", "DOGEUSDT", "BTCUSDT",
)  # fmt: skip
TOO_LATE = frozenset({-1021, -5028})
FULL, HALF = ("CLOSE", ""), ("PARTIAL_CLOSE", "0.5")
Fault = dict[str, object]


@dataclass(frozen=True)
class Ending:
    """How a close ended, by the published result and by the exchange's own books."""

    outcome: str
    filled: Decimal
    """As the result claims."""
    left: Decimal
    """The position, as the exchange has it."""
    sent: int
    """Order requests of ours that arrived in time; on a busy machine one may not, and is refused and sent again."""
    executions: tuple[Decimal, ...]
    """What each order of ours executed, those that executed nothing left out."""


def ended(outcome: str, left: int | str, *executions: int | str, sent: int, filled: int | str | None = None) -> Ending:
    """An ending as a table writes it; claimed is what was executed, unless told otherwise."""
    parts = tuple(Decimal(part) for part in executions)
    claimed = sum(parts, Decimal(0)) if filled is None else Decimal(filled)
    return Ending(outcome, claimed, Decimal(left), sent, parts)


@dataclass(frozen=True)
class Scene:
    """A position of 100, a decision about it, and what goes wrong."""

    name: str
    expected: Ending
    faults: tuple[Fault, ...]
    decision: tuple[str, str] = HALF
    """Action and percentage."""
    side: str = "LONG"
    stop: str = ""
    """Quantity of a protective stop that waits; it fires at half the price."""
    target: str = ""
    """Quantity of a reduce-only limit order that rests far away."""


def between(*acts: Fault) -> Fault:
    """Somebody acts between our read and our order. A price is a factor of the mark."""
    return {"kind": "meanwhile", "before": list(acts)}


def trade(quantity: str, side: str = "LONG") -> Fault:
    """Somebody else opens, or closes (below zero, or all)."""
    return {"do": "position", "side": side, "quantity": quantity}


STOP_FIRES: tuple[Fault, ...] = ({"do": "price", "price": "0.4"}, {"do": "price", "price": "1"})
"""The price falls through the stop of a scene and comes back."""


async def play(lab: Lab, *scenes: Scene) -> dict[str, Ending]:
    """Play all scenes at once; how each ended, by name."""
    assert len(scenes) <= len(SYMBOLS)
    pairs = list(zip(scenes, SYMBOLS, strict=False))
    endings = await asyncio.gather(*(_played(lab, scene, symbol) for scene, symbol in pairs))
    return {scene.name: ending for scene, ending in zip(scenes, endings, strict=True)}


def expected(*scenes: Scene) -> dict[str, Ending]:
    """What the table says."""
    return {scene.name: scene.expected for scene in scenes}


async def struck(lab: Lab) -> list[dict[str, Any]]:
    """The log of what was injected."""
    injected: list[dict[str, Any]] = (await lab.call("GET", "/sim/faults"))["injected"]
    return injected


async def _played(lab: Lab, scene: Scene, symbol: str) -> Ending:
    await lab.open(symbol, scene.side, "100")
    await _rest(lab, scene, symbol)
    mark = await _mark(lab, symbol)
    for fault in scene.faults:
        await lab.call("POST", "/sim/faults", **_about(symbol, mark, {"symbol": symbol} | fault))
    action, percentage = scene.decision
    result = await lab.close(symbol, action, **({"percentage": percentage} if percentage else {}))
    return await ending(lab, symbol, result)


async def ending(lab: Lab, symbol: str, result: dict[str, str]) -> Ending:
    """What became of it."""
    rows = (await lab.call("GET", "/sim/ledger", symbol=symbol))["fills"]
    executions: dict[int, Decimal] = {}
    for row in rows:
        if row["actor"] == "account" and row["client_order_id"].startswith("hv-"):
            executions[row["order_id"]] = executions.get(row["order_id"], Decimal(0)) + Decimal(row["quantity"])
    arrived = [row for row in await lab.requests(symbol) if row["code"] not in TOO_LATE]
    return Ending(
        result["outcome"],
        Decimal(result["filled_qty"]),
        await lab.position(symbol),
        len(arrived),
        tuple(executions.values()),
    )


async def _rest(lab: Lab, scene: Scene, symbol: str) -> None:
    if not scene.stop and not scene.target:
        return
    assert lab.exchange is not None
    client, mark = lab.exchange._client, await _mark(lab, symbol)
    exit_side, stop, target = ("SELL", "0.5", "1.1") if scene.side == "LONG" else ("BUY", "2", "0.9")
    if scene.stop:
        await client.futures_create_algo_order(
            algoType="CONDITIONAL", symbol=symbol, side=exit_side, type="STOP_MARKET", quantity=scene.stop,
            triggerPrice=_round(mark * Decimal(stop)), reduceOnly="true",
        )  # fmt: skip
    if scene.target:
        await client.futures_create_order(
            symbol=symbol, side=exit_side, type="LIMIT", timeInForce="GTC", quantity=scene.target,
            price=_round(mark * Decimal(target)), reduceOnly="true",
        )  # fmt: skip


def _round(price: Decimal) -> str:
    """Two digits: a multiple of every tick."""
    return f"{Context(prec=2).plus(price):f}"


async def _mark(lab: Lab, symbol: str) -> Decimal:
    rows = await lab.call("GET", "/sim/positions")
    return next(Decimal(row["mark_price"]) for row in rows if row["symbol"] == symbol)


def _about(symbol: str, mark: Decimal, fault: Fault) -> Fault:
    """The fault with its acts about this symbol, at this price."""
    acts = {when: [_act(symbol, mark, act) for act in _acts(fault, when)] for when in ("before", "after")}
    return fault | acts


def _acts(fault: Fault, when: str) -> list[Fault]:
    acts = fault.get(when, [])
    assert isinstance(acts, list)
    return acts


def _act(symbol: str, mark: Decimal, act: Fault) -> Fault:
    if act["do"] in {"mode", "clock", "behaviour"}:
        return act
    priced = {"price": str(mark * Decimal(str(act["price"])))} if "price" in act else {}
    return {"symbol": symbol, **act, **priced}
