"""Operations: compiled once, run often."""

from typing import Any
from uuid import UUID

import orjson
import pytest

from levelwise import operation
from levelwise.plan import Planner
from tests.levelwise.shop import Shop, compiled, item

WITH_CONDITIONS = """query ($a: Boolean!, $b: Boolean = true) {
    item { id @include(if: $a) name @skip(if: $b) price } }"""


async def test_conditions_are_part_of_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    planned = 0
    plan_of = Planner.plan

    def counting(self: Planner, *given: Any) -> Any:
        nonlocal planned
        planned += 1
        return plan_of(self, *given)

    monkeypatch.setattr(Planner, "plan", counting)
    plan, shop = compiled(WITH_CONDITIONS), Shop([item()])
    for _ in range(3):
        assert (await plan.run(shop, {"a": True})).data == {"item": {"id": "item-1", "price": 1.5}}
        assert (await plan.run(shop, {"a": False, "b": False})).data == {"item": {"name": "Item 1", "price": 1.5}}
    assert planned == 2


async def test_plans_are_bounded() -> None:
    names = [f"v{number}" for number in range(6)]
    fields = " ".join(f"a{name}: name @skip(if: ${name})" for name in names)
    plan = compiled(f"query ({', '.join(f'${name}: Boolean!' for name in names)}) {{ item {{ id {fields} }} }}")
    shop = Shop([item()])
    for combination in range(64):
        given = {name: bool(combination >> bit & 1) for bit, name in enumerate(names)}
        data = (await plan.run(shop, given)).data
        assert data is not None
        assert [key[1:] for key in data["item"] if key != "id"] == [name for name in names if not given[name]]
    assert plan._parts.cache_info().currsize == operation.MOST_COMBINATIONS  # noqa: SLF001 (the bound is inside)


async def test_variables_of_the_wrong_type_run_nothing() -> None:
    shop = Shop([item()])
    result = await compiled("query ($id: Int!) { item(id: $id) { id } }").run(shop, {"id": "one"})
    assert result.data is None
    assert result.errors
    assert "$id" in result.errors[0].message
    assert shop.looked == 0


async def test_a_condition_that_is_null_is_an_error_of_its_place() -> None:
    plan, shop = compiled(WITH_CONDITIONS), Shop([item()])
    result = await plan.run(shop, {"a": True, "b": None})
    assert result.data == {"item": None}
    assert result.errors
    assert result.errors[0].path == ["item"]
    result = await compiled("query ($b: Boolean = true) { item @skip(if: $b) { id } }").run(shop, {"b": None})
    assert result.data is None


async def test_constant_arguments_are_not_coerced_by_graphql_core(monkeypatch: pytest.MonkeyPatch) -> None:
    plan, shop = compiled("{ item(id: 1) { id } }"), Shop([item(1), item(2)])
    assert (await plan.run(shop)).data == {"item": {"id": "item-2"}}
    monkeypatch.delattr("levelwise.run.get_argument_values")
    assert (await plan.run(shop)).data == {"item": {"id": "item-2"}}


async def test_what_was_prepared_runs_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    plan, shop = compiled("{ item(id: 1) { id maker { name } } }"), Shop([item(1), item(2)])
    plan.prepare()
    for later in ("levelwise.levels.generate", "levelwise.plan.reader", "levelwise.operation.Planner"):
        monkeypatch.delattr(later)
    assert (await plan.run(shop)).data == {"item": {"id": "item-2", "maker": {"name": "Maker 2"}}}


async def test_untouched_values_are_in_the_data_as_they_are() -> None:
    id = UUID(int=1)
    text, shop = "{ item { id } }", Shop([item(id=id)])
    assert (await compiled(text).run(shop)).data == {"item": {"id": str(id)}}
    data = (await compiled(text, {"ID": [UUID]}).run(shop)).data
    assert data == {"item": {"id": id}}
    assert orjson.dumps(data) == b'{"item":{"id":"%s"}}' % str(id).encode()


async def test_an_event_of_a_subscription() -> None:
    plan = compiled("subscription { arrived { name maker { name } } }")
    data = (await plan.run(Shop(), root_value=item(3))).data
    assert data == {"arrived": {"name": "Item 3", "maker": {"name": "Maker 3"}}}


async def test_mutations_run_one_after_the_other_until_there_is_no_answer() -> None:
    text = 'mutation { a: want(what: "a") moon: want(what: "the moon") b: want(what: "b") }'
    shop = Shop()
    result = await compiled(text).run(shop)
    assert result.data is None
    assert shop.wanted == ["a", "the moon"]
    assert [error.path for error in result.errors or ()] == [["moon"]]
