"""The architecture picture: the layers of pyproject.toml, and calls as paths through them."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from html import escape

from scripts.docs_site.pages import REPO

MARK = "<!-- architecture -->"
_COLOURS = ("#0b84a5", "#d1600a", "#6a9a2d", "#9256b8")
_ROW, _LEFT, _LANE, _TOP = 34, 140, 180, 64


def layers() -> list[str]:
    """The folders, highest first, as import-linter holds them apart."""
    settings = tomllib.loads((REPO / "pyproject.toml").read_text())["tool"]["importlinter"]
    contract = next(c for c in settings["contracts"] if c["type"] == "layers" and "containers" in c)
    return [layer.strip("()") for layer in contract["layers"] if "|" not in layer]


def observed_calls() -> dict[str, list[str]]:
    """What `calls.py` finds, in a process of its own."""
    command = [sys.executable, "-W", "ignore", "-m", "scripts.docs_site.calls"]
    done = subprocess.run(command, cwd=REPO, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def picture(names: list[str], calls: dict[str, list[str]]) -> str:
    """The SVG: a box for each layer, and for each call a path through the folders it enters.

    Colours of text and lines are the page's own, so that it reads on light and on dark.

    Args:
        names: layers, highest first.
        calls: for each call the folders it enters, in order.
    """
    width, height = _LEFT + _LANE * len(calls) + 10, _TOP + _ROW * len(names) + 8
    row = {name: n for n, name in enumerate(names)}
    out = [
        (
            f'<svg viewBox="0 0 {width} {height}" role="img" xmlns="http://www.w3.org/2000/svg" '
            'font-family="inherit" font-size="14" fill="currentColor">'
        ),
        "<title>The layers of Tidefall, and four calls through them</title>",
    ]
    for name, n in row.items():
        y = _TOP + n * _ROW
        out += [
            (
                f'<rect x="2" y="{y}" width="{width - 4}" height="{_ROW - 4}" rx="5" '
                'fill="currentColor" fill-opacity="0.06"/>'
            ),
            f'<text x="14" y="{y + 20}">{escape(name)}/</text>',
        ]
    for n, (call, folders) in enumerate(calls.items()):
        out += _path(
            call, [f for f in folders if f in row], row, _LEFT + n * _LANE, _COLOURS[n % 4]
        )
    return "\n".join([*out, "</svg>"])


def _path(call: str, folders: list[str], row: dict[str, int], left: int, colour: str) -> list[str]:
    step = min(26.0, (_LANE - 36) / max(len(folders) - 1, 1))
    points = [(left + 12 + k * step, _TOP + row[f] * _ROW + 15) for k, f in enumerate(folders)]
    line = " ".join(f"{x:.0f},{y}" for x, y in points)
    out = [
        f'<text x="{left}" y="26" font-weight="600">{escape(call)}</text>',
        f'<text x="{left}" y="46" font-size="12" opacity="0.75">{len(folders)} folders</text>',
        f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>',
    ]
    for k, (x, y) in enumerate(points, 1):
        out += [
            f'<circle cx="{x:.0f}" cy="{y}" r="9" fill="{colour}"/>',
            (
                f'<text x="{x:.0f}" y="{y + 4}" font-size="11" fill="#fff" '
                f'text-anchor="middle">{k}</text>'
            ),
        ]
    return out
