"""Links: where a list goes on, as RFC 8288 writes it."""

from typing import NamedTuple
from urllib.parse import parse_qsl, quote, urlencode

from starlette.datastructures import URL


class Links(NamedTuple):
    """What a query parameter is at the ends of a list, and on both sides of the part that is shown."""

    parameter: str
    first: int
    prev: int | None
    next: int | None
    last: int

    def header(self, url: URL) -> str:
        """Write the value of `Link` for this URL: its other query parameters stay as they are."""
        others = [each for each in parse_qsl(url.query, keep_blank_values=True) if each[0] != self.parameter]
        # Without scheme and host: a proxy in front has others.
        targets = {
            relation: f"{quote(url.path)}?{urlencode([*others, (self.parameter, place)])}"
            for relation, place in self._asdict().items()
            if relation != "parameter" and place is not None
        }
        return ", ".join(f'<{target}>; rel="{relation}"' for relation, target in targets.items())
