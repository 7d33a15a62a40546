"""The exchange's clock from here, on clocks that the test turns (R60)."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from exchange.clock import ExchangeClock


@dataclass
class Dial:
    """A clock to turn by hand, seconds."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class World:
    """Our clock, and the exchange's: it ticks a little faster or slower, and the host's date may be anything."""

    monotonic: Dial
    wall: Dial
    true_ms: float
    drift: float

    def pass_by(self, seconds: float) -> None:
        self.monotonic.now += seconds
        self.wall.now += seconds
        self.true_ms += seconds * 1000 * (1 + self.drift)

    def synchronise(self, clock: ExchangeClock, there_s: float, back_s: float) -> None:
        """One question on its way there and back; the exchange reads its clock when it arrives."""
        asked = clock.reading()
        self.pass_by(there_s)
        answer = int(self.true_ms)
        self.pass_by(back_s)
        clock.adopt(answer, asked)


def world(wall: float = 0.0, true_ms: float = 1_800_000_000_000.0, drift: float = 0.0) -> tuple[World, ExchangeClock]:
    monotonic, date = Dial(), Dial(wall)
    return World(monotonic, date, true_ms, drift), ExchangeClock(monotonic, date)


def test_half_a_round_trip_is_taken_off() -> None:
    here, clock = world(wall=5.0)
    here.synchronise(clock, 0.1, 0.1)
    assert clock.now_ms() == 1_800_000_000_200
    here.pass_by(1.5)
    assert clock.now_ms() == 1_800_000_001_700


def test_before_the_first_synchronisation_it_is_the_hosts() -> None:
    clock = ExchangeClock(Dial(), wall=lambda: 1_800_000_000.5)
    assert clock.now_ms() == 1_800_000_000_500
    assert clock.age_s() == float("inf")


seconds = st.floats(0, 86_400, allow_nan=False)
trips = st.floats(0, 3, allow_nan=False)
dates = st.floats(0, 4e9, allow_nan=False)


@given(wall=dates, there=trips, back=trips, later=seconds)
def test_r60_it_is_never_further_off_than_half_the_round_trip(
    wall: float, there: float, back: float, later: float
) -> None:
    """However wrong the host's date is, and however lopsided the way."""
    here, clock = world(wall)
    here.synchronise(clock, there, back)
    here.pass_by(later)
    assert abs(clock.now_ms() - here.true_ms) <= (there + back) / 2 * 1000 + 2


@given(jumps=st.lists(st.tuples(st.floats(-1e9, 1e9, allow_nan=False), seconds), max_size=5))
def test_r60_the_hosts_date_may_jump_as_it_likes(jumps: list[tuple[float, float]]) -> None:
    here, clock = world()
    here.synchronise(clock, 0.01, 0.01)
    for jump, later in jumps:
        here.wall.now += jump
        here.pass_by(later)
        assert abs(clock.now_ms() - here.true_ms) <= 12


@given(drift=st.floats(-100e-6, 100e-6), spells=st.lists(st.floats(0, 180, allow_nan=False), min_size=1, max_size=20))
def test_r60_drift_never_adds_up_over_synchronisations(drift: float, spells: list[float]) -> None:
    """A bad crystal is 100 millionths off; every three minutes we ask, so it is never off by more than 18 ms."""
    here, clock = world(drift=drift)
    for spell in spells:
        here.synchronise(clock, 0.02, 0.02)
        here.pass_by(spell)
        assert abs(clock.now_ms() - here.true_ms) <= 18 + 20 + 2


@given(
    ahead_ms=st.integers(-(10**9), 10**9),
    trip=st.floats(0, 1, allow_nan=False),
)
def test_r60_one_synchronisation_sets_right_whatever_the_exchange_did_to_its_clock(ahead_ms: int, trip: float) -> None:
    here, clock = world()
    here.synchronise(clock, 0.0, 0.0)
    here.true_ms += ahead_ms
    here.synchronise(clock, trip / 2, trip / 2)
    assert abs(clock.now_ms() - here.true_ms) <= 2


@given(readings=st.lists(st.floats(0, 100, allow_nan=False), min_size=2, max_size=10))
def test_between_synchronisations_it_never_goes_back(readings: list[float]) -> None:
    here, clock = world()
    here.synchronise(clock, 0.05, 0.0)
    shown = []
    for spell in readings:
        here.pass_by(spell)
        shown.append(clock.now_ms())
    assert shown == sorted(shown)
