"""Search attributes of a close: what operators filter by in the Temporal UI and with ``temporal workflow list``.

Set at the start and upserted at most once, at the end: visibility writes are the server's largest cost.
Values are never encrypted, so there is nothing secret among them.
"""

from typing import Final

from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from contracts.intent import CloseIntent

Key = SearchAttributeKey[str] | SearchAttributeKey[float]

SYMBOL: Final = SearchAttributeKey.for_keyword("HarvestSymbol")
SIDE: Final = SearchAttributeKey.for_keyword("HarvestSide")
ACTION: Final = SearchAttributeKey.for_keyword("HarvestAction")
ACCOUNT: Final = SearchAttributeKey.for_keyword("HarvestAccount")
OUTCOME: Final = SearchAttributeKey.for_keyword("HarvestOutcome")
R: Final = SearchAttributeKey.for_float("HarvestR")
KILL_SCORE: Final = SearchAttributeKey.for_float("HarvestKillScore")

ALL: Final[tuple[Key, ...]] = (SYMBOL, SIDE, ACTION, ACCOUNT, OUTCOME, R, KILL_SCORE)


def start_attributes(intent: CloseIntent, account: str) -> TypedSearchAttributes:
    """What is known before the first snapshot; R is the producer's claim until the close knows better."""
    pairs: list[SearchAttributePair[str] | SearchAttributePair[float]] = [
        SearchAttributePair(SYMBOL, intent.symbol),
        SearchAttributePair(ACTION, intent.action),
        SearchAttributePair(ACCOUNT, account),
    ]
    if intent.side is not None:
        pairs.append(SearchAttributePair(SIDE, intent.side.value))
    if intent.r_net is not None:
        pairs.append(SearchAttributePair(R, float(intent.r_net)))  # an index value; nothing is computed from it
    return TypedSearchAttributes(pairs)
