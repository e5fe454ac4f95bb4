"""Waiting for what happens by itself."""

import time
from collections.abc import Callable

SECONDS = 60.0
"""Longer than anything takes, also where much runs at once."""


def until(happens: Callable[[], object], seconds: float = SECONDS, told: Callable[[], object] = str) -> None:
    """Return as soon as it happens. Fails where it does not, with what is `told` then."""
    end = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < end, f"not within {seconds} s {told()}"
        time.sleep(0.02)
