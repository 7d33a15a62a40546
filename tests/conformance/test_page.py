"""The script in the page does what the page says, exactly as it is printed there."""

import re
from pathlib import Path

import pytest

from simulator import Simulator, SimulatorConfig
from tests.conformance.driver import run
from tests.conformance.environment import clients_python
from tests.conformance.table import PAGE

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("clients")]
PORT = 18080  # as the page has it


async def test_the_ten_lines_open_and_close_a_position(tmp_path: Path) -> None:
    (script,) = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    simulator = Simulator(SimulatorConfig())
    await simulator.start()
    file = tmp_path / "script.py"
    file.write_text(script.replace(f"http://127.0.0.1:{PORT}", simulator.url), encoding="utf-8")

    try:
        printed = await run(await clients_python(), str(file))
    finally:
        await simulator.stop()

    assert len(script.strip().splitlines()) <= 10
    assert printed.splitlines() == ["[('buy', 64006.4, 0.320032), ('sell', 63993.6, 0.319968)]", "open positions: []"]
