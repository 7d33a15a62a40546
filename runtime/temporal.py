"""The way to Temporal."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from opentelemetry.trace import TracerProvider
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.contrib.opentelemetry import TracingInterceptor
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.envconfig import ClientConfig, ClientConnectConfig
from temporalio.service import RetryConfig, RPCError, RPCStatusCode

from contracts import search
from contracts.errors import InvalidSettings
from runtime.patience import first_line, patiently
from runtime.settings import Settings
from runtime.telemetry import Telemetry

DEFAULT_ADDRESS: Final = "127.0.0.1:7233"
DATA_CONVERTER: Final = pydantic_data_converter
"""How values are written into histories, and read back."""
_RETRIES: Final = RetryConfig(max_interval_millis=1000, max_retries=20)
"""As it comes the pause grows to 5 s: too long for a close that waits while Temporal is back already."""
NOT_ALLOWED: Final = (RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNIMPLEMENTED, RPCStatusCode.UNAUTHENTICATED)


def interceptors(provider: TracerProvider) -> Sequence[TracingInterceptor]:
    """What stands between Temporal and our code, in a worker and in what replays its workflows."""
    return [TracingInterceptor(provider.get_tracer("harvest.temporal"))]


async def connect_temporal(
    settings: Settings,
    telemetry: Telemetry,
    *,
    deadline: timedelta | None = None,
    environment: Mapping[str, str] | None = None,
) -> Client:
    """A client by Temporal's own environment configuration, traced, with our data converter.

    The interceptor is on the client; a worker inherits it and must not be given a second one.

    Args:
        deadline: how long to wait for the server; None waits for ever.
        environment: read instead of the process's.

    Raises:
        InvalidSettings: the configuration cannot be read.
        DependencyUnavailable: the deadline passed.
    """
    config = connect_config(environment)
    config.setdefault("target_host", DEFAULT_ADDRESS)

    async def connect() -> Client:
        return await Client.connect(
            **config,
            identity=f"{settings.consumer} {settings.build}",
            data_converter=DATA_CONVERTER,
            interceptors=interceptors(telemetry.provider),
            runtime=telemetry.runtime,
            retry_config=_RETRIES,
        )

    return await patiently(f"Temporal at {config['target_host']}", connect, (RuntimeError, RPCError), deadline)


def connect_config(environment: Mapping[str, str] | None = None) -> ClientConnectConfig:
    """What Temporal's own environment configuration says. Raises InvalidSettings if it cannot be read."""
    try:
        return ClientConfig.load_client_connect_config(override_env_vars=environment)
    except (RuntimeError, ValueError, TypeError) as error:
        raise InvalidSettings(
            f"Temporal's configuration (TEMPORAL_... variables or file) cannot be read: {first_line(error)}"
        ) from error


async def ensure_search_attributes(client: Client, *, deadline: timedelta | None = None) -> None:
    """Create the search attributes that are missing, and wait until they can be used.

    Raises:
        InvalidSettings: one exists with another type, or we may not create them.
        DependencyUnavailable: the deadline passed.
    """
    what = f"search attributes of namespace {client.namespace}"

    async def create() -> None:
        existing = await _existing(client)
        _check_types(existing)
        await _add(client, [key for key in search.ALL if key.name not in existing])
        # The front end answers a query only when it knows every name in it.
        await client.count_workflows(" AND ".join(f"{key.name} IS NULL" for key in search.ALL))

    await patiently(what, create, (RPCError,), deadline)


async def search_attribute_problems(client: Client) -> tuple[str, ...]:
    """What is missing or has another type, in words; nothing is created. Raises RPCError."""
    existing = await _existing(client)
    missing = tuple(f"{key.name} is missing" for key in search.ALL if key.name not in existing)
    return (*missing, *(f"{key.name} must be {_type_name(key)}" for key in _wrong(existing)))


async def _existing(client: Client) -> Mapping[str, IndexedValueType.ValueType]:
    request = ListSearchAttributesRequest(namespace=client.namespace)
    return (await client.operator_service.list_search_attributes(request)).custom_attributes


def _check_types(existing: Mapping[str, IndexedValueType.ValueType]) -> None:
    wrong = _wrong(existing)
    if wrong:
        names = ", ".join(f"{key.name} must be {_type_name(key)}" for key in wrong)
        raise InvalidSettings(f"search attributes exist with another type: {names}; remove them with the temporal CLI")


def _wrong(existing: Mapping[str, IndexedValueType.ValueType]) -> list[search.Key]:
    return [key for key in search.ALL if existing.get(key.name, _type(key)) != _type(key)]


async def _add(client: Client, missing: list[search.Key]) -> None:
    if not missing:
        return
    request = AddSearchAttributesRequest(
        namespace=client.namespace, search_attributes={key.name: _type(key) for key in missing}
    )
    try:
        await client.operator_service.add_search_attributes(request)
    except RPCError as error:
        if error.status in NOT_ALLOWED:
            raise InvalidSettings(_by_hand(missing, client.namespace, error)) from error
        if error.status is not RPCStatusCode.ALREADY_EXISTS:
            raise


def _by_hand(missing: list[search.Key], namespace: str, error: RPCError) -> str:
    flags = " ".join(f"--name {key.name} --type {_type_name(key)}" for key in missing)
    return (
        f"we may not create search attributes ({first_line(error)}); let an administrator run: "
        f"temporal operator search-attribute create --namespace {namespace} {flags}"
    )


def _type(key: search.Key) -> IndexedValueType.ValueType:
    return IndexedValueType.ValueType(int(key.indexed_value_type))


def _type_name(key: search.Key) -> str:
    return key.indexed_value_type.name.title()
