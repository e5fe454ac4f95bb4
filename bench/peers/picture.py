"""What was measured, as a picture: CPU a request, a panel a workload, a bar a peer."""

from collections.abc import Sequence
from xml.sax.saxutils import escape

from bench.peers.report import Measured

_LABELS, _PANEL, _BAR = 330, 190, 130
_ROW, _TOP = 26, 62

_STYLE = """text { font: 13px system-ui, sans-serif; fill: #1f2328 } .bar { fill: #afb8c1 } .ours { fill: #0969da }
.floor { fill: #d8dee4 } .note { fill: #59636e; font-size: 12px } .bold { font-weight: 600 }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .bar { fill: #57606a } .ours { fill: #4493f8 }
.floor { fill: #3d444d } .note { fill: #9198a1 } }"""


def picture(results: Sequence[Measured]) -> str:
    """Draw an SVG. Each panel has a scale of its own, which ends at its longest bar; transparent, light or dark."""
    peers = list(dict.fromkeys(one.peer for one in results))
    names = list(dict.fromkeys(one.workload for one in results))
    width, height = _LABELS + _PANEL * len(names), _TOP + _ROW * len(peers) + 12
    parts = [_text(0, 18, "Server CPU a request, in milliseconds: shorter is better", "bold")]
    parts += [_text(0, _TOP + _ROW * row + 13, peer, _label(peer)) for row, peer in enumerate(peers)]
    for column, name in enumerate(names):
        left = _LABELS + _PANEL * column
        parts += [_text(left, 42 + 14 * at, line, "note") for at, line in enumerate(_lines(name))]
        cost = {one.peer: one.cpu for one in results if one.workload == name}
        for row, peer in enumerate(peers):
            length = max(_BAR * cost[peer] / max(cost.values()), 1)
            top = _TOP + _ROW * row
            parts.append(f'<rect class="{_kind(peer)}" x="{left}" y="{top}" width="{length:.1f}" height="17" rx="2"/>')
            parts.append(_text(left + length + 5, top + 13, f"{cost[peer]:.2f}", _label(peer)))
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"'
    title = "<title>Server CPU a request: the gateway and its peers</title>"
    return "\n".join([f'{head} width="{width}">', title, f"<style>{_STYLE}</style>", *parts, "</svg>\n"])


def _kind(peer: str) -> str:
    if peer.startswith("gateway"):
        return "ours"
    return "floor" if peer.startswith("floor") else "bar"


def _label(peer: str) -> str:
    return "bold" if peer == "gateway, compiled" else ""


def _lines(name: str) -> list[str]:
    rest, arrow, last = name.rpartition(" > ")
    return [rest, f"> {last}"] if arrow else [name]


def _text(x: float, y: float, text: str, kind: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y}">{escape(text)}</text>'
