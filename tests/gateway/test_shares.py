"""Shares: never more than the share, nobody forgotten, nothing left over."""

import asyncio
import random
from collections import deque

import pytest

from gateway.shares import Shares

LONG = 60.0


def taken(shares: Shares, organization: int | None) -> int:
    """Take as many as may be taken at once, and say how many."""
    return next((number for number in range(1000) if not shares.take(organization)), 1000)


@pytest.mark.parametrize(
    ("connections", "share"), [(1, 1), (2, 1), (3, 2), (4, 3), (5, 4), (6, 4), (10, 8), (13, 10), (100, 80)]
)
def test_alone_an_organization_holds_four_fifths(connections: int, share: int) -> None:
    assert taken(Shares(connections), 1) == share


def test_who_comes_later_finds_some_and_everybody_one() -> None:
    shares = Shares(100)
    assert [taken(shares, organization) for organization in range(6)] == [80, 16, 3, 1, 1, 1]


def test_what_is_of_no_organization_is_counted_and_has_no_limit() -> None:
    shares = Shares(10)
    assert all(shares.take(None) for _ in range(5))
    assert taken(shares, 1) == 4
    assert all(shares.take(None) for _ in range(50))


async def test_those_that_wait_take_turns() -> None:
    shares, went = Shares(3), list[int]()

    async def wait(organization: int) -> None:
        await shares.wait(organization, LONG)
        went.append(organization)

    held = [organization for organization in (1, 2, 1, 2) if shares.take(organization)]
    assert held == [1, 2]
    tasks = [asyncio.create_task(wait(organization)) for organization in (1, 1, 1, 2, 2, 2)]
    await asyncio.sleep(0)
    assert shares.waiting == 6
    for at in range(6):
        shares.give([*held, *went][at])
        await asyncio.sleep(0)
    assert went == [1, 2, 1, 2, 1, 2]
    await asyncio.gather(*tasks)


async def test_who_waits_too_long_is_told_and_forgotten() -> None:
    shares = Shares(1)
    assert shares.take(1)
    with pytest.raises(TimeoutError):
        await shares.wait(1, 0.01)
    assert shares.waiting == 0
    shares.give(1)
    assert shares.take(1)


class Traffic:
    """Tasks that hold connections until they are told to end, or cancelled, waiting ones as well."""

    def __init__(self, connections: int) -> None:
        self.shares = Shares(connections)
        self.most = max(1, connections * 4 // 5)
        self.in_order = True
        self.holding: dict[asyncio.Task[None], tuple[int, asyncio.Event]] = {}
        self.waiting = {organization: deque[asyncio.Task[None]]() for organization in range(5)}

    async def hold(self, organization: int) -> None:
        """Take one, hold it, give it back."""
        task = asyncio.current_task()
        assert task is not None
        if not self.shares.take(organization):
            self.waiting[organization].append(task)
            try:
                await self.shares.wait(organization, LONG)
                self.in_order &= self.waiting[organization][0] is task
            finally:
                self.waiting[organization].remove(task)
        try:
            _, told = self.holding[task] = organization, asyncio.Event()
            await told.wait()
        finally:
            del self.holding[task]
            self.shares.give(organization)

    async def settle(self) -> None:
        """Let everybody go on who may. Check that nobody holds too many, waits for nothing, or was overtaken."""
        for _ in range(5):
            await asyncio.sleep(0)
        assert self.in_order
        for organization, waiting in self.waiting.items():
            assert [each for each, _ in self.holding.values()].count(organization) <= self.most
            if waiting:
                assert not self.shares.take(organization), "forgotten"
        assert self.shares.waiting == sum(map(len, self.waiting.values()))


@pytest.mark.parametrize("seed", range(40))
async def test_whatever_happens(seed: int) -> None:
    chance = random.Random(seed)
    connections = chance.choice([1, 2, 3, 5, 10, 25])
    traffic, tasks = Traffic(connections), list[asyncio.Task[None]]()
    for _ in range(600):
        happening = chance.random()
        if happening < 0.5:
            tasks.append(asyncio.create_task(traffic.hold(chance.choice([0, 0, 0, 1, 1, 2, 3, 4]))))
        elif happening < 0.75 and traffic.holding:
            chance.choice(list(traffic.holding.values()))[1].set()
        elif tasks:
            chance.choice(tasks[-20:]).cancel()
        if chance.random() < 0.3:  # else the next thing happens at the same moment
            await traffic.settle()
    while not all(task.done() for task in tasks):
        for _, told in traffic.holding.values():
            told.set()
        await traffic.settle()
    ended = [task.exception() for task in tasks if not task.cancelled()]
    assert len(ended) > 100
    assert set(ended) == {None}
    # All is there again.
    assert [taken(traffic.shares, each) for each in (5, None)] == [traffic.most, 1000]
