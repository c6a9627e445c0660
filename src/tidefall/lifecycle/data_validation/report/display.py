"""`display_*` and data frames: statistics, schemas and anomalies in notebooks and terminals."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from tidefall.lifecycle.data_validation.failures import need
from tidefall.lifecycle.data_validation.paths import FeaturePath
from tidefall.lifecycle.data_validation.protos import check_type
from tidefall.lifecycle.data_validation.report.page import statistics_page
from tidefall.lifecycle.data_validation.report.rows import anomaly_rows, drift_rows, schema_rows
from tidefall.lifecycle.data_validation.views import get_slice_stats

Features = Sequence[FeaturePath] | None


def _frame(rows: list[Any], columns: list[str]) -> Any:
    try:
        import pandas as pd
    except ImportError:
        raise need("pandas") from None
    return pd.DataFrame(rows, columns=columns).set_index(columns[0])


def _show(thing: Any) -> None:
    """Show something in a notebook, or print it where there is none."""
    try:
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:
        sys.stdout.write(f"{thing}\n")
        return
    if get_ipython() is None:
        sys.stdout.write(f"{thing}\n")
    else:
        display(thing)


def _show_page(page: str) -> None:
    try:
        from IPython.display import HTML
    except ImportError:
        raise need("IPython", "notebooks") from None
    from html import escape

    frame = f'<iframe srcdoc="{escape(page)}" style="width:100%;height:720px;border:0"></iframe>'
    _show(HTML(frame))


def get_schema_dataframe(schema: Any) -> tuple[Any, Any]:
    """Return the features and the domains of a schema as two data frames.

    Raises:
        TypeError: it is no schema.
    """
    check_type(schema, "Schema", "schema")
    features, domains = schema_rows(schema)
    return (
        _frame(features, ["Feature name", "Type", "Presence", "Valency", "Domain"]),
        _frame(domains, ["Domain", "Values"]),
    )


def display_schema(schema: Any) -> None:
    """Show a schema: its features, then its domains.

    Raises:
        TypeError: it is no schema.
    """
    features, domains = get_schema_dataframe(schema)
    _show(features)
    if len(domains):
        _show(domains)


def get_anomalies_dataframe(anomalies: Any) -> Any:
    """Return anomalies as a data frame; an empty one if there are none.

    Raises:
        TypeError: they are no anomalies.
    """
    check_type(anomalies, "Anomalies", "anomalies")
    titles = ["Feature name", "Anomaly short description", "Anomaly long description"]
    return _frame(anomaly_rows(anomalies), [*titles, "Anomaly types"])


def get_drift_skew_dataframe(anomalies: Any) -> Any:
    """Return the distances that were measured as a data frame."""
    check_type(anomalies, "Anomalies", "anomalies")
    return _frame(drift_rows(anomalies), ["path", "comparison", "type", "value", "threshold"])


def display_anomalies(anomalies: Any) -> None:
    """Show anomalies.

    Raises:
        TypeError: they are no anomalies.
    """
    frame = get_anomalies_dataframe(anomalies)
    _show(frame if len(frame) else "No anomalies found.")


def get_statistics_html(
    lhs_statistics: Any,
    rhs_statistics: Any = None,
    lhs_name: str = "lhs_statistics",
    rhs_name: str = "rhs_statistics",
    allowlist_features: Features = None,
    denylist_features: Features = None,
) -> str:
    """Return a page that shows statistics, or two side by side. It loads nothing from elsewhere.

    Args:
        lhs_statistics: a `DatasetFeatureStatisticsList`.
        rhs_statistics: another one to compare with.
        lhs_name, rhs_name: what they are called.
        allowlist_features: the only features to show.
        denylist_features: features not to show.

    Raises:
        ValueError: both lists are given.
    """
    if allowlist_features is not None and denylist_features is not None:
        raise ValueError("Only specify one of allowlist_features and denylist_features.")

    def is_shown(path: FeaturePath) -> bool:
        if allowlist_features is not None:
            return path in allowlist_features
        return denylist_features is None or path not in denylist_features

    return statistics_page(
        lhs_statistics, rhs_statistics, names=(lhs_name, rhs_name), is_shown=is_shown
    )


def visualize_statistics(
    lhs_statistics: Any,
    rhs_statistics: Any = None,
    lhs_name: str = "lhs_statistics",
    rhs_name: str = "rhs_statistics",
    allowlist_features: Features = None,
    denylist_features: Features = None,
) -> None:
    """Show `get_statistics_html` in a notebook."""
    _show_page(
        get_statistics_html(
            lhs_statistics,
            rhs_statistics,
            lhs_name,
            rhs_name,
            allowlist_features,
            denylist_features,
        )
    )


def compare_slices(statistics: Any, lhs_slice_key: str, rhs_slice_key: str) -> None:
    """Show the statistics of two slices side by side in a notebook.

    Raises:
        ValueError: there is no such slice.
    """
    lhs = get_slice_stats(statistics, lhs_slice_key)
    rhs = get_slice_stats(statistics, rhs_slice_key)
    visualize_statistics(lhs, rhs, lhs_slice_key, rhs_slice_key)
