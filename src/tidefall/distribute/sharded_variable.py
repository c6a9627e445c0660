"""Variables whose rows are divided: a list of variables that is used like one."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tidefall.base.dtypes import DType
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import init_scope, state
from tidefall.composite.indexed_slices import IndexedSlices
from tidefall.composite.trackable.trackable import Trackable
from tidefall.composite.variables.save_slice_info import SaveSliceInfo
from tidefall.composite.variables.scatter import check_slices
from tidefall.composite.variables.variable import Variable
from tidefall.op import raw
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import Tensor

_OPERATORS = [
    "abs",
    "add",
    "and",
    "div",
    "eq",
    "floordiv",
    "ge",
    "gt",
    "invert",
    "le",
    "lt",
    "matmul",
    "mod",
    "mul",
    "ne",
    "neg",
    "or",
    "pow",
    "radd",
    "rand",
    "rfloordiv",
    "rmatmul",
    "rmod",
    "rmul",
    "ror",
    "rpow",
    "rsub",
    "rtruediv",
    "rxor",
    "sub",
    "truediv",
    "xor",
]


@export("__internal__.distribute.ShardedVariable")
class ShardedVariable(Trackable):
    """A variable whose rows are divided over several variables, the shards.

    It is read, looked up in, assigned, and saved as one variable; a checkpoint of it can be
    restored to another number of shards. `tf.nn.embedding_lookup` reads the rows that it needs from
    the shards that have them.

    Args:
        variables: the shards: of one dtype, and one shape but for the first dimension.
        name: its name, by which older checkpoints know it.

    Raises:
        TypeError: without shards, or for some that are no variables.
        ValueError: for shards that do not fit together.

    >>> import tidefall as tf
    >>> from tidefall.distribute.sharded_variable import ShardedVariable
    >>> table = ShardedVariable([tf.Variable([[1.0], [2.0]]), tf.Variable([[3.0]])])
    >>> table.shape, tf.nn.embedding_lookup(table, [2, 0]).numpy().tolist()
    (TensorShape([3, 1]), [[3.0], [1.0]])
    """

    _is_sharded_variable = True
    is_sharded_variable = True
    _should_act_as_resource_variable = True
    __array_priority__ = 100

    def __init__(self, variables: Iterable[Any], name: str = "ShardedVariable"):
        self._variables = _checked(variables)
        self._name = name
        first = self._variables[0].shape
        self._sizes = [int(v.shape[0]) for v in self._variables]
        self._shape = TensorShape([sum(self._sizes), *first.as_list()[1:]])
        self._starts = [sum(self._sizes[:i]) for i in range(len(self._sizes))]

    def __hash__(self) -> int:
        return id(self)

    # ---- what it is ----

    @property
    def variables(self) -> list[Any]:
        """The shards; what stands for all of them while a SavedModel is written."""
        return [self.exported_variable] if state.exporting else self._variables

    @functools.cached_property
    def exported_variable(self) -> Variable:
        """A variable without a value: what this one is in a SavedModel."""
        with init_scope():
            return Variable.uninitialized(self._name, self.dtype, self._shape, self.trainable)

    @property
    def name(self) -> str:
        """Its name."""
        return self._name

    @property
    def _shared_name(self) -> str:
        return self._name

    @property
    def _unique_id(self) -> str:
        return self._variables[0]._unique_id.replace("part_0", "sharded")

    @property
    def dtype(self) -> DType:
        """The dtype of the shards."""
        return self._variables[0].dtype

    @property
    def shape(self) -> TensorShape:
        """The shape of the whole."""
        return self._shape

    @property
    def trainable(self) -> bool:
        """Whether gradient tapes watch the shards."""
        return self._variables[0].trainable

    def __iter__(self) -> Any:
        return iter(self.variables)

    def __repr__(self) -> str:
        shards = "\n".join(f"  {i}: {v!r}" for i, v in enumerate(self._variables))
        return f"ShardedVariable:{{\n{shards}\n}}"

    # ---- reading ----

    def value(self) -> Any:
        """The whole as one tensor."""
        return _joined([v.value() for v in self.variables])

    def __tf_tensor__(self, dtype: DType | None = None, name: str | None = None) -> Any:
        if dtype is not None and not dtype.is_compatible_with(self.dtype):
            raise ValueError(
                f"Incompatible type conversion requested to type {dtype.name!r} for variable of "
                f"type {self.dtype.name!r}"
            )
        return self.value()

    def numpy(self) -> Any:
        """The whole as a NumPy array."""
        return self.value().numpy()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return self.numpy() if dtype is None else self.numpy().astype(dtype)

    def __getitem__(self, key: Any) -> Any:
        rest = key[1:] if isinstance(key, tuple) else ()
        rows = key[0] if isinstance(key, tuple) and key else key
        if isinstance(rows, slice) and all(
            part is None or isinstance(part, int) for part in (rows.start, rows.stop, rows.step)
        ):
            start, stop, step = rows.indices(sum(self._sizes))
            if step == 1:
                part = self._rows(start, max(start, stop))
                return part[(slice(None), *rest)] if rest else part
        if isinstance(rows, int) and not isinstance(rows, bool):
            row = rows + sum(self._sizes) if rows < 0 else rows
            if not 0 <= row < sum(self._sizes):
                raise IndexError(
                    f"ShardedVariable: slice index {rows} of dimension 0 out of bounds: "
                    f"{self._name} has {sum(self._sizes)} rows."
                )
            part = self._rows(row, row + 1)
            return part[(0, *rest)]
        return self.value()[key]

    def _rows(self, start: int, stop: int) -> Any:
        """Rows that follow each other, of the shards that have them."""
        parts = [
            v.value()[max(start - first, 0) : stop - first]
            for v, first, size in self._placed()
            if first < stop and start < first + size
        ]
        return _joined(parts) if parts else self.variables[0].value()[:0]

    def _placed(self) -> list[tuple[Any, int, int]]:
        """The variables, each with its first row and its number of rows."""
        if state.exporting:
            return [(self.exported_variable, 0, sum(self._sizes))]
        return list(zip(self._variables, self._starts, self._sizes, strict=True))

    def sparse_read(self, indices: Any, name: str | None = None) -> Any:
        """Rows with these numbers, int32 or int64 of any shape, each read from its shard.

        Gradients to the shards are `tf.IndexedSlices`.
        """
        indices = convert_to_tensor(indices)
        if len(self.variables) == 1:
            return self.variables[0].sparse_read(indices, name=name)
        flat = raw.Reshape(indices, [-1])
        shards, parts = self._divided(flat)
        places = raw.DynamicPartition(
            raw.Range(0, raw.Size(flat), 1), shards, num_partitions=len(self._variables)
        )
        rows = [v.sparse_read(p) for v, p in zip(self._variables, parts, strict=True)]
        found = raw.DynamicStitch(places, rows)
        tail = self._shape.as_list()[1:]
        return raw.Reshape(found, raw.ConcatV2([raw.Shape(indices), tail], 0), name=name)

    gather = sparse_read

    def gather_nd(self, indices: Any, name: str | None = None) -> Any:
        """Elements or slices, one for each row of `indices` `[..., depth]`."""
        return raw.GatherNd(self.value(), indices, name=name)

    def _divided(self, indices: Any) -> tuple[Any, list[Any]]:
        """For row numbers `[n]`: the shard of each, and the numbers in each of the shards."""
        starts = convert_to_tensor(self._starts, indices.dtype)
        is_behind = raw.GreaterEqual(raw.ExpandDims(indices, 1), starts)
        shards = raw.Sum(raw.Cast(is_behind, DstT="int32"), [1]) - 1
        shards = raw.Maximum(shards, 0)  # a negative number is refused by the first shard
        local = indices - raw.GatherV2(starts, shards, 0)
        return shards, raw.DynamicPartition(local, shards, num_partitions=len(self._variables))

    def joined_gradient(self, gradients: Sequence[Any]) -> Any:
        """The gradient by the whole, of those by the shards.

        Args:
            gradients: a tensor, `tf.IndexedSlices` or None for each shard.

        Returns:
            IndexedSlices if all are, or None; else a tensor; None if there are none.
        """
        given = [g for g in gradients if g is not None]
        if not given:
            return None
        if all(isinstance(g, IndexedSlices) for g in given):
            pairs = [
                (g, start)
                for g, start in zip(gradients, self._starts, strict=True)
                if g is not None
            ]
            return IndexedSlices(
                raw.ConcatV2([g.values for g, _ in pairs], 0),
                raw.ConcatV2([raw.AddV2(g.indices, start) for g, start in pairs], 0),
                convert_to_tensor(self._shape.as_list()),
            )
        dense = [
            raw.ZerosLike(v.value()) if g is None else convert_to_tensor(g)
            for g, v in zip(gradients, self._variables, strict=True)
        ]
        return raw.ConcatV2(dense, 0)

    # ---- writing ----

    def _by_shard(self, method: str, value: Any, **options: Any) -> ShardedVariable:
        tensor = convert_to_tensor(value, self.dtype)
        if not self._shape.is_compatible_with(tensor.shape):
            raise ValueError(
                f"Cannot assign to variable {self._name}: its shape is {self._shape}, and that of "
                f"the value {tensor.shape}."
            )
        for v, start, size in self._placed():
            getattr(v, method)(tensor[start : start + size], **options)
        return self

    def assign(
        self, value: Any, use_locking: Any = None, name: str | None = None, read_value: bool = True
    ) -> Any:
        """Set the value of all shards; see `tf.Variable.assign`."""
        return self._by_shard("assign", value)

    def assign_add(
        self, delta: Any, use_locking: Any = False, name: str | None = None, read_value: bool = True
    ) -> Any:
        """Add to the shards; see `tf.Variable.assign_add`."""
        return self._by_shard("assign_add", delta)

    def assign_sub(
        self, delta: Any, use_locking: Any = False, name: str | None = None, read_value: bool = True
    ) -> Any:
        """Subtract from the shards; see `tf.Variable.assign_sub`."""
        return self._by_shard("assign_sub", delta)

    def _scatter(self, method: str, sparse_delta: Any) -> ShardedVariable:
        check_slices(sparse_delta)
        if len(self.variables) == 1:
            getattr(self.variables[0], method)(sparse_delta)
            return self
        indices = convert_to_tensor(sparse_delta.indices)
        if indices.shape.rank != 1:
            raise ValueError(
                "ShardedVariable: indices must be 1D Tensor for sparse operations. Received "
                f"shape: {indices.shape}"
            )
        shards, parts = self._divided(indices)
        values = raw.DynamicPartition(
            convert_to_tensor(sparse_delta.values, self.dtype),
            shards,
            num_partitions=len(self._variables),
        )
        for v, rows, numbers in zip(self._variables, values, parts, strict=True):
            getattr(v, method)(IndexedSlices(rows, numbers))
        return self

    def batch_scatter_update(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Set rows; see `tf.Variable.batch_scatter_update`."""
        return self._scatter("scatter_update", sparse_delta)

    # ---- saving ----

    def _parts(self) -> list[str]:
        """Which part of the whole each shard is, as checkpoints say it."""
        whole, tail = self._shape.as_list(), self._shape.as_list()[1:]
        return [
            SaveSliceInfo(self._name, whole, [start, *(0 for _ in tail)], [size, *tail]).spec
            for start, size in zip(self._starts, self._sizes, strict=True)
        ]

    def _serialize_to_tensors(self) -> dict[str, Any]:
        values = [v.value() for v in self._variables]
        return {"VARIABLE_VALUE": dict(zip(self._parts(), values, strict=True))}

    def _write_object_proto(self, proto: Any, options: Any) -> None:
        self.exported_variable._write_object_proto(proto, options)

    def _restore_from_tensors(self, restored_tensors: dict[str, Any]) -> Any:
        return self.assign(restored_tensors["VARIABLE_VALUE"])

    def _restore_in_parts(self, read: Callable[[str], Any]) -> None:
        """Take over values from a checkpoint, one shard after the other.

        Args:
            read: reads a part of the whole.
        """
        for variable, part in zip(self._variables, self._parts(), strict=True):
            variable.assign(read(part))


