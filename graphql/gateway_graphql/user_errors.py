"""User errors: what a caller can mend in a mutation's input, and the checks that find it."""

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import strawberry

from gateway_graphql.enums import described
from gateway_graphql.weight import is_longer

LONGEST_TEXT = 500
LONGEST_CONTENT = 100_000
MOST_SERVICES = 100


class UserErrorCode(StrEnum):
    NOT_FOUND = "not_found"
    INVALID = "invalid"
    TOO_LONG = "too_long"
    CONFLICT = "conflict"


described(
    UserErrorCode,
    "Why a change was not made.",
    NOT_FOUND="The object that the field names does not exist.",
    INVALID="The value is not valid.",
    TOO_LONG="The value is too long.",
    CONFLICT="The idempotency key was used before, for something else.",
)


@strawberry.type(description="An error that the user can correct.")
class UserError:
    code: UserErrorCode = strawberry.field(description="Why the change was not made.")
    message: str = strawberry.field(description="The error in words.")
    field: list[str] | None = strawberry.field(
        description="The path of the field in `input`; null for the whole input."
    )


class UserErrors(Exception):
    """A change was not made, for errors that the caller can mend."""

    def __init__(self, *errors: UserError) -> None:
        super().__init__(*errors)
        self.errors = list(errors)


def user_error(code: UserErrorCode, message: str, *field: str) -> UserError:
    """Say what is wrong with one field of the input."""
    return UserError(code=code, message=message, field=list(field) or None)


def check_text(
    values: Mapping[str, Any], *, required: tuple[str, ...] = (), longest: int = LONGEST_TEXT
) -> list[UserError]:
    """Find what is wrong with texts, by their fields. Required ones may not be null or blank."""
    return [error for field, value in values.items() if (error := _text_error(field, value, required, longest))]


def _text_error(field: str, value: str | None, required: tuple[str, ...], longest: int) -> UserError | None:
    if field in required and (value is None or not value.strip()):
        return user_error(UserErrorCode.INVALID, "This must not be empty.", field)
    if value is not None and "\0" in value:
        return user_error(UserErrorCode.INVALID, "This holds a NUL character.", field)
    if value is not None and len(value) > longest:
        return user_error(UserErrorCode.TOO_LONG, f"This may have {longest} characters at most.", field)
    return None


def check_services(services: list[str] | None) -> list[UserError]:
    """Find what is wrong with `preferredServices`."""
    field = "preferredServices"
    if services is None:
        return [user_error(UserErrorCode.INVALID, "This must not be null.", field)]
    if len(services) > MOST_SERVICES:
        return [user_error(UserErrorCode.TOO_LONG, f"There may be {MOST_SERVICES} services at most.", field)]
    errors = [_text_error(str(at), service, (), LONGEST_TEXT) for at, service in enumerate(services)]
    return [user_error(error.code, error.message, field, *(error.field or ())) for error in errors if error]


def json_text(metadata: Any) -> str:
    """Write metadata as JSON text. Raises UserErrors unless it is an object that PostgreSQL can store."""
    if not isinstance(metadata, dict):
        raise UserErrors(user_error(UserErrorCode.INVALID, "This must be an object.", "metadata"))
    too_long = user_error(
        UserErrorCode.TOO_LONG, f"This may have {LONGEST_CONTENT} characters of JSON at most.", "metadata"
    )
    # Before it is written, which may take long: brackets, quotes, colons and commas count too.
    if is_longer(metadata, LONGEST_CONTENT, item=2, member=6):
        raise UserErrors(too_long)
    try:
        # Not orjson: integers of any size stay exact. Sorted: PostgreSQL keeps no order, and equal objects are equal.
        text = json.dumps(metadata, ensure_ascii=False, allow_nan=False, sort_keys=True)
        text.encode()  # fails at half a character
    except (ValueError, RecursionError):
        too_odd = "This holds a number or text that JSON cannot write, or is nested too deep."
        raise UserErrors(user_error(UserErrorCode.INVALID, too_odd, "metadata")) from None
    if len(text) > LONGEST_CONTENT:
        raise UserErrors(too_long)
    if "\\u0000" in text.replace("\\\\", ""):
        raise UserErrors(user_error(UserErrorCode.INVALID, "This holds a NUL character.", "metadata"))
    return text
