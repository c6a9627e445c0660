"""Drawings of distributions as SVG: bars of two data sets over the same axis."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.report.rows import number
from tidefall.lifecycle.data_validation.rules.distances import contributions
from tidefall.lifecycle.data_validation.rules.views import FeatureView

_WIDTH, _HEIGHT = 260, 72
_BARS = 8


def chart(view: FeatureView, other: FeatureView | None) -> str:
    """The distribution of a feature, and that of another data set; "" where there is none."""
    if view.value_counts:
        return _values(view.value_counts, other.value_counts if other is not None else {})
    histogram = view.histogram("STANDARD")
    if histogram is None or not histogram.buckets:
        return ""
    return _histogram(histogram, other.histogram("STANDARD") if other is not None else None)


def _values(here: dict[str, float], there: dict[str, float]) -> str:
    """Lines of values with their shares: the most frequent ones, or those that differ most."""
    total = sum(here.values()) or 1.0
    if there:
        rows = contributions(here, there)[:_BARS]
    else:
        most = sorted(here.items(), key=lambda pair: -pair[1])[:_BARS]
        rows = [(value, count / total, 0.0) for value, count in most]
    largest = max([max(a, b) for _, a, b in rows] or [1.0]) or 1.0
    lines = []
    for value, a, b in rows:
        bar = f'<i class="a" style="width:{100 * a / largest:.1f}%"></i>'
        if there:
            bar += f'<i class="b" style="width:{100 * b / largest:.1f}%"></i>'
        shares = f"{a:.1%}" + (f" / {b:.1%}" if there else "")
        text = value if len(value) <= 28 else value[:27] + "…"
        lines.append(f"<tr><td>{escape(text)}</td><td>{bar}</td><td>{shares}</td></tr>")
    return f'<table class="v">{"".join(lines)}</table>'


def _histogram(here: Any, there: Any) -> str:
    sets = [h for h in (here, there) if h is not None and h.buckets]
    finite = [b for h in sets for b in h.buckets if np.isfinite([b.low_value, b.high_value]).all()]
    if not finite:
        return ""
    low, high = min(b.low_value for b in finite), max(b.high_value for b in finite)
    span = (high - low) or 1.0
    drawn, tallest = [], 0.0
    for histogram in sets:
        total = sum(b.sample_count for b in histogram.buckets) or 1.0
        bars = [
            (
                (b.low_value - low) / span,
                (b.high_value - b.low_value) / span,
                b.sample_count / total,
            )
            for b in histogram.buckets
            if np.isfinite([b.low_value, b.high_value]).all()
        ]
        # Widths differ between data sets: what is drawn is density.
        heights = [share / max(width, 0.02) for _, width, share in bars]
        tallest = max([tallest, *heights])
        drawn.append(list(zip(bars, heights, strict=True)))
    parts = []
    for name, bars in zip("ab", drawn, strict=False):
        for (start, width, _), height in bars:
            size = _HEIGHT * height / (tallest or 1.0)
            parts.append(
                f'<rect class="{name}" x="{start * _WIDTH:.1f}" y="{_HEIGHT - size:.1f}" '
                f'width="{max(width * _WIDTH - 1, 2):.1f}" height="{size:.1f}"/>'
            )
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT + 14}" role="img">{"".join(parts)}'
        f'<text x="0" y="{_HEIGHT + 12}">{number(low)}</text>'
        f'<text x="{_WIDTH}" y="{_HEIGHT + 12}" text-anchor="end">{number(high)}</text></svg>'
    )
