"""Tables in memory, results of SQL queries, and tf.data datasets as sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.failures import invalid, need
from tidefall.lifecycle.data_validation.sources.shards import OneByOne

_ROWS = 1 << 16


def arrow_source(table: Any) -> OneByOne:
    """Rows of an Arrow table, record batch, dataset scanner or reader of batches."""
    import pyarrow as pa

    if isinstance(table, pa.RecordBatch):
        table = pa.Table.from_batches([table])
    if isinstance(table, pa.Table):
        batches = table.to_batches(max_chunksize=_ROWS)
        return OneByOne(batches, table.schema.names, "table", table.nbytes)
    if isinstance(table, pa.RecordBatchReader):
        return OneByOne(table, table.schema.names, "batches")
    raise TypeError(f"expected an Arrow table, batch or reader, received {type(table).__name__}")


def frame_source(frame: Any) -> OneByOne:
    """Rows of a pandas data frame; its index is left out.

    Raises:
        InvalidArgumentError: a column holds objects that are neither strings nor numbers.
    """
    import pyarrow as pa

    columns = {}
    for name in frame.columns:
        column = frame[name]
        try:
            columns[str(name)] = pa.Array.from_pandas(column)
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
            raise invalid(
                f"column {name!r} of the data frame: its values are not of one type that tables "
                f"have: {error}. Convert it, as in frame[{name!r}].astype(str)"
            ) from None
    if len(columns) < len(frame.columns):
        raise invalid("columns of the data frame have the same name")
    return arrow_source(pa.table(columns))


def sql_source(query: str, database: Any = ":memory:", rows: int = _ROWS) -> OneByOne:
    """Rows of a query, as DuckDB gives them.

    Args:
        query: SQL; files can be named in it, as in `select * from 'day.parquet'`.
        database: the file of a database, or a DuckDB connection.
        rows: how many are fetched at once.

    Raises:
        InvalidArgumentError: the database refuses the query.
        ImportError: duckdb is not installed.
    """
    try:
        import duckdb
    except ImportError:
        raise need("duckdb") from None

    try:
        connection = duckdb.connect(database) if isinstance(database, str) else database
        reader = connection.sql(query).to_arrow_reader(rows)
    except duckdb.Error as error:
        raise invalid(f"SQL query {query!r}: {error}") from None
    return OneByOne(_fetched(reader, connection), reader.schema.names, "query")


def _fetched(reader: Any, connection: Any) -> Iterator[Any]:
    """The batches; the connection lives as long as they are read."""
    yield from reader
    del connection


def dataset_source(dataset: Any, batched: bool | None = None) -> OneByOne:
    """Elements of a tf.data dataset.

    Args:
        dataset: its elements are dictionaries of tensors, or tuples of those, as `(features,
            label)`; a tensor by itself is named by its place.
        batched: whether elements are batches of rows; by default, whether some component has no
            known first size and all have one dimension or more.
    """
    spec = dataset.element_spec
    if batched is None:
        batched = _looks_batched(spec)
    if not batched:
        dataset = dataset.ragged_batch(1024) if _is_variable(spec) else dataset.batch(1024)
    names = [name for name, _ in named_components(spec, "")]
    return OneByOne((element_to_batch(element) for element in dataset), names, "dataset")


def _leaf_shapes(spec: Any) -> list[Any]:
    return [getattr(leaf, "shape", None) for _, leaf in named_components(spec, "")]


def _looks_batched(spec: Any) -> bool:
    shapes = _leaf_shapes(spec)
    return all(
        shape is not None and shape.rank is not None and shape.rank >= 1 and shape[0] is None
        for shape in shapes
    )


def _is_variable(spec: Any) -> bool:
    return any(
        shape is not None and shape.rank and None in shape.as_list() for shape in _leaf_shapes(spec)
    )


def named_components(element: Any, name: str) -> list[tuple[str, Any]]:
    """The components of an element with their names."""
    if isinstance(element, dict):
        return [pair for k in element for pair in named_components(element[k], f"{name}{k}")]
    if isinstance(element, tuple | list):
        if len(element) == 2 and isinstance(element[0], dict) and not isinstance(element[1], dict):
            return [*named_components(element[0], ""), ("label", element[1])]
        parts = [
            named_components(part, "" if isinstance(part, dict) else str(i))
            for i, part in enumerate(element)
        ]
        return [pair for part in parts for pair in part]
    return [(name or "0", element)]


def element_to_batch(element: Any) -> Any:
    """A batch of rows of a dataset as an Arrow record batch."""
    import pyarrow as pa

    columns = {name: tensor_to_array(tensor) for name, tensor in named_components(element, "")}
    return pa.RecordBatch.from_arrays(list(columns.values()), list(columns))


def tensor_to_array(tensor: Any) -> Any:
    """A tensor, ragged tensor or sparse tensor, whose first dimension counts rows, to an array."""
    import pyarrow as pa

    from tidefall.composite.ragged.ragged_tensor import RaggedTensor
    from tidefall.composite.sparse_tensor import SparseTensor

    if isinstance(tensor, SparseTensor):
        return _sparse_to_array(tensor)
    if isinstance(tensor, RaggedTensor):
        splits = np.asarray(tensor.row_splits.numpy()).astype(np.int64)
        return pa.LargeListArray.from_arrays(pa.array(splits), tensor_to_array(tensor.values))
    values = np.asarray(tensor.numpy() if hasattr(tensor, "numpy") else tensor)
    flat = _flat(values)
    for size in reversed(values.shape[1:]):
        count = len(flat) // size if size else int(np.prod(values.shape[:1]))
        offsets = np.arange(count + 1, dtype=np.int64) * size
        flat = pa.LargeListArray.from_arrays(pa.array(offsets), flat)
    return flat


def _sparse_to_array(tensor: Any) -> Any:
    """Lists of the rows' values; none where a row has no value, as it may have been left out."""
    import pyarrow as pa

    rows = int(tensor.dense_shape.numpy()[0])
    counts = np.bincount(np.asarray(tensor.indices.numpy())[:, 0], minlength=rows)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    values = _flat(np.asarray(tensor.values.numpy()))
    return pa.LargeListArray.from_arrays(pa.array(offsets), values, mask=pa.array(counts == 0))


def _flat(values: np.ndarray) -> Any:
    import pyarrow as pa

    flat = values.reshape(-1)
    if flat.dtype == object or flat.dtype.kind in "SU":
        return pa.array(
            [v.encode() if isinstance(v, str) else v for v in flat.tolist()], pa.large_binary()
        )
    if (flat.dtype.kind == "f" and flat.dtype.itemsize < 4) or flat.dtype.name == "bfloat16":
        flat = flat.astype(np.float32)
    return pa.array(flat)


def batches_of_rows(rows: Iterable[dict[str, Any]], size: int = 1024) -> Iterator[Any]:
    """Rows as dictionaries, gathered to record batches."""
    import pyarrow as pa

    gathered: list[dict[str, Any]] = []
    for row in rows:
        gathered.append(row)
        if len(gathered) == size:
            yield pa.RecordBatch.from_pylist(gathered)
            gathered = []
    if gathered:
        yield pa.RecordBatch.from_pylist(gathered)
