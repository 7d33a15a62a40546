"""What a driver did and saw; goes to its standard output as one JSON object. Runs in the client's environment, too."""

import json
import logging
import sys
import urllib.request
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")
API_KEY, API_SECRET = "sim-key", "sim-secret"


@dataclass
class Report:
    """Filled while a driver runs. `known`: what the client knows of USD-M futures, as routes or as its own calls;
    `driven`: its calls and the routes that each reached; `streams`: the same of streams."""

    client: str
    hosts: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    driven: dict[str, list[str]] = field(default_factory=dict)
    streams: dict[str, list[str]] = field(default_factory=dict)
    values: dict[str, object] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    _routes: list[str] = field(default_factory=list, repr=False)

    def reached(self, method: str, url: str) -> None:
        """The client sent a request."""
        address = urlsplit(url)
        self._routes.append(f"{method} {address.path}")
        if address.netloc not in self.hosts:
            self.hosts.append(address.netloc)

    def drive(self, name: str, call: Callable[[], T]) -> T:
        """Make one call of the client and note where it led."""
        self._routes.clear()
        try:
            return call()
        except Exception as error:
            error.add_note(f"while driving {name}: {self._routes}")
            raise
        finally:
            self.led(name)

    def led(self, name: str) -> None:
        """Note where the call led that has just been made."""
        routes = self.driven.setdefault(name, [])
        routes.extend(route for route in dict.fromkeys(self._routes) if route not in routes)
        self._routes.clear()

    def finish(self) -> None:
        """Print it."""
        fields = asdict(self)
        del fields["_routes"]
        json.dump(fields, sys.stdout)


class Warnings(logging.Handler):
    """Notes whatever a client logs as a warning or worse."""

    def __init__(self, report: Report) -> None:
        super().__init__(logging.WARNING)
        self._report = report
        logging.getLogger().addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Note one."""
        self._report.warnings.append(record.getMessage()[:2000])


def steer(url: str, path: str, **fields: object) -> None:
    """A control call to the simulator."""
    body = json.dumps(fields).encode()
    request = urllib.request.Request(f"{url}/sim/{path}", data=body, method="POST")  # noqa: S310 - our own simulator
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        assert answer.status == 200
