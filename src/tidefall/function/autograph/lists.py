"""Python lists that a loop over tensors appends to: a tensor list while the graph runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tidefall.base import dtypes
from tidefall.base.composite import CompositeTensor
from tidefall.base.dtypes import DType
from tidefall.base.shapes import TensorShape
from tidefall.function.autograph import errors
from tidefall.op import raw
from tidefall.ops.lists.element_types import shape_tensor
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.specs import TensorSpec
from tidefall.tensor.type_spec import TypeSpec


class _Elements:
    """What all versions of one list know of its elements, learned as they are appended."""

    __slots__ = ("dtype", "shape")

    def __init__(self, dtype: DType | None = None, shape: TensorShape | None = None):
        self.dtype = dtype
        self.shape = shape

    def learn(self, tensor: Any) -> None:
        """Widen the shape to that of one more element."""
        if self.dtype is None:
            self.dtype = tensor.dtype
        elif self.dtype != tensor.dtype:
            raise TypeError(
                errors.placed(
                    f"A list that a loop over tensors appends to holds {self.dtype.name} elements, "
                    f"but got {tensor.dtype.name}; all elements must have one dtype"
                )
            )
        shape = tensor.shape
        self.shape = (
            shape if self.shape is None else self.shape.most_specific_compatible_shape(shape)
        )


class StagedList(CompositeTensor):
    """A list in a graph: its elements are tensors of one dtype.

    It stands for the user's Python list during and after the loop. `tf.stack(list)`,
    `list[i]`, `len(list)`, iterating and converting to a tensor work as with a list of tensors.
    """

    def __init__(self, elements: _Elements, flow: Any):
        self._elements = elements
        self._flow = flow

    @classmethod
    def of(cls, items: list[Any], elements: _Elements) -> StagedList:
        """A list that starts with these items, tensors."""
        dtype = elements.dtype or dtypes.float32
        flow = raw.EmptyTensorList(
            shape_tensor(TensorShape(None) if elements.shape is None else elements.shape),
            convert_to_tensor(-1, dtypes.int32),
            element_dtype=dtype,
        )
        result = cls(elements, flow)
        for item in items:
            result = result.append(item)
        return result

    @staticmethod
    def probe() -> _Elements:
        """Elements of which nothing is known yet."""
        return _Elements()

    @property
    def dtype(self) -> DType:
        """The dtype of the elements."""
        return self._elements.dtype or dtypes.float32

    @property
    def element_shape(self) -> TensorShape:
        """What is known of the shape of the elements."""
        return TensorShape(None) if self._elements.shape is None else self._elements.shape

    @property
    def _type_spec(self) -> StagedListSpec:
        return StagedListSpec(self._elements)

    def append(self, value: Any) -> StagedList:
        """The list with one more element."""
        try:
            if isinstance(value, (list, tuple, dict)):
                raise TypeError
            tensor = convert_to_tensor(value)
        except (TypeError, ValueError):
            raise TypeError(
                errors.placed(
                    "Only tensors can be appended to a list in a loop over tensors, but got "
                    f"{type(value).__name__}; keep one list for each part of a structure"
                )
            ) from None
        unknown = self._elements.dtype is None
        self._elements.learn(tensor)
        if unknown:  # only to find out what the elements are: this graph is thrown away
            return self
        flow = raw.TensorListPushBack(self._flow, tensor, element_dtype=self.dtype)
        return StagedList(self._elements, flow)

    def size(self) -> Any:
        """Number of elements, int32 scalar."""
        return raw.TensorListLength(self._flow)

    def stack(self) -> Any:
        """All elements in one tensor."""
        return raw.TensorListStack(
            self._flow,
            shape_tensor(self.element_shape),
            element_dtype=self.dtype,
            num_elements=-1,
        )

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return self.stack()[index]
        if isinstance(index, int) and index < 0:
            index = self.size() + index
        return raw.TensorListGetItem(
            self._flow,
            convert_to_tensor(index, dtypes.int32),
            shape_tensor(self.element_shape),
            element_dtype=self.dtype,
        )

    def __tf_tensor__(self, dtype: Any = None, name: str | None = None) -> Any:
        return self.stack()

    def __iter__(self) -> Iterator[Any]:
        return iter(self.stack())

    def __len__(self) -> int:
        raise TypeError(
            errors.placed("The length of a list that a loop over tensors filled is a tensor")
        )

    def __repr__(self) -> str:
        return f"<list of tensors in a graph, dtype={self.dtype.name} shape={self.element_shape}>"


class StagedListSpec(TypeSpec):
    """The type of a `StagedList`."""

    __slots__ = ("_elements",)

    def __init__(self, elements: _Elements):
        self._elements = elements

    @property
    def value_type(self) -> type[StagedList]:
        return StagedList

    def _serialize(self) -> tuple[Any, ...]:
        return (self._elements,)

    def most_specific_common_supertype(self, others: Any) -> StagedListSpec | None:
        """This type, if all others are lists of the same dtype."""
        same = all(
            type(o) is StagedListSpec and o._elements.dtype == self._elements.dtype for o in others
        )
        return self if same else None

    @property
    def _component_specs(self) -> list[TensorSpec]:
        return [TensorSpec([], dtypes.variant)]

    def _to_components(self, value: StagedList) -> list[Any]:
        return [value._flow]

    def _from_components(self, components: Any) -> StagedList:
        return StagedList(self._elements, components[0])
