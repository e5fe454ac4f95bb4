"""The schema is what the contract has, described throughout, and schema.graphql shows it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_client_schema,
    build_schema,
    introspection_from_schema,
    lexicographic_sort_schema,
    print_type,
)

from gateway_graphql.export import sdl
from gateway_graphql.schema import schema

EXPORTED = Path(__file__).parents[2] / "schema.graphql"
CONTRACT = Path(__file__).parent / "contract.graphql"
SCHEMA = build_schema(schema.as_str())


def definitions(of: GraphQLSchema) -> dict[str, str]:
    """Each type as SDL, without descriptions, its members by their names."""
    introspection = introspection_from_schema(of, descriptions=False, specified_by_url=False)
    plain = build_client_schema(introspection)
    return {name: print_type(kind) for name, kind in lexicographic_sort_schema(plain).type_map.items()}


DEFINED = definitions(SCHEMA)


@pytest.mark.parametrize(("name", "definition"), definitions(build_schema(CONTRACT.read_text())).items())
def test_types_are_the_contracts(name: str, definition: str) -> None:
    assert DEFINED[name] == definition


def descriptions(of: GraphQLSchema) -> Iterator[tuple[str, str | None]]:
    """Everything that a schema of ours has, by its coordinates, and what it says of itself."""
    for name, kind in of.type_map.items():
        if name.startswith("__"):
            continue
        yield name, kind.description
        if isinstance(kind, GraphQLEnumType):
            yield from ((f"{name}.{word}", value.description) for word, value in kind.values.items())
        elif isinstance(kind, GraphQLInputObjectType):
            yield from ((f"{name}.{key}", each.description) for key, each in kind.fields.items())
        elif isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for key, field in kind.fields.items():
                yield f"{name}.{key}", field.description
                yield from ((f"{name}.{key}({at}:)", each.description) for at, each in field.args.items())


def test_everything_is_described() -> None:
    described = dict(descriptions(SCHEMA))
    assert "Query.conversations(first:)" in described
    assert [coordinate for coordinate, description in described.items() if not description] == []


def test_the_exported_schema_is_this_one() -> None:
    assert EXPORTED.read_text(encoding="utf-8") == sdl()


def test_no_argument_has_null_as_its_default() -> None:
    assert "= null" not in schema.as_str()
