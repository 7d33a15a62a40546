"""Who may import whom, and that everything can be imported at all."""

import importlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source import PACKAGES, ROOT, Module, imported, modules

LINT = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
NOT_IN_PURE_CODE = {"redis", "binance", "aiohttp", "exchange", "bridge", "simulator", "runtime", "harvest", "worker"}


def lint(project: Path) -> subprocess.CompletedProcess[str]:
    """Check all contracts of a project's pyproject.toml."""
    environment = os.environ | {"PYTHONPATH": str(project), "NO_COLOR": "1"}
    return subprocess.run(
        [sys.executable, "-c", LINT], cwd=project, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The whole product, to be spoiled."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_all_import_contracts_are_kept() -> None:
    checked = lint(ROOT)

    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert " 0 broken" in checked.stdout


@pytest.mark.parametrize(
    ("where", "line"),
    [
        ("kernel", "import time"),
        ("kernel", "from contracts.names import TASK_QUEUE"),
        ("contracts", "from kernel.side import Side"),
        ("workflows", "from activities.orders import ExchangeOrders"),
        ("workflows", "import redis"),
        ("activities", "from exchange.binance import BinanceExchange"),
        ("activities", "from workflows import policies"),
        ("bridge", "from workflows.close import CloseWorkflow"),
        ("exchange", "from kernel.side import Side"),
        ("runtime", "from binance import AsyncClient"),
        ("simulator", "from contracts.order import Ticket"),
    ],
)
def test_a_forbidden_import_breaks_a_contract(copy: Path, where: str, line: str) -> None:
    (copy / where / "offender.py").write_text(f"{line}\n")

    checked = lint(copy)

    assert checked.returncode == 1
    assert f"{where}.offender" in checked.stdout


@pytest.mark.parametrize("module", modules("kernel", "workflows"), ids=lambda module: module.path)
def test_decisions_and_orchestration_import_nothing_that_reaches_outside(module: Module) -> None:
    assert not imported(module) & NOT_IN_PURE_CODE


def test_r75_r80_every_module_can_be_imported() -> None:
    failed: dict[str, str] = {}
    for module in modules():
        try:
            importlib.import_module(module.name)
        except Exception as error:
            failed[module.name] = repr(error)

    assert failed == {}
    assert len(modules()) > 150


def test_every_package_of_the_product_is_known_to_these_tests() -> None:
    found = {folder.parent.name for folder in ROOT.glob("*/__init__.py")}

    assert found - {"bench", "tests"} <= set(PACKAGES)
