"""Sparse tensors as vectors of three: serialized for files, or variants for datasets."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import DType, as_dtype
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.composite.sparse_tensor import SparseTensor
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import invalid, shape_text
from tidefall.ops.ragged.variants import objects
from tidefall.ops.sparse.shape import check_sparse
from tidefall.proto import varint


class SparsePart:
    """An array inside a variant."""

    __slots__ = ("array",)

    def __init__(self, array: np.ndarray):
        self.array = array

    def __repr__(self) -> str:
        return f"<Tensor<type: {self.array.dtype} shape: {list(self.array.shape)}>>"


def _encode(array: np.ndarray, out_type: DType) -> Any:
    if out_type is dtypes.variant:
        return SparsePart(array)
    from tidefall.proto.tensors import make_tensor_proto

    dtype = as_dtype(array.dtype) if array.dtype != object else dtypes.string
    proto = make_tensor_proto(array, dtype.as_datatype_enum, content=True)
    if dtype is dtypes.string:
        strings = list(proto.string_val)
        proto.ClearField("string_val")
        lengths = [varint.encode(len(string)) for string in strings]
        proto.tensor_content = b"".join([*lengths, *strings])
    return proto.SerializeToString()


def _decode(item: Any) -> np.ndarray:
    if isinstance(item, SparsePart):
        return item.array
    if not isinstance(item, bytes):
        raise invalid(f"Expected a serialized sparse tensor. Received: {item!r}")
    from google.protobuf.message import DecodeError

    from tidefall.proto import TensorProto
    from tidefall.proto.tensors import tensor_proto_to_array

    try:
        return np.asarray(tensor_proto_to_array(TensorProto.FromString(item)))
    except (DecodeError, ValueError, TypeError) as error:
        raise invalid(f"Could not parse serialized proto: {error}") from None


def encode_sparse(indices: np.ndarray, values: np.ndarray, shape: np.ndarray) -> np.ndarray:
    """The parts of a sparse tensor as the vector of three variants that datasets carry."""
    return objects([SparsePart(indices), SparsePart(values), SparsePart(shape)], (3,))


# ---- ops ----


def _check(indices: Any, values: Any, shape: Any) -> None:
    for name, array, rank in (("indices", indices, 2), ("values", values, 1), ("shape", shape, 1)):
        if array.ndim != rank:
            kind = "matrix" if rank == 2 else "vector"
            raise invalid(
                f"Input {name} should be a {kind} but received shape {shape_text(array.shape)}"
            )
    if len(indices) != len(values):
        raise invalid(
            f"Number of values must match first dimension of indices. Got {len(values)} values, "
            f"indices shape: {shape_text(indices.shape)}"
        )
    if indices.shape[1] != len(shape):
        raise invalid(
            f"Number of dimensions must match second dimension of indices. Got {len(shape)} "
            f"dimensions, indices shape: {shape_text(indices.shape)}"
        )


def _serialize(
    sparse_indices: Any, sparse_values: Any, sparse_shape: Any, *, out_type: DType
) -> np.ndarray:
    _check(sparse_indices, sparse_values, sparse_shape)
    parts = [sparse_indices, sparse_values, sparse_shape]
    return objects([_encode(part, out_type) for part in parts], (3,))


serialize_sparse_op = op(
    "SerializeSparse",
    shape=lambda c: TensorShape([3]),
    host=_serialize,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)


def _many_shape(c: Inference) -> TensorShape:
    return TensorShape([None, 3])


def _serialize_many(
    sparse_indices: Any, sparse_values: Any, sparse_shape: Any, *, out_type: DType
) -> np.ndarray:
    _check(sparse_indices, sparse_values, sparse_shape)
    if len(sparse_shape) <= 1:
        raise invalid(
            f"Rank of input SparseTensor should be > 1, but saw rank: {len(sparse_shape)}"
        )
    rows = int(sparse_shape[0])
    row_of = sparse_indices[:, 0]
    if len(row_of) and (row_of.min() < 0 or row_of.max() >= rows):
        raise invalid(
            f"Received unexpected index {row_of.max()} in a sparse tensor of {rows} rows."
        )
    order = np.argsort(row_of, kind="stable")
    ends = np.searchsorted(row_of[order], np.arange(rows + 1))
    inner, values = sparse_indices[order, 1:], sparse_values[order]
    size = _encode(np.asarray(sparse_shape[1:]), out_type)
    items: list[Any] = []
    for a, b in pairwise(ends):
        items += [_encode(inner[a:b], out_type), _encode(values[a:b], out_type), size]
    return objects(items, (rows, 3))


serialize_many_sparse_op = op(
    "SerializeManySparse",
    shape=_many_shape,
    host=_serialize_many,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)


def _deserialize_shape(c: Inference) -> list[TensorShape]:
    return [TensorShape([None, None]), TensorShape([None]), TensorShape([None])]


def _deserialize(serialized_sparse: Any, *, dtype: DType) -> tuple[Any, Any, Any]:
    if np.ndim(serialized_sparse) == 0:
        raise invalid("Serialized sparse should have non-zero rank but received shape []")
    if serialized_sparse.shape[-1] != 3:
        raise invalid(
            "Serialized sparse should have 3 as the last dimension but received shape "
            f"{shape_text(serialized_sparse.shape)}"
        )
    outer = serialized_sparse.shape[:-1]
    parts = [[_decode(item) for item in row] for row in serialized_sparse.reshape(-1, 3)]
    if not parts:
        raise invalid("Must have at least 1 serialized SparseTensor, input matrix has 0 rows")
    for indices, values, shape in parts:
        _check(indices, values, shape)
        if values.dtype != dtype.as_numpy_dtype and values.dtype != object:
            raise invalid(
                f"Requested SparseTensor of type {dtype.name} but SparseTensor[0].values.dtype() "
                f"== {values.dtype}"
            )
        if len(shape) != len(parts[0][2]):
            raise invalid(
                "Inconsistent rank across SparseTensors: rank prior to SparseTensor was: "
                f"{len(parts[0][2])} but rank of another SparseTensor is: {len(shape)}"
            )
    if not outer:
        return parts[0][0], parts[0][1], parts[0][2]
    counts = [len(values) for _, values, _ in parts]
    place = np.stack(np.unravel_index(np.repeat(np.arange(len(parts)), counts), outer), axis=1)
    indices = np.concatenate([place, np.concatenate([p[0] for p in parts])], axis=1)
    largest = np.max([p[2] for p in parts], axis=0)
    dense_shape = np.concatenate([np.array(outer, np.int64), largest])
    return indices.astype(np.int64), np.concatenate([p[1] for p in parts]), dense_shape


deserialize_sparse_op = op(
    "DeserializeSparse",
    shape=_deserialize_shape,
    host=_deserialize,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)


def _deserialize_many(serialized_sparse: Any, *, dtype: DType) -> tuple[Any, Any, Any]:
    if np.ndim(serialized_sparse) != 2:
        raise invalid(
            "Serialized sparse should be a matrix but received shape "
            f"{shape_text(np.shape(serialized_sparse))}"
        )
    return _deserialize(serialized_sparse, dtype=dtype)


deserialize_many_sparse_op = op(
    "DeserializeManySparse",
    shape=_deserialize_shape,
    host=_deserialize_many,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)


# ---- public functions ----


@export("io.serialize_sparse")
def serialize_sparse(sp_input: Any, out_type: Any = dtypes.string, name: str | None = None) -> Any:
    """A sparse tensor as a vector of three: its positions, values and shape, each serialized.

    Args:
        sp_input: a SparseTensor.
        out_type: string, for serialized TensorProtos, or variant.

    Returns:
        `[3]`, of dtype `out_type`.

    Raises:
        TypeError: if `sp_input` is not sparse.

    >>> import tidefall as tf
    >>> tf.io.serialize_sparse(tf.sparse.from_dense([0, 1])).shape
    TensorShape([3])
    """
    sparse = check_sparse(sp_input)
    return serialize_sparse_op(
        sparse.indices, sparse.values, sparse.dense_shape, out_type=as_dtype(out_type), name=name
    )


@export("io.serialize_many_sparse")
def serialize_many_sparse(
    sp_input: Any, out_type: Any = dtypes.string, name: str | None = None
) -> Any:
    """The rows of a sparse tensor, each as `tf.io.serialize_sparse` gives it.

    Args:
        sp_input: a SparseTensor `[n, ...]` of rank 2 or more.
        out_type: string or variant.

    Returns:
        `[n, 3]`, of dtype `out_type`.

    Raises:
        TypeError: if `sp_input` is not sparse.
        tf.errors.InvalidArgumentError: if its rank is below 2.

    >>> import tidefall as tf
    >>> tf.io.serialize_many_sparse(tf.sparse.from_dense([[0, 1], [2, 0]])).shape
    TensorShape([2, 3])
    """
    sparse = check_sparse(sp_input)
    return serialize_many_sparse_op(
        sparse.indices, sparse.values, sparse.dense_shape, out_type=as_dtype(out_type), name=name
    )


@export("io.deserialize_many_sparse")
def deserialize_many_sparse(
    serialized_sparse: Any, dtype: Any, rank: int | None = None, name: str | None = None
) -> SparseTensor:
    """The sparse tensor whose rows were serialized.

    Args:
        serialized_sparse: string `[n, 3]`, rows as `tf.io.serialize_sparse` gives them.
        dtype: dtype of the values.
        rank: the rank of the result, where it is known.

    Returns:
        A SparseTensor `[n, ...]`, as large as the largest row.

    Raises:
        tf.errors.InvalidArgumentError: if a row cannot be read, or the rows differ in rank.

    >>> import tidefall as tf
    >>> rows = tf.io.serialize_many_sparse(tf.sparse.from_dense([[0, 1], [2, 0]]))
    >>> tf.io.deserialize_many_sparse(rows, tf.int32).dense_shape.numpy()
    array([2, 2])
    """
    indices, values, shape = deserialize_many_sparse_op(
        serialized_sparse, dtype=as_dtype(dtype), name=name
    )
    indices.set_shape([None, rank])
    shape.set_shape([rank])
    return SparseTensor(indices, values, shape)
