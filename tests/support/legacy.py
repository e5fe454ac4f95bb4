"""What GraphQL answers, as the legacy API would say it."""

from typing import Any

from gateway_graphql.names import snake_case

ENUMS = {"channel", "status", "role"}


def legacy(value: Any) -> Any:
    """What GraphQL shows, in the legacy names and words. Metadata is the clients' own."""
    if isinstance(value, list):
        return [legacy(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        snake_case(key): each if key == "metadata" else each.lower() if key in ENUMS else legacy(each)
        for key, each in value.items()
    }
