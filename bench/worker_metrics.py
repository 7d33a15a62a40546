"""What the worker counts of itself, from where Prometheus would read it."""

import re

import aiohttp

from harvest.ports import LOOPBACK, lease_port


class WorkerMetrics:
    """The counters of one worker that is started with ``HARVEST_METRICS_BIND`` set to :attr:`bind`."""

    def __init__(self) -> None:
        self._lease = lease_port()
        self.bind = f"{LOOPBACK}:{self._lease.port}"

    async def total(self, counter: str, **labels: str) -> int:
        """Sum of a counter over all its series that have these labels; 0 if it was never used."""
        async with aiohttp.ClientSession() as session, session.get(f"http://{self.bind}/metrics") as answer:
            answer.raise_for_status()
            lines = (await answer.text()).splitlines()
        wanted = [f'{name}="{value}"' for name, value in labels.items()]
        name = re.compile(rf"\w*{counter}(_total)?(\{{|\s)")
        found = [line for line in lines if name.match(line) and all(label in line for label in wanted)]
        return sum(round(float(line.rpartition(" ")[2])) for line in found)
