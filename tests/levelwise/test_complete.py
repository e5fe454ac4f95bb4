"""Exact completion: where nulls lead, and what errors tell."""

from types import GeneratorType
from typing import Any

import pytest

from levelwise.surprises import is_ordinary
from tests.levelwise.shop import Shop, compiled, item


def _told(result: Any) -> list[tuple[str, Any, list[tuple[int, int]]]]:
    return [
        (error.message, error.path, [(each.line, each.column) for each in error.locations or ()])
        for error in result.errors or ()
    ]


async def test_nothing_goes_to_the_nearest_place_that_may_be_null() -> None:
    rows = [item(1, rival=item(2, name=None))]
    result = await compiled("{ items { name rival { id name } } }").run(Shop(rows))
    assert result.data == {"items": [{"name": "Item 1", "rival": None}]}
    message = "Cannot return null for non-nullable field Item.name."
    assert _told(result) == [(message, ["items", 0, "rival", "name"], [(1, 27)])]


async def test_nothing_may_go_all_the_way() -> None:
    result = await compiled("{ items { name } }").run(Shop([item(1), item(2, name=ValueError("nameless"))]))
    assert result.data is None
    assert _told(result) == [("nameless", ["items", 1, "name"], [(1, 11)])]


async def test_one_error_for_one_place() -> None:
    row = item(1, rival=item(2, name=None, size="huge", tags=[None, 1]))
    result = await compiled("{ item { rival { size name tags } } }").run(Shop([row]))
    assert result.data == {"item": {"rival": None}}
    assert [error.path for error in result.errors or ()] == [["item", "rival", "size"]]


async def test_errors_of_merged_fields_have_all_locations() -> None:
    result = await compiled("{ item { price ... { price } } }").run(Shop([item(price="dear")]))
    assert _told(result) == [
        ("Float cannot represent non numeric value: 'dear'", ["item", "price"], [(1, 10), (1, 22)])
    ]


async def test_a_resolver_is_called_once_whatever_comes_of_it() -> None:
    shop = Shop([item(1, tags="not a list", rival=7)])
    result = await compiled("{ item { name tags rival { id } } }").run(shop)
    assert result.data == {"item": None}
    assert shop.looked == 1


async def test_types_of_interfaces() -> None:
    text = "{ named { __typename name ... on Item { maker { name } } } }"
    shop = Shop([item(1), item(2)])
    assert (await compiled(text).run(shop)).data == {
        "named": [
            {"__typename": "Item", "name": f"Item {number}", "maker": {"name": f"Maker {number}"}} for number in (1, 2)
        ]
    }
    assert shop.batches == [("makers", 2)]
    result = await compiled(text).run(Shop([item(1), 7]))
    assert result.data is None
    assert [error.path for error in result.errors or ()] == [["named", 1]]


@pytest.mark.parametrize("class_", [int, str, list, dict, object, tuple])
def test_ordinary_classes(class_: Any) -> None:
    assert is_ordinary(class_)


def test_classes_that_are_not_ordinary() -> None:
    async def later() -> None: ...

    waiting = later()
    classes: list[Any] = [type(None), ValueError, type(waiting), GeneratorType]
    assert not any(map(is_ordinary, classes))
    waiting.close()
