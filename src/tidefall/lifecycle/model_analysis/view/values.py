"""What views show of results: slices and metrics as texts and numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tidefall.lifecycle.model_analysis.exploration.windows import number_of
from tidefall.lifecycle.model_analysis.slicing import spec_matches, stringify
from tidefall.lifecycle.model_analysis.view.charts import number

COUNTS = ("example_count", "weighted_example_count")
"""Metrics that say how many examples a slice has."""


def is_cross(key: Any) -> bool:
    """Whether a key is of two slices that are compared."""
    return len(key) == 2 and all(
        isinstance(one, tuple) and (not one or isinstance(one[0], tuple)) for one in key
    )


def slice_name(key: Any) -> str:
    """A slice as text, two that are compared with "vs."."""
    if is_cross(key):
        return f"{stringify(key[0])} vs. {stringify(key[1])}"
    return stringify(key)


def chosen_slices(sliced: Sequence[Any], column: str | None, spec: Any) -> list[Any]:
    """The slices by a column, of a `SlicingSpec`, or that of all rows.

    Raises:
        ValueError: both are given, or there is no such slice.
    """
    if column is not None and spec is not None:
        raise ValueError("slicing_column and slicing_spec: only one of them is possible")

    def is_chosen(key: Any) -> bool:
        if is_cross(key):
            return False
        if spec is not None:
            return spec_matches(spec, key)
        return [name for name, _ in key] == ([] if column is None else [column])

    found = [one for one in sliced if is_chosen(one.slice)]
    if not found:
        wanted = f"by {column!r}" if column is not None else ("of the spec" if spec else "Overall")
        names = [slice_name(one.slice) for one in sliced][:20]
        raise ValueError(f"No slice {wanted} is found. Available slices: {names}")
    return found


def metric_names(sliced: Sequence[Any]) -> list[tuple[str, str, str]]:
    """Output, sub key and name of the metrics of slices, as they come."""
    found: dict[tuple[str, str, str], None] = {}
    for one in sliced:
        for output, by_key in one.metrics.items():
            for sub_key, metrics in by_key.items():
                found |= {(output, sub_key, name): None for name in metrics}
    found.pop(("", "", "__ERROR__"), None)
    return list(found)


def title_of(metric: tuple[str, str, str]) -> str:
    """A metric as text.

    >>> title_of(("age", "classId:1", "auc"))
    'age/auc classId:1'
    """
    output, sub_key, name = metric
    return (f"{output}/" if output else "") + name + (f" {sub_key}" if sub_key else "")


def value_of(one: Any, metric: tuple[str, str, str]) -> Any:
    """A slice's value of a metric, as results have it; None where it has none."""
    output, sub_key, name = metric
    return one.metrics.get(output, {}).get(sub_key, {}).get(name)


def bounds_of(value: Any) -> tuple[float, float] | None:
    """The confidence interval of a value; None where it has none."""
    bounded = value.get("boundedValue") if isinstance(value, dict) else None
    if not isinstance(bounded, dict):
        return None
    return float(bounded.get("lowerBound", 0.0)), float(bounded.get("upperBound", 0.0))


def text_of(value: Any) -> str:
    """A value as text."""
    found = number_of(value)
    if found is not None:
        bounds = bounds_of(value)
        return number(found) + (f" ({number(bounds[0])}, {number(bounds[1])})" if bounds else "")
    if not value:
        return ""
    if "arrayValue" in value:
        array = value["arrayValue"]
        items = next((v for k, v in array.items() if k.endswith("Values")), [])
        texts = [number(v) if isinstance(v, float) else str(v) for v in items[:6]]
        return "[" + ", ".join(texts) + (", …]" if len(items) > 6 else "]")
    if "debugMessage" in value:
        return str(value["debugMessage"])
    kind, content = next(iter(value.items()))
    return f"{len(content.get('matrices', []))} matrices" if "atrix" in kind else kind


def counts_of(sliced: Sequence[Any], column: str | None) -> Iterator[float | None]:
    """How many examples slices have, by a metric of that name or the usual ones."""
    wanted = (column,) if column is not None else COUNTS
    for one in sliced:
        values = [
            number_of(value)
            for by_key in one.metrics.values()
            for metrics in by_key.values()
            for name, value in metrics.items()
            if name in wanted
        ]
        yield next((value for value in values if value is not None), None)
