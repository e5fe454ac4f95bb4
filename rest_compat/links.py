"""Links: where a list goes on, as RFC 8288 writes it."""

from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import URL


class Links(NamedTuple):
    """What a query parameter is at the ends of a list, and on both sides of the part that is shown."""

    parameter: str
    first: int
    prev: int
    next: int
    last: int

    def header(self, url: URL) -> str:
        """Write the value of `Link` for this URL: its other query parameters stay as they are."""
        places = {"first": self.first, "prev": self.prev, "next": self.next, "last": self.last}
        shown = {
            relation: place
            for relation, place in places.items()
            if (relation != "prev" or place >= self.first) and (relation != "next" or place <= self.last)
        }
        return ", ".join(f'<{self._target(url, place)}>; rel="{relation}"' for relation, place in shown.items())

    def _target(self, url: URL, place: int) -> str:
        # Without scheme and host: a proxy in front has others.
        others = [each for each in parse_qsl(url.query, keep_blank_values=True) if each[0] != self.parameter]
        return f"{url.path}?{urlencode([*others, (self.parameter, place)])}"
