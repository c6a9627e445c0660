"""Functions over the slices of tensors: map_fn, foldl, foldr, scan."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base import dtypes, nest
from tidefall.base.composite import CompositeTensor
from tidefall.base.dtypes import as_dtype
from tidefall.base.exports import export
from tidefall.base.state import state
from tidefall.composite.extension.extension_type import BatchableExtensionType, ExtensionType
from tidefall.composite.ragged.ragged_tensor import RaggedTensor
from tidefall.composite.ragged.spec import RaggedTensorSpec
from tidefall.composite.sparse_tensor import SparseTensor, SparseTensorSpec
from tidefall.control_flow.cond import while_loop
from tidefall.control_flow.stacked_results import Results
from tidefall.control_flow.tensor_array import TensorArray
from tidefall.op import raw
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.specs import TensorSpec

# ---- elements in ----


class _Slices:
    """The slices of a nest of tensors along their first dimension."""

    def __init__(self, elems: Any, what: str = "elems"):
        self.structure = elems
        self.values = [_as_value(e) for e in nest.flatten(elems)]
        if not self.values:
            raise ValueError(
                f"{what} must be a Tensor or (possibly nested) sequence of Tensors. Got {elems}, "
                "which does not contain any Tensors."
            )
        self._encoded = [_encoded(value) for value in self.values]
        for value in self._outer():
            if value.shape.rank == 0:
                raise ValueError("Elements in elems must be 1+ dimensional Tensors, not scalars")
        self.static = self._static_count()
        self._arrays = [
            None if isinstance(v, CompositeTensor) else _unstacked(v) for v in self.values
        ]

    def _outer(self) -> list[Any]:
        """Tensors, ragged and sparse ones that all have as many rows as there are slices."""
        found: list[Any] = []
        for value, encoded in zip(self.values, self._encoded, strict=True):
            found += [value] if encoded is None else encoded.parts
        return found

    def _static_count(self) -> int | None:
        static: int | None = None
        for value in self._outer():
            size = value.shape[0] if value.shape.rank is not None else None
            if static is not None and size is not None and size != static:
                raise ValueError(f"Dimensions {static} and {size} are not compatible")
            static = size if static is None else static
        return static

    @property
    def count(self) -> Any:
        """Number of slices, int32 scalar."""
        if self.static is not None:
            return convert_to_tensor(self.static, dtypes.int32)
        first = self._outer()[0]
        if isinstance(first, RaggedTensor):
            return first.nrows(out_type=dtypes.int32)
        if isinstance(first, SparseTensor):
            return raw.Cast(first.dense_shape[0], DstT=dtypes.int32)
        return raw.Shape(first)[0]

    def at(self, index: Any) -> Any:
        """The slice number `index` of each tensor, in the structure of the nest."""
        items = []
        for value, array, encoded in zip(self.values, self._arrays, self._encoded, strict=True):
            if array is not None:
                items.append(array.read(index))
            elif encoded is not None:
                items.append(encoded.at(index))
            elif isinstance(value, SparseTensor):
                items.append(_sparse_row(value, index))
            else:
                items.append(value[index])
        return nest.pack_sequence_as(self.structure, items)


class _Encoded:
    """A batchable extension type's value, as tensors that can be cut into rows."""

    def __init__(self, value: Any):
        spec = value._type_spec
        self.spec = spec._unbatch()
        self.parts = spec._to_batched_tensor_list(value)
        self._arrays = [_unstacked(part) for part in self.parts]

    def at(self, index: Any) -> Any:
        """The slice number `index`."""
        return self.spec._from_compatible_tensor_list([a.read(index) for a in self._arrays])


def _encoded(value: Any) -> _Encoded | None:
    if not isinstance(value, ExtensionType):
        return None
    if not isinstance(value, BatchableExtensionType):
        raise TypeError(
            f"Values of type {type(value).__name__} cannot be cut into slices. Derive the type "
            "from tf.experimental.BatchableExtensionType."
        )
    return _Encoded(value)


def _as_value(value: Any) -> Any:
    return value if isinstance(value, CompositeTensor) else convert_to_tensor(value)


