"""Content negotiation: which media type a request prefers."""

from collections.abc import Sequence
from functools import lru_cache


@lru_cache(maxsize=256)
def preferred(accept: str | None, offered: tuple[str, ...]) -> str | None:
    """Pick the offered media type that an Accept header likes best; None where it takes none of them.

    Of equally liked ones the first listed wins, then the first offered, which also answers a missing header.

    >>> preferred("text/html, */*;q=0.1", ("application/json", "text/html"))
    'text/html'
    """
    if not accept or not accept.strip():
        return offered[0]
    ranges = [_range(part) for part in accept.split(",") if part.strip()]
    best = max(offered, key=lambda media_type: _liking(media_type, ranges))
    return best if _liking(best, ranges)[0] > 0 else None


def _range(part: str) -> tuple[str, float]:
    media_range, *parameters = (piece.strip().lower() for piece in part.split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return media_range, float(value)
            except ValueError:
                return media_range, 0.0
    return media_range, 1.0


def _liking(media_type: str, ranges: Sequence[tuple[str, float]]) -> tuple[float, int]:
    # The most specific range that fits decides: by its quality, and where it stands.
    kind = media_type.partition("/")[0]
    for wanted in (media_type, f"{kind}/*", "*/*"):
        for place, (media_range, quality) in enumerate(ranges):
            if media_range == wanted:
                return quality, -place
    return 0.0, 0
