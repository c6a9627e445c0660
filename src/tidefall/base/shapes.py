"""The shapes of tensors as far as they are known: `tf.TensorShape`, and static broadcasting."""

from __future__ import annotations

import importlib
import operator
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, SupportsIndex

from tidefall.base.dimension import Dimension as Dimension
from tidefall.base.dimension import as_dimension as as_dimension
from tidefall.base.dimension import dimension_value as dimension_value
from tidefall.base.dimension import size_of

Dims = tuple[int | None, ...] | None

# The classes, as those of values that may hold anything.
_LIST_OR_TUPLE: tuple[type[Any], ...] = (list, tuple)
_tuple: type[tuple[Any, ...]] = tuple


def _from_proto(proto: Any) -> Dims:
    if proto.unknown_rank:
        return None
    return tuple(None if dim.size == -1 else size_of(dim.size) for dim in proto.dim)


def _parse(dims: Any) -> Dims:
    """The sizes that anything shape-like stands for."""
    if dims is None:
        return None
    if isinstance(dims, _LIST_OR_TUPLE):
        return tuple([size_of(dim) for dim in dims])
    if hasattr(dims, "unknown_rank"):
        return _from_proto(dims)
    try:
        items = iter(dims)
    except TypeError:
        return (size_of(dims),)
    sizes: list[int | None] = []
    for dim in items:
        try:
            sizes.append(size_of(dim))
        except TypeError:
            raise TypeError(
                f"Failed to convert '{dims!r}' to a shape: '{dim!r}'could not be converted to a "
                "dimension. A shape should either be single dimension (e.g. 10), or an iterable "
                "of dimensions (e.g. [1, 10, None])."
            ) from None
    return tuple(sizes)


def _join(a: tuple[int | None, ...], b: tuple[int | None, ...]) -> tuple[int | None, ...]:
    """What two shapes of one rank have in common; None where they differ."""
    return tuple([x if x == y else None for x, y in zip(a, b, strict=True)])


