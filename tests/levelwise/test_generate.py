"""Generated code: what it looks like, and that clients' text cannot become code."""

from typing import Any, NamedTuple

from graphql import parse
from graphql.execution.values import VariableValues

from levelwise.generate import generate, source
from levelwise.plan import Planner, Selection
from tests.levelwise.shop import NO, Shop, Size, compiled, item, schema

_CORE = schema._schema  # noqa: SLF001 (Strawberry's name for graphql-core's)


def _selection(text: str) -> Selection:
    """Answer the selection of `item`."""
    operation: Any = parse(text).definitions[0]
    planner = Planner(
        _CORE,
        operation,
        {},
        VariableValues({}, {}),
        strawberry_schema=schema,
        untouched=NO,
    )
    assert _CORE.query_type
    return planner.plan(_CORE.query_type).fields[0].selections["Item"]


def test_plain_fields_are_one_loop() -> None:
    code = source(_selection("{ item { id price tags rival { name } maker { id } } }"))
    assert code.count("for ") == 2  # the rows, and each row's tags
    assert ".price" in code
    assert "if type(" in code
    assert "maker" in code.splitlines()[-4]  # the dict alone: its values are found before


def test_response_keys_cannot_become_code() -> None:
    keys = ["__import__", "exit", "raise", "class"]
    code = source(_selection(f"{{ item {{ {' '.join(f'{key}: name' for key in keys)} }} }}"))
    for key in keys:
        assert f"'{key}': " in code
        assert code.replace("raise Surprise", "").count(key) == code.count(f"'{key}'")


async def test_rows_that_surprise_are_made_one_by_one() -> None:
    rows = [item(1), item(2, price="2.5"), item(3, name=7), item(4, tags=("a",))]
    result = await compiled("{ items { name price tags } }").run(Shop(rows))
    assert result.errors is None
    assert result.data == {
        "items": [
            {"name": "Item 1", "price": 1.5, "tags": ["new"]},
            {"name": "Item 2", "price": 2.5, "tags": ["new"]},
            {"name": "7", "price": 1.5, "tags": ["new"]},
            {"name": "Item 4", "price": 1.5, "tags": ["a"]},
        ]
    }


def test_properties_are_read_once_where_nothing_surprises() -> None:
    class Counting(NamedTuple):
        reads: list[str]
        size: Size = Size.SMALL

        @property
        def name(self) -> str:
            self.reads.append("name")
            return "Counted"

    row = Counting([])
    made = generate(_selection("{ item { name size } }"))([row, row], None)
    assert made == ([{"name": "Counted", "size": "SMALL"}] * 2, [])
    assert row.reads == ["name", "name"]
