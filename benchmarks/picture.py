"""The results as a picture: for each row, how far Tidefall is ahead of its best peer, or behind."""

from __future__ import annotations

import math
from xml.sax.saxutils import escape

from benchmarks import report

ROW, LABELS, BARS, TOP, BOTTOM = 20, 480, 460, 64, 34
AHEAD, BEHIND, GRID, TEXT = "#2b7a4b", "#b3452c", "#d5d5d5", "#222222"
LEAST, MOST = 1 / 8, 64.0
"""Beyond these bars are cut off; the figures stand beside them."""
TICKS = (1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8, 16, 32, 64)


def drawn(results: report.Results, peers: list[str]) -> str:
    """An SVG: bars to the right for rows where Tidefall needs less, to the left where more.

    Args:
        results: what was measured.
        peers: the participants to compare with.
    """
    rows = [
        (title, 1 / ratio)
        for case, title in _titles().items()
        if (ratio := results.ratio(case, peers)) is not None and ratio > 0
    ]
    size = f'width="{LABELS + BARS + 60}" height="{TOP + ROW * len(rows) + BOTTOM}"'
    about = (
        f"Time or memory of the best of {', '.join(peers)} over Tidefall's: right of 1 is better."
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" fill="{TEXT}">',
        '<rect width="100%" height="100%" fill="white"/>',
        _text(12, 24, "Tidefall beside its best peer", size=15),
        _text(12, 43, about),
        *(line for tick in TICKS for line in _tick(tick, TOP + ROW * len(rows))),
        *(line for i, (title, advantage) in enumerate(rows) for line in _bar(i, title, advantage)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _titles() -> dict[str, str]:
    """Titles that stand alone: `the same, ...` gets the name of the row before it."""
    titles: dict[str, str] = {}
    last = ""
    for case, title in report.TITLES.items():
        if title.startswith("the same"):
            titles[case] = f"{last}{title.removeprefix('the same')}"
        else:
            last = title.partition(": training step")[0]
            titles[case] = title
    return {case: title.replace("`", "") for case, title in titles.items()}


def _text(x: float, y: float, text: str, anchor: str = "start", size: int = 12) -> str:
    where = f'x="{x:.1f}" y="{y}" text-anchor="{anchor}" font-size="{size}"'
    return f"<text {where}>{escape(text)}</text>"


def _place(advantage: float) -> float:
    """Where a ratio lies from left to right, on a logarithmic scale."""
    share = math.log(min(max(advantage, LEAST), MOST) / LEAST) / math.log(MOST / LEAST)
    return LABELS + BARS * share


def _tick(advantage: float, bottom: int) -> list[str]:
    x, width = _place(advantage), 2 if advantage == 1 else 1
    ends = f'x1="{x:.1f}" y1="{TOP - 6}" x2="{x:.1f}" y2="{bottom}"'
    name = f"{advantage:g}" if advantage >= 1 else f"1/{1 / advantage:g}"
    return [
        f'<line {ends} stroke="{GRID}" stroke-width="{width}"/>',
        _text(x, bottom + 18, name, "middle"),
    ]


def _bar(index: int, title: str, advantage: float) -> list[str]:
    middle, end, y = _place(1), _place(advantage), TOP + ROW * index
    is_ahead = advantage >= 1
    size = f'width="{max(abs(end - middle), 1):.1f}" height="{ROW - 6}"'
    color = AHEAD if is_ahead else BEHIND
    x, anchor = (end + 4, "start") if is_ahead else (end - 4, "end")
    return [
        _text(LABELS - 8, y + 13, title, "end"),
        f'<rect x="{min(middle, end):.1f}" y="{y + 3}" {size} fill="{color}"/>',
        _text(x, y + 13, f"{advantage:.{2 if advantage < 100 else 3}g}", anchor, 11),
    ]