class TensorShape:
    """The shape of a tensor: a size per dimension, or None where unknown; or all unknown.

    Args:
        dims: None for a shape of unknown rank, an iterable of sizes (int, None or anything with
            `__index__`), a single size, another shape, or a `TensorShapeProto`.

    Raises:
        TypeError: a size is not an integer.
        ValueError: a size is negative.

    >>> from tidefall.base.shapes import TensorShape
    >>> shape = TensorShape([2, None])
    >>> shape[0], shape.rank, shape.is_compatible_with([2, 7]), str(shape)
    (2, 2, True, '(2, None)')
    """

    __slots__ = ("__weakref__", "_dims")

    _dims: Dims

    def __init__(self, dims: Any) -> None:
        if type(dims) is _tuple:
            for dim in dims:
                if type(dim) is not int or dim < 0:
                    break
            else:
                self._dims = dims
                return
        self._dims = dims._dims if isinstance(dims, TensorShape) else _parse(dims)

    @staticmethod
    def _make(dims: Dims) -> TensorShape:
        """A TensorShape of sizes that are known to be valid."""
        shape = _new(TensorShape)
        shape._dims = dims
        return shape

    @property
    def rank(self) -> int | None:
        """The number of dimensions, or None when unknown."""
        dims = self._dims
        return None if dims is None else len(dims)

    @property
    def ndims(self) -> int | None:
        """The number of dimensions, or None when unknown."""
        dims = self._dims
        return None if dims is None else len(dims)

    @property
    def dims(self) -> list[Dimension] | None:
        """The sizes as `Dimension` objects, or None when the rank is unknown."""
        return None if self._dims is None else [Dimension(dim) for dim in self._dims]

    def __len__(self) -> int:
        if self._dims is None:
            raise ValueError("Cannot take the length of shape with unknown rank.")
        return len(self._dims)

    def __bool__(self) -> bool:
        return self._dims is not None

    def __iter__(self) -> Iterator[int | None]:
        if self._dims is None:
            raise ValueError("Cannot iterate over a shape with unknown rank.")
        return iter(self._dims)

    def __getitem__(self, key: SupportsIndex | slice) -> Any:
        dims = self._dims
        if dims is not None:
            return self._make(dims[key]) if type(key) is slice else dims[key]
        return self._slice_of_unknown(key) if type(key) is slice else None

    def _slice_of_unknown(self, key: slice) -> TensorShape:
        if key.step is not None:
            raise ValueError("Steps are not yet handled")
        start = 0 if key.start is None else operator.index(key.start)
        # Where a slice counted from the end lies cannot be said without the rank.
        if key.stop is None or start < 0 or operator.index(key.stop) < 0:
            return self._make(None)
        return unknown_shape(max(operator.index(key.stop) - start, 0))

    def as_list(self) -> list[int | None]:
        """The sizes as a list.

        Raises:
            ValueError: the rank is unknown.
        """
        if self._dims is None:
            raise ValueError("as_list() is not defined on an unknown TensorShape.")
        return list(self._dims)

    def num_elements(self) -> int | None:
        """The number of elements, or None unless the shape is fully defined."""
        dims = self._dims
        if dims is None:
            return None
        count = 1
        for dim in dims:
            if dim is None:
                return None
            count *= dim
        return count

    def is_fully_defined(self) -> bool:
        """Whether the rank and every size are known."""
        return self._dims is not None and None not in self._dims

    def assert_is_fully_defined(self) -> None:
        """Raises ValueError unless the rank and every size are known."""
        if not self.is_fully_defined():
            raise ValueError(f"Shape {self} is not fully defined")

    def assert_has_rank(self, rank: int) -> None:
        """Raises ValueError if the rank is known and is not `rank`."""
        if self._dims is not None and len(self._dims) != int(rank):
            raise ValueError(f"Shape {self} must have rank {int(rank)}")

    def assert_same_rank(self, other: Any) -> None:
        """Raises ValueError if both ranks are known and differ."""
        other = as_shape(other)
        if None not in (self.rank, other.rank) and self.rank != other.rank:
            raise ValueError(f"Shapes {self} and {other} must have the same rank")

    def with_rank(self, rank: int | None) -> TensorShape:
        """This shape, known to have the rank.

        Args:
            rank: the number of dimensions.

        Returns:
            This shape, or one of `rank` unknown sizes if nothing was known.

        Raises:
            ValueError: the rank is known and is another one.
        """
        if rank is None or (self._dims is not None and len(self._dims) == int(rank)):
            return self
        if self._dims is None:
            return unknown_shape(rank)
        raise ValueError(f"Shape {self} must have rank {int(rank)}")

    def with_rank_at_least(self, rank: int) -> TensorShape:
        """This shape; raises ValueError if its rank is known and less than `rank`."""
        if self._dims is not None and len(self._dims) < rank:
            raise ValueError(f"Shape {self} must have rank at least {int(rank)}")
        return self

    def with_rank_at_most(self, rank: int) -> TensorShape:
        """This shape; raises ValueError if its rank is known and greater than `rank`."""
        if self._dims is not None and len(self._dims) > rank:
            raise ValueError(f"Shape {self} must have rank at most {int(rank)}")
        return self

    def merge_with(self, other: Any) -> TensorShape:
        """What is known from either of two shapes of the same tensor.

        Args:
            other: anything that `TensorShape` takes.

        Returns:
            The shape with every size that either of them knows.

        Raises:
            ValueError: they contradict each other.

        >>> from tidefall.base.shapes import TensorShape
        >>> TensorShape([2, None]).merge_with([None, 3])
        TensorShape([2, 3])
        """
        other = as_shape(other)
        if self._dims is None or self._dims == other._dims:
            return other
        if not self.is_compatible_with(other):
            raise ValueError(f"Shapes {self} and {other} are not compatible")
        if other._dims is None:
            return self
        pairs = zip(self._dims, other._dims, strict=True)
        return self._make(tuple([y if x is None else x for x, y in pairs]))

    def concatenate(self, other: Any) -> TensorShape:
        """The dimensions of this shape, then those of another.

        Args:
            other: anything that `TensorShape` takes.

        Returns:
            The longer shape, of unknown rank if either rank is unknown.
        """
        other_dims = as_shape(other)._dims
        if self._dims is None or other_dims is None:
            return self._make(None)
        return self._make(self._dims + other_dims)

    def __add__(self, other: Any) -> TensorShape:
        return self.concatenate(other)

    def __radd__(self, other: Any) -> TensorShape:
        return as_shape(other).concatenate(self)

    def __concat__(self, other: Any) -> TensorShape:
        return self.concatenate(other)

    def is_compatible_with(self, other: Any) -> bool:
        """Whether one tensor may have both shapes: no size that both know differs.

        Args:
            other: anything that `TensorShape` takes.

        Returns:
            True or False.
        """
        a, b = self._dims, as_shape(other)._dims
        if a is None or b is None or a == b:
            return True
        return len(a) == len(b) and all(
            x is None or y is None or x == y for x, y in zip(a, b, strict=True)
        )

    def assert_is_compatible_with(self, other: Any) -> None:
        """Raises ValueError unless one tensor may have both shapes."""
        if not self.is_compatible_with(other):
            raise ValueError(f"Shapes {self} and {other} are incompatible")

    def is_subtype_of(self, other: Any) -> bool:
        """Whether every tensor of this shape also has the shape `other`, a TensorShape."""
        if not isinstance(other, TensorShape):
            return False
        a, b = self._dims, other._dims
        if b is None or a == b:
            return True
        return (
            a is not None
            and len(a) == len(b)
            and all(y is None or x == y for x, y in zip(a, b, strict=True))
        )

    def most_specific_common_supertype(self, others: Sequence[Any]) -> TensorShape | None:
        """The narrowest shape that this one and all the others fit, each a TensorShape."""
        if not all(isinstance(other, TensorShape) for other in others):
            return None
        shape = self
        for other in others:
            shape = shape.most_specific_compatible_shape(other)
        return shape

    def most_specific_compatible_shape(self, other: Any) -> TensorShape:
        """The narrowest shape that both fit.

        Args:
            other: anything that `TensorShape` takes.

        Returns:
            The shape, with None where the two differ; of unknown rank if the ranks do.

        >>> from tidefall.base.shapes import TensorShape
        >>> TensorShape([2, 3]).most_specific_compatible_shape([2, 5])
        TensorShape([2, None])
        """
        a, b = self._dims, as_shape(other)._dims
        if a == b:
            return self
        if a is None or b is None or len(a) != len(b):
            return self._make(None)
        return self._make(_join(a, b))

    def placeholder_value(self, placeholder_context: Any) -> None:
        """A shape has no value in a traced function."""

    def from_tensors(self, tensors: Iterator[Any]) -> None:
        """A shape is made of no tensors."""

    def to_tensors(self, value: Any) -> list[Any]:
        """The tensors that make up a value: none."""
        return []

    def flatten(self) -> list[Any]:
        """The types of the tensors that make up a value: none."""
        return []

    def cast(self, value: Any, cast_context: Any) -> None:
        """Accepts None, the value of a shape in a traced function.

        Raises:
            AssertionError: for any other value.
        """
        if value is not None:
            raise AssertionError(f"Can not cast {value!r} to type {self!r}")

    def as_proto(self) -> Any:
        """This shape as a `TensorShapeProto` message."""
        proto = importlib.import_module("tidefall.proto").TensorShapeProto()
        if self._dims is None:
            proto.unknown_rank = True
            return proto
        for dim in self._dims:
            proto.dim.add(size=-1 if dim is None else dim)
        return proto

    @classmethod
    def experimental_type_proto(cls) -> Any:
        """The message class that holds a shape, `TensorShapeProto`."""
        return importlib.import_module("tidefall.proto").TensorShapeProto

    @classmethod
    def experimental_from_proto(cls, proto: Any) -> TensorShape:
        """The shape held by a `TensorShapeProto` message."""
        return cls(proto)

    def experimental_as_proto(self) -> Any:
        """This shape as a `TensorShapeProto` message."""
        return self.as_proto()

    def __eq__(self, other: object) -> bool:
        if isinstance(other, TensorShape):
            return self._dims == other._dims
        try:
            return self._dims == _parse(other)
        except TypeError:
            return NotImplemented

    def __hash__(self) -> int:
        return hash(self._dims)

    def __repr__(self) -> str:
        return f"TensorShape({None if self._dims is None else list(self._dims)})"

    def __str__(self) -> str:
        return "<unknown>" if self._dims is None else str(self._dims)

    def __reduce__(self) -> tuple[Any, ...]:
        return TensorShape, (self._dims,)


