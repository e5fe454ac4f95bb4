"""Whatever is asked, and whatever goes wrong: the answer is graphql-core's."""

import asyncio
import gc
import os
from collections.abc import Iterator
from random import Random

import pytest
from graphql import GraphQLError, Undefined
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from levelwise import Plan
from tests.levelwise.differences import Comparison
from tests.levelwise.operations import Writer

# graphql-core's executor leaves coroutines behind, where an error makes them pointless.
pytestmark = [
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:coroutine:RuntimeWarning"),
]

CALMS = 3, 8, 30, 200, 10**9
"""One field of so many is odd."""

OPERATIONS = int(os.environ.get("LEVELWISE_OPERATIONS", "1000"))
"""How many operations to run besides those that hypothesis draws; at night, a million."""

PHASES = Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink

WORLDS = 5
"""How many worlds an operation is run in."""


@pytest.fixture(autouse=True)
def _leave_nothing_to_other_tests() -> Iterator[None]:
    yield
    gc.collect()


@settings(max_examples=60, deadline=None, phases=PHASES, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False), st.integers(0, 2**32), st.sampled_from(CALMS))
def test_drawn_operations(random: Random, seed: int, calm: int) -> None:
    comparison = Comparison(Writer(random).operation())
    if isinstance(comparison.plan, Plan):
        # A loop of its own each time: resolvers of the drawn worlds cancel what they find.
        assert asyncio.run(comparison.differences(seed, calm)) == []


def test_many_operations() -> None:
    asyncio.run(_many_operations())


async def _many_operations() -> None:
    run = with_errors = 0
    start = int(os.environ.get("LEVELWISE_START", "0"))
    for number in range(start, start + OPERATIONS // WORLDS):
        operation = Writer(Random(number)).operation()
        comparison = Comparison(operation, validated=number % 20 != 0)
        if not isinstance(comparison.plan, Plan):
            continue
        for seed in range(WORLDS):
            found = await comparison.differences(number + seed, CALMS[seed % len(CALMS)])
            assert found == [], (number, seed, operation)
            run += 1
        with_errors += comparison.with_errors
    assert run > OPERATIONS * 0.7
    assert 0.2 < with_errors / run < 0.95


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        ("levelwise.layout.Lists.put_back", "data"),
        ("levelwise.leaves._names", "data"),
        ("levelwise.complete.located_error", "errors"),
        ("levelwise.coerce._list", "data"),
        ("levelwise.arguments._field", "data"),
        ("levelwise.convert._input", "data"),
    ],
)
def test_a_difference_is_found(monkeypatch: pytest.MonkeyPatch, broken: str, expected: str) -> None:
    breakages = {
        "levelwise.layout.Lists.put_back": lambda _, results: [results] * 99,
        "levelwise.leaves._names": lambda type_: {value.value: name.lower() for name, value in type_.values.items()},
        "levelwise.complete.located_error": lambda error, _nodes, path: GraphQLError(str(error), path=path),
        "levelwise.coerce._list": lambda _: lambda value: value,
        "levelwise.arguments._field": lambda _field, _node: lambda _coerced: Undefined,
        "levelwise.convert._input": lambda _type, _fields, _missing: dict,
    }
    monkeypatch.setattr(broken, breakages[broken])
    for number in range(600):
        comparison = Comparison(Writer(Random(number)).operation(), validated=True)
        if isinstance(comparison.plan, Plan):
            found = asyncio.run(comparison.differences(number, 8))
            if any(difference.startswith(expected) for difference in found):
                return
    pytest.fail("nothing was found")
