"""The command line's way to Temporal."""

from typing import Final

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.envconfig import ClientConfig

from contracts.errors import DependencyUnavailable

DEFAULT_ADDRESS: Final = "127.0.0.1:7233"


async def connect(address: str | None) -> Client:
    """To this address, else where Temporal's own configuration says.

    Raises:
        DependencyUnavailable: nobody answers there.
    """
    config = ClientConfig.load_client_connect_config()
    target = address or config.get("target_host") or DEFAULT_ADDRESS
    config["target_host"] = target
    try:
        return await Client.connect(**config, data_converter=pydantic_data_converter)
    except RuntimeError as error:
        raise DependencyUnavailable(f"Temporal does not answer at {target}; is it running?") from error
