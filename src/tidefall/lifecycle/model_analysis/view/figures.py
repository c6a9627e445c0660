"""Figures of a few kinds of marks, which become SVG for pages and PNG for reports."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

PALETTE = ("#2f6fde", "#e07b28", "#3c8a4e", "#b3261e", "#7d4fc4", "#0d8a94", "#a3701d", "#6b7686")
"""Colors of series, to be told apart on white and on black."""
INK, BACKGROUND = "#1c2430", "#ffffff"
"""Of text and axes, and behind them, where a figure stands alone."""
_OVERSAMPLING = 2


@dataclass(frozen=True)
class Rect:
    """A filled rectangle; `tip` is shown where the pointer rests."""

    x: float
    y: float
    width: float
    height: float
    color: str
    opacity: float = 1.0
    tip: str = ""


@dataclass(frozen=True)
class Line:
    """A line through points; without a color it is drawn as text is."""

    points: Sequence[tuple[float, float]]
    color: str = ""
    width: float = 1.0
    opacity: float = 1.0
    is_dashed: bool = False


@dataclass(frozen=True)
class Label:
    """Text whose anchor is "start", "middle" or "end"."""

    x: float
    y: float
    text: str
    anchor: str = "start"
    size: float = 11.0
    color: str = ""


@dataclass
class Figure:
    """A drawing.

    Args:
        title: what it shows.
        width: in pixels.
        height: in pixels.
        marks: what is drawn, in order.

    >>> figure = Figure("one bar", 40, 20, [Rect(0, 5, 30, 10, PALETTE[0])])
    >>> figure.to_svg()[:40], figure.to_png()[1:4]
    ('<svg viewBox="0 0 40 20" role="img" aria', b'PNG')
    """

    title: str
    width: float
    height: float
    marks: list[Rect | Line | Label] = field(default_factory=list)

    def to_svg(self, standalone: bool = False) -> str:
        """The figure as an SVG element.

        Args:
            standalone: whether it is a file of its own, on white; otherwise text and axes have the
                page's color.
        """
        name = escape(self.title, quote=True)
        parts = [
            f'<svg viewBox="0 0 {self.width:g} {self.height:g}" role="img" aria-label="{name}"',
            f' width="{self.width:g}" height="{self.height:g}"',
        ]
        if standalone:
            parts.append(
                f' xmlns="http://www.w3.org/2000/svg" style="color:{INK}" '
                f'font-family="sans-serif"><rect width="{self.width:g}" '
                f'height="{self.height:g}" fill="{BACKGROUND}"/>'
            )
        else:
            parts.append(">")
        parts += [_svg(mark) for mark in self.marks]
        return "".join([*parts, "</svg>"])

    def to_png(self, scale: float = 2.0) -> bytes:
        """The figure as a PNG image on white.

        Args:
            scale: pixels of the image for one of the figure.
        """
        from PIL import Image, ImageDraw

        big = scale * _OVERSAMPLING
        size = round(self.width * big), round(self.height * big)
        image = Image.new("RGB", size, BACKGROUND)
        draw = ImageDraw.Draw(image)
        for mark in self.marks:
            _draw(draw, mark, big)
        small = round(self.width * scale), round(self.height * scale)
        buffer = io.BytesIO()
        image.resize(small, Image.Resampling.LANCZOS).save(buffer, "PNG")
        return buffer.getvalue()


def _svg(mark: Rect | Line | Label) -> str:
    if isinstance(mark, Rect):
        tip = f"<title>{escape(mark.tip)}</title>" if mark.tip else ""
        return (
            f'<rect x="{mark.x:.1f}" y="{mark.y:.1f}" width="{max(mark.width, 0):.1f}" '
            f'height="{max(mark.height, 0):.1f}" fill="{mark.color}" '
            f'opacity="{mark.opacity:.3g}">{tip}</rect>'
        )
    if isinstance(mark, Line):
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in mark.points)
        dash = ' stroke-dasharray="4 3"' if mark.is_dashed else ""
        return (
            f'<polyline points="{points}" fill="none" stroke="{mark.color or "currentColor"}" '
            f'stroke-width="{mark.width:g}" opacity="{mark.opacity:.3g}"{dash}></polyline>'
        )
    return (
        f'<text x="{mark.x:.1f}" y="{mark.y:.1f}" text-anchor="{mark.anchor}" '
        f'font-size="{mark.size:g}" fill="{mark.color or "currentColor"}">'
        f"{escape(mark.text)}</text>"
    )


def _draw(draw: object, mark: Rect | Line | Label, scale: float) -> None:
    from PIL import ImageDraw, ImageFont

    assert isinstance(draw, ImageDraw.ImageDraw)
    if isinstance(mark, Rect):
        if mark.width > 0 and mark.height > 0:
            corners = [mark.x, mark.y, mark.x + mark.width, mark.y + mark.height]
            draw.rectangle([c * scale for c in corners], fill=_mixed(mark.color, mark.opacity))
    elif isinstance(mark, Line):
        points = [(x * scale, y * scale) for x, y in mark.points]
        color = _mixed(mark.color or INK, mark.opacity)
        width = max(1, round(mark.width * scale))
        pieces = [points]
        if mark.is_dashed:
            pieces = _dashes(points, 4 * scale, 3 * scale)
        for piece in pieces:
            draw.line(piece, fill=color, width=width, joint="curve")
    else:
        font = ImageFont.load_default(mark.size * scale)
        anchor = {"start": "ls", "middle": "ms", "end": "rs"}[mark.anchor]
        at = mark.x * scale, mark.y * scale
        draw.text(at, mark.text, fill=mark.color or INK, font=font, anchor=anchor)


def _mixed(color: str, opacity: float) -> tuple[int, int, int]:
    """A color on white."""
    red, green, blue = (
        round(255 + (int(color[at : at + 2], 16) - 255) * opacity) for at in (1, 3, 5)
    )
    return red, green, blue


def _dashes(
    points: Sequence[tuple[float, float]], on: float, off: float
) -> list[list[tuple[float, float]]]:
    """Pieces of a line."""
    from itertools import pairwise

    pieces = []
    for (ax, ay), (bx, by) in pairwise(points):
        length = ((bx - ax) ** 2 + (by - ay) ** 2) ** 0.5
        at = 0.0
        while at < length:
            low, high = at / length, min(at + on, length) / length
            pieces.append([(ax + t * (bx - ax), ay + t * (by - ay)) for t in (low, high)])
            at += on + off
    return pieces
