"""Time and rate, on a clock that the test turns."""

from dataclasses import dataclass

from exchange.classify import Scope
from exchange.clock import ExchangeClock
from exchange.limits import Limits, Usage


@dataclass
class Dial:
    """A clock to turn by hand, seconds."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


class TestClock:
    def test_half_a_round_trip_is_taken_off(self) -> None:
        dial = Dial()
        clock = ExchangeClock(dial, wall=lambda: 5.0)
        asked = clock.reading()
        dial.now += 0.200
        clock.adopt(1_800_000_000_000, asked)
        assert clock.now_ms() == 1_800_000_000_100
        dial.now += 1.5
        assert clock.now_ms() == 1_800_000_001_600

    def test_before_the_first_synchronisation_it_is_the_hosts(self) -> None:
        clock = ExchangeClock(Dial(), wall=lambda: 1_800_000_000.5)
        assert clock.now_ms() == 1_800_000_000_500
        assert clock.age_s() == float("inf")

    def test_the_hosts_date_may_jump(self) -> None:
        """R60: nothing but the monotonic clock is read after construction."""
        dial, wall = Dial(), Dial(1_800_000_000.0)
        clock = ExchangeClock(dial, wall)
        wall.now += 86_400
        assert clock.now_ms() == 1_800_000_000_000


class TestLimits:
    def test_counters_stand_until_an_answer_carries_new_ones(self) -> None:
        limits = Limits()
        assert limits.usage == Usage()
        limits.read({"X-MBX-USED-WEIGHT-1M": "17", "X-MBX-ORDER-COUNT-10S": "2", "X-MBX-ORDER-COUNT-1M": "3"})
        limits.read({"X-MBX-USED-WEIGHT-1M": "18"})
        limits.read({"X-MBX-USED-WEIGHT-1M": "nonsense"})
        assert limits.usage == Usage(weight_1m=18, orders_10s=2, orders_1m=3)

    def test_a_ban_holds_everything_back(self) -> None:
        dial = Dial()
        limits = Limits(dial)
        limits.close(Scope.ADDRESS, 2_000)
        dial.now += 0.5
        assert (limits.wait_ms(order=False), limits.wait_ms(order=True)) == (1_500, 1_500)
        dial.now += 1.5
        assert limits.wait_ms(order=True) == 0

    def test_an_order_limit_holds_only_orders_back(self) -> None:
        limits = Limits(Dial())
        limits.close(Scope.ORDERS, 10_000)
        assert (limits.wait_ms(order=False), limits.wait_ms(order=True)) == (0, 10_000)

    def test_a_shorter_wait_never_shortens_a_longer_one(self) -> None:
        limits = Limits(Dial())
        limits.close(Scope.ADDRESS, 10_000)
        limits.close(Scope.ADDRESS, 1_000)
        assert limits.wait_ms(order=False) == 10_000
