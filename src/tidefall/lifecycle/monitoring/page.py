"""The page of an incident: what changed, how much, where it probably comes from, and samples.

What it shows comes from requests, so all of it is escaped; the page loads nothing.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from tidefall.lifecycle.model_analysis.view.charts import bar_chart
from tidefall.lifecycle.monitoring.reports import Finding, Incident

_STYLE = """
:root{color-scheme:light dark;--bg:#fff;--fg:#1c2430;--line:#d9dee6;--bad:#b3261e}
@media(prefers-color-scheme:dark){:root{--bg:#14181f;--fg:#e6eaf0;--line:#323b48;--bad:#ff8a80}}
body{margin:0 auto;max-width:1180px;padding:20px;background:var(--bg);color:var(--fg);
font:14px/1.45 system-ui,sans-serif}h1{font-size:20px}h2{font-size:16px;margin:24px 0 6px}
.wide{overflow-x:auto}table{border-collapse:collapse}td,th{text-align:left;padding:3px 16px 3px 0;
border-bottom:1px solid var(--line);vertical-align:top}.bad{color:var(--bad)}
.figures{display:flex;flex-wrap:wrap;gap:18px}figure{margin:0;max-width:100%}
svg{max-width:100%;height:auto}
"""
_MAX_FINDINGS, _MAX_FIGURES = 50, 6


def incident_page(incident: Incident) -> str:
    """Return the page of an incident, HTML that needs nothing else."""
    title = f"{incident.model} version {_version(incident.version)}: {headline(incident)}"
    facts = [
        ("Incident", incident.id),
        ("Window", f"{_time(incident.window.begin)} to {_time(incident.window.end)}"),
        ("Opened", _time(incident.opened)),
        ("Last seen", f"{_time(incident.updated)}, in {incident.count} windows"),
    ]
    parts = [
        f'<p class="bad">{len(incident.findings)} alerts</p>',
        _table(("", ""), facts),
        "<h2>Likely causes</h2>",
        _table(
            ("Share", "Feature", "Segment", "Why"),
            [(f"{c.score:.0%}", c.feature, c.segment, c.reason) for c in incident.causes],
        ),
        "<h2>What changed</h2>",
        _findings(incident.findings),
        f'<div class="figures">{"".join(_figures(incident.findings))}</div>',
        "<h2>Samples</h2>",
        _samples(incident.samples),
    ]
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{_STYLE}</style></head><body><h1>{escape(title)}</h1>{''.join(parts)}</body></html>"
    )


def headline(incident: Incident) -> str:
    """Return the worst finding in words.

    Args:
        incident: the incident.
    """
    where = f" in {incident.segment}" if incident.segment else ""
    figure = f"{incident.value:.3g}"
    limit = f", threshold {incident.threshold:.3g}" if incident.threshold else ""
    return f"{incident.kind} {incident.feature}{where}: {incident.method} {figure}{limit}"


def _version(version: int | None) -> str:
    return "any" if version is None else str(version)


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "any time"
    return f"{datetime.datetime.fromtimestamp(seconds, datetime.UTC):%Y-%m-%d %H:%M:%S} UTC"


def _findings(findings: Sequence[Finding]) -> str:
    rows = [
        (
            f.kind, f.feature, f.segment or "all rows", f.method, f"{f.value:.4g}",
            f"{f.threshold:.4g}", "" if f.q_value is None else f"{f.q_value:.2g}",
            f.reference_count, f.current_count,
        )
        for f in findings[:_MAX_FINDINGS]
    ]  # fmt: skip
    heading = (
        "Kind", "Feature", "Segment", "Method", "Value", "Threshold", "q-value", "Reference rows",
        "Current rows",
    )  # fmt: skip
    more = len(findings) - _MAX_FINDINGS
    return _table(heading, rows) + (f"<p>{more} more are not shown.</p>" if more > 0 else "")


def _figures(findings: Iterable[Finding]) -> Iterable[str]:
    shown = [f for f in findings if f.bins][:_MAX_FIGURES]
    for finding in shown:
        names = [name for name, _, _ in finding.bins]
        series = [
            ("reference", [p for _, p, _ in finding.bins]),
            ("current", [q for _, _, q in finding.bins]),
        ]
        title = " in ".join(word for word in (finding.feature, finding.segment) if word)
        yield f"<figure>{bar_chart(title, names, series).to_svg()}</figure>"


def _samples(samples: Sequence[dict[str, Any]]) -> str:
    if not samples:
        return "<p>There are none.</p>"
    names = list(dict.fromkeys(name for sample in samples for name in sample))
    return _table(names, [[sample.get(name, "") for name in names] for sample in samples])


def _table(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    head = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in headings)
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in row)}</tr>" for row in rows
    )
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div class="wide">{table}</div>'
