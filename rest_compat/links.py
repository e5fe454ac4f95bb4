"""Links: where a list goes on, as RFC 8288 writes it."""

from typing import NamedTuple
from urllib.parse import quote, unquote_plus

_SENT = "%=+;,/?:@!$'()*[]"  # what may stand in a query as it is


class Links(NamedTuple):
    """What a query parameter is at the ends of a list, and on both sides of the part that is shown."""

    parameter: str
    first: int
    prev: int | None
    next: int | None
    last: int

    def header(self, path: str, query: str) -> str:
        """Write the value of `Link` for this path: its other query parameters stay as they are."""
        others = [each for each in query.split("&") if each and unquote_plus(each.split("=")[0]) != self.parameter]
        # Without scheme and host: a proxy in front has others.
        beginning = f"{quote(path)}?{''.join([quote(each, safe=_SENT) + '&' for each in others])}{self.parameter}="
        places = (("first", self.first), ("prev", self.prev), ("next", self.next), ("last", self.last))
        return ", ".join([f'<{beginning}{place}>; rel="{name}"' for name, place in places if place is not None])