def _sparse_row(value: SparseTensor, index: Any) -> SparseTensor:
    """One row of a sparse tensor, without its first dimension."""
    number = raw.Cast(convert_to_tensor(index), DstT=dtypes.int64)
    first = raw.Reshape(number, np.array([1], np.int32))
    rest = value.dense_shape[1:]
    start = raw.ConcatV2([first, raw.ZerosLike(rest)], 0)
    size = raw.ConcatV2([np.array([1], np.int64), rest], 0)
    indices, values, _ = raw.SparseSlice(
        value.indices, value.values, value.dense_shape, start, size
    )
    return SparseTensor(indices[:, 1:], values, rest)


def _unstacked(value: Any) -> TensorArray:
    rows = value.shape[0] if value.shape.rank is not None else None
    size = raw.Shape(value)[0] if rows is None else rows
    return TensorArray(value.dtype, size=size, clear_after_read=False).unstack(value)


# ---- map ----


@export("map_fn")
def map_fn(
    fn: Callable[..., Any],
    elems: Any,
    dtype: Any = None,
    parallel_iterations: int | None = None,
    back_prop: bool = True,
    swap_memory: bool = False,
    infer_shape: bool = True,
    name: str | None = None,
    fn_output_signature: Any = None,
) -> Any:
    """Apply a function to the slices of tensors along their first dimension.

    Args:
        fn: called with a slice, or a nest of slices like `elems`.
        elems: tensor, ragged or sparse tensor `[n, ...]`, batch of a batchable extension type,
            or a nest of them.
        dtype: old name of `fn_output_signature`.
        parallel_iterations, back_prop, swap_memory: accepted for TensorFlow's sake.
        infer_shape: all results have one shape.
        fn_output_signature: dtype, TensorSpec or other type spec that has batches, of each
            result, nested as `fn` returns them; like `elems` by default.

    Returns:
        The results, stacked: each `[n, ...]`.

    Raises:
        ValueError: if an element is a scalar, or the results do not fit the signature.

    >>> import tidefall as tf
    >>> tf.map_fn(lambda x: x * x, tf.constant([1, 2, 3])).numpy()
    array([1, 4, 9], dtype=int32)
    """
    if not callable(fn):
        raise TypeError(f"The provided function {fn!r} is not callable. fn must be callable.")
    signature = fn_output_signature if fn_output_signature is not None else dtype
    slices = _Slices(elems)
    if signature is None:
        signature = nest.pack_sequence_as(elems, [_slice_spec(v) for v in slices.values])
    specs = [s if not isinstance(s, (int, str)) else as_dtype(s) for s in nest.flatten(signature)]
    count = slices.count
    results = [Results(_spec(s), count, infer_shape) for s in specs]

    def body(i: Any, arrays: list[list[TensorArray]]) -> Any:
        value = fn(slices.at(i))
        nest.assert_same_structure(signature, value, expand_composites=False)
        written = []
        for result, row, item in zip(results, arrays, nest.flatten(value), strict=True):
            parts = result.parts(item)
            written.append([a.write(i, p) for a, p in zip(row, parts, strict=True)])
        return i + 1, written

    _, arrays = while_loop(
        lambda i, _: i < count,
        body,
        (convert_to_tensor(0, dtypes.int32), [r.arrays for r in results]),
        maximum_iterations=slices.static,
        name=name or "map",
    )
    flat = [r.result(row, slices.static) for r, row in zip(results, arrays, strict=True)]
    return nest.pack_sequence_as(signature, flat)


def _slice_spec(value: Any) -> Any:
    if isinstance(value, ExtensionType):
        return value._type_spec._unbatch()
    if isinstance(value, RaggedTensor):
        return value._type_spec._unbatch()
    if isinstance(value, SparseTensor):
        return SparseTensorSpec(value.shape[1:] if value.shape.rank else None, value.dtype)
    return TensorSpec(None, value.dtype)


def _spec(signature: Any) -> Any:
    if isinstance(signature, (RaggedTensorSpec, SparseTensorSpec, TensorSpec)):
        if isinstance(signature, TensorSpec):
            return TensorSpec(signature.shape, signature.dtype)
        return signature
    if hasattr(signature, "_component_specs"):
        return signature
    return TensorSpec(None, as_dtype(signature))


# ---- folds and scans ----


