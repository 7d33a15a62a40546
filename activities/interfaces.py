"""What a workflow may ask for. Signatures only: the implementations stand beside this file.

Everything but :meth:`Orders.place_order` reads, or writes idempotently, and may run any number of times.
"""

from abc import ABC, abstractmethod

from temporalio import activity

from contracts.close import ConcludeRequest, Conclusion, LookFacts, LookRequest, PublishRequest
from contracts.flatten import FlattenStatus, HaltRequest, HandedOver, HandOver, Survey
from contracts.order import SendReport, Ticket
from contracts.reconcile import ReconcileLook, ReconcileReport, ReconcileRequest, SettleRequest
from contracts.resting import CancelRequest
from contracts.safety import SafetyReading
from contracts.snapshot import Snapshot, SnapshotRequest
from contracts.stop import StopLook, StopReport, StopsRequest, StopsView, StopTicket
from contracts.watch import WatchRequest, WatchStatus


class Reads(ABC):
    """Looking at the exchange."""

    @activity.defn(name="take_snapshot")
    @abstractmethod
    async def take_snapshot(self, request: SnapshotRequest) -> Snapshot:
        """One read of everything that the decision needs."""

    @activity.defn(name="look_for_order")
    @abstractmethod
    async def look_for_order(self, request: LookRequest) -> LookFacts:
        """One look for a ticket whose fate is unknown."""


class Orders(ABC):
    """Changing something at the exchange."""

    @activity.defn(name="place_order")
    @abstractmethod
    async def place_order(self, ticket: Ticket) -> SendReport:
        """Send one order, once. The only step with consequences: one attempt, never retried."""

    @activity.defn(name="cancel_resting")
    @abstractmethod
    async def cancel_resting(self, request: CancelRequest) -> int:
        """Cancel these resting orders; returns how many are gone."""


class Results(ABC):
    """Saying how it ended."""

    @activity.defn(name="confirm_verify_publish")
    @abstractmethod
    async def confirm_verify_publish(self, request: ConcludeRequest) -> Conclusion:
        """Read fills and position; if the position is where it should be, publish the result.

        Three steps in one activity, because each recorded step costs a history event and two milliseconds, and
        because publishing must only ever follow a verification that was just made.
        """

    @activity.defn(name="publish")
    @abstractmethod
    async def publish(self, request: PublishRequest) -> int:
        """Publish results; one that was published before is left alone. Returns how many were new."""


class Closes(ABC):
    """Giving decisions to the symbols' closes."""

    @activity.defn(name="hand_over")
    @abstractmethod
    async def hand_over(self, request: HandOver) -> HandedOver:
        """Start the symbol's close or join it; nothing if the same decision is being carried out there."""


class Safety(ABC):
    """Looking at the whole account for the safety net."""

    @activity.defn(name="read_for_safety")
    @abstractmethod
    async def read_for_safety(self) -> SafetyReading:
        """Positions, margin and opening times, straight from the exchange."""


class Reconciling(ABC):
    """Comparing the records of positions with the exchange."""

    @activity.defn(name="compare_records")
    @abstractmethod
    async def compare_records(self, request: ReconcileRequest) -> ReconcileLook:
        """The first read: what is not as it should be. Changes nothing."""

    @activity.defn(name="settle_records")
    @abstractmethod
    async def settle_records(self, request: SettleRequest) -> ReconcileReport:
        """The second read: what is the same as in the first one is put right, or told in shadow mode.

        A repeat finds what was done before as it should be.
        """


class Flattening(ABC):
    """What closing everything needs beside the closes."""

    @activity.defn(name="survey_account")
    @abstractmethod
    async def survey_account(self) -> Survey:
        """Every position of the account, and what could be in the way of closing it."""

    @activity.defn(name="halt_new_risk")
    @abstractmethod
    async def halt_new_risk(self, request: HaltRequest) -> bool:
        """Set the switch that the entry services read. False in shadow mode or for another account: then it is not."""

    @activity.defn(name="tell_flattened")
    @abstractmethod
    async def tell_flattened(self, status: FlattenStatus) -> bool:
        """Report the end on the original's stream, once. False if that was done before."""


class Watching(ABC):
    """Looking after open positions."""

    @activity.defn(name="watch_account")
    @abstractmethod
    async def watch_account(self, request: WatchRequest) -> WatchStatus:
        """Judge every position again and again and write what is decided, for one turn; returns the last pass.

        Beats all the while. Any number of workers may do it at once: a decision has one name, whoever makes it.
        """


class Stops(ABC):
    """Protective stops that rest at the exchange."""

    @activity.defn(name="read_stops")
    @abstractmethod
    async def read_stops(self, request: StopsRequest) -> StopsView:
        """One read of position and resting stops."""

    @activity.defn(name="place_stop")
    @abstractmethod
    async def place_stop(self, ticket: StopTicket) -> StopReport:
        """Send one stop, once: one attempt, never retried."""

    @activity.defn(name="look_for_stop")
    @abstractmethod
    async def look_for_stop(self, ticket: StopTicket) -> StopLook:
        """One look for a stop by its name: whether it rests, or what became of it."""
