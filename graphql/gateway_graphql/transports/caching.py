"""Conditional GET: an ETag on each answer, and 304 if the client has it already."""

from http import HTTPStatus

from starlette.responses import Response

from gateway.http.etags import entity_tag, is_known
from gateway.http.requests import Request


def cacheable(response: Response, request: Request) -> Response:
    """Give a good answer a strong ETag; answer 304 to a client that has it already."""
    if response.status_code != HTTPStatus.OK:
        return response
    tag = entity_tag(bytes(response.body))
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Accept, Authorization"}
    if is_known(request.header(b"if-none-match") or "", tag):
        return Response(status_code=304, headers=headers)
    response.headers.update(headers)
    return response
