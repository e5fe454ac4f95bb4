"""Operation: what a client asks to be run, whichever transport brings it."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Operation(NamedTuple):
    """A text, or the name of one, and its variables."""

    query: str | None
    operation_name: str | None = None
    variables: Mapping[str, Any] | None = None
    document_id: str | None = None
    extensions: Mapping[str, Any] | None = None
