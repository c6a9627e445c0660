"""Partitioned variables: one variable in several parts, cut along one dimension."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tidefall.base.dtypes import DType, as_dtype
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import name_scope
from tidefall.composite.variables.save_slice_info import SaveSliceInfo
from tidefall.op import raw
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import Tensor


class PartitionedVariable:
    """What `get_variable` with a partitioner gives: the parts in order, and their whole.

    Where a tensor is expected, the parts are concatenated.

    Args:
        name: name of the whole.
        shape: its shape.
        dtype: its dtype.
        variable_list: the parts.
        partitions: the number of parts in each dimension.

    Raises:
        ValueError: for no parts, or for variables that are none.
    """

    def __init__(
        self, name: str, shape: Any, dtype: Any, variable_list: Any, partitions: Sequence[int]
    ):
        if not isinstance(variable_list, list | tuple):
            raise TypeError(f"variable_list is not a list or tuple: {variable_list}")
        if not variable_list:
            raise ValueError("variable_list may not be empty")
        if any(getattr(v, "_save_slice_info", None) is None for v in variable_list):
            names = [v.name for v in variable_list]
            raise ValueError(f"All variables must have a save_slice_info available: {names}")
        self._name = name
        self._shape = TensorShape(shape)
        self._dtype = as_dtype(dtype)
        self._variables = list(variable_list)
        self._partitions = list(partitions)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._variables)

    def __len__(self) -> int:
        return len(self._variables)

    @property
    def name(self) -> str:
        """Name of the whole."""
        return self._name

    @property
    def dtype(self) -> DType:
        """Dtype of the whole."""
        return self._dtype

    @property
    def shape(self) -> TensorShape:
        """Shape of the whole."""
        return self._shape

    def get_shape(self) -> TensorShape:
        """Shape of the whole."""
        return self._shape

    def _get_variable_list(self) -> list[Any]:
        return self._variables

    def _get_partitions(self) -> list[int]:
        return self._partitions

    def _partition_axes(self) -> list[int]:
        return [axis for axis, parts in enumerate(self._partitions) if parts > 1] or [0]

    def as_tensor(self) -> Any:
        """The whole as one tensor."""
        with name_scope(f"{self._name}/ConcatPartitions/"):
            whole = self._concat()
        with name_scope(None):
            return raw.Identity(whole, name=self._name)

    def _concat(self) -> Any:
        if len(self._variables) == 1:
            return convert_to_tensor(self._variables[0])
        axes = self._partition_axes()
        if len(axes) > 1:
            raise NotImplementedError(
                f"Cannot concatenate along more than one dimension: {axes}. Multi-axis partition "
                "concat is not supported"
            )
        with name_scope("concat") as scope:
            parts = [convert_to_tensor(v) for v in self._variables]
            return raw.ConcatV2(parts, axes[0], name=scope)

    def __tf_tensor__(self, dtype: Any = None, name: str | None = None) -> Any:
        if dtype is not None and not as_dtype(dtype).is_compatible_with(self._dtype):
            raise ValueError(
                f"Incompatible type conversion requested to type '{as_dtype(dtype).name}' for "
                f"variable of type '{self._dtype.name}'"
            )
        return self.as_tensor()

    def assign(
        self,
        value: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> list[Any]:
        """Set the whole; what the parts' `assign` returns.

        Args:
            value: a tensor of the shape of the whole, or a list with one for each part.
            use_locking: accepted.
            name: what the nodes' names begin with.
            read_value: False for the nodes instead of variables that stand for the values.
        """
        return self._each("assign", value, name, read_value)

    def assign_add(
        self,
        value: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> list[Any]:
        """Add to the whole; see `assign`."""
        return self._each("assign_add", value, name, read_value)

    def assign_sub(
        self,
        value: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> list[Any]:
        """Subtract from the whole; see `assign`."""
        return self._each("assign_sub", value, name, read_value)

    def _each(self, method: str, value: Any, name: str | None, read_value: bool) -> list[Any]:
        if isinstance(value, list) and any(isinstance(v, Tensor) for v in value):
            parts = value
        else:
            parts = self._split(convert_to_tensor(value, self._dtype))
        if len(parts) != len(self._variables):
            raise ValueError(
                f"The partitioned variable {self._name} has {len(self._variables)} parts; "
                f"{method} got {len(parts)}."
            )
        return [
            getattr(variable, method)(part, read_value=read_value)
            for variable, part in zip(self._variables, parts, strict=True)
        ]

    def _split(self, value: Any) -> list[Any]:
        axes = self._partition_axes()
        if len(axes) > 1:
            raise NotImplementedError(
                f"Cannot do assign action along more than one dimension: {axes}. Multi-axis "
                "partition assign action is not supported"
            )
        sizes = [v.shape.as_list()[axes[0]] for v in self._variables]
        return list(raw.SplitV(value, sizes, axes[0], num_split=len(sizes)))


class PartitionInfo:
    """What an initializer is told of the part that it makes the value of.

    Args:
        full_shape: shape of the whole.
        var_offset: where the part begins.
    """

    def __init__(self, full_shape: Sequence[int], var_offset: Sequence[int]):
        self.full_shape = list(full_shape)
        self.var_offset = list(var_offset)

    def single_offset(self, shape: Sequence[int]) -> int:
        """Where a part of a shape begins in the dimension that is cut."""
        return self.var_offset[self.single_slice_dim(shape)]

    def single_slice_dim(self, shape: Sequence[int]) -> int:
        """The dimension that is cut, for a part of a shape.

        Raises:
            ValueError: if there are several.
        """
        cut = [i for i, (a, b) in enumerate(zip(shape, self.full_shape, strict=True)) if a != b]
        if len(cut) > 1:
            raise ValueError(
                f"Cannot use single_slice_dim() with shape {shape} and partition full_shape "
                f"{self.full_shape} since slice dim could be either dim {cut[0]} or {cut[1]}."
            )
        return cut[0] if cut else 0


# ---- making them ----


def checked_partitions(partitioner: Any, shape: TensorShape, dtype: DType) -> list[int]:
    """The number of parts in each dimension.

    Raises:
        ValueError: if the partitioner gives no such thing, or cuts several dimensions.
    """
    if not callable(partitioner):
        raise ValueError(f"Partitioner must be callable, but received: {partitioner}")
    if not shape.is_fully_defined():
        raise ValueError(
            f"Shape of a new partitioned variable must be fully defined, but instead was {shape}."
        )
    parts = partitioner(shape=shape, dtype=dtype)
    if not isinstance(parts, list | tuple):
        raise ValueError(f"Partitioner must return a sequence, but saw: {parts}")
    if len(parts) != shape.rank:
        raise ValueError(
            "Partitioner returned a partition list that does not match the Variable's rank: "
            f"{parts} vs. {shape}"
        )
    if any(count < 1 for count in parts):
        raise ValueError(f"Partitioner returned zero partitions for some axes: {parts}")
    dims: Any = shape.as_list()
    check_one_cut(dims, parts)
    return list(parts)


def check_one_cut(shape: Sequence[int], parts: Sequence[int]) -> None:
    """Refuse to cut several dimensions, or one into more parts than it has rows."""
    cut = [axis for axis, count in enumerate(parts) if count > 1]
    if len(cut) > 1:
        raise ValueError(
            f"Can only slice a variable along one dimension: shape: {tuple(shape)}, partitioning: "
            f"{list(parts)}"
        )
    if cut and parts[cut[0]] > shape[cut[0]]:
        raise ValueError(
            f"A variable of shape {list(shape)} cannot be cut into {parts[cut[0]]} parts along "
            f"dimension {cut[0]}."
        )


def extents(shape: Sequence[int], parts: Sequence[int]) -> Iterator[tuple[list[int], list[int]]]:
    """Where each part begins, and its shape; the first ones are larger if they are not equal."""
    axis = next((axis for axis, count in enumerate(parts) if count > 1), 0)
    size, larger = divmod(shape[axis], parts[axis])
    start = 0
    for number in range(parts[axis]):
        length = size + (number < larger)
        offset, part = [0] * len(shape), list(shape)
        offset[axis], part[axis] = start, length
        yield offset, part
        start += length


def make_parts(
    name: str,
    shape: Sequence[int],
    parts: Sequence[int],
    initializer: Any,
    dtype: Any,
    make: Callable[..., Any],
) -> list[Any]:
    """The variables of a partitioned one.

    Args:
        name: name of the whole.
        shape: its shape.
        parts: the number of parts in each dimension.
        initializer: a tensor of the whole, or a function of a shape.
        dtype: its dtype.
        make: called with the name, shape, initializer, dtype and PartitionInfo of each part.
    """
    found = []
    for number, (offset, size) in enumerate(extents(shape, parts)):
        own = f"{name}/part_{number}"
        first, part_shape, part_dtype = initializer, size, dtype
        if not callable(initializer):
            with name_scope(f"{own}/PartitionedInitializer/"):
                first = raw.Slice(initializer, offset, size)
            part_shape = part_dtype = None
        info = PartitionInfo(shape, offset)
        variable = make(own, part_shape, first, part_dtype or first.dtype.base_dtype, info)
        variable._set_save_slice_info(SaveSliceInfo(name, list(shape), offset, size))
        found.append(variable)
    return found


@export("compat.v1.create_partitioned_variables")
def create_partitioned_variables(
    shape: Any,
    slicing: Any,
    initializer: Any,
    dtype: Any = "float32",
    trainable: bool = True,
    collections: Any = None,
    name: str | None = None,
    reuse: Any = None,
) -> list[Any]:
    """A list of the parts of a new variable; old form of `get_variable` with a partitioner.

    Args:
        shape: shape of the whole.
        slicing: the number of parts in each dimension; one may be more than 1.
        initializer: a tensor of the shape of the whole, or a function of a shape.
        dtype: dtype.
        trainable: whether optimizers change it.
        collections: collections to add the parts to; the global variables by default.
        name: name of the whole; "PartitionedVariable" by default, made unique.
        reuse: True shares parts that are there.

    Raises:
        ValueError: if several dimensions are to be cut.

    >>> import tidefall as tf
    >>> v1 = tf.compat.v1
    >>> with tf.Graph().as_default():
    ...     parts = v1.create_partitioned_variables([5, 2], [2, 1], v1.ones_initializer(), name="w")
    ...     print([(part.name, part.shape) for part in parts])
    [('w/part_0:0', TensorShape([3, 2])), ('w/part_1:0', TensorShape([2, 2]))]
    """
    from tidefall.v1.variables.scope_stack import get_variable, variable_scope

    check_one_cut(list(shape), list(slicing))
    with variable_scope(name, "PartitionedVariable", reuse=reuse):
        found = get_variable(
            "",
            shape=shape if callable(initializer) else None,
            dtype=dtype,
            initializer=initializer,
            trainable=trainable,
            collections=collections,
            partitioner=lambda **unused: list(slicing),
        )
    return list(found)
