"""`tf.experimental.DynamicRaggedShape`: the shape of a tensor whose rows may differ in length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.composite import CompositeTensor
from tidefall.base.dispatch import register_type
from tidefall.base.dtypes import DType, as_dtype
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.composite.ragged.ragged_tensor import RaggedTensor
from tidefall.composite.ragged.row_partition import RowPartition, known
from tidefall.composite.ragged.row_partition_spec import RowPartitionSpec
from tidefall.op import raw
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.specs import TensorSpec
from tidefall.tensor.tensor import Tensor
from tidefall.tensor.type_spec import TypeSpec


def _cast(tensor: Any, dtype: DType) -> Any:
    return tensor if tensor.dtype == dtype else raw.Cast(tensor, DstT=dtype)


@export("experimental.DynamicRaggedShape")
class DynamicRaggedShape(CompositeTensor):
    """The sizes of all dimensions of a dense or ragged tensor, some known only while running.

    Args:
        row_partitions: a RowPartition for each partitioned dimension, outermost first.
        inner_shape: vector, the shape of the flat values.
        dtype: int32 or int64; by default that of the partitions, or int64.
        validate: accepted; partitions and sizes are not compared.
        static_inner_shape: what is known of `inner_shape` while tracing.

    Raises:
        ValueError: if the partitions differ in dtype.

    >>> import tidefall as tf
    >>> tf.shape(tf.ragged.constant([[1, 2], [], [3]]))
    <DynamicRaggedShape lengths=[3, (2, 0, 1)] num_row_partitions=1>
    """

    def __init__(
        self,
        row_partitions: Sequence[RowPartition],
        inner_shape: Any,
        dtype: Any = None,
        validate: bool = False,
        static_inner_shape: Any = None,
    ):
        partitions = tuple(row_partitions)
        for item in partitions:
            if not isinstance(item, RowPartition):
                raise TypeError(f"row_partitions should be RowPartitions. Received: {item!r}")
        if dtype is None:
            given = {p.dtype for p in partitions}
            if isinstance(inner_shape, Tensor):
                given.add(inner_shape.dtype)
            if len(given) > 1:
                raise ValueError("Row partitions and inner_shape should have the same dtype.")
            dtype = given.pop() if given else dtypes.int64
        dtype = as_dtype(dtype)
        self._row_partitions = tuple(p.with_dtype(dtype) for p in partitions)
        if not isinstance(inner_shape, Tensor):
            inner_shape = convert_to_tensor(inner_shape, dtype)
        self._inner_shape = _cast(inner_shape, dtype)
        static = _static_shape(self._inner_shape)
        if static_inner_shape is not None:
            static = static.merge_with(static_inner_shape)
        self._static_inner_shape = static

    # ---- made of other things ----

    @classmethod
    def from_lengths(
        cls, lengths: Any, num_row_partitions: int | None = None, dtype: Any = dtypes.int64
    ) -> DynamicRaggedShape:
        """The shape with given lengths.

        Args:
            lengths: for each dimension an int, or, behind the first, the lengths of all rows.
            num_row_partitions: how many dimensions to partition; by default up to the last ragged
                one.
            dtype: int32 or int64.

        Raises:
            ValueError: if there are not as many lengths as rows.

        >>> import tidefall as tf
        >>> tf.experimental.DynamicRaggedShape.from_lengths([2, (1, 2), 3])
        <DynamicRaggedShape lengths=[2, (1, 2), 3] num_row_partitions=1>
        """
        dtype = as_dtype(dtype)
        given = list(lengths)
        ragged = [i for i, length in enumerate(given) if np.ndim(length)]
        if ragged[:1] == [0]:
            raise ValueError("The first dimension cannot be ragged.")
        count = ragged[-1] if ragged else 0
        if num_row_partitions is not None:
            if num_row_partitions < count:
                raise ValueError(f"num_row_partitions must be at least {count}.")
            count = num_row_partitions
        if count >= max(len(given), 1):
            raise ValueError("num_row_partitions must be less than the number of dimensions.")
        partitions, rows = [], given[0] if given else 0
        for length in given[1 : count + 1]:
            if not np.ndim(length):
                made = RowPartition.from_uniform_row_length(length, nrows=rows, dtype=dtype)
            elif not isinstance(length, Tensor) and isinstance(rows, int) and len(length) != rows:
                raise ValueError("Shape not consistent.")
            else:
                made = RowPartition.from_row_lengths(convert_to_tensor(length, dtype))
            partitions.append(made)
            static = made.static_nrows, made.static_nvals
            rows = static[1] if static[1] is not None else made.nvals()
        inner = [rows, *given[count + 1 :]] if given else []
        return cls(partitions, convert_to_tensor(inner, dtype), dtype)

    @classmethod
    def from_row_partitions(cls, row_partitions: Any, dtype: Any = None) -> DynamicRaggedShape:
        """The shape of a ragged tensor with vectors of values.

        Args:
            row_partitions: one or more RowPartitions, outermost first.
            dtype: int32 or int64; that of the partitions by default.

        Raises:
            ValueError: if there is no partition.
        """
        if not row_partitions:
            raise ValueError("row_partitions cannot be empty")
        last = row_partitions[-1]
        inner = raw.Pack([last.nvals()])
        if dtype is not None:
            inner = _cast(inner, as_dtype(dtype))
        return cls(row_partitions, inner, dtype, static_inner_shape=[last.static_nvals])

    @classmethod
    def from_tensor(cls, t: Any, dtype: Any = None) -> DynamicRaggedShape:
        """The shape of a dense or ragged tensor.

        Args:
            t: a tensor, ragged tensor or StructuredTensor.
            dtype: int32 or int64; by default that of the row splits, or int32.
        """
        made = getattr(t, "_ragged_shape", None)
        if isinstance(made, DynamicRaggedShape):
            return made if dtype is None else made.with_dtype(dtype)
        if not isinstance(t, RaggedTensor):
            t = convert_to_tensor(t)
            wanted = dtypes.int32 if dtype is None else as_dtype(dtype)
            inner = raw.Shape(t, out_type=wanted)
            return cls((), inner, wanted, static_inner_shape=t.shape)
        wanted = t.row_splits.dtype if dtype is None else as_dtype(dtype)
        flat = t.flat_values
        inner = raw.Shape(flat, out_type=wanted)
        partitions = t._nested_row_partitions
        return cls(partitions, inner, wanted, static_inner_shape=flat.shape)

    # ---- what it says ----

    @property
    def dtype(self) -> DType:
        """int32 or int64."""
        return self._inner_shape.dtype

    @property
    def row_partitions(self) -> tuple[RowPartition, ...]:
        """The partitions, outermost first."""
        return self._row_partitions

    @property
    def num_row_partitions(self) -> int:
        """How many dimensions are partitioned."""
        return len(self._row_partitions)

    @property
    def inner_shape(self) -> Any:
        """Vector, the shape of the flat values."""
        return self._inner_shape

    @property
    def inner_rank(self) -> int | None:
        """The rank of the flat values, or None."""
        return self._static_inner_shape.rank

    @property
    def rank(self) -> int | None:
        """The number of dimensions, or None."""
        inner = self.inner_rank
        return None if inner is None else self.num_row_partitions + inner

    def static_lengths(self, ragged_lengths: bool = True) -> list[Any]:
        """What is known of the lengths now.

        Args:
            ragged_lengths: give the lengths of rows that differ as a tuple, rather than None.

        Returns:
            A list with an int, a tuple or None for each dimension; it ends with `...` if the rank
            is unknown.
        """
        if self.num_row_partitions:
            found: list[Any] = [self._row_partitions[0].static_nrows]
            for item in self._row_partitions:
                size = item.static_uniform_row_length
                lengths = (
                    None if size is not None or not ragged_lengths else known(item._row_splits)
                )
                found.append(tuple(np.diff(lengths).tolist()) if lengths is not None else size)
            rest = self._static_inner_shape[1:]
        else:
            found, rest = [], self._static_inner_shape
        return [*found, ...] if rest.rank is None else [*found, *rest.as_list()]

    def is_uniform(self, axis: int) -> bool:
        """Whether all rows along a dimension have the same length.

        Args:
            axis: number of the dimension.

        Raises:
            IndexError: if there is no such dimension.
        """
        axis = self._axis(axis)
        if 1 <= axis <= self.num_row_partitions:
            return self._row_partitions[axis - 1].is_uniform()
        return True

    def _axis(self, axis: int) -> int:
        if not isinstance(axis, int):
            raise TypeError("axis must be an integer")
        rank = self.rank
        if axis < 0:
            if rank is None:
                raise ValueError("Rank must be known to use a negative index.")
            axis += rank
        if axis < 0 or (rank is not None and axis >= rank):
            raise IndexError(f"axis={axis} must be within [0, {rank})")
        return axis

    def with_dtype(self, dtype: Any) -> DynamicRaggedShape:
        """The same shape with sizes of another dtype.

        Args:
            dtype: int32 or int64.
        """
        dtype = as_dtype(dtype)
        if dtype == self.dtype:
            return self
        static = self._static_inner_shape
        return DynamicRaggedShape(
            self._row_partitions, _cast(self._inner_shape, dtype), dtype, static_inner_shape=static
        )

    def __getitem__(self, key: Any) -> Any:
        """The size of a uniform dimension, or the shape of some dimensions.

        Raises:
            ValueError: for a dimension that is not uniform.
        """
        if isinstance(key, slice):
            return self._slice(key)
        axis = self._axis(key)
        count = self.num_row_partitions
        if not count:
            return self._inner_shape[axis]
        if axis == 0:
            return self._row_partitions[0].nrows()
        if axis > count:
            return self._inner_shape[axis - count]
        length = self._row_partitions[axis - 1].uniform_row_length()
        if length is None:
            raise ValueError(f"Index {axis} is not uniform")
        return length

    def _slice(self, key: slice) -> DynamicRaggedShape:
        rank = self.rank
        if rank is None:
            raise ValueError("Rank must be known to slice a DynamicRaggedShape.")
        start, stop, step = key.indices(rank)
        if step != 1:
            raise IndexError("Cannot stride through a shape")
        if start == 0 and stop > 0:
            return self._outer(stop)
        if not all(self.is_uniform(axis) for axis in range(start, stop)):
            raise ValueError("All relevant dimensions must be uniform")
        sizes = [self[axis] for axis in range(start, stop)]
        inner = raw.Pack(sizes) if sizes else convert_to_tensor([], self.dtype)
        return DynamicRaggedShape((), inner, self.dtype)

    def _outer(self, count: int) -> DynamicRaggedShape:
        """The shape of the outer dimensions."""
        partitioned = self.num_row_partitions
        if count > partitioned:
            inner = self._inner_shape[: count - partitioned]
            static = self._static_inner_shape[: count - partitioned]
            return DynamicRaggedShape(
                self._row_partitions, inner, self.dtype, static_inner_shape=static
            )
        kept = self._row_partitions[: count - 1]
        rows = kept[-1].nvals() if kept else self._row_partitions[0].nrows()
        number = kept[-1].static_nvals if kept else self._row_partitions[0].static_nrows
        inner = raw.Pack([rows])
        dtype = self.dtype if kept else dtypes.int64  # as TensorFlow's
        return DynamicRaggedShape(kept, inner, dtype, static_inner_shape=[number])

    def _to_tensor_shape(self) -> TensorShape:
        lengths = self.static_lengths(ragged_lengths=False)
        return TensorShape(None if ... in lengths else lengths)

    @property
    def _type_spec(self) -> DynamicRaggedShapeSpec:
        return DynamicRaggedShapeSpec.from_value(self)

    def __eq__(self, other: Any) -> Any:
        if not isinstance(other, DynamicRaggedShape) or not self._same_kind(other):
            return False
        ours, theirs = (
            [s.inner_shape, *(p.row_splits() for p in s.row_partitions)] for s in (self, other)
        )
        same: Any = None
        for one, two in zip(ours, theirs, strict=True):
            equal = raw.All(raw.Equal(one, two), np.array([0], np.int32))
            same = equal if same is None else raw.LogicalAnd(same, equal)
        return same

    def _same_kind(self, other: DynamicRaggedShape) -> bool:
        if self.dtype != other.dtype or self.num_row_partitions != other.num_row_partitions:
            return False
        ours, theirs = self._type_spec._component_specs, other._type_spec._component_specs
        return all(a.is_compatible_with(b) for a, b in zip(ours, theirs, strict=True))

    def __hash__(self) -> int:
        raise TypeError("unhashable type: 'DynamicRaggedShape'")

    def __repr__(self) -> str:
        shown = ", ".join("..." if v is ... else str(v) for v in self.static_lengths())
        return (
            f"<DynamicRaggedShape lengths=[{shown}] num_row_partitions={self.num_row_partitions}>"
        )


def outer_shape(shape: DynamicRaggedShape, count: int) -> DynamicRaggedShape:
    """The shape of the first dimensions; the rank need not be known."""
    return shape._outer(count)


def _static_shape(inner_shape: Any) -> TensorShape:
    value = known(inner_shape)
    if value is not None:
        return TensorShape(value.tolist())
    return inner_shape.graph.static_shape(inner_shape)


class DynamicRaggedShapeSpec(TypeSpec):
    """The type of a ragged shape: how many partitions, and what is known of the sizes.

    Args:
        row_partitions: the type of each partition, a RowPartitionSpec.
        static_inner_shape: what is known of the shape of the flat values.
        dtype: int32 or int64.
    """

    __slots__ = ("_dtype", "_row_partitions", "_static_inner_shape")

    def __init__(self, row_partitions: Any, static_inner_shape: Any, dtype: Any):
        self._static_inner_shape = TensorShape(static_inner_shape)
        self._row_partitions = tuple(row_partitions)
        self._dtype = as_dtype(dtype)
        if any(p.dtype != self._dtype for p in self._row_partitions):
            raise ValueError(f"The dtype of all row partitions must be {self._dtype.name}.")
        if self._row_partitions and self._static_inner_shape.rank == 0:
            raise ValueError("static_inner_shape must have rank 1 or more behind partitions.")
        if self._row_partitions and self._static_inner_shape.rank is not None:
            values = TensorShape([self._row_partitions[-1].nvals])
            outer = values.merge_with(self._static_inner_shape[:1])
            self._static_inner_shape = outer.concatenate(self._static_inner_shape[1:])
            last = self._row_partitions[-1]
            kept = RowPartitionSpec(last.nrows, outer[0], last.uniform_row_length, last.dtype)
            self._row_partitions = (*self._row_partitions[:-1], kept)

    @classmethod
    def from_value(cls, value: DynamicRaggedShape) -> DynamicRaggedShapeSpec:
        """The type of a shape."""
        kinds = [RowPartitionSpec.from_value(p) for p in value.row_partitions]
        return cls(kinds, value._static_inner_shape, value.dtype)

    @property
    def value_type(self) -> Any:
        """`tf.experimental.DynamicRaggedShape`."""
        return DynamicRaggedShape

    @property
    def dtype(self) -> DType:
        """int32 or int64."""
        return self._dtype

    @property
    def inner_rank(self) -> int | None:
        """The rank of the flat values, or None."""
        return self._static_inner_shape.rank

    @property
    def num_row_partitions(self) -> int:
        """How many dimensions are partitioned."""
        return len(self._row_partitions)

    @property
    def rank(self) -> int | None:
        """The number of dimensions, or None."""
        inner = self._static_inner_shape.rank
        return None if inner is None else inner + len(self._row_partitions)

    def _serialize(self) -> tuple[Any, ...]:
        return self._row_partitions, self._static_inner_shape, self._dtype

    @property
    def _component_specs(self) -> tuple[Any, ...]:
        return (TensorSpec([self._static_inner_shape.rank], self._dtype), *self._row_partitions)

    def _to_components(self, value: Any) -> tuple[Any, ...]:
        return (value.inner_shape, *value.row_partitions)

    def _from_components(self, components: Any) -> Any:
        inner, *partitions = components
        return DynamicRaggedShape(
            partitions, inner, self._dtype, static_inner_shape=self._static_inner_shape
        )

    def __repr__(self) -> str:
        return (
            f"DynamicRaggedShape.Spec(row_partitions={self._row_partitions!r}, "
            f"static_inner_shape={self._static_inner_shape!r}, dtype={self._dtype!r})"
        )


DynamicRaggedShape.Spec = DynamicRaggedShapeSpec  # type: ignore[attr-defined]
register_type(DynamicRaggedShape, "tidefall.ops.ragged.shapes")
