"""A bridge that lives and reads nothing must not look as if it read."""

from tests.bridge.rig import Rig
from tests.bridge.servers import eventually


async def test_r76_the_time_of_the_last_read_moves_on_while_nothing_comes(rig: Rig) -> None:
    rig.run()
    await eventually(lambda: _read_after(rig, 0))
    first = rig.bridge.stats.last_read_ms

    await eventually(lambda: _read_after(rig, first))

    assert rig.bridge.stats.read == 0


async def _read_after(rig: Rig, moment_ms: int) -> bool:
    return rig.bridge.stats.last_read_ms > moment_ms
