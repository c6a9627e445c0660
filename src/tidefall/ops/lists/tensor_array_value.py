"""What the handle of a TensorArrayV3 holds: arrays that are written and read by index."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.errors import UnimplementedError
from tidefall.base.shapes import TensorShape
from tidefall.ops.common import invalid


class TensorArrayValue:
    """A mutable array of arrays.

    Attributes:
        dtype: dtype of the elements.
        items: the elements; None where nothing was written yet, or the element was read.
        gradients: the arrays of gradients of this one, by the source that asked for them.
    """

    def __init__(
        self,
        size: int,
        dtype: Any,
        element_shape: Any,
        name: str,
        *,
        dynamic_size: bool = False,
        clear_after_read: bool = True,
        identical_element_shapes: bool = False,
        adds_up: bool = False,
    ):
        self.dtype = dtype
        self.name = name
        self.element_shape = TensorShape(element_shape)
        self.dynamic_size = dynamic_size
        self.items: list[Any] = [None] * size
        self.gradients: dict[str, TensorArrayValue] = {}
        self._clears = clear_after_read
        self._identical = identical_element_shapes
        self._adds_up = adds_up
        self._shapes: list[tuple[int, ...] | None] = [None] * size
        self._was_read = [False] * size
        self._closed = False

    def __len__(self) -> int:
        return len(self.items)

    def check(self, dtype: Any, does: str = "requested dtype") -> None:
        """Make sure that the array is open and of a dtype."""
        if self._closed:
            raise invalid(f"TensorArray {self.name} has already been closed.")
        if dtype != self.dtype:
            raise invalid(f"TensorArray dtype is {self.dtype.name} but Op {does} {dtype.name}.")

    def write(self, index: int, value: Any) -> None:
        """Set an element; an array of gradients adds to what is there."""
        self._grow(index)
        what = f"TensorArray {self.name}: Could not write to TensorArray index {index} because"
        if not self.element_shape.is_compatible_with(value.shape):
            raise invalid(
                f"{what} the value shape is {_text(value.shape)} which is incompatible with the "
                f"TensorArray's inferred element shape: {self.element_shape} (consider setting "
                "infer_shape=False)."
            )
        if self._identical and self.element_shape.rank is None:
            self.element_shape = TensorShape(value.shape)
        if self._was_read[index]:
            raise invalid(f"{what} it has already been read.")
        present = self.items[index]
        if present is None:
            self.items[index] = value
            self._shapes[index] = value.shape
            return
        if not self._adds_up:
            raise invalid(f"{what} it has already been written to.")
        if present.shape != value.shape:
            raise invalid(
                f"{what} a shape mismatch happened: it has {_text(present.shape)}, the value has "
                f"{_text(value.shape)}."
            )
        self.items[index] = present + value

    def _grow(self, index: int) -> None:
        if 0 <= index < len(self.items):
            return
        if index < 0 or not self.dynamic_size:
            raise invalid(
                f"TensorArray {self.name}: Tried to write to index {index} but array is not "
                f"resizeable and size is: {len(self.items)}"
            )
        more = index + 1 - len(self.items)
        self.items += [None] * more
        self._shapes += [None] * more
        self._was_read += [False] * more

    def read(self, index: int) -> Any:
        """An element; zeros if nothing was written and the shape is known."""
        if not 0 <= index < len(self.items):
            raise invalid(f"Tried to read from index {index} but array size is: {len(self.items)}")
        if self._was_read[index] and self._clears:
            raise invalid(
                f"TensorArray {self.name}: Could not read index {index} twice because it was "
                "cleared after a previous read (perhaps try setting clear_after_read = false?)."
            )
        value = self.items[index]
        if value is None:
            value = self._zeros(index)
        if self._clears:
            self.items[index] = None
        self._was_read[index] = True
        return value

    def _zeros(self, index: int) -> Any:
        shape = self._shapes[index]
        if shape is None and self.element_shape.is_fully_defined():
            shape = tuple(int(d or 0) for d in self.element_shape.as_list())
        if shape is None:
            raise invalid(
                f"TensorArray {self.name}: Could not read from TensorArray index {index}.  "
                f"Furthermore, the element shape is not fully defined: {self.element_shape}. "
                "Write the element first, or make the array with its element_shape."
            )
        return np.zeros(shape, self.dtype.as_numpy_dtype)

    def size_for(self, count: int) -> None:
        """Make room for the elements of a tensor that is written as a whole."""
        if self.dynamic_size and count > len(self.items):
            self._grow(count - 1)

    def close(self) -> None:
        """Drop all elements; the array cannot be used any more."""
        self.items = []
        self._closed = True

    def gradient(self, source: str, prepend: Any = ()) -> TensorArrayValue:
        """The array of the gradients of the elements, the same one for one source.

        The array cannot grow from here on. Elements read from the gradients before anything was
        written to them are zeros in the shape of this array's.
        """
        if source not in self.gradients:
            shape = self.element_shape
            if len(prepend):
                shape = TensorShape([int(d) for d in prepend]).concatenate(shape)
            self.dynamic_size = False
            made = TensorArrayValue(
                len(self.items), self.dtype, shape, f"{self.name}@{source}", adds_up=True
            )
            if not len(prepend):
                made._shapes = list(self._shapes)
            self.gradients[source] = made
        return self.gradients[source]


def same_shapes(items: list[Any]) -> None:
    """Make sure that arrays can be stacked."""
    for i, item in enumerate(items):
        if item.shape != items[0].shape:
            raise invalid(
                "TensorArray has inconsistent shapes.  Index 0 has shape: "
                f"{_text(items[0].shape)} but index {i} has shape: {_text(item.shape)}"
            )


def empty_shape(known: TensorShape, given: Any, attribute: str, does: str) -> list[int]:
    """The element shape of an array without elements."""
    shape = known.merge_with(given) if known.is_compatible_with(given) else TensorShape(given)
    if not shape.is_fully_defined():
        raise UnimplementedError(
            None,
            None,
            f"TensorArray has size zero, but {attribute} {shape} is not fully defined. Currently "
            f"only static shapes are supported when {does} zero-size TensorArrays.",
        )
    return [int(d or 0) for d in shape.as_list()]


def _text(shape: Any) -> str:
    return "[" + ",".join(map(str, shape)) + "]"
