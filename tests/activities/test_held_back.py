"""A ban is seen in the metrics: by orders and by reads that it made wait."""

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.runtime import BufferedMetricUpdate, MetricBuffer, Runtime, TelemetryConfig
from temporalio.testing import ActivityEnvironment

from activities.failures import as_application_errors
from activities.held_back import count_held_back
from contracts.errors import ExchangeThrottled, ExchangeUnavailable


@pytest.fixture
def buffer() -> MetricBuffer:
    return MetricBuffer(100)


@pytest.fixture
def environment(buffer: MetricBuffer) -> ActivityEnvironment:
    measured = ActivityEnvironment()
    measured.metric_meter = Runtime(telemetry=TelemetryConfig(metrics=buffer)).metric_meter
    return measured


def of_ours(buffer: MetricBuffer) -> list[BufferedMetricUpdate]:
    return [update for update in buffer.retrieve_updates() if update.metric.name == "harvest_held_back"]


def test_an_order_that_has_to_wait_is_counted(buffer: MetricBuffer, environment: ActivityEnvironment) -> None:
    environment.run(count_held_back, "order")

    [update] = of_ours(buffer)
    assert (update.value, update.attributes["what"]) == (1, "order")


def test_a_read_that_has_to_wait_is_counted_and_one_that_failed_is_not(
    buffer: MetricBuffer, environment: ActivityEnvironment
) -> None:
    def read(failure: Exception) -> None:
        with as_application_errors():
            raise failure

    for failure in (ExchangeThrottled("banned", 5_000), ExchangeUnavailable("no answer")):
        with pytest.raises(ApplicationError):
            environment.run(read, failure)

    [update] = of_ours(buffer)
    assert update.attributes["what"] == "read"
