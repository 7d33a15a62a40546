"""The ways to Temporal and Redis: they wait, and say for what."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from structlog.testing import capture_logs
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.testing import WorkflowEnvironment

from contracts import search
from contracts.errors import DependencyUnavailable, InvalidSettings
from runtime.patience import patiently, pauses
from runtime.redis_client import address_of, connect_redis, wait_for_redis
from runtime.settings import Settings
from runtime.telemetry import Telemetry, start_telemetry
from runtime.temporal import connect_temporal, ensure_search_attributes
from tests.bridge.servers import RedisServer, free_port, start_temporal

SHORT = timedelta(milliseconds=300)


@pytest.fixture(scope="module")
def telemetry() -> Telemetry:
    return start_telemetry(Settings())


@pytest.fixture
async def temporal() -> AsyncIterator[WorkflowEnvironment]:
    environment = await start_temporal()
    yield environment
    await environment.shutdown()


async def test_search_attributes_are_created_once_and_usable(temporal: WorkflowEnvironment) -> None:
    for _ in range(2):
        await ensure_search_attributes(temporal.client, deadline=timedelta(seconds=20))
    for key in search.ALL:
        assert (await temporal.client.count_workflows(f"{key.name} IS NOT NULL")).count == 0


async def test_an_attribute_of_another_type_is_refused(temporal: WorkflowEnvironment) -> None:
    wrong = {search.R.name: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD}
    await temporal.client.operator_service.add_search_attributes(
        AddSearchAttributesRequest(namespace="default", search_attributes=wrong)
    )
    with pytest.raises(InvalidSettings, match="HarvestR must be Double"):
        await ensure_search_attributes(temporal.client)


async def test_the_client_is_as_the_worker_needs_it(temporal: WorkflowEnvironment, telemetry: Telemetry) -> None:
    address = temporal.client.service_client.config.target_host
    environment = {"TEMPORAL_ADDRESS": address, "TEMPORAL_NAMESPACE": "default"}
    client = await connect_temporal(Settings(consumer="me"), telemetry, environment=environment)
    assert client.identity.startswith("me ")
    assert len(client.config()["interceptors"]) == 1
    assert client.data_converter.payload_converter_class.__name__ == "PydanticPayloadConverter"


async def test_waiting_for_temporal_is_logged_and_ends(telemetry: Telemetry) -> None:
    port = free_port()
    with capture_logs() as lines, pytest.raises(DependencyUnavailable, match=f"at 127\\.0\\.0\\.1:{port}"):
        await connect_temporal(
            Settings(), telemetry, deadline=SHORT, environment={"TEMPORAL_ADDRESS": f"127.0.0.1:{port}"}
        )
    assert "waiting for" in lines[0]["event"]


async def test_temporals_configuration_must_be_readable(telemetry: Telemetry, tmp_path: Path) -> None:
    file = tmp_path / "temporal.toml"
    file.write_text("[profile")
    with pytest.raises(InvalidSettings, match="Temporal's configuration"):
        await connect_temporal(Settings(), telemetry, environment={"TEMPORAL_CONFIG_FILE": str(file)})


async def test_redis_is_waited_for(tmp_path: Path) -> None:
    server = RedisServer(tmp_path)
    client = connect_redis(server.url)
    with pytest.raises(DependencyUnavailable, match="Redis at 127"):
        await wait_for_redis(client, server.url, deadline=SHORT)
    waiting = asyncio.create_task(wait_for_redis(client, server.url))
    await asyncio.to_thread(server.start)
    await asyncio.wait_for(waiting, 10)
    assert await client.get("absent") is None
    server.kill()
    with pytest.raises(RedisConnectionError):
        await client.get("absent")
    await client.aclose()


def test_an_address_has_no_password() -> None:
    assert address_of("redis://user:geheim@host:1/0") == "host:1"
    assert address_of("unix:///run/redis.sock") == "/run/redis.sock"


def test_pauses_grow() -> None:
    assert [pauses(tries) for tries in (1, 2, 50)] == [0.2, 0.4, 5.0]


async def test_what_is_not_absence_is_raised_at_once() -> None:
    async def broken() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await patiently("x", broken, (ConnectionError,))
