"""Decisions and orchestration read no clock, roll no dice and look at no environment."""

import pytest

from tests.architecture.source import Module, full_names, modules, parse

IMPURE = (
    "time.", "random.", "secrets.", "os.", "socket.", "subprocess.", "threading.", "asyncio.sleep", "pathlib.Path",
    "uuid.uuid1", "uuid.uuid4", "uuid.uuid7", "open", "input", "print", "hash", "id",
    "datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today", "datetime.date.today",
)  # fmt: skip
"""A trailing dot forbids everything below. ``hash`` differs from process to process."""


def impurities(module: Module) -> list[str]:
    """Where a module speaks of something impure."""
    return [f"{module.path}:{line} {name}" for line, name in full_names(module) if _impure(name)]


def _impure(name: str) -> bool:
    return any(name.startswith(rule) if rule.endswith(".") else name == rule for rule in IMPURE)


def test_kernel_and_workflows_are_pure() -> None:
    found = [line for module in modules("kernel", "workflows") for line in impurities(module)]

    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "import time\nnow = time.time()",
        "from time import monotonic as now\nstart = now()",
        "from datetime import datetime\nnow = datetime.now()",
        "from datetime import UTC, datetime as clock\nnow = clock.now(UTC)",
        "import datetime\ntoday = datetime.date.today()",
        "import random\npick = random.random()",
        "from uuid import uuid4\nname = uuid4()",
        "import os\nmode = os.environ['MODE']",
        "import asyncio\nasync def f() -> None:\n    await asyncio.sleep(1)",
        "text = open('x').read()",
        "key = hash('SOLUSDT')",
    ],
)
def test_an_impurity_would_be_noticed(line: str) -> None:
    assert impurities(parse("offender.py", line)) != []


def test_the_clock_of_the_workflow_is_no_impurity() -> None:
    module = parse("fine.py", "from temporalio import workflow\nnow = workflow.now()\nrng = workflow.random()")

    assert impurities(module) == []
