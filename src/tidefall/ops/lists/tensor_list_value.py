"""What the handle of a tensor list holds: a Python list on the host, a stacked buffer under XLA.

Both kinds are immutable and offer the same methods, so that one kernel serves both executors.
Elements that were never written count as zeros.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from tidefall.base.dtypes import DType, variant
from tidefall.base.errors import OutOfRangeError
from tidefall.base.shapes import TensorShape
from tidefall.ops.common import invalid, jax, jnp, lax


def shape_of_input(value: Any) -> TensorShape:
    """The element shape that an op's integer input stands for; a scalar -1 is unknown."""
    if not isinstance(value, (np.ndarray, np.generic)) or np.ndim(value) == 0:
        return TensorShape(None)
    return TensorShape([None if d < 0 else int(d) for d in value])


def _boxed(item: Any) -> Any:
    """A variant as an array; a scalar one is a Python object of its own."""
    if item is None or isinstance(item, np.ndarray):
        return item
    box = np.empty((), object)
    box[()] = item
    return box


class TensorList:
    """A list of arrays, None where nothing was written yet.

    Attributes:
        items: the elements: arrays, or lists for a list of lists.
        dtype: dtype of the elements.
        element_shape: what is known of their shape.
        limit: largest number of elements, or -1.
    """

    __slots__ = ("dtype", "element_shape", "items", "limit")

    def __init__(self, items: list[Any], dtype: DType, element_shape: Any, limit: int = -1):
        self.items = items
        self.dtype = dtype
        self.element_shape = TensorShape(element_shape)
        self.limit = limit

    def __repr__(self) -> str:
        return f"<TensorList of {len(self.items)} {self.dtype.name} elements>"

    def with_items(self, items: list[Any]) -> TensorList:
        return TensorList(items, self.dtype, self.element_shape, self.limit)

    @property
    def length(self) -> int:
        return len(self.items)

    def resolved(self, shape: TensorShape, items: list[Any] | None = None) -> TensorShape:
        """The element shape, from all that is known of it."""
        shape = self.element_shape.merge_with(shape)
        if not shape.is_fully_defined() and self.dtype is not variant:
            for item in self.items if items is None else items:
                if item is not None:
                    shape = shape.merge_with(item.shape)
        return shape

    def _zeros(self, shape: TensorShape) -> Any:
        shape = self.resolved(shape)
        if not shape.is_fully_defined() or self.dtype is variant:
            raise invalid(
                "Trying to read an uninitialized element, but element_shape is not fully defined: "
                f"{shape}. Write the element first, or give the list an element_shape."
            )
        kind = self.dtype.as_numpy_dtype
        fill: Any = b"" if self.dtype.name == "string" else 0
        return np.full(shape.as_list(), fill, kind)

    def _at(self, index: int, verb: str) -> int:
        if not 0 <= index < len(self.items):
            raise invalid(
                f"Trying to {verb} element {index} in a list with {len(self.items)} elements."
            )
        return index

    def _check(self, item: Any) -> Any:
        if self.dtype is not variant and not self.element_shape.is_compatible_with(item.shape):
            raise invalid(
                f"Tried to set a tensor with incompatible shape at a list index. Item element "
                f"shape: {list(item.shape)} list shape: {self.element_shape}"
            )
        return item

    def get(self, index: Any, shape: TensorShape) -> Any:
        item = self.items[self._at(int(index), "access")]
        return self._zeros(shape) if item is None else item

    def set(self, index: Any, item: Any, resize: bool) -> TensorList:
        index = int(index)
        items = self.items.copy()
        if resize and index >= len(items):
            items.extend([None] * (index + 1 - len(items)))
        elif index < 0 or index >= len(items):
            self._at(index, "modify")
        items[index] = self._check(item)
        return self.with_items(items)

    def push(self, item: Any) -> TensorList:
        if 0 <= self.limit <= len(self.items):
            raise invalid(
                f"Tried to push item into a full list. List size: {len(self.items)} limit: "
                f"{self.limit}"
            )
        return self.with_items([*self.items, self._check(item)])

    def pop(self, shape: TensorShape) -> tuple[TensorList, Any]:
        if not self.items:
            raise invalid("Trying to pop from an empty list.")
        return self.with_items(self.items[:-1]), self.get(len(self.items) - 1, shape)

    def resize(self, size: Any) -> TensorList:
        size = int(size)
        if size < 0:
            raise invalid(f"TensorListSlice expects size to be non-negative. Got: {size}")
        return self.with_items(self.items[:size] + [None] * (size - len(self.items)))

    def stack(self, shape: TensorShape, expected: int = -1) -> Any:
        if expected >= 0 and expected != len(self.items):
            raise invalid(
                f"Operation expected a list with {expected} elements but got a list with "
                f"{len(self.items)} elements."
            )
        return self._stacked(self.items, shape)

    def _stacked(self, items: list[Any], shape: TensorShape) -> Any:
        known = self.resolved(shape, items)
        if self.dtype is variant:
            items = [_boxed(item) for item in items]
            if not items and not known.is_fully_defined():
                return np.zeros([0], object)
        if not items:
            if not known.is_fully_defined():
                raise invalid(
                    "Tried to stack elements of an empty list with non-fully-defined "
                    f"element_shape: {known}"
                )
            return np.zeros([0, *known.as_list()], self.dtype.as_numpy_dtype)
        filled = [self._zeros(known) if item is None else item for item in items]
        for i, item in enumerate(filled):
            if not known.is_compatible_with(item.shape) or item.shape != filled[0].shape:
                raise invalid(
                    f"Tried to stack list which only contains uniform shapes: element {i} has "
                    f"shape {list(item.shape)}, but {list(filled[0].shape)} was expected."
                )
        return np.stack(filled)

    def gather(self, indices: Any, shape: TensorShape) -> Any:
        return self._stacked([self.items[self._at(int(i), "gather")] for i in indices], shape)

    def scatter(self, tensor: Any, indices: Any) -> TensorList:
        if len(tensor) != len(indices):
            raise invalid(
                f"TensorListScatter got {len(indices)} indices for {len(tensor)} elements."
            )
        items = self.items.copy()
        for row, index in zip(tensor, indices.tolist(), strict=True):
            if index < 0:
                raise invalid(
                    f"Indices in TensorListScatter must all be non-negative. Got: {index}"
                )
            if index >= len(items):
                items.extend([None] * (index + 1 - len(items)))
            items[index] = self._check(np.asarray(row))
        return self.with_items(items)

    def concat(self, shape: TensorShape, leading: Any) -> tuple[Any, Any]:
        known = self.element_shape.merge_with(shape)
        inner = TensorShape(None) if known.rank is None else known[1:]
        pieces = []
        for i, item in enumerate(self.items):
            if item is None:
                rows = int(leading[i]) if i < len(leading) else (known[0] if known.rank else None)
                if rows is None or not inner.is_fully_defined():
                    raise invalid("Concat saw an uninitialized element of unknown shape.")
                item = np.zeros([rows, *inner.as_list()], self.dtype.as_numpy_dtype)
            if item.ndim == 0:
                raise invalid(
                    f"Concat saw a scalar shape at index {i} but requires at least vectors."
                )
            pieces.append(item)
        lengths = np.array([p.shape[0] for p in pieces], np.int64)
        if not pieces:
            if not inner.is_fully_defined():
                raise invalid(
                    "All except the first dimension must be fully defined when concating an empty "
                    f"tensor list. element_shape: {known}"
                )
            return np.zeros([0, *inner.as_list()], self.dtype.as_numpy_dtype), lengths
        return np.concatenate(pieces), lengths

    def zeros_like(self) -> TensorList:
        return self.with_items([_host_zeros(item) for item in self.items])

    def plus(self, other: Any) -> TensorList:
        other = host_list(other)
        if len(other.items) != len(self.items):
            raise invalid(
                f"Trying to add two lists of tensors of different lengths: {len(self.items)} vs. "
                f"{len(other.items)}"
            )
        pairs = zip(self.items, other.items, strict=True)
        return self.with_items([_host_sum(a, b) for a, b in pairs])


