"""Persisted operations: Apollo's automatic ones, and an operator's trusted documents."""

from collections import OrderedDict
from collections.abc import Mapping
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import structlog

from gateway_graphql.errors import BadUserInput, ErrorCode, PublicError

KEPT_TEXTS = 1000
LONGEST_TEXT = 20_000
"""Characters: longer texts are not kept, so that what is kept has a bound."""

log = structlog.get_logger(__name__)


class Mode(StrEnum):
    """What becomes of operations that are not trusted: run, run and logged, or refused."""

    OFF = "off"
    LOG = "log"
    ONLY = "only"


class PersistedQueryNotFound(PublicError):
    """Nothing is known under the name: an Apollo client then sends name and text together."""

    code = ErrorCode.PERSISTED_QUERY_NOT_FOUND


class PersistedQueryRequired(PublicError):
    """Only trusted operations are run."""

    code = ErrorCode.PERSISTED_QUERY_REQUIRED


class PersistedOperations:
    """The texts that can be asked for by their names."""

    def __init__(self, trusted: Mapping[str, str], mode: Mode) -> None:
        """`trusted` has texts by their names. Their hashes name them as well: that is how Apollo's clients ask."""
        self._trusted = {sha256(text.encode()).hexdigest(): text for text in trusted.values()} | dict(trusted)
        self.trusted_texts = frozenset(trusted.values())
        self._mode = mode
        self._sent: OrderedDict[str, str] = OrderedDict()

    def text(self, query: str | None, document_id: str | None, extensions: Mapping[str, Any] | None) -> str:
        """Return the text that a request asks to be run. Raises a PublicError where there is none."""
        sent_hash = _sent_hash(extensions)
        name = document_id if document_id is not None else sent_hash
        if query is None and name is None:
            raise BadUserInput("The request has no `query`.")
        text = self._found(name) if query is None and name is not None else query
        if text is None:
            raise PersistedQueryNotFound("PersistedQueryNotFound")
        if text not in self.trusted_texts:
            self._untrusted(name)
        if query is not None and sent_hash is not None:
            self._keep(query, sent_hash)
        return text

    def _found(self, name: str) -> str | None:
        text = self._trusted.get(name) or self._trusted.get(name.removeprefix("sha256:"))
        if text is None and name in self._sent:
            self._sent.move_to_end(name)
            text = self._sent[name]
        return text

    def _untrusted(self, name: str | None) -> None:
        if self._mode is Mode.ONLY:
            raise PersistedQueryRequired("Only trusted operations are run: send a `documentId`.")
        if self._mode is Mode.LOG:
            log.warning("operation is not trusted", document_id=name)

    def _keep(self, query: str, sent_hash: str) -> None:
        if sha256(query.encode()).hexdigest() != sent_hash:
            raise BadUserInput("`sha256Hash` is not the hash of `query`.")
        if len(query) <= LONGEST_TEXT:
            self._sent[sent_hash] = query
            while len(self._sent) > KEPT_TEXTS:
                self._sent.popitem(last=False)


def _sent_hash(extensions: Mapping[str, Any] | None) -> str | None:
    asked = (extensions or {}).get("persistedQuery")
    if asked is None:
        return None
    if not isinstance(asked, dict) or asked.get("version") != 1:
        raise BadUserInput("`extensions.persistedQuery` must have version 1.")
    if not isinstance(asked.get("sha256Hash"), str):
        raise BadUserInput("`extensions.persistedQuery.sha256Hash` must be a string.")
    return str(asked["sha256Hash"])


def read_manifest(path: Path) -> dict[str, str]:
    """Read trusted operations: names to texts, as graphql-codegen and Relay write them, or Apollo's manifest.

    Raises ValueError, saying what is wrong, for anything else.
    """
    try:
        manifest = orjson.loads(path.read_bytes())
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
    except orjson.JSONDecodeError as error:
        raise ValueError(f"{path} is not JSON: {error.msg}") from None
    if isinstance(manifest, dict) and isinstance(manifest.get("operations"), list):
        manifest = dict(
            (each.get("id"), each.get("body")) if isinstance(each, dict) else (None, each)
            for each in manifest["operations"]
        )
    if not isinstance(manifest, dict) or not all(
        isinstance(name, str) and isinstance(text, str) for name, text in manifest.items()
    ):
        raise ValueError(f"{path} is no manifest: it must map names to the texts of operations")
    return manifest
