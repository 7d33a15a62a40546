"""`harvest freeze`, `harvest unfreeze` and `harvest resume`."""

from harvest.exit_code import ExitCode
from harvest.switches import switch_board


def freeze(reason: str, *, redis_url: str | None = None) -> int:
    """Hold back every close until `harvest unfreeze`. Positions are then without exits.

    Args:
        reason: for whoever finds it frozen.
        redis_url: where the switch is; else HARVEST_REDIS_URL, else the local Redis.
    """
    with switch_board(redis_url) as board:
        before = board.freeze(reason)
        print(f"ALL CLOSES ARE FROZEN: {board.frozen_by()}" if before is None else f"frozen before: {before}")
    return ExitCode.OK


def unfreeze(*, redis_url: str | None = None) -> int:
    """Let the closes go on. Decisions that were refused meanwhile are not repeated by themselves.

    Args:
        redis_url: where the switch is; else HARVEST_REDIS_URL, else the local Redis.
    """
    with switch_board(redis_url) as board:
        before = board.unfreeze()
    print("closes were not frozen" if before is None else f"closes go on; they were frozen by {before}")
    return ExitCode.OK


def resume(*, redis_url: str | None = None) -> int:
    """Allow new risk again, after a panic has halted it.

    Args:
        redis_url: where the switch is; else HARVEST_REDIS_URL, else the local Redis.
    """
    with switch_board(redis_url) as board:
        before = board.resume()
    if before is None:
        print("new risk was not halted")
    else:
        print(f"new risk is allowed again; it was halted by {before.get('halted_by')}: {before.get('reason')}")
    return ExitCode.OK
