"""Reader: a request's path, query and body become the models that a function asks for."""

import json
from asyncio import to_thread
from collections.abc import Callable, Mapping
from contextlib import suppress
from email.message import Message
from functools import lru_cache
from math import isfinite
from typing import Any, get_type_hints
from urllib.parse import parse_qsl

import orjson
from pydantic import BaseModel, ValidationError, create_model
from pydantic_core import ErrorDetails
from starlette.requests import ClientDisconnect

from gateway.http.requests import Request
from gateway_graphql.transports.parameters import has_long_integer
from rest_compat.errors import InvalidRequest, UnreadableBody

_LONG = 50_000
"""Bytes: fewer are read within a few milliseconds."""

PLACES = ("path", "query", "header", "body")
_LONGEST = 200  # characters of Content-Type that are looked at


class Reader:
    """Reads the parameters that a function annotates: `path`, `query`, `header`, `body`, each with a model."""

    def __init__(self, function: Callable[..., Any]) -> None:
        hints = get_type_hints(function)
        self.models: dict[str, type[BaseModel]] = {place: hints[place] for place in PLACES if place in hints}
        declared = {place: (model, ...) for place, model in self.models.items()}
        # One model of all: its errors say the place by themselves.
        model = create_model(function.__name__, **declared)  # type: ignore[call-overload]  # names not known before
        self._validator = model.__pydantic_validator__

    async def read(self, request: Request) -> dict[str, BaseModel]:
        """The models by place. Raises InvalidRequest or UnreadableBody."""
        given: dict[str, Any] = {}
        if "path" in self.models:
            given["path"] = request.path_params
        if "query" in self.models:
            given["query"] = dict(parse_qsl(request.query, keep_blank_values=True)) if request.query else {}
        if "header" in self.models:
            given["header"] = request.headers
        if "body" not in self.models:
            return self._validated(given)
        body = await _bytes(request)
        if len(body) < _LONG:
            return self._validated(given | _body(request, body))
        # Others are answered meanwhile.
        return await to_thread(lambda: self._validated(given | _body(request, body)))

    def _validated(self, given: Mapping[str, Any]) -> dict[str, BaseModel]:
        try:
            read = self._validator.validate_python(given, from_attributes=True)
        except ValidationError as error:
            raise InvalidRequest([_detail(each) for each in error.errors(include_url=False)]) from None
        parameters: dict[str, BaseModel] = read.__dict__
        return parameters


def _detail(error: ErrorDetails) -> Mapping[str, Any]:
    # Where all of the body is missing, the input would be the rest of the request.
    return {**error, "input": None} if (error["type"], error["loc"]) == ("missing", ("body",)) else error


async def _bytes(request: Request) -> bytes:
    try:
        return await request.body()
    except ClientDisconnect:
        raise UnreadableBody from None


def _body(request: Request, body: bytes) -> dict[str, Any]:
    """The body under its name, or nothing where there is none: JSON is read, anything else is text."""
    try:
        if not body:
            return {}
        if not _is_json((request.header(b"content-type") or "")[:_LONGEST]):
            return {"body": body.decode(errors="replace")}
        return {"body": _read(body)}
    except json.JSONDecodeError as error:
        detail = {"type": "json_invalid", "loc": ("body", error.pos), "msg": "JSON decode error"}
        raise InvalidRequest([{**detail, "input": {}, "ctx": {"error": error.msg}}]) from None
    except (ValueError, RecursionError):
        raise UnreadableBody from None


def _read(body: bytes) -> Any:
    """Read JSON: soon, if it is as JSON should be; else as Python does, with its words for what is wrong."""
    if not has_long_integer(body):
        with suppress(orjson.JSONDecodeError):
            return orjson.loads(body)
    return json.loads(body, parse_float=_finite, parse_constant=_finite)


@lru_cache(maxsize=100)
def _is_json(content_type: str) -> bool:
    header = Message()
    header["content-type"] = content_type
    subtype = header.get_content_subtype()
    return header.get_content_maintype() == "application" and (subtype == "json" or subtype.endswith("+json"))


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise ValueError(f"{text} is no number of JSON")
    return number
