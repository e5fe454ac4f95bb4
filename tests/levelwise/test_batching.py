"""Batch fields on a schema of its own: one call for all parents of a level."""

import gc
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any
from weakref import ref

import pytest
import strawberry
from strawberry.dataloader import DataLoader
from strawberry.types import ExecutionResult

from levelwise import batched

Numbers = Annotated[int, strawberry.argument(description="How many.")]


@dataclass
class Context:
    """Loaders, as batch fields ask for, and what was called with which parents."""

    loaders: dict[Any, DataLoader[Any, Any]] = field(default_factory=dict)
    calls: list[tuple[str, list[int]]] = field(default_factory=list)
    parents: list[ref["Number"]] = field(default_factory=list)

    def note(self, name: str, parents: Sequence["Number"]) -> None:
        self.calls.append((name, [parent.value for parent in parents]))
        self.parents += map(ref, parents)


async def successors(parents: Sequence["Number"], context: Context) -> list["Number"]:
    context.note("successor", parents)
    return [Number(value=parent.value + 1) for parent in parents]


def multiples(
    parents: Sequence["Number"], context: Context, upto: Numbers = 2, from_one: Numbers = 1
) -> list[list["Number"]]:
    context.note(f"multiples {upto} {from_one}", parents)
    return [[Number(value=parent.value * by) for by in range(from_one, upto + 1)] for parent in parents]


