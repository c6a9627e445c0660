"""Lines of tables: what is told of each feature, rule and anomaly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from tidefall.lifecycle.data_validation.rules.views import FeatureView, TableView


class FeatureRow(NamedTuple):
    """What is told of a feature.

    Args:
        name: its path.
        kind: its type.
        missing: the share of rows that lack it.
        summary: of its values, by word.
    """

    name: str
    kind: str
    missing: float
    summary: dict[str, str]


def number(value: float) -> str:
    """A number, short."""
    if value != value:
        return "nan"
    if abs(value) < 1e15 and value == int(value):
        return f"{int(value):,}"
    return f"{value:.4g}"


def feature_rows(dataset: Any) -> list[FeatureRow]:
    """What is told of the features of a DatasetFeatureStatistics."""
    table = TableView(dataset)
    return [feature_row(view) for view in table.features if view.message.WhichOneof("stats")]


def feature_row(view: FeatureView) -> FeatureRow:
    """What is told of a feature."""
    common = view.common
    rows = common.num_non_missing + common.num_missing
    missing = common.num_missing / rows if rows else 0.0
    which = view.message.WhichOneof("stats")
    summary: dict[str, str] = {}
    if common.max_num_values > 1 or common.min_num_values != common.max_num_values:
        summary["values in a row"] = f"{common.min_num_values} to {common.max_num_values}"
    if which == "num_stats":
        stats = view.message.num_stats
        if common.num_non_missing:
            summary |= {
                "mean": number(stats.mean),
                "std": number(stats.std_dev),
                "min": number(stats.min),
                "median": number(stats.median),
                "max": number(stats.max),
            }
        values = common.tot_num_values
        if values and stats.num_zeros:
            summary["zeros"] = f"{stats.num_zeros / values:.1%}"
        nan = sum(h.num_nan for h in stats.histograms[:1])
        if nan:
            summary["NaN"] = number(nan)
    elif which == "string_stats":
        stats = view.message.string_stats
        summary["unique"] = number(stats.unique)
        tops = [f"{top.value} ({top.frequency:,.0f})" for top in stats.top_values[:3]]
        summary["top"] = ", ".join(tops)
        summary["length"] = number(stats.avg_length)
        if stats.invalid_utf8_count:
            summary["not UTF-8"] = number(stats.invalid_utf8_count)
    elif which == "bytes_stats":
        stats = view.message.bytes_stats
        average = number(stats.avg_num_bytes)
        summary["bytes"] = f"{average} on average, {stats.max_num_bytes_int:,} at most"
    return FeatureRow(str(view.path), view.kind, missing, summary)


def schema_rows(schema: Any) -> tuple[list[list[str]], list[list[str]]]:
    """Lines of a schema's features (name, type, presence, valency, domain), and of its domains."""
    domains = [[_quoted(d.name), ", ".join(map(_quoted, d.value))] for d in schema.string_domain]
    features = []
    for feature in schema.feature:
        domain = _domain(feature)
        if feature.HasField("string_domain"):
            name = _quoted(feature.string_domain.name or f"{feature.name}_domain")
            domains.append([name, ", ".join(map(_quoted, feature.string_domain.value))])
            domain = name
        features.append(
            [_quoted(feature.name), _type(feature), _presence(feature), _valency(feature), domain]
        )
    return features, domains


def _quoted(text: str) -> str:
    return f"'{text}'"


def _type(feature: Any) -> str:
    from tidefall.proto.metadata import FeatureType

    kind = FeatureType.Name(feature.type)
    listed = feature.WhichOneof("domain_info") in ("domain", "string_domain")
    return "STRING" if kind == "BYTES" and listed else kind


def _presence(feature: Any) -> str:
    if not feature.HasField("presence"):
        return ""
    return "required" if feature.presence.min_fraction == 1.0 else "optional"


def _valency(feature: Any) -> str:
    if not feature.HasField("value_count"):
        return ""
    count = feature.value_count
    if count.min == count.max == 1:
        return "single"
    low = count.min if count.HasField("min") else 0
    return f"[{low},{count.max}]" if count.HasField("max") else f"[{low},inf)"


def _domain(feature: Any) -> str:
    which = feature.WhichOneof("domain_info")
    if which == "domain":
        return _quoted(feature.domain)
    bounds = []
    if which == "int_domain":
        domain = feature.int_domain
        bounds = [f"{n}: {getattr(domain, n)}" for n in ("min", "max") if domain.HasField(n)]
    elif which == "float_domain":
        domain = feature.float_domain
        for name, endless in (("min", "-inf"), ("max", "inf")):
            if domain.HasField(name):
                bounds.append(f"{name}: {getattr(domain, name):f}")
            elif not domain.disallow_inf:
                bounds.append(f"{name}: {endless}")
    return "; ".join(bounds) or "-"


def anomaly_rows(anomalies: Any) -> list[list[str]]:
    """Lines of anomalies: feature, short and long description, types."""
    by_name = sorted(anomalies.anomaly_info.items())
    infos = [(_quoted(name), info) for name, info in by_name]
    if anomalies.HasField("dataset_anomaly_info"):
        infos.insert(0, ("[dataset anomaly]", anomalies.dataset_anomaly_info))
    if anomalies.data_missing:
        return [["[dataset anomaly]", "No data", "There are no examples.", "DATA_MISSING"]]
    return [
        [
            name,
            info.short_description or "; ".join(r.short_description for r in info.reason),
            info.description or "; ".join(r.description for r in info.reason),
            "; ".join(info.Type.Name(reason.type) for reason in info.reason),
        ]
        for name, info in infos
    ]


def drift_rows(anomalies: Any) -> list[list[Any]]:
    """Lines of distances: feature, which comparison, type, value, threshold."""
    return [
        [".".join(info.path.step), which, one.Type.Name(one.type), one.value, one.threshold]
        for info in anomalies.drift_skew_info
        for which in ("drift", "skew")
        for one in getattr(info, f"{which}_measurements")
    ]


def text_table(titles: Sequence[str], rows: Sequence[Sequence[str]], width: int = 100) -> str:
    """A table for a terminal, whose last column takes what is left of the width."""
    from textwrap import wrap

    cells = [[str(cell) for cell in row] for row in rows]
    sizes = [
        min(max([len(title), *(len(row[i]) for row in cells)]), 40)
        for i, title in enumerate(titles)
    ]
    sizes[-1] = max(20, width - sum(sizes[:-1]) - 2 * (len(sizes) - 1))
    lines = []
    for row in [list(titles), ["-" * min(size, 40) for size in sizes], *cells]:
        wrapped = [wrap(cell, size) or [""] for cell, size in zip(row, sizes, strict=True)]
        for i in range(max(map(len, wrapped))):
            parts = [
                (part[i] if i < len(part) else "").ljust(size)
                for part, size in zip(wrapped, sizes, strict=True)
            ]
            lines.append("  ".join(parts).rstrip())
    return "\n".join(lines)
