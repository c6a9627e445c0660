"""`tf.TensorArray`: an array of tensors that is written and read one element at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.composite import CompositeTensor
from tidefall.base.dtypes import DType, as_dtype
from tidefall.base.errors import InvalidArgumentError, UnimplementedError
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import state
from tidefall.graph.static_values import static_value
from tidefall.op import raw
from tidefall.ops.lists.element_types import shape_tensor
from tidefall.ops.lists.tensor_list_value import out_of_range
from tidefall.tensor import type_spec_registry
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.specs import TensorSpec
from tidefall.tensor.tensor import Tensor
from tidefall.tensor.type_spec import TypeSpec


class _Shape:
    """The element shape that all versions of one array share, refined as it is written."""

    __slots__ = ("shape",)

    def __init__(self, shape: Any):
        self.shape = TensorShape(shape)


@export("TensorArraySpec")
@type_spec_registry.register("tf.TensorArraySpec")
class TensorArraySpec(TypeSpec):
    """The type of a `tf.TensorArray`.

    Args:
        element_shape: shape of the elements.
        dtype: dtype of the elements.
        dynamic_size: whether the array grows when it is written past its end.
        infer_shape: whether all elements have one shape.

    >>> import tidefall as tf
    >>> tf.TensorArraySpec([2], tf.float32).value_type is tf.TensorArray
    True
    """

    __slots__ = ("_cell", "_count", "_dtype", "_dynamic_size", "_element_shape", "_infer_shape")

    def __init__(
        self,
        element_shape: Any = None,
        dtype: Any = dtypes.float32,
        dynamic_size: bool = False,
        infer_shape: bool = True,
    ):
        self._element_shape = TensorShape(element_shape)
        self._dtype = as_dtype(dtype)
        self._dynamic_size = dynamic_size
        self._infer_shape = infer_shape
        self._cell: _Shape | None = None
        self._count: int | None = None

    def is_compatible_with(self, other: Any) -> bool:
        """True when `other`, a spec or a TensorArray, could be of this spec."""
        return super().is_compatible_with(other)

    @property
    def value_type(self) -> type:
        return TensorArray

    def _serialize(self) -> tuple[Any, ...]:
        return self._element_shape, self._dtype, self._dynamic_size, self._infer_shape

    @property
    def _component_specs(self) -> list[TensorSpec]:
        return [TensorSpec([], dtypes.variant)]

    def _to_components(self, value: Any) -> list[Any]:
        if not isinstance(value, TensorArray):
            raise TypeError(f"value must be a TensorArray, but saw: {type(value)}")
        return [value.flow]

    def _from_components(self, components: Any) -> TensorArray:
        result = TensorArray(
            dtype=self._dtype,
            flow=components[0],
            dynamic_size=self._dynamic_size,
            infer_shape=self._infer_shape,
            element_shape=self._element_shape,
        )
        if self._cell is not None:
            result._cell = self._cell
        result._count = self._count
        return result

    @classmethod
    def from_value(cls, value: Any) -> TensorArraySpec:
        """The type of a TensorArray."""
        if not isinstance(value, TensorArray):
            raise TypeError(f"Expected value to be a TensorArray, but saw: {type(value)}")
        spec = cls(value.element_shape, value.dtype, value.dynamic_size, value._infer_shape)
        spec._cell, spec._count = value._cell, value._count
        return spec

    def most_specific_common_supertype(self, others: Any) -> TensorArraySpec | None:
        """The narrowest type of arrays that covers this type and all `others`, or None."""
        shape = self._element_shape
        for other in others:
            if type(other) is not type(self) or self._serialize()[1:] != other._serialize()[1:]:
                return None
            shape = shape.most_specific_compatible_shape(other._element_shape)
        return TensorArraySpec(shape, *self._serialize()[1:])


@export("TensorArray")
class TensorArray(CompositeTensor):
    """An array of tensors, written and read by index: what loops collect their results in.

    Use the array that `write` returns: inside a `tf.function` the old one does not change.

    Args:
        dtype: dtype of the elements.
        size: number of elements.
        dynamic_size: let the array grow when it is written past its end.
        clear_after_read: free an element when it is read, eagerly; True by default.
        infer_shape: all elements have one shape, which is checked.
        element_shape: that shape.

    Raises:
        ValueError: if neither `size` nor `flow` is given.

    >>> import tidefall as tf
    >>> array = tf.TensorArray(tf.float32, size=2)
    >>> array = array.write(0, 1.0).write(1, 2.0)
    >>> array.stack().numpy()
    array([1., 2.], dtype=float32)
    """

    def __init__(
        self,
        dtype: Any,
        size: Any = None,
        dynamic_size: bool | None = None,
        clear_after_read: bool | None = None,
        tensor_array_name: str | None = None,
        handle: Any = None,
        flow: Any = None,
        infer_shape: bool = True,
        element_shape: Any = None,
        colocate_with_first_write_call: bool = True,
        name: str | None = None,
    ):
        if handle is not None:
            raise UnimplementedError(
                None, None, "tf.TensorArray(handle=...) belongs to TensorFlow 1."
            )
        self._dtype = as_dtype(dtype)
        self._dynamic_size = bool(dynamic_size)
        self._infer_shape = infer_shape
        self._cell = _Shape(element_shape)
        self._clear = clear_after_read is None or clear_after_read
        self._read_before: set[int] = set()
        if flow is None:
            if size is None:
                if state.graph is None:
                    raise ValueError(
                        "Size must be declared for TensorArrays when eager execution is enabled."
                    )
                raise ValueError("Size must be provided if flow is not provided")
            flow = raw.TensorListReserve(
                shape_tensor(self._cell.shape),
                convert_to_tensor(size, dtypes.int32),
                element_dtype=self._dtype,
                name=name,
            )
        self._count = None if size is None or self._dynamic_size else _static_int(size)
        self._flow = flow

    # ---- what it is ----

    @property
    def dtype(self) -> DType:
        """The dtype of the elements."""
        return self._dtype

    @property
    def element_shape(self) -> TensorShape:
        """What is known of the shape of the elements."""
        return self._cell.shape

    @property
    def dynamic_size(self) -> bool:
        """Whether the array grows when it is written past its end."""
        return self._dynamic_size

    @property
    def flow(self) -> Any:
        """The tensor list behind the array, a variant tensor."""
        return self._flow

    @property
    def handle(self) -> None:
        """None: arrays have no handle in TensorFlow 2."""
        return None

    @property
    def _type_spec(self) -> TensorArraySpec:
        return TensorArraySpec.from_value(self)

    def _shape_invariant_to_type_spec(self, shape: Any) -> TensorArraySpec:
        return TensorArraySpec(shape, self._dtype, self._dynamic_size, self._infer_shape)

    def __repr__(self) -> str:
        return f"<tf.TensorArray dtype={self._dtype.name} element_shape={self.element_shape}>"

    @property
    def _is_eager(self) -> bool:
        return state.graph is None and not getattr(self._flow, "is_symbolic", False)

    def _with_flow(self, flow: Any, cell: _Shape | None = None) -> TensorArray:
        """The array after a change: eagerly this object itself, as TensorFlow has it."""
        if self._is_eager:
            self._flow = flow
            if cell is not None:
                self._cell = cell
            return self
        result = TensorArray(
            self._dtype, flow=flow, dynamic_size=self._dynamic_size, infer_shape=self._infer_shape
        )
        result._cell = cell or self._cell
        result._count = self._count if cell is None else None
        return result

    def _value(self, value: Any) -> Any:
        tensor = convert_to_tensor(value, dtype_hint=self._dtype)
        if tensor.dtype.base_dtype != self._dtype:
            raise InvalidArgumentError(
                None,
                None,
                f"TensorArray dtype is {self._dtype.name} but Op is trying to write dtype "
                f"{tensor.dtype.name} ",
            )
        return tensor

    def _learn(self, shape: TensorShape) -> None:
        """Hold a new element to the shape of the others."""
        if not self._infer_shape:
            return
        if not self._cell.shape.is_compatible_with(shape):
            raise ValueError(
                f"Incompatible shape for value ({shape}), expected ({self._cell.shape})"
            )
        self._cell.shape = self._cell.shape.merge_with(shape)

    def _length(self) -> int:
        return self._flow.storage.length

    # ---- one element ----

    def read(self, index: Any, name: str | None = None) -> Any:
        """The element at an index.

        Raises:
            OutOfRangeError: (eagerly) for an index outside of the array.
            InvalidArgumentError: (eagerly) if the element was read before and so cleared.
        """
        if self._is_eager:
            self._check_read(int(index))
        item = raw.TensorListGetItem(
            self._flow,
            _index(index),
            shape_tensor(self._cell.shape),
            element_dtype=self._dtype,
            name=name,
        )
        if self._is_eager and self._clear:
            self._read_before.add(int(index))
        return item

    def _check_read(self, index: int) -> None:
        if index < 0:
            raise out_of_range(f"Reading from negative indices (index {index}) is not allowed.")
        if index >= self._length():
            raise out_of_range(
                f"Tried to read from index {index} but array size is: {self._length()} "
            )
        if index in self._read_before:
            raise InvalidArgumentError(
                None,
                None,
                f"Could not read index {index} twice because it was cleared after a previous read "
                "(perhaps try setting clear_after_read = false?)",
            )

    def write(self, index: Any, value: Any, name: str | None = None) -> TensorArray:
        """The array with an element replaced.

        Args:
            index: int32 scalar.
            value: tensor of the array's dtype.

        Returns:
            The array to use from now on.

        Raises:
            OutOfRangeError: (eagerly) for an index outside of an array of fixed size.
            ValueError: if the element has another shape than the ones before.
            InvalidArgumentError: if it has another dtype.
        """
        tensor = self._value(value)
        if self._is_eager:
            number = int(index)
            if number < 0:
                raise out_of_range(f"Writing to negative indices (index {number}) is not allowed.")
            if number >= self._length() and not self._dynamic_size:
                raise out_of_range(
                    f"Tried to write to index {number} but array is not resizeable and size is: "
                    f"{self._length()} "
                )
        self._learn(tensor.shape)
        flow = raw.TensorListSetItem(
            self._flow,
            _index(index),
            tensor,
            resize_if_index_out_of_bounds=self._dynamic_size,
            name=name,
        )
        if self._read_before:
            self._read_before.discard(int(index))
        return self._with_flow(flow)

    # ---- all elements ----

    def size(self, name: str | None = None) -> Any:
        """Number of elements, int32 scalar."""
        if self._count is not None and not self._is_eager:
            return convert_to_tensor(self._count, dtypes.int32)
        return raw.TensorListLength(self._flow, name=name)

    def stack(self, name: str | None = None) -> Any:
        """All elements in one tensor `[size, ...]`; what was never written is zero.

        Raises:
            InvalidArgumentError: if the elements differ in shape.
        """
        if self._is_eager and self._cell.shape.rank is None and int(self.size()) == 0:
            return convert_to_tensor(np.zeros(0, self._dtype.as_numpy_dtype))
        count = None if self._is_eager else self._count
        return raw.TensorListStack(
            self._flow,
            shape_tensor(self._cell.shape),
            element_dtype=self._dtype,
            num_elements=-1 if count is None else count,
            name=name,
        )

    def gather(self, indices: Any, name: str | None = None) -> Any:
        """The elements at some indices, in one tensor `[n, ...]`."""
        return raw.TensorListGather(
            self._flow,
            convert_to_tensor(indices, dtypes.int32),
            shape_tensor(self._cell.shape),
            element_dtype=self._dtype,
            name=name,
        )

    def concat(self, name: str | None = None) -> Any:
        """The elements joined along their first dimension."""
        shape = self._cell.shape
        if shape.rank is not None and not self._infer_shape:
            shape = TensorShape([None]).concatenate(shape[1:])
        joined, _ = raw.TensorListConcatV2(
            self._flow,
            shape_tensor(shape),
            np.array([], np.int64),
            element_dtype=self._dtype,
            name=name,
        )
        return joined

    def unstack(self, value: Any, name: str | None = None) -> TensorArray:
        """An array of the slices of a tensor along its first dimension.

        Raises:
            ValueError: (eagerly) if there are more slices than an array of fixed size holds.
        """
        tensor = self._value(value)
        rows = tensor.shape[0] if tensor.shape.rank else None
        if self._is_eager and rows is not None and rows > self._length() and not self._dynamic_size:
            raise ValueError(
                f"Cannot unstack {rows} tensors into a TensorArray of static size {self._length()} "
            )
        cell = _Shape(None)
        if tensor.shape.rank and self._infer_shape:
            cell.shape = tensor.shape[1:]
        inner = tensor.shape[1:] if tensor.shape.rank else TensorShape(None)
        flow = raw.TensorListFromTensor(tensor, shape_tensor(inner), name=name)
        result = self._with_flow(flow, cell)
        result._count = rows if not self._dynamic_size else None
        return result

    def scatter(self, indices: Any, value: Any, name: str | None = None) -> TensorArray:
        """The array with the slices of a tensor written at some indices."""
        tensor = self._value(value)
        where = convert_to_tensor(indices, dtypes.int32)
        if tensor.shape.rank:
            self._learn(tensor.shape[1:])
        if self._is_eager and not self._dynamic_size:
            last = int(np.max(where.host_array(), initial=-1))
            if last >= self._length():
                raise out_of_range(
                    f"Tried to write to index {last} but array is not resizeable and size is: "
                    f"{self._length()} "
                )
        flow = raw.TensorListScatterIntoExistingList(self._flow, tensor, where, name=name)
        return self._with_flow(flow)

    def split(self, value: Any, lengths: Any, name: str | None = None) -> TensorArray:
        """An array of consecutive pieces of a tensor.

        Args:
            value: tensor `[n, ...]`.
            lengths: rows of each piece; they sum up to `n`.
        """
        tensor = self._value(value)
        sizes = (
            convert_to_tensor(lengths, dtypes.int64) if not isinstance(lengths, Tensor) else lengths
        )
        if sizes.dtype != dtypes.int64:
            sizes = raw.Cast(sizes, DstT=dtypes.int64)
        if self._is_eager and not self._dynamic_size and sizes.shape[0] != self._length():
            raise InvalidArgumentError(
                None,
                None,
                f"TensorArray's size is not equal to the size of lengths ({self._length()} vs. "
                f"{sizes.shape[0]}), and the TensorArray is not marked as dynamically resizeable.",
            )
        inner = tensor.shape[1:] if tensor.shape.rank else TensorShape(None)
        shape = TensorShape(None) if inner.rank is None else TensorShape([None]).concatenate(inner)
        flow = raw.TensorListSplit(tensor, shape_tensor(shape), sizes, name=name)
        return self._with_flow(flow, _Shape(shape if self._infer_shape else None))

    def identity(self) -> TensorArray:
        """An array with the same elements."""
        if self._is_eager:
            return self
        return self._with_flow(raw.Identity(self._flow))

    def grad(self, source: Any, flow: Any = None, name: str | None = None) -> Any:
        """Not supported in TensorFlow 2 either: use tf.GradientTape."""
        raise NotImplementedError(
            "TensorArray.grad is not supported in TensorFlow 2; use tf.GradientTape."
        )

    def close(self, name: str | None = None) -> None:
        """Nothing to do: the elements are freed with the array."""


def _static_int(value: Any) -> int | None:
    found = static_value(value) if isinstance(value, Tensor) else value
    return None if found is None else int(found)


def _index(index: Any) -> Any:
    if not isinstance(index, Tensor):
        return convert_to_tensor(index, dtypes.int32)
    return index if index.dtype == dtypes.int32 else raw.Cast(index, DstT=dtypes.int32)


TensorArray.__module__ = "tensorflow.python.ops.tensor_array_ops"
