"""Tensors whose elements are records with named fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tidefall.base import dtypes
from tidefall.base.composite import CompositeTensor
from tidefall.base.errors import InvalidArgumentError
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.composite.ragged.conversions import merge_dims as merged
from tidefall.composite.ragged.dynamic_shape import DynamicRaggedShape, outer_shape
from tidefall.composite.ragged.ragged_tensor import KEY, RaggedTensor
from tidefall.composite.ragged.row_partition import RowPartition, known
from tidefall.ops.structured import paths
from tidefall.ops.structured import pyval as python_values
from tidefall.ops.structured.spec import StructuredTensorSpec
from tidefall.tensor.conversion import convert_to_tensor

FieldName = str | Sequence[str]


@export("experimental.StructuredTensor")
class StructuredTensor(CompositeTensor):
    """A tensor of records: a field holds, for each record, a tensor or further records.

    Made by `from_pyval` and `from_fields`. The outermost dimensions of all fields are those of the
    structured tensor itself; what is behind them belongs to the single record.

    >>> import tidefall as tf
    >>> people = tf.experimental.StructuredTensor.from_pyval(
    ...     [{"age": 25, "likes": ["sun"]}, {"age": 30, "likes": []}])
    >>> people.field_value("age").numpy()
    array([25, 30], dtype=int32)
    """

    FieldName = FieldName

    def __init__(self, fields: Mapping[str, Any], ragged_shape: DynamicRaggedShape):
        self._fields = dict(fields)
        self._ragged_shape = ragged_shape

    # ---- making one ----

    @classmethod
    def from_fields(
        cls,
        fields: Mapping[str, Any],
        shape: Any = (),
        nrows: Any = None,
        row_partitions: Any = None,
        validate: bool = False,
    ) -> StructuredTensor:
        """The structured tensor of given fields.

        Args:
            fields: names and values: tensors, ragged or structured tensors, or what becomes one.
            shape: static shape of the result, of known rank; each field begins with it.
            nrows: number of rows where there are no fields.
            row_partitions: partitions of the dimensions behind the first.
            validate: accepted; what is known of shapes is compared always.

        Raises:
            ValueError: if the shape of a field does not begin with `shape`, or for a bad name.
            TypeError: for a name that is no text.

        >>> import tidefall as tf
        >>> made = tf.experimental.StructuredTensor.from_fields({"x": [1, 2]}, shape=[2])
        >>> made.to_pyval()
        [{'x': 1}, {'x': 2}]
        """
        shape = TensorShape(shape)
        if shape.rank is None:
            raise ValueError("StructuredTensor's shape must have known rank.")
        values = {name: _field(name, value) for name, value in fields.items()}
        if row_partitions is not None:
            outer = outer_shape(DynamicRaggedShape.from_row_partitions(row_partitions), shape.rank)
        else:
            outer = _outer_shape(values, shape, nrows)
        static = outer._to_tensor_shape()
        if not static.is_compatible_with(shape):
            raise ValueError(f"Shapes {shape} and {static} are not compatible")
        for name, value in values.items():
            if value.shape.rank is not None and (
                value.shape.rank < shape.rank
                or not value.shape[: shape.rank].is_compatible_with(static)
            ):
                raise ValueError(
                    f"Error in shape of {name}: {value.shape} does not begin with {static}."
                )
        return cls(values, outer)

    @classmethod
    def from_fields_and_rank(
        cls, fields: Mapping[str, Any], rank: int, validate: bool = False, dtype: Any = None
    ) -> StructuredTensor:
        """The structured tensor of given fields, whose outermost `rank` dimensions are its own.

        Args:
            fields: names and values, at least one.
            rank: number of dimensions.
            validate: accepted; what is known of shapes is compared always.
            dtype: int32 or int64, of the sizes in its shape.

        Raises:
            ValueError: without fields, or if a field has fewer dimensions.

        >>> import tidefall as tf
        >>> made = tf.experimental.StructuredTensor.from_fields_and_rank({"x": [[1, 2]]}, 1)
        >>> made.shape
        TensorShape([1])
        """
        if not fields:
            raise ValueError("Must provide at least one field")
        values = {name: _field(name, value) for name, value in fields.items()}
        for name, value in values.items():
            if value.shape.rank is not None and value.shape.rank < rank:
                raise ValueError(f"Field {name!r} has rank {value.shape.rank}, less than {rank}.")
        made = cls.from_fields(values, TensorShape([None] * rank))
        return made if dtype is None else made.with_shape_dtype(dtype)

    @classmethod
    def from_shape(cls, ragged_shape: DynamicRaggedShape) -> StructuredTensor:
        """Records without fields, arranged in a given shape.

        Args:
            ragged_shape: a `tf.experimental.DynamicRaggedShape`.
        """
        return cls({}, ragged_shape)

    @classmethod
    def from_pyval(cls, pyval: Any, typespec: Any = None) -> Any:
        """The structured tensor of dicts, or of nested lists of dicts with the same keys.

        Args:
            pyval: dicts and lists of Python values, nested in each other.
            typespec: the type wanted, for values whose dtypes cannot be told.

        Returns:
            A StructuredTensor; a tensor or ragged tensor if there are no dicts.

        Raises:
            KeyError: if a key is missing somewhere.
            ValueError: for values that are neither all dicts nor all lists.

        >>> import tidefall as tf
        >>> tf.experimental.StructuredTensor.from_pyval({"a": 1}).rank
        0
        """
        return python_values.from_pyval(cls, pyval, typespec, ())

    # ---- what it holds ----

    @property
    def shape(self) -> TensorShape:
        """The static shape."""
        return self._ragged_shape._to_tensor_shape()

    @property
    def rank(self) -> int:
        """The number of dimensions, not counting those of fields."""
        rank = self._ragged_shape.rank
        assert rank is not None
        return rank

    @property
    def row_partitions(self) -> tuple[RowPartition, ...]:
        """A partition for each dimension behind the first."""
        partitions = list(self._ragged_shape.row_partitions)
        for axis in range(len(partitions) + 1, self.rank):
            rows = partitions[-1].nvals() if partitions else self._ragged_shape[0]
            made = RowPartition.from_uniform_row_length(
                self._ragged_shape[axis], nrows=rows, dtype=self._ragged_shape.dtype
            )
            partitions.append(made)
        return tuple(partitions)

    def nrows(self) -> Any:
        """The number of rows, a scalar; None for a single record."""
        return None if self.rank == 0 else self._ragged_shape[0]

    def with_shape_dtype(self, dtype: Any) -> StructuredTensor:
        """The same with sizes of another dtype, int32 or int64."""
        fields = {}
        for name, value in self._fields.items():
            if isinstance(value, RaggedTensor):
                value = value.with_row_splits_dtype(dtype)
            elif isinstance(value, StructuredTensor):
                value = value.with_shape_dtype(dtype)
            fields[name] = value
        return StructuredTensor(fields, self._ragged_shape.with_dtype(dtype))

    def field_names(self) -> tuple[str, ...]:
        """The names of the fields."""
        return tuple(self._fields)

    def field_value(self, field_name: FieldName) -> Any:
        """The value of a field for all records.

        Args:
            field_name: a name, or a sequence of names that leads to a field of a field.

        Raises:
            KeyError: if there is no such field.
        """
        if isinstance(field_name, str):
            return self._fields[field_name]
        value: Any = self
        for name in field_name:
            if not isinstance(value, StructuredTensor) or name not in value._fields:
                raise KeyError(f"Field path {tuple(field_name)!r} not found in {self!r}")
            value = value._fields[name]
        return value

    def __getitem__(self, key: Any) -> Any:
        """Records at a place or in a slice; behind the dimensions a field name and its keys."""
        keys = list(key) if isinstance(key, tuple) else [key]
        if keys and isinstance(keys[0], list):
            keys = [*keys[0], *keys[1:]]
        outer, rest = keys[: self.rank], keys[self.rank :]
        if any(isinstance(k, str) for k in outer):
            raise TypeError(
                "Only integers, slices (`:`), ellipsis (`...`), tf.newaxis (`None`) and scalar "
                f"tf.int32/tf.int64 tensors are valid indices, got {outer!r}"
            )
        if any(k is None or k is Ellipsis for k in outer):
            raise ValueError("Slicing a StructuredTensor with ... or None is not supported.")
        if rest:
            if not isinstance(rest[0], str):
                raise ValueError(f"Expected a field name behind {self.rank} keys, got {rest[0]!r}")
            value = self.field_value(rest[0])
            inner = (*outer, *rest[1:])
            return value[inner] if inner else value
        if not outer:
            return self
        fields = {name: value[tuple(outer)] for name, value in self._fields.items()}
        rank = self.rank - sum(not isinstance(k, slice) for k in outer)
        if not fields:
            raise ValueError("A StructuredTensor without fields cannot be sliced.")
        return StructuredTensor.from_fields_and_rank(fields, rank)

    def to_pyval(self) -> Any:
        """Dicts in as many nested lists as there are dimensions."""
        if not self._is_eager():
            raise ValueError("to_pyval can only be used in eager mode.")
        return python_values.to_pyval(self)

    def _is_eager(self) -> bool:
        parts = self._fields.values()
        return all(
            v._is_eager()
            if isinstance(v, (RaggedTensor, StructuredTensor))
            else not getattr(v, "is_symbolic", False)
            for v in parts
        ) and not getattr(self._ragged_shape.inner_shape, "is_symbolic", False)

    # ---- dimensions ----

    def merge_dims(self, outer_axis: int, inner_axis: int) -> StructuredTensor:
        """The dimensions from `outer_axis` to `inner_axis` made one.

        Raises:
            ValueError: if there are no such dimensions.
        """
        axes = []
        for name, axis in (("outer_axis", outer_axis), ("inner_axis", inner_axis)):
            if not -self.rank <= axis < self.rank:
                raise ValueError(
                    f"{name}={axis} out of bounds: expected -{self.rank}<={name}<{self.rank}"
                )
            axes.append(axis % self.rank)
        outer, inner = axes
        if outer > inner:
            raise ValueError(
                f"Expected outer_axis ({outer_axis}) to be less than or equal to inner_axis "
                f"({inner_axis})"
            )
        return _merged(self, outer, inner)

    def partition_outer_dimension(self, row_partition: RowPartition) -> StructuredTensor:
        """Records arranged in rows: one more dimension in front.

        Args:
            row_partition: a partition of as many values as there are rows.

        Raises:
            ValueError: for a single record.
            InvalidArgumentError: if the partition is of another number of values.

        >>> import tidefall as tf
        >>> records = tf.experimental.StructuredTensor.from_pyval([{"x": 1}, {"x": 2}, {"x": 3}])
        >>> rows = tf.experimental.RowPartition.from_row_lengths([2, 1])
        >>> records.partition_outer_dimension(rows).to_pyval()
        [[{'x': 1}, {'x': 2}], [{'x': 3}]]
        """
        if not isinstance(row_partition, RowPartition):
            raise TypeError("row_partition must be a RowPartition.")
        if self.rank == 0:
            raise ValueError("Shape () must have rank at least 1")
        rows, values = known(self.nrows()), row_partition.static_nvals
        if rows is not None and values is not None and int(rows) != values:
            raise InvalidArgumentError(
                None,
                None,
                f"The partition is of {values} values, but there are {int(rows)} rows.",
            )
        return _partitioned(self, row_partition)

    # ---- fields ----

    def promote(self, source_path: Sequence[str], new_name: str) -> StructuredTensor:
        """A copy of a field of a field, one level further up.

        Args:
            source_path: at least two names that lead to the field.
            new_name: its name beside the field it was in.

        Raises:
            ValueError: for a shorter path.
            KeyError: if there is no such field.
        """
        return paths.promote(self, source_path, new_name)

    def with_updates(
        self,
        updates: Mapping[Any, Any | Callable[[Any], Any] | None],
        validate: bool = False,
    ) -> StructuredTensor:
        """The same records with some fields set, changed or deleted.

        Args:
            updates: for a field name or path the new value, a function of the old one, or None to
                delete the field.
            validate: accepted; what is known of shapes is compared always.

        Raises:
            ValueError: if a field to change or delete is not there, or a value does not fit.

        >>> import tidefall as tf
        >>> records = tf.experimental.StructuredTensor.from_pyval([{"x": 1}, {"x": 2}])
        >>> records.with_updates({"x": lambda x: x * 10, "y": [3, 4]}).to_pyval()
        [{'x': 10, 'y': 3}, {'x': 20, 'y': 4}]
        """
        return paths.with_updates(self, updates)

    @property
    def _type_spec(self) -> Any:
        return StructuredTensorSpec.from_value(self)

    def __repr__(self) -> str:
        return python_values.text(self)


StructuredTensor.__module__ = "tensorflow.python.ops.structured.structured_tensor"
StructuredTensor.Spec = StructuredTensorSpec  # type: ignore[attr-defined]


def _field(name: Any, value: Any) -> Any:
    if not isinstance(name, str):
        raise TypeError(f"Unexpected type for key in `fields`: {name}")
    if not name.isidentifier():
        raise ValueError(f"Field name {name!r} is not currently allowed.")
    if isinstance(value, (RaggedTensor, StructuredTensor)):
        return value
    try:
        return convert_to_tensor(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"Error in shape of {name}: {error}") from error


def shape_of(value: Any) -> DynamicRaggedShape:
    """The shape of a field."""
    if isinstance(value, StructuredTensor):
        return value._ragged_shape
    return DynamicRaggedShape.from_tensor(value, dtypes.int64)


def _outer_shape(values: dict[str, Any], shape: TensorShape, nrows: Any) -> DynamicRaggedShape:
    """The dimensions that all fields have in common."""
    rank = shape.rank or 0
    if rank == 0:
        return DynamicRaggedShape((), convert_to_tensor([], dtypes.int64))
    if not values:
        sizes = shape.as_list()
        if nrows is not None:
            return DynamicRaggedShape((), [nrows, *sizes[1:]])
        if None in sizes:
            raise ValueError("Must provide nrows or a known shape where there are no fields.")
        return DynamicRaggedShape.from_lengths(sizes)
    ragged = [v for v in values.values() if isinstance(v, (RaggedTensor, StructuredTensor))]
    first = next(iter(ragged), None) if rank > 1 else None
    found = shape_of(next(iter(values.values())) if first is None else first)
    if found.rank is not None and found.rank < rank:
        raise ValueError(f"Shapes {shape} and {found._to_tensor_shape()} are not compatible")
    return outer_shape(found, rank)


def _merged(value: Any, outer: int, inner: int) -> Any:
    if not isinstance(value, StructuredTensor):
        return merged(value, outer, inner)
    fields = {name: _merged(field, outer, inner) for name, field in value._fields.items()}
    if not fields:
        raise ValueError("The dimensions of a StructuredTensor without fields cannot be merged.")
    return StructuredTensor.from_fields_and_rank(fields, value.rank - (inner - outer))


def _partitioned(value: Any, rows: RowPartition) -> Any:
    if not isinstance(value, StructuredTensor):
        dtype = value.row_splits.dtype if isinstance(value, RaggedTensor) else rows.dtype
        return RaggedTensor(value, rows.with_dtype(dtype), internal=KEY)
    fields = {name: _partitioned(field, rows) for name, field in value._fields.items()}
    if not fields:
        shape = DynamicRaggedShape.from_row_partitions([rows, *value.row_partitions])
        return StructuredTensor.from_shape(shape)
    return StructuredTensor.from_fields_and_rank(fields, value.rank + 1)
