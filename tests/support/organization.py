"""An organization with rows of its own, written as other programs write them, and clients for it."""

from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self
from uuid import UUID, uuid4

import httpx
import jwt
import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

ROLE = "walled"
"""The tests' role under row security."""
SECRET = "a secret for tests, long enough for HS256"
START = datetime(2026, 3, 7, 10, 0, tzinfo=UTC)


def token(organization_id: UUID, **claims: object) -> str:
    """A token of the tests' secret; a claim given as None is left out."""
    lasting = {
        "sub": "user-1",
        "organization_id": str(organization_id),
        "exp": datetime.now(UTC) + timedelta(hours=1),
    }
    kept = {name: value for name, value in {**lasting, **claims}.items() if value is not None}
    return jwt.encode(kept, SECRET, algorithm="HS256")


class Organization:
    """One organization: `lead`, `conversation`, `message` write rows; `get`, `graphql`, ... ask the gateway."""

    def __init__(self, connection: psycopg.Connection, gateway_url: str) -> None:
        self.id = uuid4()
        self._connection = connection
        self.url = gateway_url
        self.http = self.client()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()

    def client(self, **claims: object) -> httpx.Client:
        """A client whose token has these claims besides the usual ones."""
        headers = {"Authorization": f"Bearer {token(self.id, **claims)}"}
        # Without `verify` it would load certificates, which takes longer than most tests.
        return httpx.Client(base_url=self.url, headers=headers, timeout=30, verify=False)

    def lead(self, **values: object) -> UUID:
        """Write a lead, return its id."""
        return self._insert("leads", {"name": "Jane Smith", "channel": "whatsapp", **values})

    def conversation(self, lead_id: UUID | None = None, **values: object) -> UUID:
        """Write a conversation (of a new lead, where none is given), return its id."""
        lead_id = lead_id or self.lead()
        row = {"lead_id": lead_id, "session_key": "whatsapp_+49123456789", "channel": "whatsapp", **values}
        return self._insert("conversations", row)

    def message(self, conversation_id: UUID, content: str = "Hello", **values: object) -> UUID:
        """Write a message, return its id."""
        row = {"conversation_id": conversation_id, "role": "user", "content": content, **values}
        return self._insert("messages", row)

    def sql(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Run SQL as another program would; `%s` in the text are the values."""
        cursor = self._connection.execute(statement.encode(), values)
        return cursor.fetchall() if cursor.description else []

    def graphql(self, query: str, **variables: object) -> dict[str, Any]:
        """The data of a query that must succeed."""
        answer = self.http.post("/graphql", json={"query": query, "variables": variables})
        body: dict[str, Any] = answer.json()
        assert "errors" not in body, body["errors"]
        assert answer.status_code == 200, answer.text
        data: dict[str, Any] = body["data"]
        return data

    def graphql_errors(self, query: str, **variables: object) -> list[dict[str, Any]]:
        """The errors of a query that must fail somewhere."""
        body = self.http.post("/graphql", json={"query": query, "variables": variables}).json()
        errors: list[dict[str, Any]] = body["errors"]
        return errors

    def _insert(self, table: str, values: dict[str, object]) -> UUID:
        row = {"organization_id": self.id, **values}
        statement = sql.SQL("INSERT INTO {} ({}) VALUES ({}) RETURNING id").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, row)),
            sql.SQL(", ").join(sql.Placeholder() * len(row)),
        )
        adapted = [Jsonb(value) if isinstance(value, dict) else value for value in row.values()]
        written = self._connection.execute(statement, adapted).fetchone()
        assert written is not None
        id: UUID = written[0]
        return id
