"""Every row of the error table, and everything that is not in it."""

import json

import pytest

from contracts.order import Reaction, Verdict
from exchange.classify import Classification, Scope, classify
from exchange.failure import Failure, FailureKind, answered
from exchange.refusals import REFUSALS

NOW_MS = 1_800_000_000_000


def judge(
    status: int, code: int | None = None, text: str = "", headers: dict[str, str] | None = None
) -> Classification:
    body = text if code is None else json.dumps({"code": code, "msg": text})
    return classify(answered(status, body.encode(), headers or {}), NOW_MS)


UNKNOWN = [-1000, -1001, -1006, -1007, -2013, -4000, -4116, -5043]
EXPECTED: dict[Reaction, list[int]] = {
    Reaction.BACK_OFF: [-1003, -1008, -1015, -1016, -1112, -2020, -4531, -5041],
    Reaction.SLICE: [-4131],
    Reaction.NEW_ATTEMPT: [-5021, -5022],
    Reaction.RESIZE: [
        *(-1111, -4003, -4004, -4005, -4013, -4014, -4016, -4023, -4024, -4135, -4183, -4184, -4210, -4211),
    ],
    Reaction.REREAD: [
        *(-1010, -1122, -1125, -2010, -2011, -2012, -2018, -2019, -2021, -2022, -2023, -2024, -2027, -2028),
        *(-4117, -4140, -4141, -4142),
    ],
    Reaction.RECONFIGURE: [-4060, -4061, -4062, -4087, -4105, -4106, -4107, -4189, -4400, -4401],
    Reaction.CANCEL_CONFLICTING: [-2025, -4045, -4118, -4130],
    Reaction.RESYNC_CLOCK: [-1021, -5028],
    Reaction.SUCCESS: [-4046, -4059],
    Reaction.HUMAN: [
        *(-1002, -1011, -1020, -1022, -1099, -1108, -1109, -1110, -1121, -2014, -2015, -2017),
        *(-4047, -4048, -4067, -4068, -4088, -4109, -4164, -4192, -4402),
    ],
    Reaction.BUG: [
        *(-1013, -1014, -1100, -1101, -1102, -1103, -1104, -1105, -1106, -1114, -1115, -1116, -1117, -1118, -1119),
        *(-1128, -1130, -1136, -2026, -4015, -4120, -4137, -4138, -4139),
        *(-5024, -5025, -5026, -5027, -5029, -5037, -5038, -5039, -5040, -5047),
    ],
}
ROWS = [(code, reaction) for reaction, codes in EXPECTED.items() for code in codes]


@pytest.mark.parametrize(("code", "reaction"), ROWS)
def test_definite_code(code: int, reaction: Reaction) -> None:
    found = judge(400, code, "whatever")
    assert (found.verdict, found.reaction) == (Verdict.REFUSED, reaction)


@pytest.mark.parametrize("code", UNKNOWN)
def test_code_that_leaves_it_open(code: int) -> None:
    assert judge(400, code, "whatever") == Classification(Verdict.UNKNOWN)


def test_every_row_of_the_table_is_tested() -> None:
    assert set(REFUSALS) == {code for code, _ in ROWS} | set(UNKNOWN)


@pytest.mark.parametrize("status", [400, 500, 503])
def test_a_known_code_decides_whatever_the_status(status: int) -> None:
    assert judge(status, -2022).reaction is Reaction.REREAD


class TestTheTwo503:
    """The same status means "may have executed" and "certainly not"; only the text tells."""

    @pytest.mark.parametrize("code", [None, -1000, -1, 0])
    def test_unknown_error(self, code: int | None) -> None:
        found = judge(503, code, "Unknown error, please check your request or try again later.")
        assert found == Classification(Verdict.UNKNOWN)

    @pytest.mark.parametrize("code", [None, -1, 0])
    def test_service_unavailable(self, code: int | None) -> None:
        found = judge(503, code, "Service Unavailable.")
        assert found == Classification(Verdict.REFUSED, Reaction.BACK_OFF, 200)

    def test_a_gateway_page_of_that_title_proves_nothing(self) -> None:
        page = "<html><head><title>503 Service Unavailable</title></head><body>Service Unavailable.</body></html>"
        assert judge(503, None, page).verdict is Verdict.UNKNOWN

    def test_internal_error_is_asked_about(self) -> None:
        text = "Internal error; unable to process your request. Please try again."
        assert judge(503, -1001, text).verdict is Verdict.UNKNOWN

    def test_overload(self) -> None:
        assert judge(503, -1008, "Request throttled by system-level protection").reaction is Reaction.BACK_OFF


class TestWithoutACode:
    """A gateway's page, an empty body, a list: nothing that proves a refusal."""

    @pytest.mark.parametrize("status", [200, 301, 307, 400, 401, 404, 408, 413, 499, 500, 502, 503, 504, 520])
    @pytest.mark.parametrize("text", ["", "<html>Bad Gateway</html>", "[]", "null", '"text"', '{"msg": "no code"}'])
    def test_unknown(self, status: int, text: str) -> None:
        assert judge(status, None, text).verdict is Verdict.UNKNOWN

    def test_firewall(self) -> None:
        expected = Classification(Verdict.REFUSED, Reaction.BACK_OFF, 60_000, Scope.ADDRESS)
        assert judge(403, None, "<html>Forbidden</html>") == expected


