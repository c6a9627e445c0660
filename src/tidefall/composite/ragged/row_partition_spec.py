"""The type of a `tf.experimental.RowPartition`."""

from __future__ import annotations

from typing import Any

from tidefall.base import dtypes
from tidefall.base.dtypes import DType, as_dtype
from tidefall.base.shapes import TensorShape
from tidefall.composite.ragged.row_partition import RowPartition, partition
from tidefall.tensor import type_spec_registry
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.specs import TensorSpec
from tidefall.tensor.type_spec import TypeSpec


@type_spec_registry.register("tf.RowPartitionSpec")
class RowPartitionSpec(TypeSpec):
    """What is known of a partition: its rows, its values, and the length of its rows.

    Args:
        nrows: number of rows, or None.
        nvals: number of values, or None.
        uniform_row_length: the length of every row, or None where they may differ.
        dtype: int32 or int64.

    Raises:
        ValueError: if the numbers contradict each other.
    """

    __slots__ = ("_dtype", "_nrows", "_nvals", "_uniform_row_length")

    def __init__(
        self,
        nrows: Any = None,
        nvals: Any = None,
        uniform_row_length: Any = None,
        dtype: Any = dtypes.int64,
    ):
        self._nrows, self._nvals, self._uniform_row_length = (
            TensorShape([v]) if not isinstance(v, TensorShape) else v
            for v in (nrows, nvals, uniform_row_length)
        )
        self._dtype = as_dtype(dtype)
        if self._dtype not in (dtypes.int32, dtypes.int64):
            raise ValueError("dtype must be tf.int32 or tf.int64")
        self._complete()

    def _complete(self) -> None:
        """Work out the one of three numbers that follows from the others."""
        rows, values, length = self.nrows, self.nvals, self.uniform_row_length
        if length is None:
            return
        if rows is not None and values is not None and rows * length != values:
            raise ValueError(
                f"nvals={values} is not compatible with nrows={rows} and uniform_row_length="
                f"{length}"
            )
        if rows is not None:
            self._nvals = TensorShape([rows * length])
        elif values is not None and length:
            if values % length:
                raise ValueError(
                    f"nvals={values} is not compatible with uniform_row_length={length} (doesn't "
                    "divide evenly)"
                )
            self._nrows = TensorShape([values // length])

    @property
    def nrows(self) -> int | None:
        """The number of rows, or None."""
        return self._nrows[0]

    @property
    def nvals(self) -> int | None:
        """The number of values, or None."""
        return self._nvals[0]

    @property
    def uniform_row_length(self) -> int | None:
        """The length of every row, or None."""
        return self._uniform_row_length[0]

    @property
    def dtype(self) -> DType:
        """int32 or int64."""
        return self._dtype

    @property
    def value_type(self) -> Any:
        """`tf.experimental.RowPartition`."""
        return RowPartition

    @classmethod
    def from_value(cls, value: RowPartition) -> RowPartitionSpec:
        """The type of a partition."""
        length = value.static_uniform_row_length
        stated = value._nvals is not None or value._value_rowids is not None
        # Read from the splits, the number would make a type of its own of each value.
        values = value.static_nvals if stated or length is not None else None
        return cls(value.static_nrows, values, length, value.dtype)

    def _serialize(self) -> tuple[Any, ...]:
        return self._nrows, self._nvals, self._uniform_row_length, self._dtype

    @property
    def _component_specs(self) -> Any:
        rows = self.nrows
        return TensorSpec([None if rows is None else rows + 1], self._dtype)

    def _to_components(self, value: Any) -> Any:
        return value.row_splits()

    def _from_components(self, components: Any) -> Any:
        splits = convert_to_tensor(components)
        length = self.uniform_row_length
        return partition(splits, None if length is None else convert_to_tensor(length, self._dtype))

    def __repr__(self) -> str:
        return (
            f"RowPartitionSpec(nrows={self.nrows}, nvals={self.nvals}, "
            f"uniform_row_length={self.uniform_row_length}, dtype={self._dtype!r})"
        )
