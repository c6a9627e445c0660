"""Assertions of `tf.debugging` on shapes, ranks and dtypes, mostly decided while tracing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import as_dtype
from tidefall.base.exports import export
from tidefall.base.state import name_scope, state
from tidefall.composite.sparse_tensor import SparseTensor
from tidefall.op import raw
from tidefall.op.registry import find_op
from tidefall.ops.array.identity import check_numerics, group, no_op
from tidefall.ops.debugging.assertions import assert_, known_value
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import EagerTensor, Tensor


def _lead(message: Any) -> str:
    return f"{message}.  " if message else ""


def _done() -> Any:
    """What an assertion returns that needs no check at run time."""
    return no_op() if state.graph is not None else None


def _rank_value(rank: Any) -> int | None:
    tensor = convert_to_tensor(rank)
    if tensor.dtype not in (dtypes.int32, dtypes.int64):
        raise TypeError(f"tensor must be of type tf.int32; got {tensor.dtype!r}")
    if tensor.shape.rank not in (None, 0):
        raise ValueError("Rank must be a scalar.")
    value = known_value(tensor)
    return None if value is None else int(value)


def _name_of(tensor: Any) -> str:
    return "" if isinstance(tensor, (EagerTensor, SparseTensor)) else tensor.name


def _shape_of(x: Any) -> Any:
    """The shape of a dense or sparse tensor as an int32 vector."""
    if isinstance(x, SparseTensor):
        return raw.Cast(x.dense_shape, DstT=dtypes.int32)
    return raw.Shape(x)


def _check_rank(
    x: Any, ranks: tuple[Any, ...], fits: Callable[[int, list[int]], bool], words: str,
    comparison: str, message: Any, name: str,
) -> Any:  # fmt: skip
    with name_scope(name):
        x = x if isinstance(x, SparseTensor) else convert_to_tensor(x, name="x")
        known = [_rank_value(rank) for rank in ranks]
        shown = f"({', '.join(map(str, known))})" if words == "in" else f"{words}{known[0]}"
        if words == "in":
            shown = f"in {shown}"
        found = x.shape.rank
        if found is not None and None not in known:
            if not fits(found, known):  # type: ignore[arg-type]
                raise ValueError(
                    f"{_lead(message)}Tensor {_name_of(x)} must have rank {shown}.  Received rank "
                    f"{found}, shape {x.shape}"
                )
            return _done()
        rank = raw.Size(_shape_of(x))
        conditions = [find_op(comparison)(rank, convert_to_tensor(r)) for r in ranks]
        condition = conditions[0]
        for other in conditions[1:]:
            condition = raw.LogicalOr(condition, other)
        data = [
            _lead(message), f"Tensor {_name_of(x)} must have rank {words}", *ranks,
            "Received shape: ", _shape_of(x),
        ]  # fmt: skip
        return assert_(condition, data)


@export("debugging.assert_rank", "assert_rank")
def assert_rank(x: Any, rank: Any, message: str | None = None, name: str | None = None) -> Any:
    """Raise an error unless a tensor has a rank.

    Args:
        x: a tensor.
        rank: the number of its dimensions, an integer scalar.
        message: put before the error's message.
        name: name of the scope of the ops in a graph.

    Returns:
        A node of a graph that checks, None in eager code.

    Raises:
        ValueError: if the rank is known and another.
        InvalidArgumentError: if it turns out to be another when a graph runs.

    >>> import tidefall as tf
    >>> tf.debugging.assert_rank([1, 2], 1)
    """
    return _check_rank(
        x, (rank,), lambda found, known: found == known[0], "", "Equal", message,
        name or "assert_rank",
    )  # fmt: skip


@export("debugging.assert_rank_at_least")
def assert_rank_at_least(
    x: Any, rank: Any, message: str | None = None, name: str | None = None
) -> Any:
    """Raise an error unless a tensor has at least a rank; see `tf.debugging.assert_rank`.

    >>> import tidefall as tf
    >>> tf.debugging.assert_rank_at_least(tf.zeros([2, 3]), 2)
    """
    return _check_rank(
        x, (rank,), lambda found, known: found >= known[0], "at least ", "GreaterEqual", message,
        name or "assert_rank_at_least",
    )  # fmt: skip


@export("debugging.assert_rank_in")
def assert_rank_in(x: Any, ranks: Any, message: str | None = None, name: str | None = None) -> Any:
    """Raise an error unless a tensor has one of several ranks; see `tf.debugging.assert_rank`.

    >>> import tidefall as tf
    >>> tf.debugging.assert_rank_in(tf.zeros([2, 3]), (1, 2))
    """
    return _check_rank(
        x, tuple(ranks), lambda found, known: found in known, "in", "Equal", message,
        name or "assert_rank_in",
    )  # fmt: skip


@export("debugging.assert_scalar")
def assert_scalar(tensor: Any, message: str | None = None, name: str | None = None) -> Any:
    """Raise an error unless a tensor has shape ().

    Args:
        tensor: a tensor.
        message: put before the error's message.
        name: ignored.

    Raises:
        ValueError: if it has another shape, or one that is not known.

    >>> import tidefall as tf
    >>> tf.debugging.assert_scalar(tf.constant(1.0))
    """
    tensor = convert_to_tensor(tensor)
    if tensor.shape.rank != 0:
        kind = "Expected" if isinstance(tensor, EagerTensor) else f"Expected {tensor.name} to have"
        article = "scalar shape" if isinstance(tensor, EagerTensor) else "a scalar shape"
        raise ValueError(f"{_lead(message)}{kind} {article}, saw shape: {tensor.shape}.")


@export("debugging.assert_type")
def assert_type(
    tensor: Any, tf_type: Any, message: str | None = None, name: str | None = None
) -> Any:
    """Raise an error unless a tensor has a dtype.

    Args:
        tensor: a tensor.
        tf_type: the dtype.
        message: put before the error's message.
        name: ignored.

    Raises:
        TypeError: if it has another.

    >>> import tidefall as tf
    >>> tf.debugging.assert_type(tf.constant(1.0), tf.float32)
    """
    wanted = as_dtype(tf_type)
    found = tensor.dtype if hasattr(tensor, "dtype") else convert_to_tensor(tensor).dtype
    if as_dtype(found) != wanted:
        where = f" {_name_of(tensor)}" if isinstance(tensor, Tensor) else ""
        where = where.rstrip()
        raise TypeError(f"{_lead(message)}tensor{where} must be of type {wanted!r}; got {found!r}")
    return _done()


@export("debugging.assert_integer")
def assert_integer(x: Any, message: str | None = None, name: str | None = None) -> Any:
    """Raise an error unless a tensor has an integer dtype.

    Raises:
        TypeError: if it has not.

    >>> import tidefall as tf
    >>> tf.debugging.assert_integer(tf.constant(1))
    """
    x = convert_to_tensor(x)
    if not x.dtype.is_integer:
        what = "tensor" if isinstance(x, EagerTensor) else f"tensor {x.name}"
        raise TypeError(
            f'{_lead(message)}Expected "x" to be integer type.  Found: {what} of dtype {x.dtype!r}'
        )
    return _done()


@export("debugging.assert_proper_iterable")
def assert_proper_iterable(values: Any) -> None:
    """Raise an error for what is no list, tuple or other plain iterable: tensors, arrays, text.

    Raises:
        TypeError: for those.

    >>> import tidefall as tf
    >>> tf.debugging.assert_proper_iterable([1, 2])
    """
    if isinstance(values, (Tensor, np.ndarray, str, bytes)) or hasattr(values, "dense_shape"):
        raise TypeError(
            f'Expected argument "values" to be a "proper" iterable.  Found: {type(values)}'
        )
    if not hasattr(values, "__iter__"):
        raise TypeError(f'Expected argument "values" to be iterable.  Found: {type(values)}')


@export("debugging.assert_all_finite")
def assert_all_finite(x: Any, message: str, name: str | None = None) -> Any:
    """The tensor itself, after checking that it holds neither NaN nor infinite values.

    Raises:
        InvalidArgumentError: if it does.

    >>> import tidefall as tf
    >>> tf.debugging.assert_all_finite(tf.constant([1.0, 2.0]), 'not finite').numpy()
    array([1., 2.], dtype=float32)
    """
    return check_numerics(x, message, name)


@export("debugging.assert_same_float_dtype")
def assert_same_float_dtype(tensors: Any = None, dtype: Any = None) -> Any:
    """The floating-point dtype that tensors share.

    Args:
        tensors: tensors; None among them is left out.
        dtype: the dtype they must have; float32 where nothing says which.

    Raises:
        ValueError: if they have different ones, or one that is not floating-point.

    >>> import tidefall as tf
    >>> tf.debugging.assert_same_float_dtype([tf.constant(1.0), tf.constant(2.0)])
    tf.float32
    """
    expected, first = None if dtype is None else as_dtype(dtype), None
    for tensor in tensors or ():
        if tensor is None:
            continue
        found = tensor.dtype.base_dtype
        if expected is None:
            expected, first = found, tensor
        elif found != expected:
            like = "" if first is None else f" as {first}"
            raise ValueError(
                f"{tensor}, type={found!r}, must be of the same type ({expected!r}){like}."
            )
    expected = dtypes.float32 if expected is None else expected
    if not expected.is_floating:
        raise ValueError(f"Expected floating point type, got {expected!r}.")
    return expected


@export("debugging.is_numeric_tensor")
def is_numeric_tensor(tensor: Any) -> bool:
    """True for a tensor of numbers, which bools and strings are not.

    >>> import tidefall as tf
    >>> [tf.debugging.is_numeric_tensor(tf.constant(v)) for v in (1, 'a')]
    [True, False]
    """
    if not isinstance(tensor, Tensor):
        return False
    kind = tensor.dtype
    return kind.is_floating or kind.is_integer or kind.is_complex or kind.is_quantized


# ---- shapes with symbols ----

_REST = (..., "...", "*")


@export("debugging.assert_shapes")
def assert_shapes(
    shapes: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Any:
    """Raise an error unless tensors have shapes that agree with each other.

    Args:
        shapes: a dict, or list of pairs, of a tensor, dense or sparse, and its shape: a tuple or
            text of numbers, None or "." for any number, and symbols, which stand for one number
            throughout. A first entry of `...` or "*" stands for any number of dimensions.
        data, summarize: what to show when a check fails while a graph runs.
        message: put before the error's message.
        name: name of the scope of the ops in a graph.

    Returns:
        A node of a graph that checks, None in eager code.

    Raises:
        ValueError: if the shapes are known and do not agree.
        InvalidArgumentError: if they turn out not to agree when a graph runs.

    >>> import tidefall as tf
    >>> x, w = tf.zeros([5, 3]), tf.zeros([3, 2])
    >>> tf.debugging.assert_shapes([(x, ("N", "D")), (w, ("D", "M"))])
    """
    pairs = list(shapes.items()) if isinstance(shapes, dict) else list(shapes)
    with name_scope(name or "assert_shapes"):
        checker = _ShapeChecker(message, data, summarize)
        for x, dims in pairs:
            checker.add(x, dims)
        if state.graph is None:
            return None
        return group(*checker.nodes) if checker.nodes else _done()


class _ShapeChecker:
    """Checks shapes one after another, remembering what the symbols stand for."""

    def __init__(self, message: Any, data: Any, summarize: int | None):
        self.message = message
        self.data = data
        self.summarize = summarize
        self.symbols: dict[Any, tuple[Any, str]] = {}
        self.nodes: list[Any] = []

    def add(self, x: Any, dims: Any) -> None:
        if not (hasattr(x, "shape") and hasattr(x, "dtype")):
            x = convert_to_tensor(x)
        name = "" if isinstance(x, EagerTensor) else f"{getattr(x, 'name', '')} "
        shown = f"{name}shape={x.shape} dtype={x.dtype.name}"
        if not (hasattr(dims, "__iter__") or hasattr(dims, "__getitem__")):
            raise ValueError(
                f"{_lead(self.message)}Tensor {shown}.  Specified shape must be an iterable.  An "
                "iterable has the attribute `__iter__` or `__getitem__`.  Received specified "
                f"shape: {dims}"
            )
        dims = tuple(dims)
        for i, dim in enumerate(dims):
            if dim in _REST and i:
                raise ValueError(
                    f"{_lead(self.message)}Tensor {shown} specified shape index {i}.  Symbol `...` "
                    "or `*` for a variable number of unspecified dimensions is only allowed as "
                    "the first entry"
                )
        rest = bool(dims) and dims[0] in _REST
        dims = dims[1:] if rest else dims
        self._check_rank(x, len(dims), rest)
        for i, dim in enumerate(dims):
            self._check_dimension(x, shown, i - len(dims) if rest else i, dim)

    def _check_rank(self, x: Any, count: int, rest: bool) -> None:
        if rest:
            node = assert_rank_at_least(x, count, self.message)
        elif count <= 1:
            # A scalar may pass for a vector of one element, as in TensorFlow.
            node = assert_rank_in(x, (0, 1), self.message)
        else:
            node = assert_rank(x, count, self.message)
        if node is not None:
            self.nodes.append(node)

    def _check_dimension(self, x: Any, shown: str, index: int, dim: Any) -> None:
        if dim is None or dim == ".":
            return
        size = self._size(x, index)
        where = f"tensor {shown} dimension {index}"
        try:
            wanted, source = int(dim), "Specified explicitly"
        except (TypeError, ValueError):
            if dim not in self.symbols:
                self.symbols[dim] = (size, where)
                return
            wanted, place = self.symbols[dim]
            source = f"Specified by {place}"
        text = f"{_lead(self.message)}{source}.  Tensor {shown} dimension {index} must have size "
        if isinstance(size, int) and isinstance(wanted, int):
            if size != wanted:
                raise ValueError(f"{text}{wanted}.  Received size {size}, shape {x.shape}")
            return
        condition = raw.Equal(convert_to_tensor(wanted), convert_to_tensor(size))
        received = [text, wanted, "Received shape: ", _shape_of(x)]
        self.nodes.append(assert_(condition, self.data or received, self.summarize))

    @staticmethod
    def _size(x: Any, index: int) -> Any:
        """A dimension: a number where it is known, else a tensor."""
        rank = x.shape.rank
        if rank == 0:
            return 1
        known = None if rank is None else x.shape[index]
        return _shape_of(x)[index] if known is None else known
