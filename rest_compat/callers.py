"""Callers: REST calls counted by client, for Prometheus. The number of labels is bounded."""

import re
from functools import lru_cache

from prometheus_client import Counter

from gateway.auth import Viewer

MOST_CLIENTS = 100
"""Token clients that a process tells apart: identity providers may register one for each installation."""
_LONGEST = 100  # characters that are looked at

_CALLS = Counter(
    "gateway_rest_calls", "REST calls, by who still makes them.", ["route", "method", "client", "token_client"]
)
_NONE, _OTHER = "none", "other"
_FAMILIES = {
    "mozilla": "browser", "curl": "curl", "wget": "wget", "python-requests": "python-requests",
    "python-httpx": "python-httpx", "aiohttp": "aiohttp", "python-urllib": "python-urllib", "axios": "axios",
    "node": "node", "node-fetch": "node-fetch", "undici": "undici", "got": "got", "go-http-client": "go",
    "okhttp": "okhttp", "java": "java", "apache-httpclient": "java", "dart": "dart", "ruby": "ruby",
    "faraday": "ruby", "guzzlehttp": "php", "reqwest": "rust", "postmanruntime": "postman", "insomnia": "insomnia",
    "n8n": "n8n", "zapier": "zapier", "make": "make",
}  # fmt: skip
_PRODUCT = re.compile(r"[A-Za-z0-9._-]*[A-Za-z0-9_-]")


# Finding a counter by its labels costs more than counting.
_counter = lru_cache(maxsize=10_000)(_CALLS.labels)
_known_clients: set[str] = set()


def count_call(route: str, method: str | None, user_agent: str, viewer: Viewer | None) -> None:
    """Count a call of a path. `method` is None if the path does not have it, `viewer` without a valid token."""
    _counter(route, method or _OTHER, agent_family(user_agent[:_LONGEST]), _token_client(viewer)).inc()


def _token_client(viewer: Viewer | None) -> str:
    client = viewer.client if viewer else None
    if client is None:
        return _NONE
    if client not in _known_clients:
        if len(_known_clients) >= MOST_CLIENTS or len(client) > _LONGEST:
            return _OTHER
        _known_clients.add(client)
    return client


@lru_cache(maxsize=1000)
def agent_family(user_agent: str) -> str:
    """Say which of the known clients a User-Agent names first, `none`, or `other`.

    >>> agent_family("python-requests/2.32.0"), agent_family("AcmeSync/4 curl/8"), agent_family("")
    ('python-requests', 'other', 'none')
    """
    product = _PRODUCT.match(user_agent)
    return _FAMILIES.get(product[0].lower() if product else "", _OTHER if user_agent else _NONE)
