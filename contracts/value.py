"""The base of every value that crosses a process: frozen, typed, Decimal as text."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, PlainSerializer

OrderId = Annotated[int, PlainSerializer(str, when_used="json")]
"""An exchange's order id. Text in JSON: it can be beyond 2^53, where readers that think in floats would round it."""


class Value(BaseModel):
    """A frozen value.

    Unknown fields are ignored, so that a worker of the previous build can read what the next one wrote;
    a new field therefore always carries a default. Decimals travel as JSON strings.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_timedelta="iso8601")
