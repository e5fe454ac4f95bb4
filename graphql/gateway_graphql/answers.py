"""Answers: the responses to operations, and their JSON."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson
from graphql import ExecutionResult, GraphQLError

from gateway.budget import Throttled
from gateway_graphql.errors import ErrorCode, formatted, public


class Answer(NamedTuple):
    """A response. A request error (`executed` is false) has no data, not even null."""

    executed: bool
    data: dict[str, Any] | None = None
    errors: list[dict[str, Any]] | None = None
    extensions: dict[str, Any] | None = None
    event_id: str | None = None
    """Where an event stands, if it can be returned to."""
    written: bytes | None = None
    """The body as JSON, where it was written before."""

    @property
    def body(self) -> dict[str, Any]:
        """The response as its specification has it."""
        body: dict[str, Any] = {"errors": self.errors} if self.errors else {}
        if self.executed:
            body["data"] = self.data
        if self.extensions:
            body["extensions"] = self.extensions
        return body

    @property
    def json(self) -> bytes:
        """The body as JSON."""
        return to_json(self.body) if self.written is None else self.written


def executed(result: ExecutionResult) -> Answer:
    """Answer with what an execution gave."""
    if not result.errors:
        return Answer(True, result.data)
    return Answer(
        # Errors of fields have a path; without data and path, nothing was executed.
        executed=result.data is not None or any(error.path for error in result.errors),
        data=result.data,
        errors=formatted(result.errors),
    )


def request_errors(errors: Sequence[GraphQLError]) -> Answer:
    """Answer a request that nothing of can be executed, with the errors of its document or variables."""
    return Answer(executed=False, errors=formatted(errors))


def failed(error: Exception) -> Answer:
    """Answer a request that an exception ended before anything was executed."""
    code, message = public(error)
    extensions: dict[str, Any] = {"code": code}
    if isinstance(error, Throttled):
        extensions["retryAfter"] = error.retry_after
    return Answer(executed=False, errors=[{"message": message, "extensions": extensions}])


def request_error(code: ErrorCode, message: str) -> Answer:
    """Answer a request that nothing of can be executed, with one error."""
    return Answer(executed=False, errors=[{"message": message, "extensions": {"code": code}}])


def without_suggestions(answer: Answer) -> Answer:
    """Answer the same, without the schema's names that its errors suggest."""
    if not answer.errors:
        return answer
    plain = [{**error, "message": error["message"].partition(" Did you mean ")[0]} for error in answer.errors]
    return answer._replace(errors=plain)


def to_json(value: Any) -> bytes:
    """Write an answer: the one place where UUIDs, timestamps and JSON get their form."""
    return orjson.dumps(value, option=orjson.OPT_UTC_Z)
