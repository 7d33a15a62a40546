"""Whether a call may go out now: gates that the exchange closed, and budgets that it gives."""

from dataclasses import dataclass, field, replace

import pytest

from exchange.allowance import Allowance, of_refusal, of_rows
from exchange.call import Call
from exchange.classify import Scope
from exchange.leases import LASTS_MS, WHOLE
from exchange.limits import Limits, Passage, Usage, Wait
from exchange.promises import KEPT_MS

ORDER = Call("POST", "/fapi/v1/order", "h", "ETHUSDT", "hv-a-full-1", urgency=2)
POSITION = "/fapi/v3/positionRisk"

EMERGENCY = replace(ORDER, urgency=3)


def read(symbol: str = "ETHUSDT", path: str = POSITION, *, background: bool = False) -> Call:
    return Call("GET", path, "h", symbol, background=background)


@dataclass
class Desk:
    """Limits on clocks that the test turns."""

    now: int = 1_800_000_000_000 - 1_800_000_000_000 % 60_000 + 1_000
    limits: Limits = field(init=False)

    def __post_init__(self) -> None:
        self.limits = Limits(lambda: self.now, lambda: self.now / 1000)

    def may(self, call: Call) -> bool:
        return self.limits.wait(call).ms == 0

    def done(self, call: Call, **headers: int) -> Passage:
        passage = self.limits.take(call)
        names = {"weight": "X-MBX-USED-WEIGHT-1M", "ten": "X-MBX-ORDER-COUNT-10S", "minute": "X-MBX-ORDER-COUNT-1M"}
        self.limits.answered(passage, {names[key]: str(value) for key, value in headers.items()}, refused=False)
        return passage

    def spend(self, calls: int, call: Call) -> int:
        """How many of so many such calls may go out."""
        return sum(self.done(call) is not None for _ in range(calls) if self.may(call))


class TestUnknownBudget:
    def test_what_tells_the_budget_does_not_wait_for_one_that_is_only_assumed(self) -> None:
        desk = Desk()
        info = Call("GET", "/fapi/v1/exchangeInfo", "h", None)
        desk.done(Call("GET", "/fapi/v1/time", "h", None), weight=9_000)  # others spent more than we thought there is

        assert not desk.may(read())
        assert desk.may(info)
        desk.limits.adopt(Allowance(weight_1m=9_000))
        assert not desk.may(info)
        desk.limits.adopt(Allowance(weight_1m=10_000))
        assert desk.may(read())

    def test_a_ban_holds_it_back_all_the_same(self) -> None:
        desk = Desk()
        desk.limits.close(Scope.ADDRESS, 2_000)

        assert not desk.may(Call("GET", "/fapi/v1/exchangeInfo", "h", None))


class TestGates:
    def test_a_ban_holds_everything_back(self) -> None:
        desk = Desk()
        desk.limits.close(Scope.ADDRESS, 2_000)
        desk.now += 500
        assert {desk.limits.wait(call).ms for call in (ORDER, read(), read(background=True))} == {1_500}
        assert "banned" in desk.limits.wait(ORDER).why
        desk.now += 1_500
        assert desk.may(ORDER)

    def test_an_order_limit_holds_only_orders_back(self) -> None:
        desk = Desk()
        desk.limits.close(Scope.ORDERS, 10_000)
        assert (desk.limits.wait(read()).ms, desk.limits.wait(ORDER).ms) == (0, 10_000)

    def test_throttled_reads_leave_the_way_of_an_order_free(self) -> None:
        desk = Desk()
        desk.limits.close(Scope.WEIGHT, 10_000)
        assert (desk.limits.wait(read()).ms, desk.limits.wait(ORDER).ms) == (10_000, 0)

    def test_a_shorter_wait_never_shortens_a_longer_one(self) -> None:
        desk = Desk()
        desk.limits.close(Scope.ADDRESS, 10_000)
        desk.limits.close(Scope.ADDRESS, 1_000)
        assert desk.limits.wait(read()).ms == 10_000

    def test_a_ban_is_told(self, capsys: pytest.CaptureFixture[str]) -> None:
        Desk().limits.close(Scope.ADDRESS, 120_000)
        assert "banned this address" in (said := capsys.readouterr().out)
        assert "120000" in said