def _host_zeros(item: Any) -> Any:
    if item is None or isinstance(item, TensorList):
        return None if item is None else item.zeros_like()
    return np.zeros_like(item)


def _host_sum(a: Any, b: Any) -> Any:
    if a is None or b is None:
        return b if a is None else a
    return a.plus(b) if isinstance(a, TensorList) else a + b


class TracedList:
    """A tensor list inside a program being compiled.

    Attributes:
        buffer: the elements stacked, of `rows` rows; None while nothing was written.
        length: number of elements: an int, or traced where a loop changes it.
        rows: number of elements there is room for.
        fixed: True if no more room can be made, because a loop carries the list.
        known_length: what a traced `length` is, where a loop ran a known number of times.
        update: the (index, item) of the only element that is not zero, if that is known.
    """

    __slots__ = (
        "buffer", "dtype", "element_shape", "fixed", "known_length", "length", "rows", "update"
    )  # fmt: skip

    def __init__(
        self, buffer: Any, length: Any, rows: int, dtype: DType, shape: Any, fixed: bool = False
    ):
        _register()
        self.buffer = buffer
        self.length = length
        self.rows = rows
        self.dtype = dtype
        self.element_shape = TensorShape(shape)
        self.fixed = fixed
        self.known_length: int | None = None
        self.update: Any = None

    def replace(self, **changes: Any) -> TracedList:
        """A list like this one, but for what is given: `buffer`, `length`, `rows` or `fixed`."""
        get = changes.get
        return TracedList(
            get("buffer", self.buffer), get("length", self.length), get("rows", self.rows),
            self.dtype, self.element_shape, get("fixed", self.fixed),
        )  # fmt: skip

    def bound_to(self, length: Any) -> TracedList:
        """The list with its room fixed and its length counted at run time, for a loop to carry."""
        return self.replace(length=jnp.asarray(length, jnp.int32), fixed=True)

    def at_length(self, length: Any) -> TracedList:
        """The list with its room fixed and another length, known or not."""
        return self.replace(length=length, fixed=True)

    def counted(self, length: int) -> TracedList:
        """The list as a loop leaves it that ran a known number of times."""
        result = self.bound_to(length)
        result.known_length = length
        return result

    def opened(self) -> TracedList:
        """The list as it was before a loop made its room fixed, if its length is known."""
        length, buffer = self.known_length, self.buffer
        if length is None:
            return self
        if length != self.rows and buffer is not None:
            buffer = jax.tree_util.tree_map(lambda leaf: leaf[:length], buffer)
        return self.replace(buffer=buffer, length=length, rows=length, fixed=False)

    def _zero(self, shape: TensorShape) -> Any:
        shape = self.element_shape.merge_with(shape)
        if not shape.is_fully_defined() or self.dtype is variant:
            raise invalid(
                "An element of a tensor list is read before any was written, and its shape is not "
                "known. Give the tf.TensorArray an element_shape."
            )
        return jnp.zeros(shape.as_list(), self.dtype.as_numpy_dtype)

    def _ready(self, item: Any) -> Any:
        """The buffer, made of zeros in the shape of `item` if there is none yet."""
        if self.buffer is not None:
            return self.buffer
        return jax.tree_util.tree_map(
            lambda leaf: jnp.zeros((self.rows, *leaf.shape), leaf.dtype), item
        )

    def get(self, index: Any, shape: TensorShape) -> Any:
        if self.buffer is None:
            return self._zero(shape)
        if not self.rows and not isinstance(index, (int, np.ndarray, np.generic)):
            # The body of a loop that never runs.
            return jax.tree_util.tree_map(lambda b: jnp.zeros(b.shape[1:], b.dtype), self.buffer)
        index = _clipped(index, self.rows)
        return jax.tree_util.tree_map(
            lambda b: lax.dynamic_index_in_dim(b, index, 0, keepdims=False), self.buffer
        )

    def set(self, index: Any, item: Any, resize: bool) -> TracedList:
        known = isinstance(index, (int, np.ndarray, np.generic))
        base = self
        if known and not resize and not 0 <= int(index) < self.rows:
            raise invalid(
                f"Trying to modify element {int(index)} in a list with {self.rows} elements."
            )
        if resize:
            if not known:
                raise invalid(
                    "A tf.TensorArray with dynamic_size=True is written inside a compiled loop, "
                    "where its size must be known. Give it `size` and leave dynamic_size out."
                )
            if int(index) >= self.rows:
                base = self.resize(int(index) + 1)
        item = _leaves_arrays(item)
        buffer = _put(base._ready(item), index, item)
        result = base.replace(buffer=buffer)
        if base.buffer is None:
            result.update = (index, item)
        return result

    def push(self, item: Any) -> TracedList:
        item = _leaves_arrays(item)
        if self.fixed:
            return self.replace(
                buffer=_put(self._ready(item), self.length, item), length=self.length + 1
            )
        grown = self.resize(self.rows + 1)
        return grown.replace(buffer=_put(grown._ready(item), self.rows, item))

    def pop(self, shape: TensorShape) -> tuple[TracedList, Any]:
        item = self.get(self.length - 1, shape)
        if self.fixed or not isinstance(self.length, int):
            return self.replace(length=self.length - 1), item
        if self.length == 0:
            raise invalid("Trying to pop from an empty list.")
        return self.resize(self.length - 1), item

    def resize(self, size: Any) -> TracedList:
        if not isinstance(size, (int, np.ndarray, np.generic)) or self.fixed:
            if (
                self.fixed
                and isinstance(size, (int, np.ndarray, np.generic))
                and int(size) == self.rows
            ):
                return self
            raise invalid("A tensor list cannot be resized inside a compiled loop.")
        size = int(size)
        buffer = self.buffer
        if buffer is not None:
            extra = size - self.rows

            def change(leaf: Any) -> Any:
                if extra <= 0:
                    return leaf[:size]
                return jnp.concatenate([leaf, jnp.zeros((extra, *leaf.shape[1:]), leaf.dtype)])

            buffer = jax.tree_util.tree_map(change, buffer)
        return self.replace(buffer=buffer, length=size, rows=size)

    def _whole(self, shape: TensorShape) -> Any:
        length = self.length if isinstance(self.length, int) else self.known_length
        if length is None:
            raise invalid(
                "A tensor list whose length changes inside a compiled loop cannot be stacked: its "
                "length is known only at run time."
            )
        if self.buffer is None:
            zero = self._zero(shape)
            return jnp.zeros((self.rows, *zero.shape), zero.dtype)
        return self.buffer[:length]

    def stack(self, shape: TensorShape, expected: int = -1) -> Any:
        whole = self._whole(shape)
        if expected >= 0 and expected != whole.shape[0]:
            raise invalid(
                f"Operation expected a list with {expected} elements but got a list with "
                f"{whole.shape[0]} elements."
            )
        return whole

    def gather(self, indices: Any, shape: TensorShape) -> Any:
        return jnp.take(self._whole(shape), indices, axis=0, mode="clip")

    def scatter(self, tensor: Any, indices: Any) -> TracedList:
        if not isinstance(indices, (np.ndarray, np.generic)):
            base = self
        else:
            needed = int(np.max(indices, initial=-1)) + 1
            base = self.resize(needed) if needed > self.rows else self
        buffer = base._ready(jax.ShapeDtypeStruct(tensor.shape[1:], tensor.dtype))
        return base.replace(buffer=buffer.at[indices].set(tensor, mode="drop"))

    def concat(self, shape: TensorShape, leading: Any) -> tuple[Any, Any]:
        whole = self._whole(TensorShape(None) if shape.rank is None else shape)
        rows = whole.shape[1]
        lengths = np.full(whole.shape[0], rows, np.int64)
        return jnp.reshape(whole, (-1, *whole.shape[2:])), lengths

    def zeros_like(self) -> TracedList:
        return self.replace(buffer=_traced_zeros(self.buffer))

    def plus(self, other: Any) -> TracedList:
        other = traced_list(other)
        if other.update is not None:
            index, item = other.update
            old = jax.tree_util.tree_map(
                lambda b: lax.dynamic_index_in_dim(
                    b, _clipped(index, self.rows), 0, keepdims=False
                ),
                self._ready(item),
            )
            return self.replace(buffer=_put(self._ready(item), index, _traced_sum(old, item)))
        return self.replace(buffer=_traced_sum(self.buffer, other.buffer))


