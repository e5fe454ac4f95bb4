"""What was measured, as Markdown."""

import platform
from collections.abc import Callable, Sequence
from typing import NamedTuple

from bench.peers.servers import Peer, versions


class Measured(NamedTuple):
    """A peer on a workload: milliseconds, requests a second, statements a request, megabytes at most."""

    peer: str
    workload: str
    cpu: float
    rate: float
    p50: float
    p99: float
    statements: int
    megabytes: float


def table(results: Sequence[Measured], peers: Sequence[Peer]) -> str:
    """Write everything down: one table a measure, peers below each other, workloads beside each other."""
    parts = [
        _table("CPU of the server, milliseconds a request", results, lambda one: f"{one.cpu:.2f}"),
        _table("Requests a second, 8 connections", results, lambda one: f"{one.rate:,.0f}"),
        _table("Milliseconds waited, median / 99th percentile", results, lambda one: f"{one.p50:.1f} / {one.p99:.1f}"),
        _table("Statements a request", results, lambda one: str(one.statements)),
        _memory(results),
        _versions(peers),
    ]
    return "\n".join(parts)


def _table(title: str, results: Sequence[Measured], cell: Callable[[Measured], str]) -> str:
    names = list(dict.fromkeys(one.workload for one in results))
    rows: dict[str, list[str]] = {}
    for one in results:
        rows.setdefault(one.peer, []).append(cell(one))
    lines = [f"| {' | '.join(['', *names])} |", f"| --- |{' ---: |' * len(names)}"]
    lines += [f"| {' | '.join([peer, *cells])} |" for peer, cells in rows.items()]
    return "\n".join([f"### {title}", "", *lines, ""])


def _memory(results: Sequence[Measured]) -> str:
    most = {one.peer: one.megabytes for one in results}
    lines = [f"| {peer} | {megabytes:.0f} |" for peer, megabytes in most.items()]
    return "\n".join(["### Memory at most, megabytes", "", "| | MB |", "| --- | ---: |", *lines, ""])


def _versions(peers: Sequence[Peer]) -> str:
    lines = [f"- {peer.name}: {versions(peer)}" for peer in peers if peer.packages]
    return "\n".join(["### Versions", "", f"- Python {platform.python_version()}", *lines, ""])
