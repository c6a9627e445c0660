"""`tf.RaggedTensor`: a tensor whose rows may have different lengths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tidefall.base import dtypes
from tidefall.base.composite import CompositeTensor
from tidefall.base.dispatch import is_dispatched, operators, register_type
from tidefall.base.dtypes import DType, as_dtype
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.composite.ragged.row_partition import (
    RowPartition,
    check_equal,
    dimension,
    index_tensor,
    known,
    static_dimension,
)
from tidefall.op import raw
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import EagerTensor, Tensor

if TYPE_CHECKING:
    from tidefall.composite.ragged.spec import RaggedTensorSpec

KEY: Any = object()
"""What the constructor of ragged tensors asks for, so that only the class methods call it."""


@export("RaggedTensor")
class RaggedTensor(CompositeTensor):
    """A tensor with one or more dimensions whose slices may have different lengths.

    Made by `tf.ragged.constant` and by the `from_...` class methods; the values of all rows are
    kept in one tensor, with a partition that says where each row begins.

    >>> import tidefall as tf
    >>> tf.RaggedTensor.from_row_splits([3, 1, 4], [0, 2, 2, 3])
    <tf.RaggedTensor [[3, 1], [], [4]]>
    """

    is_tensor_like = True

    def __init__(self, values: Any, row_partition: RowPartition, internal: Any = False):
        if internal is not KEY:
            raise ValueError(
                "RaggedTensor constructor is private; please use one of the factory methods "
                "instead (e.g., RaggedTensor.from_row_lengths())"
            )
        if not isinstance(row_partition, RowPartition):
            raise TypeError(
                f"Argument `row_partition` must be a RowPartition. Received {row_partition}."
            )
        values.shape.with_rank_at_least(1)
        self._values = values
        self._row_partition = row_partition

    # ---- made of values and a way to say where rows end ----

    @classmethod
    def _from_row_partition(
        cls, values: Any, row_partition: RowPartition, validate: bool = True
    ) -> RaggedTensor:
        """A ragged tensor of values and a partition that must cover all of them."""
        values, row_partition = _matched(values, row_partition)
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
    ) -> RaggedTensor:  # fmt: skip
        """Rows given by the row number of each value.

        Args:
            values: tensor `[nvals, ...]` or ragged tensor.
            value_rowids: `[nvals]`, not decreasing.
            nrows: number of rows; by default up to the last that has a value.
            validate: check the arguments.
        """
        values = _as_values(values)
        rowids = index_tensor(value_rowids, "value_rowids")
        TensorShape([static_dimension(values)]).assert_is_compatible_with(rowids.shape)
        return cls._from_row_partition(
            values, RowPartition.from_value_rowids(rowids, nrows, validate=validate), validate
        )

    @classmethod
    def from_row_splits(
        cls, values: Any, row_splits: Any, name: str | None = None, validate: bool = True
    ) -> RaggedTensor:
        """Rows given by where they begin and end.

        Args:
            values: tensor `[nvals, ...]` or ragged tensor.
            row_splits: `[nrows + 1]`; row `i` is `values[row_splits[i]:row_splits[i + 1]]`.
            validate: check the arguments.

        Raises:
            InvalidArgumentError: if the splits decrease, or do not begin with 0 and end with nvals.
        """
        return cls._from_row_partition(
            _as_values(values), RowPartition.from_row_splits(row_splits, validate), validate
        )

    @classmethod
    def from_row_lengths(
        cls, values: Any, row_lengths: Any, name: str | None = None, validate: bool = True
    ) -> RaggedTensor:
        """Rows given by their lengths.

        >>> import tidefall as tf
        >>> tf.RaggedTensor.from_row_lengths([3, 1, 4], [2, 0, 1])
        <tf.RaggedTensor [[3, 1], [], [4]]>
        """
        return cls._from_row_partition(
            _as_values(values), RowPartition.from_row_lengths(row_lengths, validate), validate
        )

    @classmethod
    def from_row_starts(
        cls, values: Any, row_starts: Any, name: str | None = None, validate: bool = True
    ) -> RaggedTensor:
        """Rows given by where they begin."""
        values = _as_values(values)
        starts = index_tensor(row_starts, "row_starts")
        rows = RowPartition.from_row_starts(starts, _nvals(values, starts.dtype), validate)
        return cls._from_row_partition(values, rows, validate)

    @classmethod
    def from_row_limits(
        cls, values: Any, row_limits: Any, name: str | None = None, validate: bool = True
    ) -> RaggedTensor:
        """Rows given by where they end."""
        return cls._from_row_partition(
            _as_values(values), RowPartition.from_row_limits(row_limits, validate), validate
        )

    @classmethod
    def from_uniform_row_length(
        cls, values: Any, uniform_row_length: Any, nrows: Any = None, validate: bool = True,
        name: str | None = None,
    ) -> RaggedTensor:  # fmt: skip
        """Rows that all have the same length.

        Args:
            values: tensor `[nvals, ...]` or ragged tensor.
            uniform_row_length: length of each row.
            nrows: number of rows; needed only when the rows are empty.
        """
        values = _as_values(values)
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
        _check_list("nested_value_rowids", nested_value_rowids)
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
        _check_list("nested_row_splits", nested_row_splits)
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
        _check_list("nested_row_lengths", nested_row_lengths)
        result = flat_values
        for lengths in reversed(nested_row_lengths):
            result = cls.from_row_lengths(result, lengths, validate=validate)
        return result

    @classmethod
    def from_tensor(
        cls, tensor: Any, lengths: Any = None, padding: Any = None, ragged_rank: int = 1,
        name: str | None = None, row_splits_dtype: Any = dtypes.int64,
    ) -> RaggedTensor:  # fmt: skip
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
    ) -> RaggedTensor:
        """The values of a rank-2 sparse tensor whose rows have no gaps before their last value."""
        from tidefall.composite.ragged.conversions import from_sparse

        return from_sparse(cls, st_input, as_dtype(row_splits_dtype))

    # ---- what it holds ----

    @property
    def dtype(self) -> DType:
        """The dtype of the values."""
        return self._values.dtype

    @property
    def shape(self) -> TensorShape:
        """The static shape: None for ragged dimensions."""
        rows = self._row_partition.static_nrows
        length = self._row_partition.static_uniform_row_length
        return TensorShape([rows, length]).concatenate(self._values.shape[1:])

    def get_shape(self) -> TensorShape:
        """The static shape; same as `.shape`."""
        return self.shape

    def _set_shape(self, shape: Any) -> None:
        """Refine what is known of the shape of a symbolic ragged tensor."""
        shape = TensorShape(shape)
        splits = self._row_partition.row_splits()
        if shape.rank is None or isinstance(splits, EagerTensor):
            return
        if shape[0] is not None:
            splits.set_shape([shape[0] + 1])
        flat = self.flat_values
        if isinstance(flat, Tensor) and not isinstance(flat, EagerTensor):
            flat.set_shape(  # type: ignore[attr-defined]
                TensorShape([None]).concatenate(shape[self.ragged_rank + 1 :])
            )

    @property
    def ragged_rank(self) -> int:
        """The number of partitioned dimensions."""
        values = self._values
        return values.ragged_rank + 1 if isinstance(values, RaggedTensor) else 1

    @property
    def values(self) -> Any:
        """The concatenated rows: a tensor, or a ragged tensor of one dimension less."""
        return self._values

    @property
    def flat_values(self) -> Any:
        """The innermost values, all partitions removed."""
        values = self._values
        while isinstance(values, RaggedTensor):
            values = values._values
        return values

    @property
    def row_splits(self) -> Any:
        """`[nrows + 1]`, where rows begin and end in `values`."""
        return self._row_partition.row_splits()

    @property
    def uniform_row_length(self) -> Any:
        """The length of the rows where they were made to have the same, or None."""
        return self._row_partition.uniform_row_length()

    @property
    def _nested_row_partitions(self) -> tuple[RowPartition, ...]:
        found, value = [], self
        while isinstance(value, RaggedTensor):
            found.append(value._row_partition)
            value = value._values
        return tuple(found)

    @property
    def nested_row_splits(self) -> tuple[Any, ...]:
        """The row splits of all partitioned dimensions, outermost first."""
        return tuple(p.row_splits() for p in self._nested_row_partitions)

    def value_rowids(self, name: str | None = None) -> Any:
        """`[nvals]`, the row of each value."""
        return self._row_partition.value_rowids()

    def nested_value_rowids(self, name: str | None = None) -> tuple[Any, ...]:
        """The row numbers of all partitioned dimensions, outermost first."""
        return tuple(p.value_rowids() for p in self._nested_row_partitions)

    def nrows(self, out_type: Any = None, name: str | None = None) -> Any:
        """Number of rows, a scalar."""
        rows = self._row_partition.nrows()
        return rows if out_type is None else _cast(rows, as_dtype(out_type))

    def row_starts(self, name: str | None = None) -> Any:
        """`[nrows]`, where each row begins in `values`."""
        return self._row_partition.row_starts()

    def row_limits(self, name: str | None = None) -> Any:
        """`[nrows]`, where each row ends in `values`."""
        return self._row_partition.row_limits()

    def row_lengths(self, axis: int = 1, name: str | None = None) -> Any:
        """The lengths of the rows along `axis`: ragged for deeper axes."""
        if axis < 0:
            axis = _counted_from_the_left(axis, self.shape.rank)
        if axis == 0:
            return self._row_partition.nrows()
        if axis == 1:
            return self._row_partition.row_lengths()
        if isinstance(self._values, RaggedTensor):
            return self.with_values(self._values.row_lengths(axis - 1))
        sizes = raw.Shape(self._values, out_type=self.row_splits.dtype)
        filled = raw.Fill(sizes[: axis - 1], sizes[axis - 1])
        return self.with_values(filled)

    def nested_row_lengths(self, name: str | None = None) -> tuple[Any, ...]:
        """The row lengths of all partitioned dimensions, outermost first."""
        return tuple(p.row_lengths() for p in self._nested_row_partitions)

    def bounding_shape(
        self, axis: Any = None, name: str | None = None, out_type: Any = None
    ) -> Any:
        """The shape of the smallest dense tensor that holds this one.

        Args:
            axis: None for all dimensions, or the dimensions wanted.
            out_type: int32 or int64; that of the row splits by default.
        """
        from tidefall.composite.ragged.conversions import bounding_shape

        return bounding_shape(self, axis, None if out_type is None else as_dtype(out_type))

    # ---- others made of it ----

    def with_values(self, new_values: Any) -> RaggedTensor:
        """The same rows with other values."""
        values = _as_values(new_values)
        values.shape.with_rank_at_least(1)
        TensorShape([static_dimension(values)]).assert_is_compatible_with(
            [static_dimension(self._values)]
        )
        values, rows = _matched(values, self._row_partition)
        return RaggedTensor(values, rows, internal=KEY)

    def with_flat_values(self, new_values: Any) -> RaggedTensor:
        """The same partitions with other innermost values."""
        if isinstance(self._values, RaggedTensor):
            return self.with_values(self._values.with_flat_values(new_values))
        return self.with_values(new_values)

    def with_row_splits_dtype(self, dtype: Any) -> RaggedTensor:
        """The same with row splits of another dtype."""
        dtype = as_dtype(dtype)
        values = self._values
        if isinstance(values, RaggedTensor):
            values = values.with_row_splits_dtype(dtype)
        return RaggedTensor(values, self._row_partition.with_dtype(dtype), internal=KEY)

    def merge_dims(self, outer_axis: int, inner_axis: int) -> Any:
        """The dimensions from `outer_axis` to `inner_axis` made one.

        >>> import tidefall as tf
        >>> tf.ragged.constant([[[1, 2], [3]], [], [[4]]]).merge_dims(1, 2)
        <tf.RaggedTensor [[1, 2, 3], [], [4]]>
        """
        from tidefall.composite.ragged.conversions import merge_dims

        return merge_dims(self, outer_axis, inner_axis)

    def to_tensor(
        self, default_value: Any = None, name: str | None = None, shape: Any = None
    ) -> Any:
        """A dense tensor, short rows padded.

        Args:
            default_value: the padding; zero or an empty string by default.
            shape: shape wanted; None dimensions are as large as needed, longer rows are cut.
        """
        from tidefall.composite.ragged.conversions import to_tensor

        return to_tensor(self, default_value, name, shape)

    def to_sparse(self, name: str | None = None) -> Any:
        """A sparse tensor with the same values."""
        from tidefall.composite.ragged.conversions import to_sparse

        return to_sparse(self)

    def numpy(self) -> Any:
        """An array, of objects where rows differ in length."""
        if not self._is_eager():
            raise ValueError("RaggedTensor.numpy() is only supported in eager mode.")
        from tidefall.composite.ragged.conversions import to_numpy

        return to_numpy(self)

    def to_list(self) -> list[Any]:
        """Nested Python lists."""
        if not self._is_eager():
            raise ValueError("to_list can only be used in eager mode.")
        from tidefall.composite.ragged.conversions import to_list

        return to_list(self)

    def consumers(self) -> list[Any]:
        """The nodes that read any of its tensors."""
        if self._is_eager():
            return []
        parts = (self.flat_values, *self.nested_row_splits)
        return [n for t in parts if not isinstance(t, EagerTensor) for n in t.consumers()]

    def _is_eager(self) -> bool:
        parts = (self.flat_values, *self.nested_row_splits)
        return all(not getattr(t, "is_symbolic", False) for t in parts)

    @property
    def _type_spec(self) -> RaggedTensorSpec:
        from tidefall.composite.ragged.spec import RaggedTensorSpec

        return RaggedTensorSpec.from_value(self)

    def _shape_invariant_to_type_spec(self, shape: Any) -> RaggedTensorSpec:
        from tidefall.composite.ragged.spec import RaggedTensorSpec

        return RaggedTensorSpec(shape, self.dtype, self.ragged_rank, self.row_splits.dtype)

    # ---- as a Python object ----

    def __getitem__(self, key: Any) -> Any:
        from tidefall.composite.ragged.getitem import getitem

        return getitem(self, key)

    def __iter__(self) -> Any:
        if not self._is_eager() and self.shape[0] is None:
            raise TypeError(
                "Iterating over a symbolic RaggedTensor with an unknown number of rows is not "
                "possible; use tf.map_fn or tf.data."
            )
        rows = known(self.nrows())
        assert rows is not None
        return (self[i] for i in range(int(rows)))

    def __tf_tensor__(self, dtype: Any = None, name: str | None = None) -> Any:
        raise ValueError(
            "A RaggedTensor was given where a dense tensor is expected. This function does not "
            "take ragged tensors: use .to_tensor() for a padded dense tensor, or "
            "tf.ragged.map_flat_values for elementwise work."
        )

    def __bool__(self) -> bool:
        raise TypeError("RaggedTensor may not be used as a boolean.")

    __nonzero__ = __bool__

    def __hash__(self) -> int:
        raise TypeError("RaggedTensor is unhashable.")

    def __reduce__(self) -> Any:
        spec = self._type_spec
        return _rebuild, (spec, spec._to_components(self))

    def __repr__(self) -> str:
        if not self._is_eager():
            return f"tf.RaggedTensor(values={self._values}, row_splits={self.row_splits})"
        from tidefall.composite.ragged.conversions import text

        return f"<tf.RaggedTensor {text(self)}>"

    __str__ = __repr__


def _counted_from_the_left(axis: int, rank: int | None) -> int:
    """A negative axis as the one it means.

    Raises:
        ValueError: if the rank is not known, or the axis is out of bounds.
    """
    if rank is None:
        raise ValueError(f"axis={axis} may only be negative if the rank is statically known.")
    if axis < -rank:
        raise ValueError(f"axis={axis} out of bounds: expected {-rank}<=axis<{rank}")
    return axis + rank


def _as_values(values: Any) -> Any:
    return values if isinstance(values, RaggedTensor) else convert_to_tensor(values)


def _cast(tensor: Any, dtype: DType) -> Any:
    return tensor if tensor.dtype == dtype else raw.Cast(tensor, DstT=dtype)


def _nvals(values: Any, dtype: DType) -> Any:
    if isinstance(values, RaggedTensor):
        return _cast(values.nrows(), dtype)
    return dimension(values, 0, dtype)


def _matched(values: Any, rows: RowPartition) -> tuple[Any, RowPartition]:
    """Values and partition with row splits of one dtype: int64 where they differ."""
    if isinstance(values, RaggedTensor) and values.row_splits.dtype != rows.dtype:
        values, rows = values.with_row_splits_dtype(dtypes.int64), rows.with_dtype(dtypes.int64)
    return values, rows


def _check_list(argument: str, value: Any) -> None:
    if isinstance(value, Tensor):
        raise TypeError(f"Argument `{argument}` must be a list of Tensors. Received {value}.")


def _operator(name: str) -> Any:
    def method(self: Any, *args: Any) -> Any:
        is_dispatched(self)  # this loads the operators
        return operators[name](self, *args)

    method.__name__ = name
    method.__qualname__ = f"RaggedTensor.{name}"
    return method


_OPERATORS = (
    "abs add and div eq floordiv ge gt invert le lt mod mul ne neg or pow radd rand rdiv rfloordiv "
    "rmod rmul ror rpow rsub rtruediv rxor sub truediv xor"
)
for _name in _OPERATORS.split():
    setattr(RaggedTensor, f"__{_name}__", _operator(f"__{_name}__"))

register_type(RaggedTensor, "tidefall.ops.ragged.dispatch", "tidefall.library.ragged_images")


def _rebuild(spec: RaggedTensorSpec, components: list[Any]) -> Any:
    return spec._from_components(components)


RaggedTensor.__module__ = "tensorflow.python.ops.ragged.ragged_tensor"