class TestCodesThatAreNew:
    """The exchange adds codes; an unknown one must be neither repeated blindly nor taken for proof it is not."""

    def test_in_a_4xx_it_is_a_refusal_for_a_human(self) -> None:
        assert judge(400, -4999, "new rule") == Classification(Verdict.REFUSED, Reaction.HUMAN)

    def test_in_a_5xx_it_is_unknown(self) -> None:
        assert judge(500, -4999, "new trouble") == Classification(Verdict.UNKNOWN)

    def test_408_is_unknown_even_with_a_definite_code(self) -> None:
        assert judge(408, -2022, "Timeout").verdict is Verdict.UNKNOWN


class TestRateLimits:
    """How long to stay away: what the header says, what the text says, else a window of the exchange's limits."""

    def test_retry_after_header(self) -> None:
        found = judge(429, -1003, "Too many requests", {"Retry-After": "7"})
        assert found == Classification(Verdict.REFUSED, Reaction.BACK_OFF, 7_000, Scope.WEIGHT)

    def test_a_ban_concerns_everything(self) -> None:
        assert judge(418, -1003, "banned").throttles is Scope.ADDRESS

    def test_banned_until(self) -> None:
        text = f"Way too many requests; IP(1.2.3.4) banned until {NOW_MS + 90_500}. Please use the websocket."
        assert judge(418, -1003, text).retry_after_ms == 90_500

    def test_the_longer_of_both(self) -> None:
        text = f"banned until {NOW_MS + 90_500}"
        assert judge(418, -1003, text, {"Retry-After": "300"}).retry_after_ms == 300_000

    @pytest.mark.parametrize(("status", "wait_ms"), [(429, 60_000), (418, 120_000)])
    def test_neither(self, status: int, wait_ms: int) -> None:
        assert judge(status, None, "").retry_after_ms == wait_ms

    def test_a_ban_that_is_over_or_a_date_in_the_header(self) -> None:
        text = f"banned until {NOW_MS - 1}"
        assert judge(429, -1003, text, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}).retry_after_ms == 60_000

    def test_a_ban_never_lasts_for_ever(self) -> None:
        assert judge(418, -1003, "banned until 9999999999999").retry_after_ms == 3 * 24 * 3_600_000

    @pytest.mark.parametrize(("status", "text"), [(403, ""), (429, ""), (503, "Service Unavailable.")])
    def test_nothing_else_does_either(self, status: int, text: str) -> None:
        """A timer of more than a hundred million days is none that a workflow can start."""
        assert judge(status, None, text, {"Retry-After": "9" * 18}).retry_after_ms == 3 * 24 * 3_600_000

    @pytest.mark.parametrize("header", ["\u00b2", "9" * 5000, "-1", "1.5", " "])
    def test_a_header_that_is_no_number_counts_as_absent(self, header: str) -> None:
        assert judge(429, -1003, "", {"Retry-After": header}).retry_after_ms == 60_000

    def test_too_many_orders_concerns_orders_only(self) -> None:
        found = judge(400, -1015, "Too many new orders")
        assert (found.retry_after_ms, found.throttles) == (10_000, Scope.ORDERS)


class TestReduceOnlyInHedgeMode:
    """R55: the flag is refused there with the code of an ordinary parameter error."""

    def test_reduceonly(self) -> None:
        found = judge(400, -1106, "Parameter 'reduceonly' sent when not required.")
        assert found.reaction is Reaction.RECONFIGURE

    def test_another_parameter(self) -> None:
        assert judge(400, -1106, "Parameter 'timeInForce' sent when not required.").reaction is Reaction.BUG


class TestTransport:
    """Before writing proves, after writing does not."""

    def test_no_connection(self) -> None:
        found = classify(Failure(FailureKind.NOT_SENT, detail="ClientConnectorError"), NOW_MS)
        assert (found.verdict, found.reaction) == (Verdict.REFUSED, Reaction.BACK_OFF)
        assert found.retry_after_ms > 0

    def test_lost_answer(self) -> None:
        found = classify(Failure(FailureKind.LOST, detail="ServerDisconnectedError"), NOW_MS)
        assert found == Classification(Verdict.UNKNOWN)

    def test_our_own_gate(self) -> None:
        found = classify(Failure(FailureKind.HELD_BACK, retry_after_ms=1234), NOW_MS)
        assert found == Classification(Verdict.REFUSED, Reaction.BACK_OFF, 1234)


class TestText:
    """What may travel into a workflow history."""

    @pytest.mark.parametrize(
        "echo", ["signature=abcdef0123&x=1", "https://h/fapi/v1/order?symbol=X&signature=ff", "key " + "Kk9" * 20]
    )
    def test_secrets_are_removed(self, echo: str) -> None:
        text = answered(400, json.dumps({"code": -1100, "msg": echo}).encode(), {}).text
        assert "abcdef0123" not in text
        assert "=ff" not in text
        assert "Kk9Kk9" not in text

    def test_ordinary_messages_stay(self) -> None:
        text = "Invalid API-key, IP, or permissions for action. Signature for this request is not valid."
        assert answered(401, json.dumps({"code": -2015, "msg": text}).encode(), {}).describe() == f"-2015: {text}"

    def test_length(self) -> None:
        assert len(answered(502, b"<html>" + b"x y" * 10_000, {}).text) <= 300
