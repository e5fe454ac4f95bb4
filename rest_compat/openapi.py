"""OpenAPI 3.1 of the calls, made of the same declarations that read requests and write answers."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from inspect import getdoc
from typing import Any, get_args, get_origin, get_type_hints

import orjson
from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from rest_compat import bodies, examples
from rest_compat.call import Call, Listed
from rest_compat.openapi_failures import FAILURES, MODELS, failures
from rest_compat.openapi_parts import FRAME, OPTIONAL_HEADERS, given_headers
from rest_compat.reader import Reader
from rest_compat.routes import CALLS, PREFIX

_REF = "#/components/schemas/{model}"

Json = dict[str, Any]


class _Untitled(GenerateJsonSchema):
    """Titles of fields would only repeat their names."""

    def field_title_should_be_set(self, _: Any) -> bool:
        return False


def openapi_json() -> bytes:
    """Write the document as it is served, printed and committed."""
    return orjson.dumps(openapi_document(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def openapi_document() -> Json:
    """Make the document."""
    schemas = _Schemas()
    paths = {
        PREFIX + path: {method.lower(): _operation(method, call, schemas) for method, call in calls.items()}
        for path, calls in CALLS.items()
    }
    components = {**FRAME["components"], "schemas": schemas.shared(), "responses": FAILURES}
    return {**FRAME, "paths": paths, "components": components}


class _Schemas:
    """Every model's JSON Schema, its parts shared."""

    def __init__(self) -> None:
        self._calls = [call for calls in CALLS.values() for call in calls.values()]
        given = {model for call in self._calls for model in Reader(call.operation).models.values()}
        shown = {answered(call) for call in self._calls if get_origin(answered(call)) is not list}
        inputs = [
            *((model, "validation", TypeAdapter[Any](model)) for model in sorted(given, key=_name)),
            *((model, "serialization", TypeAdapter[Any](model)) for model in sorted({*shown, *MODELS}, key=_name)),
        ]
        _, definitions = TypeAdapter.json_schemas(
            inputs,  # type: ignore[arg-type]  # mypy widens the modes to str
            ref_template=_REF,
            schema_generator=_Untitled,
        )
        self._definitions: Json = definitions["$defs"]
        self._parameters = {
            model.__name__: self._definitions.pop(model.__name__)
            for model in given
            if model.__name__.endswith(("Path", "Query", "Header"))
        }

    def shared(self) -> Json:
        return dict(sorted({**self._definitions, "Json": bodies.JSON}.items()))

    def parameters(self, place: str, model: type) -> Iterator[Json]:
        """Describe what a model asks for in the path, query or headers."""
        schema = self._parameters[model.__name__]
        for name, described in schema["properties"].items():
            inner = {key: value for key, value in described.items() if key not in {"description", "examples"}}
            # A text in a URL is never null.
            [kept] = [each for each in inner.pop("anyOf", [{}]) if each != {"type": "null"}]
            if inner.get("default", 0) is None:
                del inner["default"]
            yield {
                "name": "Idempotency-Key" if place == "header" else name,
                "in": place,
                "required": name in schema.get("required", []),
                "description": described["description"],
                "schema": {**kept, **inner},
                **({"example": described["examples"][0]} if "examples" in described else {}),
            }


def answered(call: Call) -> Any:
    """The type of what a call shows."""
    hint = get_type_hints(call.operation, include_extras=True)["return"]
    return get_args(hint)[0] if get_origin(hint) is Listed else hint


def _operation(method: str, call: Call, schemas: _Schemas) -> Json:
    models = Reader(call.operation).models
    name = call.operation.__name__
    body = models.pop("body", None)
    summary, _, description = (getdoc(call.operation) or "").partition(". ")
    declared = [each for place, model in models.items() for each in schemas.parameters(place, model)]
    operation: Json = {
        "operationId": name,
        "tags": [call.operation.__module__.rpartition(".")[2]],
        "summary": summary.removesuffix("."),
        **({"description": description} if description else {}),
        "parameters": [*declared, *OPTIONAL_HEADERS[method]],
    }
    if body:
        content = {"schema": {"$ref": _REF.format(model=body.__name__)}, "example": examples.BODIES[name]}
        operation["requestBody"] = {"required": True, "content": {"application/json": content}}
    operation["responses"] = {str(call.status): _answer(call), **failures(method, models, body=body is not None)}
    operation["x-graphql-operation"] = call.successor.document
    return operation


def _answer(call: Call) -> Json:
    shown = answered(call)
    listed = get_origin(shown) is list
    ref = {"$ref": _REF.format(model=_name(get_args(shown)[0] if listed else shown))}
    content: Mapping[str, Any] = {
        "schema": {"type": "array", "items": ref} if listed else ref,
        "example": examples.ANSWERS[call.operation.__name__],
    }
    return {
        "description": HTTPStatus(call.status).phrase,
        "headers": given_headers(call.status, tagged=call.tagged),
        "content": {"application/json": content},
    }


def _name(model: Any) -> str:
    name: str = model.__name__
    return name