def _clipped(index: Any, rows: int) -> Any:
    if isinstance(index, (int, np.ndarray, np.generic)):
        if not 0 <= int(index) < rows:
            raise invalid(f"Trying to access element {int(index)} in a list with {rows} elements.")
        return int(index)
    return jnp.clip(index, 0, max(rows - 1, 0))


def _put(buffer: Any, index: Any, item: Any) -> Any:
    """Write one row; a row outside is dropped, as the host would have raised an error."""
    if not isinstance(index, (int, np.ndarray, np.generic)):
        index = jnp.where(index < 0, 2**30, index)

    def write(rows: Any, row: Any) -> Any:
        return jnp.asarray(rows).at[index].set(row, mode="drop") if rows.shape[0] else rows

    return jax.tree_util.tree_map(write, buffer, item)


def _leaves_arrays(item: Any) -> Any:
    return jax.tree_util.tree_map(jnp.asarray, item)


def _traced_zeros(value: Any) -> Any:
    if value is None:
        return None
    return value.zeros_like() if isinstance(value, TracedList) else jnp.zeros_like(value)


def _traced_sum(a: Any, b: Any) -> Any:
    if a is None or b is None:
        return b if a is None else a
    if isinstance(a, TracedList):
        return a.replace(buffer=_traced_sum(a.buffer, b.buffer))
    return a + b


