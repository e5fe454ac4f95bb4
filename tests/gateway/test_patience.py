"""Patience: what takes too long is ended, and nothing else."""

import asyncio

import pytest

from gateway.patience import Patience


async def slept(seconds: float) -> str:
    await asyncio.sleep(seconds)
    return "slept"


async def test_what_is_done_in_time() -> None:
    patience = Patience(0.2)
    assert await asyncio.gather(*(patience.within(slept(0.01)) for _ in range(3))) == ["slept"] * 3
    await asyncio.sleep(0.25)
    assert await patience.within(slept(0.15)) == "slept"


async def test_what_takes_too_long_is_ended_each_at_its_time() -> None:
    patience, loop = Patience(0.2), asyncio.get_running_loop()

    async def ended(after: float) -> float:
        await asyncio.sleep(after)
        started = loop.time()
        with pytest.raises(TimeoutError):
            await patience.within(slept(60))
        await asyncio.sleep(0)  # whoever timed out is not cancelled
        return loop.time() - started

    for took in await asyncio.gather(ended(0), ended(0.1), ended(0.15)):
        assert 0.19 < took < 2


async def test_what_was_waited_for_is_cancelled_by_others() -> None:
    awaited = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(Patience(60).within(awaited))
    await asyncio.sleep(0.01)
    awaited.cancel()
    with pytest.raises(RuntimeError, match="cancelled"):
        await task


async def test_who_is_cancelled_stays_cancelled() -> None:
    task = asyncio.create_task(Patience(60).within(slept(60)))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_who_is_cancelled_when_time_is_up_stays_cancelled() -> None:
    patience = Patience(0.05)

    async def stubborn() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.1)

    task = asyncio.create_task(patience.within(stubborn()))
    await asyncio.sleep(0.08)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_errors_are_the_works_own() -> None:
    async def failing() -> None:
        raise KeyError

    with pytest.raises(KeyError):
        await Patience(60).within(failing())


async def test_who_was_done_in_time_goes_on_and_later_work_has_its_own_time() -> None:
    patience = Patience(0.05)
    await patience.within(asyncio.sleep(0))
    await asyncio.sleep(0.1)  # longer than the time of what was done
    with pytest.raises(TimeoutError):
        await patience.within(asyncio.sleep(1))
