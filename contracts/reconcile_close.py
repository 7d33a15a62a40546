"""An entry of ``reconcile.close`` as a decision of ``harvest.intent``. Pure.

The original's reconciler writes ``decision`` where others write ``action``, and may sign its entries.
"""

import hmac
from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from contracts.envelope import opened
from contracts.errors import InvalidIntent
from contracts.wire_time import entry_time

ACTION: Final = "RECONCILE_CLOSE"
LINK: Final = "reconcile_entry"
"""Field of the decision: the entry that it comes from."""
SIGNED: Final = ("plan_id", "symbol", "qty", "ts", "signature")
"""What the original's signature is made over, with ``|`` between."""
_HANDED_ON: Final = ("plan_id", "symbol", "side", "qty", "reason", "source", "ts", "account", "traceparent", "dry_run")
_KNOWN: Final = frozenset({*_HANDED_ON, *SIGNED, "decision", "action", "type", "reduceOnly", "hmac"})
_SIDES: Final = frozenset({"BUY", "SELL", "LONG", "SHORT"})
_NOTHING: Final = frozenset({"", "none", "null"})


def as_decision(entry_id: str, fields: Mapping[str, str], secret: bytes | None) -> dict[str, str]:
    """The fields of the decision.

    Args:
        entry_id: of the stream entry; its time is the decision's if none is given, however late it is read (R65).
        secret: if given, an entry that is not signed with it is refused.

    Raises:
        InvalidIntent: naming the field.
    """
    said = {name: text.strip() for name, text in opened(fields, _KNOWN).items() if text.strip().lower() not in _NOTHING}
    if secret is not None:
        _check_signature(said, secret)
    _check_words(said)
    handed_on: dict[str, str] = {name: said[name] for name in _HANDED_ON if name in said}
    handed_on.setdefault("ts", str(int(entry_time(entry_id).timestamp() * 1000)))
    return {**handed_on, "action": ACTION, LINK: entry_id}


def signature_of(said: Mapping[str, str], secret: bytes) -> str:
    """HMAC-SHA-256 in hexadecimal digits, over the texts as they are on the wire."""
    text = "|".join(said.get(name, "") for name in SIGNED)
    return hmac.new(secret, text.encode(), sha256).hexdigest()


def _check_signature(said: Mapping[str, str], secret: bytes) -> None:
    given = said.get("hmac", "").lower()
    if not hmac.compare_digest(given.encode(), signature_of(said, secret).encode()):
        wrong = f"is not that of {'|'.join(SIGNED)} under HARVEST_RECONCILE_SECRET; check the producer's secret"
        raise InvalidIntent("hmac", wrong if given else "is missing; with HARVEST_RECONCILE_SECRET entries are signed")


def _check_words(said: Mapping[str, str]) -> None:
    for name in ("decision", "action"):
        if said.get(name, ACTION).upper() != ACTION:
            raise InvalidIntent(name, f"is {said[name][:40]!r}: on this stream only {ACTION} is a decision")
    if "decision" not in said and "action" not in said:
        raise InvalidIntent("decision", f"is missing; {ACTION} was expected")
    for name in ("side", "qty"):  # without them it would be everything, of whichever side is open by now
        if name not in said:
            raise InvalidIntent(name, "is missing; side and quantity of what is too much were expected")
    if said["side"].upper() not in _SIDES:
        raise InvalidIntent("side", f"is {said['side'][:40]!r}: BUY or SELL was expected")
    if said.get("type", "MARKET").upper() != "MARKET":
        raise InvalidIntent("type", f"is {said['type'][:40]!r}: closes are MARKET orders")
    if said.get("reduceOnly", "true").lower() not in ("true", "1", "yes"):
        raise InvalidIntent("reduceOnly", f"is {said['reduceOnly'][:40]!r}: a close only ever reduces")
