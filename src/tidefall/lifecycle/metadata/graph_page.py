"""The lineage as one HTML page: the graph as inline SVG, and a table of what each node holds.

The page loads nothing and works from a disk. Nodes stand in columns, what was there first at the
left; within a column they stand by the mean place of what they came from, which keeps most edges
from crossing.
"""

from __future__ import annotations

import datetime
from html import escape
from typing import Any

from tidefall.lifecycle.metadata.graph import Edge, Lineage

_WIDTH, _HEIGHT, _GAP_X, _GAP_Y, _MARGIN = 190, 46, 70, 18, 16
_STYLE = """
:root{color-scheme:light dark;--a:#2f6fde;--x:#3c8a4e;--bg:#fff;--fg:#1c2430;--line:#8b95a5;
--soft:#f4f6f9;--bad:#b3261e}
@media(prefers-color-scheme:dark){:root{--a:#7aa7ff;--x:#7fc98f;--bg:#14181f;--fg:#e6eaf0;
--line:#6b7686;--soft:#1d232d;--bad:#ff8a80}}
body{margin:0 auto;max-width:1180px;padding:20px;background:var(--bg);color:var(--fg);
font:14px/1.45 system-ui,sans-serif}h1{font-size:20px}.graph{overflow-x:auto}
svg text{fill:currentColor;font-size:12px}svg .sub{font-size:10px;opacity:.75}
svg rect{fill:var(--soft);stroke:var(--a);stroke-width:1.5}svg .execution rect{stroke:var(--x)}
svg .start rect{stroke-width:4}svg .FAILED rect{stroke:var(--bad)}
svg path{fill:none;stroke:var(--line)}svg a:focus rect,svg a:hover rect{stroke-width:4}
details{border-top:1px solid var(--line);padding:6px 0}summary{cursor:pointer}
td{padding:1px 14px 1px 0;vertical-align:top;overflow-wrap:anywhere}.note{color:var(--bad)}
"""


def lineage_page(graph: Lineage) -> str:
    """Return the page.

    Args:
        graph: what `lineage` returned.

    Returns:
        A whole HTML document.
    """
    start = graph.nodes[graph.start]
    title = f"Lineage of {start['type']} {start['name'] or start['id']}"
    note = '<p class="note">The graph is larger than what is shown here.</p>'
    details = "".join(_details(node) for node in graph.nodes.values())
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{_STYLE}</style></head><body><h1>{escape(title)}</h1>"
        f"{note if graph.is_cut else ''}"
        f'<div class="graph">{lineage_svg(graph)}</div><h2>Details</h2>{details}</body></html>'
    )


def lineage_svg(graph: Lineage) -> str:
    """Return the graph as an SVG element; each node links to `#key`."""
    places = node_places(graph)
    right = max(x for x, _ in places.values()) + _WIDTH + _MARGIN
    bottom = max(y for _, y in places.values()) + _HEIGHT + _MARGIN
    edges = "".join(_edge(edge, places) for edge in graph.edges)
    nodes = "".join(_node(graph, key, *place) for key, place in places.items())
    return (
        f'<svg role="img" aria-label="Lineage graph" width="{right}" height="{bottom}" '
        f'viewBox="0 0 {right} {bottom}"><defs><marker id="tip" viewBox="0 0 8 8" refX="8" '
        'refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" '
        f'style="fill:var(--line)"/></marker></defs>{edges}{nodes}</svg>'
    )


def node_places(graph: Lineage) -> dict[str, tuple[int, int]]:
    """Return the upper left corner of each node, in pixels; a node is 190 by 46 of them."""
    before: dict[str, list[str]] = {key: [] for key in graph.nodes}
    for edge in graph.edges:
        before[edge.target].append(edge.source)
    columns: dict[int, list[str]] = {}
    for key, rank in _ranks(graph).items():
        columns.setdefault(rank, []).append(key)
    rows: dict[str, float] = {}
    for rank in sorted(columns):

        def mean(key: str) -> float:
            known = [rows[k] for k in before[key] if k in rows]
            return sum(known) / len(known) if known else 0.0

        for row, key in enumerate(sorted(columns[rank], key=mean)):
            rows[key] = row
    return {
        key: (_MARGIN + rank * (_WIDTH + _GAP_X), int(_MARGIN + rows[key] * (_HEIGHT + _GAP_Y)))
        for rank, column in columns.items()
        for key in column
    }


def _ranks(graph: Lineage) -> dict[str, int]:
    """The column of each node: one more than that of what it came from.

    An execution that updates an artifact it read makes a circle; its last edge is left out then.
    """
    after: dict[str, list[str]] = {key: [] for key in graph.nodes}
    missing = dict.fromkeys(graph.nodes, 0)
    for edge in graph.edges:
        after[edge.source].append(edge.target)
        missing[edge.target] += 1
    ranks = dict.fromkeys(graph.nodes, 0)
    ready = [key for key, count in missing.items() if count == 0]
    done = set()
    while len(done) < len(ranks):
        if not ready:
            ready = [next(key for key in ranks if key not in done)]
        key = ready.pop()
        if key in done:
            continue
        done.add(key)
        for following in after[key]:
            missing[following] -= 1
            if following not in done:
                ranks[following] = max(ranks[following], ranks[key] + 1)
                if missing[following] == 0:
                    ready.append(following)
    return ranks


def _edge(edge: Edge, places: dict[str, tuple[int, int]]) -> str:
    (x, y), (to_x, to_y) = places[edge.source], places[edge.target]
    x, y, to_y = x + _WIDTH, y + _HEIGHT // 2, to_y + _HEIGHT // 2
    bend = max(24, abs(to_x - x) // 2)
    path = f"M{x} {y}C{x + bend} {y} {to_x - bend} {to_y} {to_x} {to_y}"
    return f'<path d="{path}" marker-end="url(#tip)"><title>{escape(edge.label)}</title></path>'


def _node(graph: Lineage, key: str, x: int, y: int) -> str:
    node = graph.nodes[key]
    name = node["name"] or str(node["id"])
    below = node["state"] if node["kind"] == "execution" else node["uri"] or node["state"]
    classes = f"{node['kind']} {node['state']}{' start' if key == graph.start else ''}"
    radius = 4 if node["kind"] == "artifact" else 20
    return (
        f'<a href="#{key}"><g class="{escape(classes)}"><title>{escape(key)} {escape(below)}'
        f'</title><rect x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="{radius}"/>'
        f'<text x="{x + 12}" y="{y + 20}">{escape(_short(node["type"] + " " + name, 25))}</text>'
        f'<text class="sub" x="{x + 12}" y="{y + 36}">{escape(_short(below, 31, last=True))}</text>'
        "</g></a>"
    )


def _short(text: str, most: int, last: bool = False) -> str:
    if len(text) <= most:
        return text
    return "…" + text[1 - most :] if last else text[: most - 1] + "…"


def _details(node: dict[str, Any]) -> str:
    when = datetime.datetime.fromtimestamp(node["time"] / 1000, datetime.UTC)
    rows = {"uri": node["uri"], "state": node["state"], "time": f"{when:%Y-%m-%d %H:%M:%S} UTC"}
    rows |= node["properties"]
    shown = "".join(
        f"<tr><td>{escape(str(name))}</td><td>{escape(str(value))}</td></tr>"
        for name, value in rows.items()
        if value != ""
    )
    title = f"{node['kind']} {node['id']}: {node['type']} {node['name']}"
    return (
        f'<details id="{node["key"]}"><summary>{escape(title)}</summary><table>{shown}</table>'
        "</details>"
    )
