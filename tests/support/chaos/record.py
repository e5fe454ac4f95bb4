"""Record: what a gateway under load was seen to take, second by second, as a picture and as a sentence."""

from collections.abc import Sequence
from statistics import linear_regression, mean
from typing import NamedTuple

WARM_UP = 60.0
"""Seconds that are not looked at: caches fill."""


class Point(NamedTuple):
    """One second of it."""

    seconds: float
    memory: float
    """Megabytes."""
    cpu: float
    """Percent of a core."""
    connections: float
    latency: float
    """Milliseconds of the slowest of three requests."""


class Fault(NamedTuple):
    """What happened to the servers."""

    seconds: float
    told: str


def drawn(points: Sequence[Point], faults: Sequence[Fault]) -> str:
    """Four curves above each other, each from 0 to its most; a line across them for each fault."""
    width, height, left = 720, 110, 60
    parts = []
    names = ("memory, MB", "CPU, % of a core", "connections", "slowest of three requests, ms")
    for row, name in enumerate(names):
        values = [point[row + 1] for point in points]
        most, top = max(values) or 1, row * (height + 40) + 30
        line = " ".join(
            f"{left + point.seconds / points[-1].seconds * width:.1f},{top + height * (1 - value / most):.1f}"
            for point, value in zip(points, values, strict=True)
        )
        parts += [
            f'<text x="{left}" y="{top - 8}">{name}: mean {mean(values):,.1f}, most {most:,.1f}</text>',
            f'<rect x="{left}" y="{top}" width="{width}" height="{height}" fill="none" stroke="#ccc"/>',
            f'<polyline points="{line}" fill="none" stroke="#0b6" stroke-width="1.2"/>',
        ]
    for seconds, _ in faults:
        across = f"M{left + seconds / points[-1].seconds * width:.1f},30V{len(names) * (height + 40) - 10}"
        parts.append(f'<path d="{across}" stroke="#c33" stroke-dasharray="4"/>')
    size = f'width="{width + left + 20}" height="{len(names) * (height + 40) + 20}"'
    style = 'font-family="sans-serif" font-size="13" fill="#333"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>\n' + "\n".join(parts) + "\n</svg>\n"


def told(points: Sequence[Point]) -> str:
    """What grew, and what it took, in a sentence."""
    steady = [point for point in points if point.seconds > WARM_UP] or list(points)
    slope = linear_regression([point.seconds / 60 for point in steady], [point.memory for point in steady]).slope
    first, last = steady[: len(steady) // 5], steady[-len(steady) // 5 :]
    return (
        f"memory {mean(point.memory for point in first):.1f} MB in the first fifth,"
        f" {mean(point.memory for point in last):.1f} MB in the last ({slope:+.2f} MB a minute);"
        f" CPU {mean(point.cpu for point in steady):.0f} %, connections up to"
        f" {max(point.connections for point in steady):.0f}, slowest probe {max(p.latency for p in steady):.0f} ms"
    )
