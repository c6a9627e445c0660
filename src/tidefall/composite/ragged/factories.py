"""The class methods that make ragged tensors, each from another way to say where rows end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tidefall.base import dtypes
from tidefall.base.dtypes import DType, as_dtype
from tidefall.base.shapes import TensorShape
from tidefall.composite.ragged.row_partition import (
    RowPartition,
    check_equal,
    dimension,
    index_tensor,
    static_dimension,
)
from tidefall.op import raw
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import Tensor

KEY: Any = object()
"""What the constructor of ragged tensors asks for, so that only the class methods call it."""


class RaggedFactories:
    """Base of `tf.RaggedTensor`."""

    if TYPE_CHECKING:
        nrows: Any
        row_splits: Any
        with_row_splits_dtype: Any

        def __init__(self, values: Any, row_partition: RowPartition, internal: Any = False): ...

    @classmethod
    def _from_row_partition(
        cls, values: Any, row_partition: RowPartition, validate: bool = True
    ) -> Any:
        """A ragged tensor of values and a partition that must cover all of them."""
        values, row_partition = matched(values, row_partition)
        if validate:
            rows = static_dimension(values)
            total = row_partition.static_nvals
            if rows is not None and total is not None:
                check_equal("_from_row_partition", "RaggedTensor", total, rows)
        return cls(values, row_partition, internal=KEY)

    @classmethod
    def from_value_rowids(
        cls, values: Any, value_rowids: Any, nrows: Any = None, name: str | None = None,
        validate: bool = True,
    ) -> Any:  # fmt: skip
        """Rows given by the row number of each value.

        Args:
            values: tensor `[nvals, ...]` or ragged tensor.
            value_rowids: `[nvals]`, not decreasing.
            nrows: number of rows; by default up to the last that has a value.
            validate: check the arguments.
        """
        values = as_values(values)
        rowids = index_tensor(value_rowids, "value_rowids")
        TensorShape([static_dimension(values)]).assert_is_compatible_with(rowids.shape)
        return cls._from_row_partition(
            values, RowPartition.from_value_rowids(rowids, nrows, validate=validate), validate
        )

    @classmethod
    def from_row_splits(
        cls, values: Any, row_splits: Any, name: str | None = None, validate: bool = True
    ) -> Any:
        """Rows given by where they begin and end.

        Args:
            values: tensor `[nvals, ...]` or ragged tensor.
            row_splits: `[nrows + 1]`; row `i` is `values[row_splits[i]:row_splits[i + 1]]`.
            validate: check the arguments.

        Raises:
            InvalidArgumentError: if the splits decrease, or do not begin with 0 and end with nvals.
        """
        return cls._from_row_partition(
            as_values(values), RowPartition.from_row_splits(row_splits, validate), validate
        )

    @classmethod
    def from_row_lengths(
        cls, values: Any, row_lengths: Any, name: str | None = None, validate: bool = True
    ) -> Any:
        """Rows given by their lengths.

        >>> import tidefall as tf
        >>> tf.RaggedTensor.from_row_lengths([3, 1, 4], [2, 0, 1])
        <tf.RaggedTensor [[3, 1], [], [4]]>
        """
        return cls._from_row_partition(
            as_values(values), RowPartition.from_row_lengths(row_lengths, validate), validate
        )

    @classmethod
    def from_row_starts(
        cls, values: Any, row_starts: Any, name: str | None = None, validate: bool = True
    ) -> Any:
        """Rows given by where they begin."""
        values = as_values(values)
        starts = index_tensor(row_starts, "row_starts")
        rows = RowPartition.from_row_starts(starts, _nvals(values, starts.dtype), validate)
        return cls._from_row_partition(values, rows, validate)

    @classmethod
    def from_row_limits(
        cls, values: Any, row_limits: Any, name: str | None = None, validate: bool = True
    ) -> Any:
        """Rows given by where they end."""
        return cls._from_row_partition(
            as_values(values), RowPartition.from_row_limits(row_limits, validate), validate
        )

    @classmethod
    def from_uniform_row_length(
        cls, values: Any, uniform_row_length: Any, nrows: Any = None, validate: bool = True,
        name: str | None = None,
    ) -> Any:  # fmt: skip
        """Rows that all have the same length.

        Args:
            values: tensor `[nvals, ...]` or ragged tensor.
            uniform_row_length: length of each row.
            nrows: number of rows; needed only when the rows are empty.
        """
        values = as_values(values)
        length = index_tensor(uniform_row_length, "uniform_row_length")
        rows = RowPartition.from_uniform_row_length(
            length, _nvals(values, length.dtype), nrows, validate
        )
        return cls._from_row_partition(values, rows, validate)

    @classmethod
    def from_nested_value_rowids(
        cls, flat_values: Any, nested_value_rowids: Any, nested_nrows: Any = None,
        name: str | None = None, validate: bool = True,
    ) -> Any:  # fmt: skip
        """Several ragged dimensions, each given by row numbers, outermost first."""
        if isinstance(nested_value_rowids, Tensor):
            raise TypeError(
                f"Argument `nested_value_rowids` must be a list of Tensors. Received "
                f"{nested_value_rowids}."
            )
        rows = [None] * len(nested_value_rowids) if nested_nrows is None else list(nested_nrows)
        if len(rows) != len(nested_value_rowids):
            raise ValueError(
                "Argument `nested_nrows` must have the same length as argument "
                "`nested_value_rowids`."
            )
        result = flat_values
        for ids, count in reversed(list(zip(nested_value_rowids, rows, strict=True))):
            result = cls.from_value_rowids(result, ids, count, validate=validate)
        return result

    @classmethod
    def from_nested_row_splits(
        cls,
        flat_values: Any,
        nested_row_splits: Any,
        name: str | None = None,
        validate: bool = True,
    ) -> Any:
        """Several ragged dimensions, each given by row splits, outermost first."""
        if isinstance(nested_row_splits, Tensor):
            raise TypeError(
                f"Argument `nested_row_splits` must be a list of Tensors. Received "
                f"{nested_row_splits}."
            )
        result = flat_values
        for splits in reversed(nested_row_splits):
            result = cls.from_row_splits(result, splits, validate=validate)
        return result

    @classmethod
    def from_nested_row_lengths(
        cls,
        flat_values: Any,
        nested_row_lengths: Any,
        name: str | None = None,
        validate: bool = True,
    ) -> Any:
        """Several ragged dimensions, each given by row lengths, outermost first."""
        if isinstance(nested_row_lengths, Tensor):
            raise TypeError(
                f"Argument `nested_row_lengths` must be a list of Tensors. Received "
                f"{nested_row_lengths}."
            )
        result = flat_values
        for lengths in reversed(nested_row_lengths):
            result = cls.from_row_lengths(result, lengths, validate=validate)
        return result

    @classmethod
    def from_tensor(
        cls, tensor: Any, lengths: Any = None, padding: Any = None, ragged_rank: int = 1,
        name: str | None = None, row_splits_dtype: Any = dtypes.int64,
    ) -> Any:  # fmt: skip
        """A ragged tensor with the rows of a dense one, padding removed.

        Args:
            tensor: `[d0, d1, ...]`.
            lengths: `[d0]`, values to keep of each row; or a list of such tensors for nested rows.
            padding: a value; trailing occurrences of it are removed from each row.
            ragged_rank: number of partitioned dimensions.
            row_splits_dtype: int32 or int64.
        """
        from tidefall.composite.ragged.conversions import from_tensor

        return from_tensor(cls, tensor, lengths, padding, ragged_rank, as_dtype(row_splits_dtype))

    @classmethod
    def from_sparse(
        cls, st_input: Any, name: str | None = None, row_splits_dtype: Any = dtypes.int64
    ) -> Any:
        """The values of a rank-2 sparse tensor whose rows have no gaps before their last value."""
        from tidefall.composite.ragged.conversions import from_sparse

        return from_sparse(cls, st_input, as_dtype(row_splits_dtype))


def as_values(values: Any) -> Any:
    if isinstance(values, (RaggedFactories, Tensor)):
        return values if isinstance(values, RaggedFactories) else convert_to_tensor(values)
    return convert_to_tensor(values)


def cast_index(tensor: Any, dtype: DType) -> Any:
    return tensor if tensor.dtype == dtype else raw.Cast(tensor, DstT=dtype)


def _nvals(values: Any, dtype: DType) -> Any:
    if isinstance(values, RaggedFactories):
        return cast_index(values.nrows(), dtype)
    return dimension(values, 0, dtype)


def matched(values: Any, rows: RowPartition) -> tuple[Any, RowPartition]:
    """Values and partition with row splits of one dtype: int64 where they differ."""
    if isinstance(values, RaggedFactories) and values.row_splits.dtype != rows.dtype:
        values, rows = values.with_row_splits_dtype(dtypes.int64), rows.with_dtype(dtypes.int64)
    return values, rows
