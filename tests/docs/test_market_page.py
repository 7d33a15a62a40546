"""The page about the simulated market names every setting of the simulator, and no other."""

import re
from dataclasses import fields
from pathlib import Path

from simulator import SimulatorConfig

PAGE = Path(__file__).resolve().parents[2] / "docs/market.md"


def test_every_setting_is_on_the_page() -> None:
    _, _, section = PAGE.read_text(encoding="utf-8").partition("\n## Settings\n")
    cells = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    named = {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}
    assert named == {field.name for field in fields(SimulatorConfig)}
