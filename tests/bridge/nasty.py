"""Entries that somebody will send one day, by name, each with the field that its dead letter must blame."""

import json
from typing import Final

Fields = dict[bytes, bytes]

_GOOD: Final = {b"symbol": b"ETHUSDT", b"action": b"CLOSE"}


def _with(**more: str | bytes) -> Fields:
    encoded = {name.encode(): value if isinstance(value, bytes) else value.encode() for name, value in more.items()}
    return {**_GOOD, **encoded}


def _payload(content: object, name: str = "payload") -> Fields:
    return {name.encode(): json.dumps(content).encode()}


def _text(payload: bytes) -> Fields:
    return {b"payload": payload}


_DECISION: Final = {"symbol": "ETHUSDT", "action": "CLOSE"}

NASTY: Final[dict[str, tuple[Fields, str]]] = {
    # binary
    "value is no text": (_with(reason=b"\xff\xfe\x00"), "reason"),
    "name is no text": ({**_GOOD, b"sym\xffbol": b"x"}, "sym\\xffbol"),
    "symbol of zero bytes": (_with(symbol=b"\x00\x00\x00"), "symbol"),
    "half an emoji": (_with(action=b"\xf0\x9f\x98"), "action"),
    "gzip": (_text(b"\x1f\x8b\x08\x00\x00\x00\x00\x00"), "payload"),
    "pickle": (_text(b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00}\x94."), "payload"),
    "overlong encoding": (_with(symbol=b"\xc0\xafETH"), "symbol"),
    "UTF-16": (_with(action="CLOSE".encode("utf-16")), "action"),
    # oversized
    "a reason of a megabyte": (_with(reason="x" * 1_000_000), "reason"),
    "a name of a hundred kilobytes": ({**_GOOD, b"n" * 100_000: b"x"}, "n" * 64),
    "ten thousand fields": (
        {**_GOOD, **{f"field{number}".encode(): b"value" for number in range(10_000)}},
        "field1000",
    ),
    "nested ten thousand deep": (_text(b'{"payload":' * 5000 + b"1" + b"}" * 5000), "payload"),
    "a list nested thousands deep": (_text(b"[" * 30_000 + b"]" * 30_000), "payload"),
    "envelopes five deep": (_payload({"payload": {"payload": {"payload": {"payload": _DECISION}}}}), "payload"),
    # nothing in it
    "no decision": ({b"hello": b"world"}, "symbol"),
    "everything empty": ({b"": b""}, "symbol"),
    "symbol empty": (_with(symbol=""), "symbol"),
    "action missing": ({b"symbol": b"ETHUSDT"}, "action"),
    "action of spaces": (_with(action="   "), "action"),
    "harvest_action only (R18)": ({b"symbol": b"ETHUSDT", b"harvest_action": b"FULL_CLOSE_PROPOSED"}, "action"),
    # wrong types
    "payload is a list": (_payload([_DECISION]), "payload"),
    "payload is a number": (_text(b"42"), "payload"),
    "payload is null": (_text(b"null"), "payload"),
    "payload is half a JSON": (_text(b'{"symbol": "ETHUSDT", "act'), "payload"),
    "payload is Python": (_text(b"{'symbol': 'ETHUSDT', 'action': 'CLOSE'}"), "payload"),
    "symbol is an object": (_payload({**_DECISION, "symbol": {"name": "ETHUSDT"}}), "symbol"),
    "percentage is a list": (_payload({**_DECISION, "percentage": [0.25]}), "percentage"),
    "percentage is true": (_payload({**_DECISION, "percentage": True}), "percentage"),
    "percentage is NaN": (_with(percentage="NaN"), "percentage"),
    "percentage is infinite": (_text(b'{"symbol":"ETHUSDT","action":"CLOSE","percentage":Infinity}'), "percentage"),
    "percentage is negative": (_with(percentage="-0.25"), "percentage"),
    "percentage is zero": (_with(percentage="0"), "percentage"),
    "percentage is above everything": (_with(percentage="101"), "percentage"),
    "percentage with a sign": (_with(percentage="25%"), "percentage"),
    "percentage of four thousand digits": (_with(percentage="0." + "3" * 4000), "percentage"),
    "percentage in Arabic digits": (_with(percentage="\u0660.\u0662\u0665"), "percentage"),
    "quantity to the power of a billion": (_with(quantity="1e999999999"), "quantity"),
    "quantity below any step": (_with(action="PARTIAL_CLOSE", quantity="1e-30"), "quantity"),
    "quantity with a sign": (_with(quantity="-5"), "quantity"),
    "quantity with a comma": (_with(quantity="1,5"), "quantity"),
    "R is no number": (_with(R_net="-inf"), "R_net"),
    "an integer of sixty thousand digits": (_with(pnl_usd="9" * 60_000), "pnl_usd"),
    "side is a direction": (_with(side="UP"), "side"),
    # contradictions
    "two percentages": (_with(percentage="0.25", pct="50"), "pct"),
    "two sides": (_with(side="LONG", position_side="SHORT"), "position_side"),
    "a field twice in one object": (_text(b'{"symbol":"ETHUSDT","symbol":"BTCUSDT","action":"CLOSE"}'), "symbol"),
    "envelope and content differ": ({**_payload(_DECISION), b"symbol": b"BTCUSDT"}, "symbol"),
    "a rehearsal": (_with(dry_run="true"), "dry_run"),
    # times
    "decided in the year 2099": (_with(timestamp="2099-01-01T00:00:00Z"), "timestamp"),
    "decided before computers": (_with(timestamp="1066-10-14"), "timestamp"),
    "time is a word": (_with(timestamp="yesterday"), "timestamp"),
    "time is negative": (_with(ts_epoch="-1"), "ts_epoch"),
    "time of twenty digits": (_with(ts="9" * 20), "ts"),
    # hostile
    "SQL": (_with(symbol="ETH'; DROP TABLE positions;--"), "symbol"),
    "a path": (_with(symbol="../../etc/passwd"), "symbol"),
    "a format string": (_with(symbol="%s%s%n{0.__class__}"), "symbol"),
    "a template": (_with(action="{{7*7}}"), "action"),
    "a new line in the action": (_with(action="CLOSE\nXADD"), "action"),
    "look-alike letters": (_with(symbol="ЕTHUSDT"), "symbol"),  # noqa: RUF001 - that is the point
    "right to left": (_with(symbol="\u202eTDSUHTE"), "symbol"),
    "half a character by escape": (_text(b'{"symbol":"ETHUSDT","action":"CLOSE","intent_id":"\\ud800"}'), "intent_id"),
    "a symbol of thirty-one letters": (_with(symbol="A" * 31), "symbol"),
}