_new = TensorShape.__new__


def as_shape(shape: Any) -> TensorShape:
    """The shape itself, or a new `TensorShape` of anything that class takes."""
    return shape if isinstance(shape, TensorShape) else TensorShape(shape)


def unknown_shape(rank: Any = None, **kwargs: Any) -> TensorShape:
    """A shape of which at most the rank is known.

    Args:
        rank: the number of dimensions, or None.
        **kwargs: `ndims`, TF1's name for `rank`.

    Returns:
        A TensorShape of unknown sizes.

    >>> from tidefall.base.shapes import unknown_shape
    >>> unknown_shape(2)
    TensorShape([None, None])
    """
    if rank is None and "ndims" in kwargs:
        rank = kwargs.pop("ndims")
    if kwargs:
        raise TypeError(f"Unknown argument: {kwargs}")
    return TensorShape(None if rank is None else (None,) * operator.index(rank))


def _broadcast_size(x: int | None, y: int | None) -> int | None:
    """The size two dimensions broadcast to; ValueError if they do not."""
    if x == y or y == 1:
        return x
    if x == 1:
        return y
    if x is not None and y is not None:
        raise ValueError
    # One is unknown: a size above 1 wins, for 0 TensorFlow leaves it open.
    return (x or None) if y is None else (y or None)


