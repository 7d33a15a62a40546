"""What a workflow may ask for. Signatures only: the implementations stand beside this file.

Everything but :meth:`Orders.place_order` reads, or writes idempotently, and may run any number of times.
"""

from abc import ABC, abstractmethod

from temporalio import activity

from contracts.close import CancelRequest, ConcludeRequest, Conclusion, LookFacts, LookRequest, PublishRequest
from contracts.order import SendReport, Ticket
from contracts.snapshot import Snapshot, SnapshotRequest


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