async def halves(parents: Sequence["Number"], context: Context) -> list[int | Exception]:
    context.note("half", parents)
    return [ValueError(f"{n.value} is odd") if n.value % 2 else n.value // 2 for n in parents]


async def broken(parents: Sequence["Number"], context: Context) -> list[int]:
    context.note("broken", parents)
    raise RuntimeError("no batch")


async def too_few(parents: Sequence["Number"], context: Context) -> list[int]:
    context.note("too few", parents)
    return []


@strawberry.type
class Number:
    value: int
    successor: "Number" = batched(successors, description="The next one.")
    multiples: list["Number"] = batched(multiples, description="Some multiples.")
    half: int | None = batched(halves, description="Half of it.")
    other: int | None = batched(halves, description="Half of it.", name="anotherName")
    broken: int | None = batched(broken, description="Fails.")
    too_few: int | None = batched(too_few, description="Fails as well.")


@strawberry.type
class Query:
    @strawberry.field
    def numbers(self, upto: int) -> list[Number]:
        return [Number(value=value) for value in range(1, upto + 1)]

    @strawberry.field
    def one(self) -> Number:
        return Number(value=1)


schema = strawberry.Schema(query=Query)


async def run(query: str, context: Context) -> ExecutionResult:
    result = await schema.execute(query, context_value=context)
    assert isinstance(result, ExecutionResult)
    return result


async def data(query: str, context: Context) -> dict[str, Any]:
    result = await run(query, context)
    assert result.errors is None
    assert result.data is not None
    return result.data


@pytest.fixture
def context() -> Context:
    """A new operation's."""
    return Context()


@pytest.mark.parametrize("size", [1, 50])
async def test_each_level_is_one_call(context: Context, size: int) -> None:
    answer = await data(f"{{ numbers(upto: {size}) {{ successor {{ successor {{ value }} }} }} }}", context)
    assert [row["successor"]["successor"]["value"] for row in answer["numbers"]] == list(range(3, size + 3))
    assert context.calls == [
        ("successor", list(range(1, size + 1))),
        ("successor", list(range(2, size + 2))),
    ]


async def test_a_function_that_does_not_wait_is_called_once_as_well(context: Context) -> None:
    answer = await data("{ numbers(upto: 3) { multiples { value } } }", context)
    values = [[row["value"] for row in number["multiples"]] for number in answer["numbers"]]
    assert values == [[1, 2], [2, 4], [3, 6]]
    assert context.calls == [("multiples 2 1", [1, 2, 3])]


async def test_lists_below_lists_are_one_level(context: Context) -> None:
    await data("{ numbers(upto: 3) { multiples { multiples { successor { value } } } } }", context)
    assert [name for name, _ in context.calls] == ["multiples 2 1", "multiples 2 1", "successor"]
    assert [len(parents) for _, parents in context.calls] == [3, 6, 12]


async def test_arguments_reach_the_function(context: Context) -> None:
    query = "query ($n: Int!) { one { multiples(upto: $n, fromOne: 3) { value } } }"
    result = await schema.execute(query, variable_values={"n": 4}, context_value=context)
    assert result.data == {"one": {"multiples": [{"value": 3}, {"value": 4}]}}


async def test_each_place_with_arguments_is_a_call_of_its_own(context: Context) -> None:
    answer = await data(
        """{ numbers(upto: 2) {
            a: multiples(upto: 1) { value }
            b: multiples(upto: 2) { value }
        } }""",
        context,
    )
    assert answer["numbers"][1] == {"a": [{"value": 2}], "b": [{"value": 2}, {"value": 4}]}
    assert sorted(context.calls) == [("multiples 1 1", [1, 2]), ("multiples 2 1", [1, 2])]


async def test_places_without_arguments_share_a_call(context: Context) -> None:
    await data("{ numbers(upto: 2) { a: successor { value } b: successor { value } } }", context)
    assert context.calls == [("successor", [1, 2])]


async def test_fragments_are_one_place(context: Context) -> None:
    await data(
        """{ numbers(upto: 2) { ...A ...B } }
        fragment A on Number { multiples(upto: 2) { value } }
        fragment B on Number { multiples(upto: 2) { __typename } }""",
        context,
    )
    assert context.calls == [("multiples 2 1", [1, 2])]


async def test_an_answer_that_is_an_exception_is_one_parents_error(context: Context) -> None:
    result = await run("{ numbers(upto: 4) { half } }", context)
    assert result.data == {"numbers": [{"half": None}, {"half": 1}, {"half": None}, {"half": 2}]}
    assert [(error.path, error.message) for error in result.errors or []] == [
        (["numbers", 0, "half"], "1 is odd"),
        (["numbers", 2, "half"], "3 is odd"),
    ]
    assert len(context.calls) == 1


@pytest.mark.parametrize("name", ["broken", "tooFew"])
async def test_a_call_that_fails_is_every_parents_error(context: Context, name: str) -> None:
    result = await run(f"{{ numbers(upto: 2) {{ value {name} }} }}", context)
    assert result.data == {"numbers": [{"value": 1, name: None}, {"value": 2, name: None}]}
    assert [error.path for error in result.errors or []] == [["numbers", 0, name], ["numbers", 1, name]]
    causes = {id(error.original_error) for error in result.errors or []}
    assert len(causes) == 1


async def test_equal_parents_are_each_asked(context: Context) -> None:
    answer = await data("{ a: one { successor { half } } b: one { successor { half } } }", context)
    assert answer["a"] == answer["b"] == {"successor": {"half": 1}}
    assert context.calls == [("successor", [1, 1]), ("half", [2, 2])]


async def test_a_field_may_have_another_name(context: Context) -> None:
    assert await data("{ one { successor { anotherName } } }", context) == {"one": {"successor": {"anotherName": 1}}}


async def test_a_parent_met_again_is_not_asked_again(context: Context) -> None:
    await data("{ one { a: successor { half } b: successor { half } } }", context)
    assert context.calls == [("successor", [1]), ("half", [2])]


async def test_parents_live_as_long_as_the_operation(context: Context) -> None:
    # Were they dropped, another object could get their identity, and their answers.
    await data("{ numbers(upto: 5) { successor { value } } }", context)
    gc.collect()
    assert [parent() is None for parent in context.parents] == [False] * 5
    context.loaders.clear()
    gc.collect()
    assert [parent() is None for parent in context.parents] == [True] * 5
