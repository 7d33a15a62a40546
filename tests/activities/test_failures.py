"""Every expected failure reaches the workflow under a name of its own, and its result is not lost with Redis."""

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.confirmation import Confirmation
from activities.failures import as_application_errors
from activities.look import OrderLook
from activities.publisher import Publisher
from activities.reads import ExchangeReads
from activities.results import VerifiedResults
from activities.snapshot import SnapshotReader
from contracts.close import LookRequest, PublishRequest
from contracts.errors import CredentialsRefused, ExchangeRefused, ExchangeThrottled, ExchangeUnavailable
from runtime.redis_client import connect_redis
from tests.activities.fake_exchange import FakeExchange, Trades, Views
from tests.activities.samples import conclude_request, order, result, ticket, trade
from tests.activities.test_snapshot import NoHints
from tests.bridge.servers import free_port


@pytest.mark.parametrize(
    ("raised", "name"),
    [
        (ExchangeUnavailable("no answer"), "ExchangeUnavailable"),
        (ExchangeRefused(-1100, "Illegal characters."), "ExchangeRefused"),
        (ExchangeRefused(-1121, "Invalid symbol."), "UnknownSymbol"),
        (CredentialsRefused(-2015, "Invalid API-key"), "CredentialsRefused"),
        (ExchangeThrottled("429", 1500), "ExchangeThrottled"),
        (RedisConnectionError("refused"), "DependencyUnavailable"),
    ],
)
def test_the_name_of_a_failure_is_what_retry_policies_match_on(raised: Exception, name: str) -> None:
    with pytest.raises(ApplicationError) as failed, as_application_errors():
        raise raised

    assert failed.value.type == name


def test_a_symbol_that_does_not_exist_is_not_asked_for_again() -> None:
    with pytest.raises(ApplicationError) as failed, as_application_errors():
        raise ExchangeRefused(-1121, "Invalid symbol.")

    assert failed.value.non_retryable


def test_a_throttle_carries_how_long_to_keep_away() -> None:
    with pytest.raises(ApplicationError) as failed, as_application_errors():
        raise ExchangeThrottled("429", 1500)

    assert failed.value.details == (1500,)


def test_r75_a_bug_is_not_dressed_up_as_an_expected_failure() -> None:
    with pytest.raises(AttributeError), as_application_errors():
        raise AttributeError("R_net")


async def test_a_look_at_an_exchange_that_is_away_fails_by_name() -> None:
    exchange = FakeExchange(away=True)
    reads = ExchangeReads(SnapshotReader(exchange, NoHints()), OrderLook(exchange))

    with pytest.raises(ApplicationError) as failed:
        await ActivityEnvironment().run(reads.look_for_order, LookRequest(ticket=ticket()))

    assert failed.value.type == "ExchangeUnavailable"


async def test_r79_a_verified_close_is_verified_also_when_redis_is_down() -> None:
    dead = connect_redis(f"redis://127.0.0.1:{free_port()}/0")
    exchange = FakeExchange(fills=Views[Trades]((trade(11, "-10", order_id=7),)))
    results = VerifiedResults(exchange, Confirmation(exchange), Publisher(dead, "build"))

    conclusion = await ActivityEnvironment().run(
        results.confirm_verify_publish, conclude_request(order(7, "hv-a-full-1", original="10"))
    )

    await dead.aclose()
    assert (conclusion.verified, conclusion.published) == (True, False)
    assert conclusion.problem.startswith("redis: ")


async def test_publishing_to_a_redis_that_is_down_fails_by_name_and_is_tried_again() -> None:
    dead = connect_redis(f"redis://127.0.0.1:{free_port()}/0")
    results = VerifiedResults(FakeExchange(), Confirmation(FakeExchange()), Publisher(dead, "build"))

    with pytest.raises(ApplicationError) as failed:
        await ActivityEnvironment().run(results.publish, PublishRequest(results=(result(),)))

    await dead.aclose()
    assert failed.value.type == "DependencyUnavailable"
    assert not failed.value.non_retryable
