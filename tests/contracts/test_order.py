"""What an order says of itself."""

import pytest
from pydantic import ValidationError

from contracts.order import Ticket
from tests.activities.samples import ticket


def test_r66_whether_an_order_only_reduces_is_said_and_never_a_default() -> None:
    said = ticket().model_dump()
    del said["reduce_only"]

    with pytest.raises(ValidationError, match="reduce_only"):
        Ticket.model_validate(said)
