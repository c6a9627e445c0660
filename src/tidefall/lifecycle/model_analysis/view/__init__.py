"""Results as pages and images: metrics by slice, over runs, plots, fairness indicators.

Results enter; `View`s leave, which show themselves in notebooks and save HTML, SVG and PNG. Read
`render.py` first; `page.py` makes the page, `charts.py` and `curves.py` its drawings.
"""

from __future__ import annotations

from tidefall.lifecycle.model_analysis.results import SlicedMetrics, SlicedPlots
from tidefall.lifecycle.model_analysis.view.figures import Figure
from tidefall.lifecycle.model_analysis.view.page import View
from tidefall.lifecycle.model_analysis.view.render import (
    render_fairness_indicator,
    render_plot,
    render_slicing_attributions,
    render_slicing_metrics,
    render_time_series,
)

__all__ = [
    "Figure",
    "SlicedMetrics",
    "SlicedPlots",
    "View",
    "render_fairness_indicator",
    "render_plot",
    "render_slicing_attributions",
    "render_slicing_metrics",
    "render_time_series",
]
