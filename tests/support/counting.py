"""Operations run inside the tests' process, where the statements that they cost can be counted."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from graphql import OperationType

from gateway.auth import Scope, Viewer
from gateway.database.pool import Database
from gateway_graphql.context import Context
from gateway_graphql.execution import Executor, Operation
from gateway_graphql.schema import schema
from tests.support.organization import Organization


class Counted(NamedTuple):
    """What an operation answered, and how many statements it took."""

    data: dict[str, Any]
    statements: int


Count = Callable[..., Awaitable[Counted]]


def counting(database: Database, organization: Organization) -> Count:
    """Make the function that runs a query, which must succeed, for a viewer of the organization."""
    execute = Executor(schema)
    viewer = Viewer("user-1", organization.id, frozenset(Scope), expires_at=float("inf"))

    async def counted(query: str, **variables: object) -> Counted:
        context = Context(viewer, database)
        operation = Operation(query, variables=variables)
        answer = await execute(operation, context, allowed=frozenset({OperationType.QUERY}))
        assert answer.errors is None
        assert answer.data is not None
        return Counted(answer.data, context.tenant.statements)

    return counted
