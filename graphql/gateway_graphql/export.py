"""Export: the schema's text, and its changes since it was exported."""

from graphql import (
    BreakingChange,
    DangerousChange,
    GraphQLError,
    build_schema,
    find_schema_changes,
    lexicographic_sort_schema,
    print_schema,
)

from gateway_graphql.schema import schema


def sdl() -> str:
    """Return the schema's text, sorted: a diff shows what has changed, never what has moved."""
    return print_schema(lexicographic_sort_schema(schema._schema)) + "\n"  # noqa: SLF001 (its name for graphql-core's)


def changes(exported: str, now: str) -> list[str]:
    """Say of each change since a text was exported whether it breaks clients, is dangerous to them, or safe."""
    try:
        old = build_schema(exported, assume_valid_sdl=True)  # the directives of Federation are not in the text
    except (GraphQLError, TypeError):
        return ["breaking: what was exported is not a schema"]
    found = find_schema_changes(old, build_schema(now, assume_valid_sdl=True))
    # The worst first.
    for_clients = sorted(found, key=lambda change: _WORSE.index(_severity(change)))
    return [f"{_severity(change)}: {change.description}" for change in for_clients]


_WORSE = ("breaking", "dangerous", "safe")


def _severity(change: object) -> str:
    match change:
        case BreakingChange():
            return "breaking"
        case DangerousChange():
            return "dangerous"
    return "safe"