def _broadcast(a: tuple[int | None, ...], b: tuple[int | None, ...]) -> Iterable[int | None]:
    if len(a) < len(b):
        a, b = b, a
    lead = len(a) - len(b)
    yield from a[:lead]
    for x, y in zip(a[lead:], b, strict=True):
        yield _broadcast_size(x, y)


def broadcast_shape(shape_x: Any, shape_y: Any) -> TensorShape:
    """The shape of a broadcast of two tensors, as far as their shapes tell.

    Args:
        shape_x: a TensorShape, or anything that class takes.
        shape_y: the same.

    Returns:
        The shape, of unknown rank if either rank is unknown.

    Raises:
        ValueError: the shapes cannot be broadcast together.

    >>> from tidefall.base.shapes import broadcast_shape
    >>> broadcast_shape([2, None], [3])
    TensorShape([2, 3])
    """
    x, y = as_shape(shape_x), as_shape(shape_y)
    # Every elementwise op of a graph comes here.
    a, b = x._dims, y._dims  # pyright: ignore[reportPrivateUsage]  # of the class above
    if a is None or b is None:
        return TensorShape(None)
    if a == b:
        return x
    try:
        return TensorShape(tuple(_broadcast(a, b)))
    except ValueError:
        raise ValueError(
            "Incompatible shapes for broadcasting. Two shapes are compatible if for each "
            "dimension pair they are either equal or one of them is 1. "
            f"Received: {x} and {y}."
        ) from None


def broadcast_static_shape(shape_x: Any, shape_y: Any) -> TensorShape:
    """The shape of a broadcast of two tensors, as far as their shapes tell.

    Args:
        shape_x: a TensorShape, or anything that class takes.
        shape_y: the same.

    Returns:
        The shape, of unknown rank if either rank is unknown.

    Raises:
        ValueError: the shapes cannot be broadcast together.

    >>> from tidefall.base.shapes import TensorShape, broadcast_static_shape
    >>> broadcast_static_shape(TensorShape([1, 2, 3]), TensorShape([5, 1, 3]))
    TensorShape([5, 2, 3])
    """
    return broadcast_shape(shape_x, shape_y)


def dimension_at_index(shape: object, index: int) -> Dimension:
    """A shape's size at an index as a `Dimension`, of unknown size if the rank is unknown.

    Args:
        shape: a TensorShape.
        index: which dimension; negative ones count from the end.

    Raises:
        AssertionError: something else than a TensorShape.
        IndexError: the shape has no such dimension.

    >>> import tidefall as tf
    >>> tf.compat.dimension_at_index(tf.TensorShape([3, 5]), -1).value
    5
    >>> print(tf.compat.dimension_at_index(tf.TensorShape(None), 0))
    ?
    """
    if not isinstance(shape, TensorShape):
        raise AssertionError(f"dimension_at_index takes a TensorShape, got {shape!r}.")
    return Dimension(None if shape.rank is None else shape.as_list()[index])
