"""Artifacts of pipelines as pages: statistics, anomalies, schemas, evaluations.

What the files hold comes from data, so that all of it is escaped; the pages load nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

from tidefall.base import errors

_STYLE = """
:root{color-scheme:light dark;--bg:#fff;--fg:#1c2430;--line:#d9dee6;--bad:#b3261e;--good:#17783f}
@media(prefers-color-scheme:dark){:root{--bg:#14181f;--fg:#e6eaf0;--line:#323b48;--bad:#ff8a80;
--good:#56c98a}}body{margin:0 auto;max-width:1180px;padding:20px;background:var(--bg);
color:var(--fg);font:14px/1.45 system-ui,sans-serif}h1{font-size:20px}h2{font-size:16px;
margin:24px 0 6px}.wide{overflow-x:auto}table{border-collapse:collapse}td,th{text-align:left;
padding:3px 16px 3px 0;border-bottom:1px solid var(--line);vertical-align:top}
.bad{color:var(--bad)}
.good{color:var(--good)}.figures{display:flex;flex-wrap:wrap;gap:18px}figure{margin:0;max-width:100%}
svg{max-width:100%;height:auto}
"""
_MAX_SLICES, _MAX_PLOTTED = 500, 5


def report_page(type_name: str, folder: Path) -> str:
    """Return the page of an artifact.

    Args:
        type_name: one of REPORTED.
        folder: where its files are.

    Raises:
        NotFoundError: there is nothing to report.
        DataLossError: a file is damaged.
    """
    return REPORTED[type_name](folder)


def _statistics(folder: Path) -> str:
    """The first two splits side by side."""
    from tidefall.lifecycle.data_validation import load_stats_binary
    from tidefall.lifecycle.data_validation.report.page import statistics_page

    files = _split_files(folder, "FeatureStats.pb")
    loaded = [load_stats_binary(str(path)) for _, path in files[:2]]
    names = [name for name, _ in files[:2]]
    other = loaded[1] if len(loaded) > 1 else None
    return statistics_page(loaded[0], other, names=(names[0], names[-1]), title="Statistics")


def _anomalies(folder: Path) -> str:
    from tidefall.lifecycle.data_validation import load_anomalies_binary
    from tidefall.lifecycle.data_validation.report.rows import anomaly_rows

    parts = []
    for name, path in _split_files(folder, "SchemaDiff.pb"):
        rows = anomaly_rows(load_anomalies_binary(str(path)))
        heading = ("Feature", "What", "More", "Type")
        none = '<p class="good">No anomalies.</p>'
        parts.append(f"<h2>{escape(name)}</h2>{_table(heading, rows) if rows else none}")
    return _page("Anomalies", parts)


def _split_files(folder: Path, name: str) -> list[tuple[str, Path]]:
    """The file of each split, "train" first."""
    found = [
        (path.parent.name.removeprefix("Split-"), path) for path in folder.glob(f"Split-*/{name}")
    ]
    if not found:
        raise errors.NotFoundError(None, None, f"there is no Split-*/{name} in {folder}")
    return sorted(found, key=lambda pair: (pair[0] != "train", pair[0]))


def _schema(folder: Path) -> str:
    from tidefall.lifecycle.data_validation import load_schema_text
    from tidefall.lifecycle.data_validation.report.rows import schema_rows

    path = folder if folder.is_file() else folder / "schema.pbtxt"
    if not path.is_file():
        raise errors.NotFoundError(None, None, f"there is no {path}")
    features, domains = schema_rows(load_schema_text(str(path)))
    parts = [_table(("Feature", "Type", "Presence", "Valency", "Domain"), features)]
    if domains:
        parts.append(f"<h2>Domains</h2>{_table(('Domain', 'Values'), domains)}")
    return _page("Schema", parts)


def _evaluation(folder: Path) -> str:
    from tidefall.lifecycle.model_analysis.results import load_eval_results, load_validation_result

    if not folder.is_dir():
        raise errors.NotFoundError(None, None, f"there is no evaluation at {folder}")
    parts = [_validation(load_validation_result(str(folder)))]
    for result in load_eval_results(str(folder)).get_results():
        if result.model_location:
            parts.append(f"<h2>Model {escape(result.model_location)}</h2>")
        parts += ["<h2>Metrics by slice</h2>", _metrics(result.slicing_metrics)]
        parts += _plots(result.plots)
    return _page("Evaluation", parts)


def _validation(result: Any) -> str:
    from tidefall.lifecycle.model_analysis.slicing import deserialize
    from tidefall.lifecycle.model_analysis.view.values import slice_name

    if result is None:
        return ""
    if result.validation_ok:
        return '<p class="good">Every threshold is kept: the model is blessed.</p>'
    rows = [
        (slice_name(deserialize(one.slice_key)), failure.metric_key.name, failure.message)
        for one in result.metric_validations_per_slice
        for failure in one.failures
    ]
    failed = '<p class="bad">Thresholds are not kept: the model is not blessed.</p>'
    return failed + (_table(("Slice", "Metric", "Why"), rows) if rows else "")


def _metrics(slices: Sequence[Any]) -> str:
    """A table: slices down, metrics across."""
    from tidefall.lifecycle.model_analysis.view import values

    shown, names = slices[:_MAX_SLICES], values.metric_names(slices)
    rows = [
        (
            values.slice_name(one.slice),
            *(values.text_of(values.value_of(one, name)) for name in names),
        )
        for one in shown
    ]
    more = f"<p>{len(slices) - len(shown)} more slices are not shown.</p>"
    table = _table(("Slice", *map(values.title_of, names)), rows)
    return table + (more if len(slices) > len(shown) else "")


def _plots(slices: Sequence[Any]) -> Iterable[str]:
    """The curves and matrices of the first slices, that of all rows before others."""
    from tidefall.lifecycle.model_analysis.view.curves import figures_of
    from tidefall.lifecycle.model_analysis.view.values import slice_name

    for one in sorted(slices, key=lambda one: len(one.slice))[:_MAX_PLOTTED]:
        for output, by_key in one.plot.items():
            for sub_key, plot in by_key.items():
                title = " ".join(word for word in (slice_name(one.slice), output, sub_key) if word)
                figures = "".join(
                    f"<figure>{f.to_svg()}</figure>" for f in figures_of(plot).values()
                )
                yield f'<h2>{escape(title)}</h2><div class="figures">{figures}</div>'
    if len(slices) > _MAX_PLOTTED:
        yield f"<p>The plots of {len(slices) - _MAX_PLOTTED} more slices are not shown.</p>"


def _table(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    head = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in headings)
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in row)}</tr>" for row in rows
    )
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div class="wide">{table}</div>'


def _page(title: str, parts: Iterable[str]) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{_STYLE}</style></head><body><h1>{escape(title)}</h1>{''.join(parts)}</body></html>"
    )


REPORTED: dict[str, Callable[[Path], str]] = {
    "ExampleStatistics": _statistics,
    "ExampleAnomalies": _anomalies,
    "Schema": _schema,
    "ModelEvaluation": _evaluation,
}
"""What makes the page, by the type of artifact."""