class TestOrders:
    def test_no_more_than_the_account_may(self) -> None:
        desk = Desk()
        assert desk.spend(1_000, ORDER) == 300
        desk.now += 10_000
        assert desk.spend(1_000, ORDER) == 300

    def test_no_more_than_the_account_may_in_a_minute(self) -> None:
        desk = Desk()
        sent = 0
        for _ in range(6):
            sent += desk.spend(1_000, ORDER)
            desk.now += 10_000
        assert sent == 1_200

    def test_a_refused_order_took_no_place(self) -> None:
        desk = Desk()
        desk.limits.adopt(Allowance(orders_10s=1))
        desk.limits.answered(desk.limits.take(ORDER), {}, refused=True)
        assert desk.may(ORDER)

    def test_an_order_whose_answer_is_lost_took_one(self) -> None:
        desk = Desk()
        desk.limits.adopt(Allowance(orders_10s=1))
        desk.limits.lost(desk.limits.take(ORDER), sent=True)
        assert not desk.may(ORDER)

    def test_one_that_never_left_did_not(self) -> None:
        desk = Desk()
        desk.limits.adopt(Allowance(orders_10s=1))
        desk.limits.lost(desk.limits.take(ORDER), sent=False)
        assert desk.may(ORDER)

    def test_those_who_are_turned_away_are_spread_over_the_next_intervals(self) -> None:
        desk = Desk()
        desk.limits.adopt(Allowance(orders_10s=2))
        desk.spend(2, ORDER)
        told = [desk.limits.promise(ORDER, desk.limits.wait(ORDER)).ms for _ in range(5)]
        first = desk.limits.wait(ORDER).ms
        assert told == [first, first, first + 10_000, first + 10_000, first + 20_000]

    def test_an_emergency_comes_back_in_the_next_interval_whoever_was_promised_it(self) -> None:
        desk = Desk()
        desk.limits.adopt(Allowance(orders_10s=1))
        desk.spend(1, ORDER)
        for _ in range(3):
            desk.limits.promise(ORDER, desk.limits.wait(ORDER))
        assert desk.limits.promise(EMERGENCY, desk.limits.wait(EMERGENCY)) == desk.limits.wait(EMERGENCY)

    def test_its_slot_is_kept_for_it_and_not_for_long(self) -> None:
        desk = Desk()
        desk.limits.adopt(Allowance(orders_10s=1))
        desk.spend(1, ORDER)
        wait = desk.limits.promise(EMERGENCY, desk.limits.wait(EMERGENCY))
        desk.now += wait.ms
        assert desk.limits.wait(ORDER) == Wait(KEPT_MS, "more urgent orders go first")
        assert desk.may(EMERGENCY)
        desk.now += KEPT_MS
        assert desk.may(ORDER)

    def test_a_promise_is_kept_once(self) -> None:
        desk = Desk()
        desk.limits.adopt(Allowance(orders_10s=2))
        desk.spend(2, ORDER)
        desk.now += desk.limits.promise(EMERGENCY, desk.limits.wait(EMERGENCY)).ms
        assert desk.spend(1, EMERGENCY) == 1
        assert desk.may(ORDER)


