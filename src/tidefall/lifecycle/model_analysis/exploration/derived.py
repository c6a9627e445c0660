"""Data with further columns: tables at once, and files and datasets batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.data_validation.sources.shards import (
    BatchShard,
    Progressed,
    Shard,
    Source,
)
from tidefall.lifecycle.model_analysis.rows import rows_of, table_of

Columns = Callable[[Any], Any]
"""From an Arrow table or record batch to one with further columns."""


def is_table(data: Any) -> bool:
    """Return whether data are a pandas data frame, an Arrow table or a record batch."""
    import pyarrow as pa

    return isinstance(data, pa.Table | pa.RecordBatch) or hasattr(data, "iloc")


def as_table(data: Any) -> Any:
    """Return a pandas data frame, Arrow table or record batch as an Arrow table.

    Raises:
        TypeError: it is something else.
    """
    import pyarrow as pa

    if isinstance(data, pa.Table):
        return data
    if isinstance(data, pa.RecordBatch):
        return pa.Table.from_batches([data])
    if hasattr(data, "iloc"):
        return pa.Table.from_pandas(data, preserve_index=False)
    raise TypeError(f"expected a data frame or an Arrow table, received {type(data).__name__}")


def batches_of(data: Any) -> Iterator[Any]:
    """Yield the record batches of files, a dataset or a table, as often as they are asked for.

    Raises:
        InvalidArgumentError: they can be read once only.
    """
    import pyarrow as pa

    if isinstance(data, pa.RecordBatchReader) or (
        isinstance(data, Iterator) and not hasattr(data, "shards")
    ):
        raise invalid(
            f"{type(data).__name__}: the rows are read twice, and these only once; give files, a "
            "dataset or a table"
        )
    for rows in rows_of(table_of(data)):
        yield rows.batch


def with_columns(data: Any, columns: Columns) -> Any:
    """Return data with further columns: a table, or a source that `run_model_analysis` takes."""
    return columns(as_table(data)) if is_table(data) else DerivedSource(data, columns)


class DerivedSource:
    """A source with further columns.

    Args:
        data: as `run_model_analysis` takes them; read anew each time.
        columns: adds the columns to a batch.
    """

    def __init__(self, data: Any, columns: Columns):
        self._data, self._columns = data, columns
        self.names: list[str] = []
        self.size = table_of(data).size

    def shards(self, known: Progressed | None = None) -> Iterator[Shard]:
        """One for each batch."""
        del known
        for number, batch in enumerate(batches_of(self._data)):
            yield BatchShard([self._columns(batch)], f"batch {number}", batch.nbytes)

    def retyped(self, texts: Iterable[str], only: bool) -> Source:
        """Not possible: types are those of the data."""
        raise TypeError(f"columns {sorted(texts)} have values of several types")
