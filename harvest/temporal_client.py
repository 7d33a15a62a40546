"""The command line's way to Temporal."""

from temporalio.client import Client

from contracts.errors import DependencyUnavailable
from runtime.temporal import DATA_CONVERTER, DEFAULT_ADDRESS, connect_config


async def connect(address: str | None) -> Client:
    """To this address, else where Temporal's own configuration says.

    Raises:
        InvalidSettings: Temporal's own configuration cannot be read.
        DependencyUnavailable: nobody answers there.
    """
    config = connect_config()
    target = address or config.get("target_host") or DEFAULT_ADDRESS
    config["target_host"] = target
    try:
        return await Client.connect(**config, data_converter=DATA_CONVERTER)
    except RuntimeError as error:
        raise DependencyUnavailable(f"Temporal does not answer at {target}; is it running?") from error