class TestWeight:
    def test_orders_cost_none(self) -> None:
        desk = Desk()
        desk.done(read(), weight=2_400)
        assert (desk.may(read()), desk.may(ORDER)) == (False, True)

    def test_background_reads_take_half_at_most(self) -> None:
        desk = Desk()
        assert desk.spend(1_000, read(background=True)) * 5 == 1_200
        assert desk.may(read())

    def test_a_burst_of_a_hundred_closes_fits_into_a_minute(self) -> None:
        desk = Desk()
        for symbol in [f"S{number}USDT" for number in range(100)]:
            assert desk.spend(4, read(symbol)) == 4  # 20 in all

    def test_closes_that_have_begun_can_end_although_more_want_to_begin(self) -> None:
        """Otherwise the whole minute goes into first reads, no order goes out, and the next minute is the same."""
        desk = Desk()
        symbols = [f"S{number}USDT" for number in range(400)]
        begun = [symbol for symbol in symbols if desk.spend(2, read(symbol)) == 2]
        ended = [symbol for symbol in begun if desk.spend(2, read(symbol)) == 2]
        assert begun == ended
        assert len(begun) == 2_400 // WHOLE

    def test_a_close_that_gave_up_keeps_nothing(self) -> None:
        desk = Desk()
        desk.limits.adopt(Allowance(weight_1m=2 * WHOLE))
        desk.done(read("AUSDT"))
        desk.done(read("BUSDT"))
        assert desk.limits.wait(read("CUSDT")).ms == LASTS_MS
        desk.now += LASTS_MS
        assert desk.may(read("CUSDT"))

    def test_a_limit_below_what_a_close_costs_is_no_reason_never_to_begin(self) -> None:
        desk = Desk()
        desk.limits.adopt(Allowance(weight_1m=WHOLE // 2))
        assert desk.may(read())

    def test_it_is_free_again_in_the_next_minute(self) -> None:
        desk = Desk()
        desk.done(read(), weight=2_400)
        wait = desk.limits.wait(read())
        desk.now += wait.ms - 1
        assert not desk.may(read())
        desk.now += 1
        assert desk.may(read())


class TestUsage:
    def test_counters_stand_until_an_answer_carries_new_ones(self) -> None:
        desk = Desk()
        assert desk.limits.usage == Usage()
        desk.done(ORDER, weight=17, ten=2, minute=3)
        desk.done(read(), weight=18)
        desk.limits.answered(desk.limits.take(read()), {"X-MBX-USED-WEIGHT-1M": "nonsense"}, refused=False)
        assert desk.limits.usage == Usage(weight_1m=18, orders_10s=2, orders_1m=3)


class TestAllowance:
    def test_exchange_info(self) -> None:
        rows = [
            {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 6000},
            {"rateLimitType": "ORDERS", "interval": "MINUTE", "intervalNum": 1, "limit": 1200},
            {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 300},
            {"rateLimitType": "SOMETHING_NEW", "interval": "DAY", "intervalNum": 1, "limit": 5},
            "odd",
        ]
        assert of_rows(rows) == Allowance(6000, 300, 1200)

    def test_two_rows_are_no_error(self) -> None:
        """The documentation has no row for ten seconds; the exchange does."""
        assert of_rows([]) == Allowance()

    @pytest.mark.parametrize(
        ("message", "allowed"),
        [
            ("Too many new orders; current limit is 5 orders per 10 SECOND.", Allowance(orders_10s=5)),
            ("Too many new orders; current limit is 50 orders per 1 MINUTE.", Allowance(orders_1m=50)),
            ("Too many new orders; current limit is 50 orders per MINUTE.", Allowance(orders_1m=50)),
            ("Too many requests; current limit is 2400 requests per minute.", Allowance(weight_1m=2400)),
            ("current limit of IP(1.2.3.4) is 1200 requests per minute. Please use the websocket", Allowance(1200)),
            ("Too many new orders; current limit is 5 orders per 2 DAY.", Allowance()),
            ("Way too many requests; IP(1.2.3.4) banned until 1800000000000.", Allowance()),
            ("", Allowance()),
        ],
    )
    def test_refusals_that_name_the_limit(self, message: str, allowed: Allowance) -> None:
        assert of_refusal(message) == allowed


def test_a_wait_of_nothing_needs_no_reason() -> None:
    assert Desk().limits.wait(ORDER) == Wait(0)
