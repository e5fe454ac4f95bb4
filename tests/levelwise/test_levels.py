"""Levels: a batch function is called once for each, wherever its parents lie."""

import asyncio
import gc
from typing import Any

import strawberry
from graphql import parse

from levelwise import Plan, compile_operation
from levelwise.levels import Column, Stage
from tests.levelwise.shop import Shop, compiled, item

ITEMS = [item(1), item(2), item(3, rival=item(4))]


async def test_one_call_for_all_parents_of_a_level() -> None:
    shop = Shop(ITEMS)
    result = await compiled("{ items { name maker { name } similar(most: 2) { maker { id } } } }").run(shop)
    assert result.errors is None
    assert sorted(shop.batches[:2]) == [("makers", 3), ("similar 2", 3)]
    assert shop.batches[2:] == [("makers", 6)]


async def test_one_call_for_all_places_of_a_level() -> None:
    shop = Shop(ITEMS)
    result = await compiled(
        "{ a: item(id: 0) { maker { name } } b: item(id: 1) { maker { name } } items { maker { id } } }"
    ).run(shop)
    assert result.data is not None
    assert result.data["b"] == {"maker": {"name": "Maker 2"}}
    assert shop.batches == [("makers", 5)]


async def test_places_with_arguments_have_calls_of_their_own() -> None:
    shop = Shop(ITEMS)
    await compiled("{ item { a: similar(most: 1) { id } b: similar(most: 2) { id } } }").run(shop)
    assert sorted(shop.batches) == [("similar 1", 1), ("similar 2", 1)]


async def test_no_call_without_parents() -> None:
    shop = Shop([])
    assert (await compiled("{ items { maker { id } } }").run(shop)).data == {"items": []}
    assert shop.batches == []


async def test_a_batch_that_answers_too_little_fails_for_all() -> None:
    result = await compiled("{ items { name broken } }").run(Shop(ITEMS[:2]))
    assert result.data == {"items": [{"name": "Item 1", "broken": None}, {"name": "Item 2", "broken": None}]}
    assert {error.message for error in result.errors or ()} == {
        "Received wrong number of results in dataloader, expected: 2, received: 0"
    }


async def test_paths_of_resolvers() -> None:
    result = await compiled('{ items { similar { label(sign: "+") } rival { label } } }').run(Shop([ITEMS[2]]))
    assert result.data == {
        "items": [
            {
                "similar": [{"label": "+ Item 3 at ['items', 0, 'similar', 0, 'label']"}],
                "rival": {"label": "- Item 4 at ['items', 0, 'rival', 'label']"},
            }
        ]
    }


async def test_siblings_wait_together() -> None:
    @strawberry.type
    class Query:
        @strawberry.field
        async def first(self, info: strawberry.Info[asyncio.Barrier, Any]) -> int:
            return await info.context.wait()

        @strawberry.field
        async def second(self, info: strawberry.Info[asyncio.Barrier, Any]) -> int:
            return await info.context.wait()

    plan = compile_operation(strawberry.Schema(Query), parse("{ first second }"))
    assert isinstance(plan, Plan)
    result = await asyncio.wait_for(plan.run(asyncio.Barrier(2)), 5)
    assert result.data is not None
    assert sorted(result.data.values()) == [0, 1]


async def test_whoever_gives_up_stops_all_that_waits() -> None:
    stopped = []

    @strawberry.type
    class Query:
        @strawberry.field
        async def forever(self, name: str) -> str:
            try:
                await asyncio.Event().wait()
            finally:
                stopped.append(name)
            return name

    plan = compile_operation(strawberry.Schema(Query), parse('{ a: forever(name: "a") b: forever(name: "b") }'))
    assert isinstance(plan, Plan)
    task = asyncio.ensure_future(plan.run(None))
    await asyncio.sleep(0.01)
    task.cancel()
    done, _ = await asyncio.wait([task], timeout=5)
    assert done
    assert task.cancelled()
    assert sorted(stopped) == ["a", "b"]


async def test_nothing_is_left_to_the_garbage_collector() -> None:
    plan = compiled("{ items { maker { name } rival { label } } named { name } }")
    gc.collect()
    gc.disable()
    try:
        await plan.run(Shop(ITEMS))
        assert not [each for each in gc.get_objects() if isinstance(each, Stage | Column)]
    finally:
        gc.enable()