def _fold(fn: Any, elems: Any, initializer: Any, name: str, backwards: bool) -> Any:
    if not callable(fn):
        raise TypeError(f"{fn!r} is not callable.")
    slices = _Slices(elems)
    count = slices.count
    one = convert_to_tensor(1, dtypes.int32)
    if initializer is None:
        start = slices.at(count - one if backwards else convert_to_tensor(0, dtypes.int32))
        done = one
    elif state.graph is None:
        return _fold_now(fn, slices, initializer, backwards)
    else:
        start = nest.map_structure(convert_to_tensor, initializer)
        done = convert_to_tensor(0, dtypes.int32)

    def body(i: Any, value: Any) -> Any:
        return i + 1, fn(value, slices.at(count - one - i if backwards else i))

    _, result = while_loop(
        lambda i, _: i < count, body, (done, start), maximum_iterations=slices.static, name=name
    )
    return result


def _fold_now(fn: Any, slices: Any, value: Any, backwards: bool) -> Any:
    """Eagerly, a Python number to begin with stays one until `fn` has seen it."""
    count = int(slices.count)
    for i in range(count - 1, -1, -1) if backwards else range(count):
        value = fn(value, slices.at(convert_to_tensor(i, dtypes.int32)))
    return nest.map_structure(convert_to_tensor, value)


@export("foldl")
def foldl(
    fn: Callable[..., Any],
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
) -> Any:
    """Combine the slices of tensors from the first to the last.

    Args:
        fn: called with what was combined so far and the next slice.
        elems: tensor `[n, ...]`, or a nest of them.
        initializer: where to begin; the first slice by default.
        parallel_iterations, back_prop, swap_memory: accepted for TensorFlow's sake.

    Returns:
        What `fn` returned last.

    >>> import tidefall as tf
    >>> tf.foldl(lambda a, x: a - x, tf.constant([1, 2, 3, 4])).numpy()
    np.int32(-8)
    """
    return _fold(fn, elems, initializer, name or "foldl", False)


@export("foldr")
def foldr(
    fn: Callable[..., Any],
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
) -> Any:
    """Combine the slices of tensors from the last to the first; see `tf.foldl`.

    >>> import tidefall as tf
    >>> tf.foldr(lambda a, x: a - x, tf.constant([1, 2, 3, 4])).numpy()
    np.int32(-2)
    """
    return _fold(fn, elems, initializer, name or "foldr", True)


@export("scan")
def scan(
    fn: Callable[..., Any],
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    infer_shape: bool = True,
    reverse: bool = False,
    name: str | None = None,
) -> Any:
    """Combine the slices of tensors one after the other and keep every intermediate result.

    Args:
        fn: called with what was combined so far and the next slice.
        elems: tensor `[n, ...]`, or a nest of them.
        initializer: where to begin; the first slice by default.
        parallel_iterations, back_prop, swap_memory: accepted for TensorFlow's sake.
        infer_shape: all results have one shape.
        reverse: begin with the last slice.

    Returns:
        The results, stacked: each `[n, ...]`.

    >>> import tidefall as tf
    >>> tf.scan(lambda a, x: a + x, tf.constant([1, 2, 3, 4])).numpy()
    array([ 1,  3,  6, 10], dtype=int32)
    """
    if not callable(fn):
        raise TypeError(f"{fn!r} is not callable.")
    slices = _Slices(elems)
    count = slices.count
    one = convert_to_tensor(1, dtypes.int32)
    first = count - one if reverse else convert_to_tensor(0, dtypes.int32)
    structure = elems if initializer is None else initializer
    if initializer is None:
        start = slices.at(first)
    else:
        start = nest.map_structure(convert_to_tensor, initializer)
    flat = nest.flatten(start)
    results = [Results(TensorSpec(None, t.dtype), count, infer_shape) for t in flat]
    arrays = [r.arrays[0] for r in results]
    done = convert_to_tensor(0, dtypes.int32)
    if initializer is None:
        arrays = [a.write(first, t) for a, t in zip(arrays, flat, strict=True)]
        done = one

    def body(i: Any, value: Any, rows: list[TensorArray]) -> Any:
        at = count - one - i if reverse else i
        value = fn(value, slices.at(at))
        nest.assert_same_structure(structure, value)
        items = [convert_to_tensor(v) for v in nest.flatten(value)]
        written = [a.write(at, t) for a, t in zip(rows, items, strict=True)]
        return i + 1, nest.pack_sequence_as(structure, items), written

    _, _, arrays = while_loop(
        lambda i, *_: i < count,
        body,
        (done, nest.pack_sequence_as(structure, flat), arrays),
        maximum_iterations=slices.static,
        name=name or "scan",
    )
    stacked = [r.result([a], slices.static) for r, a in zip(results, arrays, strict=True)]
    return nest.pack_sequence_as(structure, stacked)
