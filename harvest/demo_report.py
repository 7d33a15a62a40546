"""What a demo came to."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from contracts.names import close_workflow_id
from harvest.binaries import as_typed, redis_client_binary
from harvest.close_record import CloseRecord
from harvest.demo_script import EMERGENCY
from harvest.market_record import MarketRecord
from harvest.proofs import Proof
from harvest.stack import Stack


@dataclass(frozen=True)
class Addresses:
    """Where the stack can be reached while it runs."""

    ui: str
    temporal: str
    redis: str
    exchange: str
    account: str

    @classmethod
    def of(cls, stack: Stack) -> "Addresses":
        """Of a running stack."""
        return cls(stack.ui_url, stack.temporal_address, stack.redis_url, stack.exchange_url, stack.config.account)

    @property
    def query_line(self) -> str:
        """Temporal's own way to ask for a close."""
        workflow_id = close_workflow_id(self.account, EMERGENCY.symbol)
        query = f"workflow query --workflow-id {workflow_id} --type status --address {self.temporal}"
        return f"{as_typed('temporal')} {query}"

    @property
    def status_line(self) -> str:
        """Our way to ask for the same."""
        return f"{as_typed('harvest')} status {EMERGENCY.symbol} --address {self.temporal}"

    def add_line(self, wire: Mapping[str, str]) -> str:
        """A command that adds a decision to the stream."""
        client = redis_client_binary()
        if client is None:
            send = f"{as_typed('harvest')} send {wire['symbol']} --action {wire['action']}"
            return f"{send} --percentage {wire['percentage']} --reason '{wire['reason']}' --redis-url {self.redis}"
        pairs = " ".join(f"{name} '{value}'" for name, value in wire.items() if name != "timestamp")
        return f"{client.name} -u {self.redis} XADD quantum:stream:harvest.intent '*' {pairs}"


@dataclass(frozen=True)
class DemoReport:
    """Every close, the scripted market, the proofs of both, and where to look further."""

    closes: tuple[CloseRecord, ...]
    market: MarketRecord
    proofs: tuple[Proof, ...]
    addresses: Addresses
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether every close ended as it must and every proof holds."""
        return bool(self.closes) and all(close.ok for close in self.closes) and all(proof.ok for proof in self.proofs)

    def as_json(self) -> dict[str, object]:
        """One object for machines."""
        return {
            "ok": self.ok,
            "seconds": round(self.seconds, 2),
            "closes": [close.as_json() for close in self.closes],
            "market": self.market.as_json(),
            "proofs": [asdict(proof) for proof in self.proofs],
            "ui": self.addresses.ui,
            "temporal_address": self.addresses.temporal,
            "redis_url": self.addresses.redis,
            "exchange_url": self.addresses.exchange,
            "query": self.addresses.query_line,
            "status": self.addresses.status_line,
        }
