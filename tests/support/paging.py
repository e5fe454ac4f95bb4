"""Connections as clients walk them, and what their pages must be."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx

PAGE = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { id } }"
WINDOW = "first: $first, after: $after, last: $last, before: $before"
VARIABLES = "$first: Int, $after: String, $last: Int, $before: String"


class Paged(NamedTuple):
    """A connection field: a query of one page of it, and where in the answer the connection is."""

    query: str
    path: tuple[str, ...]
    variables: dict[str, Any]

    def ask(self, client: httpx.Client, **window: object) -> dict[str, Any]:
        """Ask for a page: the answer's body."""
        variables = {**self.variables, **window}
        body: dict[str, Any] = client.post("/graphql", json={"query": self.query, "variables": variables}).json()
        return body

    def page(self, client: httpx.Client, **window: object) -> dict[str, Any]:
        """Ask for a page, which must be answered."""
        body = self.ask(client, **window)
        assert "errors" not in body, body["errors"]
        found: dict[str, Any] = body["data"]
        for name in self.path:
            found = found[name]
        return found

    def forwards(self, client: httpx.Client, size: int) -> Iterator[dict[str, Any]]:
        """Walk from the first page to the last."""
        page = self.page(client, first=size)
        yield page
        while page["pageInfo"]["hasNextPage"]:
            page = self.page(client, first=size, after=page["pageInfo"]["endCursor"])
            yield page

    def backwards(self, client: httpx.Client, size: int) -> Iterator[dict[str, Any]]:
        """Walk from the last page to the first."""
        page = self.page(client, last=size)
        yield page
        while page["pageInfo"]["hasPreviousPage"]:
            page = self.page(client, last=size, before=page["pageInfo"]["startCursor"])
            yield page


def paged(field: str, arguments: str = "", **variables: object) -> Paged:
    """Make a root field's connection; `arguments` besides the window, as GraphQL text."""
    return Paged(f"query ({VARIABLES}) {{ {field}({WINDOW} {arguments}) {{ {PAGE} }} }}", (field,), variables)


def paged_of(parent: str, field: str, id: object, arguments: str = "") -> Paged:
    """Make the connection of one parent."""
    query = f"""query ({VARIABLES}, $id: ID!) {{
        {parent}(id: $id) {{ {field}({WINDOW} {arguments}) {{ {PAGE} }} }}
    }}"""
    return Paged(query, (parent, field), {"id": str(id)})


def ids(page: dict[str, Any]) -> list[str]:
    """The ids of a page's rows."""
    return [edge["node"]["id"] for edge in page["edges"]]


def refusal(listed: Paged, client: httpx.Client, **window: object) -> str:
    """The message of the one error that a window is refused with."""
    body = listed.ask(client, **window)
    (error,) = body["errors"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}
    assert error["path"] == list(listed.path)
    assert body["data"] is None or list(body["data"].values()) == [None]
    message: str = error["message"]
    return message