@cache
def _register() -> None:
    """Let jax carry traced lists through its loops and branches."""

    def flatten(value: TracedList) -> Any:
        static = isinstance(value.length, int)
        children = (value.buffer, None if static else value.length)
        shape = value.element_shape
        key = None if shape.rank is None else tuple(shape.as_list())
        return children, (
            value.length if static else None,
            value.rows,
            value.dtype,
            key,
            value.fixed,
        )

    def unflatten(static: Any, children: Any) -> TracedList:
        length, rows, dtype, shape, fixed = static
        buffer, traced = children
        return TracedList(buffer, traced if length is None else length, rows, dtype, shape, fixed)

    jax.tree_util.register_pytree_node(TracedList, flatten, unflatten)


LISTS = (TensorList, TracedList)


def host_list(value: Any) -> TensorList:
    """A list as the host keeps it, also of one that compiled code returned."""
    if isinstance(value, TensorList):
        return value
    if not isinstance(value, TracedList):
        raise invalid(f"Input handle is not a list. Saw: '{type(value).__name__}'")
    length = int(value.length)
    items: list[Any] = [None] * length
    if value.buffer is not None:
        for i in range(length):
            row = jax.tree_util.tree_map(lambda leaf, i=i: np.asarray(leaf[i]), value.buffer)
            items[i] = host_list(row) if isinstance(row, TracedList) else row
    return TensorList(items, value.dtype, value.element_shape)


def traced_list(value: Any) -> TracedList:
    """A list as the compiler keeps it."""
    if isinstance(value, TracedList):
        return value
    if not isinstance(value, TensorList):
        raise invalid(f"Input handle is not a list. Saw: '{type(value).__name__}'")
    items = [traced_list(i) if isinstance(i, TensorList) else i for i in value.items]
    first = next((i for i in items if i is not None), None)
    rows = len(items)
    if first is None:
        return TracedList(None, rows, rows, value.dtype, value.element_shape)
    zero = _traced_zeros(first)
    buffer = jax.tree_util.tree_map(
        lambda *leaves: jnp.stack([jnp.asarray(leaf) for leaf in leaves]),
        *(zero if i is None else i for i in items),
    )
    return TracedList(buffer, rows, rows, value.dtype, value.element_shape)


def out_of_range(message: str) -> OutOfRangeError:
    """The error of a TensorArray index outside of it."""
    return OutOfRangeError(None, None, message)
