"""One HTML page with everything in it: anomalies first, then each feature, side by side.

It loads nothing, works from a disk, is light or dark as the reader's system is, and stays below two
megabytes: with very many features the last ones are told without a drawing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

from tidefall.lifecycle.data_validation.anomalies.explain import Explanation
from tidefall.lifecycle.data_validation.paths import FeaturePath
from tidefall.lifecycle.data_validation.protos import check_type, own
from tidefall.lifecycle.data_validation.report.charts import chart
from tidefall.lifecycle.data_validation.report.rows import anomaly_rows, feature_row
from tidefall.lifecycle.data_validation.rules.views import FeatureView, TableView

MAX_BYTES = 1_900_000
"""What the page may hold."""
_STYLE = """
:root{color-scheme:light dark;--a:#2f6fde;--b:#e07b28;--bg:#fff;--fg:#1c2430;--line:#d9dee6;
--soft:#f4f6f9;--bad:#b3261e}
@media(prefers-color-scheme:dark){:root{--a:#7aa7ff;--b:#f0a35e;--bg:#14181f;--fg:#e6eaf0;
--line:#323b48;--soft:#1d232d;--bad:#ff8a80}}
*{box-sizing:border-box}body{margin:0 auto;max-width:1180px;padding:20px;background:var(--bg);
color:var(--fg);font:14px/1.45 system-ui,sans-serif}h1{font-size:20px;margin:0 0 4px}
h2{font-size:16px;margin:26px 0 8px}.muted{opacity:.72}.bar{position:sticky;top:0;padding:10px 0;
background:var(--bg);display:flex;gap:10px;flex-wrap:wrap;border-bottom:1px solid var(--line)}
input,select{font:inherit;padding:5px 9px;border:1px solid var(--line);border-radius:6px;
background:var(--soft);color:inherit;min-width:220px}
.bad{border-left:4px solid var(--bad);background:var(--soft);padding:8px 12px;margin:8px 0;
border-radius:0 6px 6px 0}.bad b{color:var(--bad)}.good{border-left:4px solid #3c8a4e;
background:var(--soft);padding:8px 12px}
.f{display:grid;grid-template-columns:minmax(170px,1.1fr) 2fr minmax(260px,1.6fr);gap:14px;
padding:12px 0;border-bottom:1px solid var(--line)}.f h3{margin:0;font-size:14px;
overflow-wrap:anywhere}.tag{font-size:11px;border:1px solid var(--line);border-radius:9px;
padding:0 7px;margin-right:4px}dl{display:grid;grid-template-columns:auto 1fr 1fr;gap:1px 12px;
margin:0;align-content:start}dt{opacity:.72}dd{margin:0;overflow-wrap:anywhere}
svg{width:100%;height:auto}svg text{fill:currentColor;font-size:10px}
rect.a,i.a{fill:var(--a);background:var(--a)}rect.b,i.b{fill:var(--b);background:var(--b)}
rect{opacity:.62}i{display:block;height:6px;border-radius:2px;margin:1px 0;opacity:.85}
table.v{width:100%;border-collapse:collapse;font-size:12px}table.v td{padding:1px 6px 1px 0}
table.v td:nth-child(2){width:45%}table.v td:last-child{text-align:right;white-space:nowrap}
.dot{display:inline-block;width:9px;height:9px;border-radius:50%;margin-right:5px}
[hidden]{display:none!important}@media(max-width:760px){.f{grid-template-columns:1fr}}
"""
_SCRIPT = """
const find=document.getElementById('find'),kind=document.getElementById('kind'),
seg=document.getElementById('segment');
function show(){const t=find.value.toLowerCase(),k=kind.value,s=seg?seg.value:'0';
document.querySelectorAll('.f').forEach(e=>{e.hidden=!(e.dataset.name.includes(t)&&
(!k||k===e.dataset.kind||(k==='!'&&e.dataset.bad))&&e.dataset.segment===s)})}
[find,kind,seg].forEach(e=>e&&e.addEventListener('input',show));show();
"""


def statistics_page(
    statistics: Any,
    other: Any = None,
    *,
    names: tuple[str, str] = ("data", "other data"),
    anomalies: Any = None,
    explanations: Sequence[Explanation] = (),
    is_shown: Callable[[FeaturePath], bool] = lambda path: True,
    title: str = "Data report",
) -> str:
    """A page that shows statistics, what is wrong with them, and other statistics beside them.

    Args:
        statistics: a `DatasetFeatureStatisticsList`; each data set of it is a segment.
        other: statistics to compare with, segment by segment where names are the same.
        names: what they are called.
        anomalies: `Anomalies`, or None where nothing was checked.
        explanations: of them.
        is_shown: which features are.
        title: of the page.

    Returns:
        HTML of less than two megabytes.

    Raises:
        TypeError: an argument is something else.
    """
    check_type(statistics, "DatasetFeatureStatisticsList", "statistics")
    segments = list(own(statistics).datasets)
    others = {} if other is None else {d.name: d for d in own(other).datasets}
    if other is not None and len(others) == 1:
        others = dict.fromkeys((d.name for d in segments), next(iter(others.values())))
    bad = _bad_names(anomalies)
    head = _head(segments, others, names, anomalies, explanations, title)
    size, parts = len(head.encode()), []
    told_without = 0
    for number, segment in enumerate(segments):
        table = TableView(segment)
        beside = TableView(others[segment.name]) if segment.name in others else None
        views = [v for v in table.features if v.message.WhichOneof("stats") and is_shown(v.path)]
        views.sort(key=lambda view: str(view.path) not in bad)
        for view in views:
            control = None if beside is None else beside.get(view.path)
            part = _feature(view, control, number, str(view.path) in bad, size < MAX_BYTES * 0.9)
            if size + len(part.encode()) > MAX_BYTES:
                told_without += 1
                continue
            size += len(part.encode())
            parts.append(part)
    if told_without:
        parts.append(f'<p class="muted">{told_without} more features do not fit on this page.</p>')
    return f"{head}{''.join(parts)}<script>{_SCRIPT}</script></body></html>"


def _bad_names(anomalies: Any) -> set[str]:
    if anomalies is None:
        return set()
    return {".".join(info.path.step) for info in anomalies.anomaly_info.values()}


def _head(
    segments: Sequence[Any],
    others: dict[str, Any],
    names: tuple[str, str],
    anomalies: Any,
    explanations: Sequence[Explanation],
    title: str,
) -> str:
    rows = f"{segments[0].num_examples:,} rows" if segments else "no rows"
    sets = f'<span class="dot" style="background:var(--a)"></span>{escape(names[0])}: {rows}'
    if others:
        count = next(iter(others.values())).num_examples
        sets += (
            f' &nbsp; <span class="dot" style="background:var(--b)"></span>{escape(names[1])}: '
            f"{count:,} rows"
        )
    choices = "".join(
        f'<option value="{i}">{escape(s.name or "all rows")} ({s.num_examples:,})</option>'
        for i, s in enumerate(segments)
    )
    segment = f'<select id="segment">{choices}</select>' if len(segments) > 1 else ""
    names_of_kinds = ("INT", "FLOAT", "STRING", "BYTES", "STRUCT")
    kinds = "".join(f"<option>{kind}</option>" for kind in names_of_kinds)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{_STYLE}</style></head><body><h1>{escape(title)}</h1><div>{sets}</div>"
        f"{_anomalies(anomalies, explanations)}<h2>Features</h2>"
        '<div class="bar"><input id="find" type="search" placeholder="Search features" '
        'aria-label="Search features"><select id="kind" aria-label="Type"><option value="">all'
        f' types</option><option value="!">with anomalies</option>{kinds}</select>{segment}</div>'
    )


def _anomalies(anomalies: Any, explanations: Sequence[Explanation]) -> str:
    if anomalies is None:
        return ""
    rows = anomaly_rows(anomalies)
    if not rows:
        return '<h2>Anomalies</h2><div class="good">None: the data keep to the schema.</div>'
    parts = [f"<h2>Anomalies ({len(rows)})</h2>"]
    if not explanations:
        for name, short, long, _ in rows:
            said = f"<b>{escape(name)}</b> {escape(short)}<br>{escape(long)}"
            parts.append(f'<div class="bad">{said}</div>')
        return "".join(parts)
    for one in explanations:
        measured = ""
        if one.value is not None and one.threshold is not None:
            noise = "" if one.noise is None else f"; chance alone gives up to {one.noise:.4g}"
            measured = f"<br>measured {one.value:.4g}, allowed {one.threshold:.4g}{noise}"
        causes = "".join(
            f"<br>{escape(value)}: {here:.1%} here, {there:.1%} there"
            for value, here, there in one.contributors
        )
        parts.append(
            f'<div class="bad"><b>{escape(one.feature or "data set")}</b> '
            f'<span class="tag">{one.type}</span><br>{escape(one.reason)}{measured}{causes}'
            f'<br><span class="muted">{escape(one.advice)}</span></div>'
        )
    return "".join(parts)


def _feature(
    view: FeatureView, control: FeatureView | None, segment: int, is_bad: bool, drawn: bool
) -> str:
    row = feature_row(view)
    beside = {} if control is None else feature_row(control).summary
    lines = "".join(
        f"<dt>{word}</dt><dd>{escape(text)}</dd><dd>{escape(beside.get(word, ''))}</dd>"
        for word, text in row.summary.items()
    )
    name = escape(row.name, quote=True)
    flag = ' data-bad="1"' if is_bad else ""
    tag = '<span class="tag" style="color:var(--bad)">anomaly</span>' if is_bad else ""
    return (
        f'<div class="f" data-name="{name.lower()}" data-kind="{row.kind}" '
        f'data-segment="{segment}"{flag}><div><h3>{name}</h3>'
        f'<span class="tag">{row.kind}</span>{tag}'
        f'<div class="muted">{row.missing:.1%} missing</div></div><dl>{lines}</dl>'
        f"<div>{chart(view, control) if drawn else ''}</div></div>"
    )
