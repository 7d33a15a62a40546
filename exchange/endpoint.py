"""Where and as whom to talk to the exchange."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from contracts.errors import InvalidSettings
from contracts.mode import Venue
from exchange.hosts import origin_for, stream_origins_for


class ExchangeEndpoint(BaseModel):
    """One account at one venue.

    Raises:
        InvalidSettings: venue and address contradict each other, or a credential is missing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    venue: Venue
    base_url: str = ""
    """Empty for the venue's own address; needed for the simulator."""
    api_key: SecretStr
    api_secret: SecretStr
    account_alias: str = ""
    """The exchange's own name of the account. If given, nothing is sent before the keys are known to be its."""
    read_timeout: float = Field(default=3.0, gt=0)
    """Seconds for a read, from start to last byte."""
    order_timeout: float = Field(default=2.5, gt=0)
    """Seconds for the answer to a new order. After it the outcome is unknown and gets settled."""
    user_stream: bool = False
    """Listen to the account's user stream, for hints."""

    @model_validator(mode="after")
    def _contradictions(self) -> Self:
        origin_for(self.venue, self.base_url)
        if not self.api_key.get_secret_value() or not self.api_secret.get_secret_value():
            raise InvalidSettings(f"venue {self.venue.value} needs an API key and its secret; one of them is empty")
        return self

    @property
    def origin(self) -> str:
        """Scheme, host and port, without a path."""
        return origin_for(self.venue, self.base_url)

    @property
    def stream_origins(self) -> tuple[str, ...]:
        """Where the streams are, as wss://host; to be tried in turn."""
        return stream_origins_for(self.venue, self.base_url)
