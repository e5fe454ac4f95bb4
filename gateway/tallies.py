"""Tallies: frequent events are counted in plain numbers, at a tenth of a metric's cost, and flushed to the metrics."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from typing import Any

import prometheus_client

Labels = tuple[str | int, ...]


class Tally:
    """A counter's increases since the last flush."""

    def __init__(self, counter: prometheus_client.Counter) -> None:
        self._counter = counter
        self._new: Counter[Labels] = Counter()

    def count(self, *labels: str | int) -> None:
        """Count one more."""
        self._new[labels] += 1

    def flush(self) -> None:
        """Add them to the counter."""
        new, self._new = self._new, Counter()  # first: another thread's gateway may count meanwhile
        for labels, number in new.items():
            self._counter.labels(*labels).inc(number)


class Observations:
    """A histogram's observations since the last flush."""

    def __init__(self, histogram: prometheus_client.Histogram, buckets: Sequence[float]) -> None:
        """`buckets` are its own."""
        self._histogram = histogram
        self._buckets = buckets
        self._new: dict[Labels, list[Any]] = {}
        """How many fell into each bucket and beyond the last, and their sum."""

    def observe(self, value: float, *labels: str | int) -> None:
        """Observe a value."""
        found = self._new.get(labels)
        if found is None:
            found = self._new[labels] = [0] * (len(self._buckets) + 2)
        found[bisect_left(self._buckets, value)] += 1
        found[-1] += value

    def flush(self) -> None:
        """Add them to the histogram."""
        new, self._new = self._new, {}
        for labels, (*counts, total) in new.items():
            child: Any = self._histogram.labels(*labels)  # nothing public takes several observations
            child._sum.inc(total)  # noqa: SLF001 (see above)
            for bucket, number in zip(child._buckets, counts, strict=True):  # noqa: SLF001 (see above)
                bucket.inc(number)