def _joined(parts: list[Any]) -> Any:
    """Rows that follow each other as one tensor."""
    return parts[0] if len(parts) == 1 else raw.ConcatV2(parts, 0)


def _checked(variables: Iterable[Any]) -> list[Any]:
    """The shards, if they fit together."""
    given = list(variables) if isinstance(variables, Iterable) else []
    if not given or not all(getattr(each, "_is_variable", False) for each in given):
        raise TypeError(
            "Argument `variables` should be a non-empty list of `variables.Variable`s. "
            f"Received {given or variables!r}"
        )
    variables = given
    for each in variables:
        if each.dtype != variables[0].dtype:
            raise ValueError(
                f"All elements in argument `variables` must have the same dtype. Received dtypes: "
                f"{[v.dtype for v in variables]}"
            )
        if each.shape.rank == 0 or each.shape.as_list()[1:] != variables[0].shape.as_list()[1:]:
            raise ValueError(
                "All elements in argument `variables` must have the same shapes except for the "
                f"first axis. Received shapes: {[v.shape for v in variables]}"
            )
    return variables


def _operator(name: str) -> Callable[..., Any]:
    def apply(self: ShardedVariable, *others: Any) -> Any:
        return getattr(Tensor, name)(self.value(), *others)

    apply.__name__ = name
    return apply


def _scatter(name: str) -> Callable[..., Any]:
    def scatter(
        self: ShardedVariable,
        sparse_delta: Any,
        use_locking: bool = False,
        name: str | None = None,
    ) -> Any:
        return self._scatter(method, sparse_delta)

    method = scatter.__name__ = f"scatter_{name}"
    scatter.__doc__ = f"See `tf.Variable.{method}`."
    return scatter


for _name in _OPERATORS:
    setattr(ShardedVariable, f"__{_name}__", _operator(f"__{_name}__"))
for _name in ("add", "div", "max", "min", "mul", "sub", "update"):
    setattr(ShardedVariable, f"scatter_{_name}", _scatter(_name))
