"""Windows as the statistics of data validation, for schemas, skew and drift by its rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.monitoring.columns import INPUT, arrow
from tidefall.lifecycle.monitoring.reports import Window

if TYPE_CHECKING:
    from tidefall.lifecycle.monitoring.store import MonitoringStore


def window_statistics(
    store: MonitoringStore, model: str, window: Window | None = None, options: Any = None
) -> Any:
    """Return the statistics of a window's inputs, as those of training data.

    The features have the names of inputs, so that the schema of the training data judges them, and
    `data_validation.validate_statistics(training, schema, serving_statistics=...)` finds skew.

    Args:
        store: where the rows are.
        model: the model's name.
        window: which rows; all for None.
        options: `data_validation.StatsOptions`.

    Returns:
        A `DatasetFeatureStatisticsList`.

    Raises:
        InvalidArgumentError: the window has no inputs.
    """
    from tidefall.lifecycle.data_validation import generate_statistics_from_arrow
    from tidefall.lifecycle.monitoring.reading import column_types, window_parts

    pa = arrow()
    window = window or Window()
    types = column_types(window_parts(store, model, window))
    columns = [name for name in types if name.startswith(INPUT)]
    if not columns:
        raise invalid(f"model {model!r} has no inputs in {window}")
    names = [name.removeprefix(INPUT) for name in columns]

    def batches() -> Iterator[Any]:
        for batch in store.read(model, window, columns):
            arrays = [_plain(column) for column in batch.columns]
            yield pa.record_batch(arrays, names=names)

    stream = batches()
    first = next(stream, None)
    if first is None:
        raise invalid(f"model {model!r} has no rows in {window}")

    def rest() -> Iterator[Any]:
        yield first
        for batch in stream:
            yield batch.cast(first.schema)

    reader = pa.RecordBatchReader.from_batches(first.schema, rest())
    return generate_statistics_from_arrow(reader, options)


def _plain(column: Any) -> Any:
    kind = str(column.type)
    if kind.startswith("dictionary"):
        return column.cast("string")
    if kind.startswith("fixed_size_list"):
        return column.cast(arrow().list_(column.type.value_type))
    return column
