"""Work beside other work ends with it, and fails aloud."""

import asyncio

import pytest

from runtime.beside import beside


async def test_it_runs_meanwhile_and_is_ended_with_the_block() -> None:
    began, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with beside(work()):
        await asyncio.wait_for(began.wait(), 1)
        assert not ended.is_set()
    assert ended.is_set()


async def test_one_that_fails_says_so_and_stops_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    done = asyncio.Event()

    async def broken() -> None:
        raise LookupError("nobody thought of this")

    async def other() -> None:
        await asyncio.sleep(0)
        done.set()

    async with beside(broken(), other()):
        await asyncio.wait_for(done.wait(), 1)
    assert "nobody thought of this" in capsys.readouterr().out


async def test_one_that_loses_a_cancellation_is_cancelled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """As redis-py does it under Python 3.11: a worker that had been told to stop then went on for ever."""
    monkeypatch.setattr("runtime.beside._AGAIN_S", 0.01)
    lost = asyncio.Event()

    async def deaf_once() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            lost.set()
        await asyncio.Event().wait()

    async with asyncio.timeout(5):
        async with beside(deaf_once()):
            await asyncio.sleep(0)
    assert lost.is_set()
