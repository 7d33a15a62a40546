"""The exchange's error codes as data: what each one says about the order and what it asks of us.

Every code that a close can meet is here, once. UNKNOWN stands where the code leaves open whether the order executed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from contracts.order import Reaction


@dataclass(frozen=True, slots=True)
class Refusal:
    """What one code means."""

    code: int
    name: str
    reaction: Reaction | None
    """None: whether it executed is unknown, ask the exchange."""
    wait_ms: int = 0
    """How long to wait before the reaction."""


_UNKNOWN: Final[dict[int, str]] = {
    -1000: "UNKNOWN",
    -1001: "DISCONNECTED",
    -1006: "UNEXPECTED_RESP",
    -1007: "TIMEOUT",
    -2013: "NO_SUCH_ORDER",
    -4000: "INVALID_ORDER_STATUS",
    -4116: "DUPLICATED_CLIENT_ORDER_ID",  # an open order has this id: find it and adopt it
    -5043: "MODIFICATION_PENDING",
}

_BACK_OFF: Final[dict[int, tuple[str, int]]] = {
    -1003: ("TOO_MANY_REQUESTS", 60_000),
    -1008: ("THROTTLED", 500),
    -1015: ("TOO_MANY_ORDERS", 10_000),
    -1016: ("SERVICE_SHUTTING_DOWN", 10_000),
    -1112: ("NO_DEPTH", 1_000),
    -2020: ("UNABLE_TO_FILL", 500),
    -4531: ("MODE_MERGE", 5_000),
    -5041: ("BBO_ORDER_REJECT", 500),
}

_SLICE: Final[dict[int, tuple[str, int]]] = {-4131: ("MARKET_ORDER_REJECT", 1_000)}

_REREAD: Final[dict[int, tuple[str, int]]] = {
    -1010: ("ERROR_MSG_RECEIVED", 0),
    -1122: ("INVALID_SYMBOL_STATUS", 1_000),
    -1125: ("INVALID_LISTEN_KEY", 0),
    -2010: ("NEW_ORDER_REJECTED", 0),
    -2011: ("CANCEL_REJECTED", 0),
    -2012: ("CANCEL_ALL_FAIL", 0),
    -2018: ("BALANCE_NOT_SUFFICIENT", 0),
    -2019: ("MARGIN_NOT_SUFFICIENT", 0),
    -2021: ("ORDER_WOULD_IMMEDIATELY_TRIGGER", 0),
    -2022: ("REDUCE_ONLY_REJECT", 0),
    -2023: ("USER_IN_LIQUIDATION", 2_000),
    -2024: ("POSITION_NOT_SUFFICIENT", 0),
    -2027: ("MAX_LEVERAGE_RATIO", 0),
    -2028: ("MIN_LEVERAGE_RATIO", 0),
    -4117: ("STOP_ORDER_TRIGGERING", 1_500),
    -4140: ("SYMBOL_NOT_OPEN", 1_000),
    -4141: ("SYMBOL_CLOSED", 1_000),
    -4142: ("STRATEGY_INVALID_TRIGGER_PRICE", 0),
}

_PLAIN: Final[dict[Reaction, dict[int, str]]] = {
    Reaction.NEW_ATTEMPT: {-5021: "FOK_ORDER_REJECT", -5022: "GTX_ORDER_REJECT"},
    Reaction.RESIZE: {
        -1111: "BAD_PRECISION",
        -4003: "QTY_LESS_THAN_ZERO",
        -4004: "QTY_LESS_THAN_MIN_QTY",
        -4005: "QTY_GREATER_THAN_MAX_QTY",
        -4013: "PRICE_LESS_THAN_MIN_PRICE",
        -4014: "PRICE_NOT_INCREASED_BY_TICK_SIZE",
        -4016: "PRICE_HIGHER_THAN_MULTIPLIER_UP",
        -4023: "QTY_NOT_INCREASED_BY_STEP_SIZE",
        -4024: "PRICE_LOWER_THAN_MULTIPLIER_DOWN",
        -4135: "INVALID_ACTIVATION_PRICE",
        -4183: "PRICE_HIGHER_THAN_STOP_MULTIPLIER_UP",
        -4184: "PRICE_LOWER_THAN_STOP_MULTIPLIER_DOWN",
        -4210: "STOP_PRICE_HIGHER_THAN_CAP",
        -4211: "STOP_PRICE_LOWER_THAN_CAP",
    },
    Reaction.RECONFIGURE: {
        -4060: "INVALID_POSITION_SIDE",
        -4061: "POSITION_SIDE_NOT_MATCH",
        -4062: "REDUCE_ONLY_CONFLICT",
        # The following forbid only opening. Every ticket of ours reduces, so a refusal means that the exchange did not
        # see it as reducing: our picture of the account is wrong.
        -4087: "REDUCE_ONLY_ORDER_PERMISSION",
        -4105: "SYMBOL_REDUCE_ONLY",
        -4106: "SYMBOL_REDUCE_ONLY_BUY",
        -4107: "SYMBOL_REDUCE_ONLY_SELL",
        -4189: "ACCOUNT_REDUCE_ONLY",
        -4400: "QUANTITATIVE_RULE",
        -4401: "LARGE_POSITION_RULE",
    },
    Reaction.CANCEL_CONFLICTING: {
        -2025: "MAX_OPEN_ORDER_EXCEEDED",
        -4045: "MAX_STOP_ORDER_EXCEEDED",
        -4118: "REDUCE_ONLY_MARGIN_CHECK_FAILED",
        -4130: "CLOSE_POSITION_STOP_EXISTS",
    },
    Reaction.RESYNC_CLOCK: {-1021: "INVALID_TIMESTAMP", -5028: "ME_RECVWINDOW_REJECT"},  # R60
    Reaction.SUCCESS: {-4046: "NO_NEED_TO_CHANGE_MARGIN_TYPE", -4059: "NO_NEED_TO_CHANGE_POSITION_SIDE"},
    Reaction.HUMAN: {
        -1002: "UNAUTHORIZED",
        -1011: "NON_WHITE_LIST",
        -1020: "UNSUPPORTED_OPERATION",
        -1022: "INVALID_SIGNATURE",  # we send the very bytes that we sign, so what is left is a wrong secret
        -1099: "NOT_FOUND",
        -1108: "BAD_ASSET",
        -1109: "BAD_ACCOUNT",
        -1110: "BAD_INSTRUMENT_TYPE",
        -1121: "BAD_SYMBOL",
        -2014: "BAD_API_KEY_FMT",
        -2015: "REJECTED_MBX_KEY",
        -2017: "API_KEYS_LOCKED",
        -4047: "MARGIN_TYPE_HAS_ORDERS",
        -4048: "MARGIN_TYPE_HAS_POSITION",
        -4067: "POSITION_SIDE_HAS_ORDERS",
        -4068: "POSITION_SIDE_HAS_POSITION",
        -4088: "NO_PLACE_ORDER_PERMISSION",
        -4109: "INACTIVE_ACCOUNT",
        -4164: "MIN_NOTIONAL",  # reduce-only is exempt; hedge dust that the exchange will not take needs a human
        -4192: "COOLING_OFF_PERIOD",
        -4402: "COMPLIANCE_BLACK_SYMBOL",
    },
    Reaction.BUG: {
        -1013: "INVALID_MESSAGE",
        -1014: "UNKNOWN_ORDER_COMPOSITION",
        **dict.fromkeys(range(-1106, -1099), "PARAMETER"),
        -1114: "TIF_NOT_REQUIRED",
        -1115: "INVALID_TIF",
        -1116: "INVALID_ORDER_TYPE",
        -1117: "INVALID_SIDE",
        -1118: "EMPTY_NEW_CL_ORD_ID",
        -1119: "EMPTY_ORG_CL_ORD_ID",
        -1128: "OPTIONAL_PARAMS_BAD_COMBO",
        -1130: "INVALID_PARAMETER",
        -1136: "INVALID_NEW_ORDER_RESP_TYPE",
        -2026: "REDUCE_ONLY_ORDER_TYPE_NOT_SUPPORTED",
        -4015: "INVALID_CL_ORD_ID_LEN",
        -4120: "STOP_ORDER_SWITCH_ALGO",
        **dict.fromkeys((-4137, -4138, -4139), "CLOSE_POSITION_COMBINATION"),
        **dict.fromkeys((-5024, -5025, -5026, -5027, -5029, -5047), "AMENDMENT"),
        **dict.fromkeys((-5037, -5038, -5039, -5040), "PRICE_MATCH_OR_STP_OR_GTD"),
    },
}


def _all() -> Iterator[Refusal]:
    for code, name in _UNKNOWN.items():
        yield Refusal(code, name, None)
    for code, (name, wait_ms) in _BACK_OFF.items():
        yield Refusal(code, name, Reaction.BACK_OFF, wait_ms)
    for code, (name, wait_ms) in _SLICE.items():
        yield Refusal(code, name, Reaction.SLICE, wait_ms)
    for code, (name, wait_ms) in _REREAD.items():
        yield Refusal(code, name, Reaction.REREAD, wait_ms)
    for reaction, names in _PLAIN.items():
        for code, name in names.items():
            yield Refusal(code, name, reaction)


REFUSALS: Final[dict[int, Refusal]] = {refusal.code: refusal for refusal in _all()}

CREDENTIAL_CODES: Final = frozenset({-1002, -1011, -1022, -2014, -2015, -2017})
CLOCK_CODES: Final = frozenset({-1021, -5028})
NO_SUCH_ORDER: Final = -2013
CANCEL_REJECTED: Final = -2011
REDUCE_ONLY_REJECT: Final = -2022
BAD_SYMBOL: Final = -1121
