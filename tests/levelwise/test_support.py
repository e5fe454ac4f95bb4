"""What is compiled, and what is left to graphql-core."""

from collections.abc import Callable
from typing import Any

import pytest
import strawberry
from graphql import DirectiveLocation, build_schema, parse
from strawberry.directive import DirectiveValue
from strawberry.extensions import SchemaExtension
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from levelwise import Plan, Unsupported, compile_operation
from tests.levelwise.shop import Query, compiled, reason


class _Watching(SchemaExtension):
    def resolve(self, _next: Callable[..., Any], root: Any, info: Any, *args: str, **kwargs: Any) -> Any:
        return _next(root, info, *args, **kwargs)


class _Timing(SchemaExtension):
    def on_operation(self) -> Any:
        yield


class _Executor(StrawberryGraphQLCoreExecutionContext):
    pass


@strawberry.directive(locations=[DirectiveLocation.FIELD])
def shout(value: DirectiveValue[str]) -> str:
    return str(value).upper()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{ __schema { description } }", "introspection"),
        ('{ ... { __type(name: "Item") { name } } }', "introspection"),
        ("{ ...F } fragment F on Query { __schema { description } }", "introspection"),
        ("{ ... @defer { item { id } } }", "the directive @defer"),
        ("{ items @stream { id } }", "the directive @stream"),
        ("query @live { items { id } }", "the directive @live"),
        ("{ ...F } fragment F on Query @shout { items { id } }", "the directive @shout"),
        ("query A { item { id } } query B { item { id } }", "no operation, or more than one"),
    ],
)
def test_operations_that_are_left(text: str, expected: str) -> None:
    assert reason(text) == expected


def test_fragments_with_variables_are_left() -> None:
    text = "{ ...F } fragment F($a: Int) on Query { item(id: $a) { id } }"
    document = parse(text, experimental_fragment_arguments=True)
    schema = build_schema("type Query { item(id: Int): Query id: ID }")
    assert compile_operation(schema, document) == Unsupported("fragments with variables")


def test_conditions_have_a_bound() -> None:
    def text(count: int) -> str:
        names = [f"$v{number}" for number in range(count)]
        fields = " ".join(f"a{at}: item {{ id @skip(if: {name}) }}" for at, name in enumerate(names))
        return f"query ({', '.join(f'{name}: Boolean!' for name in names)}) {{ {fields} }}"

    assert compiled(text(6))
    assert reason(text(7)) == "more than 6 variables of @skip and @include"


def test_fields_have_a_bound_however_short_the_text() -> None:
    levels = [f"fragment F{n} on Item {{ a: rival {{ ...F{n + 1} }} b: rival {{ ...F{n + 1} }} }}" for n in range(30)]
    text = f"{{ item {{ ...F0 }} }} {' '.join(levels)} fragment F30 on Item {{ id }}"
    assert reason(text) == "more than 2000 fields"


def test_levels_have_a_bound() -> None:
    assert reason(f"{{ item {{ {'rival { ' * 120} id {'} ' * 120} }} }}") == "more than 100 levels"
    fragments = " ".join(f"fragment F{n} on Query {{ ...F{n + 1} }}" for n in range(5000))
    assert reason(f"{{ ...F0 }} {fragments} fragment F5000 on Query {{ item {{ id }} }}") == "more than 100 levels"


def test_a_named_operation_is_found_among_others() -> None:
    schema = build_schema("type Query { id: ID }")
    document = parse("query A { id } query B { __schema { description } }")
    assert isinstance(compile_operation(schema, document, "A"), Plan)
    assert isinstance(compile_operation(schema, document, "B"), Unsupported)


def test_an_operation_without_its_type_is_left() -> None:
    schema = build_schema("type Query { id: ID }")
    assert isinstance(compile_operation(schema, parse("mutation { id }")), Unsupported)


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (strawberry.Schema(Query, extensions=[_Watching]), "an extension that hooks resolve"),
        (strawberry.Schema(Query, extensions=[lambda: _Watching()]), "an extension that hooks resolve"),  # noqa: PLW0108 (a factory)
        (strawberry.Schema(Query, directives=[shout]), "directives of the schema's own"),
        (strawberry.Schema(Query, execution_context_class=_Executor), "an executor class of the schema's own"),
    ],
)
def test_schemas_that_are_left(schema: strawberry.Schema, expected: str) -> None:
    assert compile_operation(schema, parse("{ item { id } }")) == Unsupported(expected)


def test_other_extensions_are_no_hindrance() -> None:
    schema = strawberry.Schema(Query, extensions=[_Timing])
    assert isinstance(compile_operation(schema, parse("{ item { id } }")), Plan)
