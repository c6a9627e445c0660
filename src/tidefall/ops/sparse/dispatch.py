"""What public functions and operators do with sparse tensors.

Few of TensorFlow's do anything: functions that map zero to zero work on the values, and products
and quotients with dense tensors keep the positions.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.dispatch import api, handles, operators
from tidefall.base.dtypes import as_dtype
from tidefall.base.errors import InvalidArgumentError
from tidefall.base.shapes import TensorShape
from tidefall.composite.sparse_tensor import SparseTensor
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import op
from tidefall.ops.math import cast as casting
from tidefall.ops.math.division import true_operands
from tidefall.tensor.conversion import convert_to_tensor


def _places(indices: Any, dense: Any) -> tuple[Any, ...]:
    """Where in a dense array, broadcast, the positions of a sparse one are."""
    first = indices.shape[1] - dense.ndim
    if first < 0:
        raise InvalidArgumentError(
            None,
            None,
            "SparseDenseBinaryOpShared broadcasts dense to sparse only; got a dense tensor of rank "
            f"{dense.ndim} and a sparse one of rank {indices.shape[1]}",
        )
    return tuple(
        indices[:, first + i] * (0 if size == 1 else 1) for i, size in enumerate(dense.shape)
    )


def _check(dense_shape: np.ndarray, dense: np.ndarray) -> None:
    tail = dense_shape[len(dense_shape) - dense.ndim :]
    if any(size not in (1, wanted) for size, wanted in zip(dense.shape, tail, strict=False)):
        raise InvalidArgumentError(
            None,
            None,
            "SparseDenseBinaryOpShared broadcasts dense to sparse only; got incompatible shapes: "
            f"{list(map(int, dense_shape))} vs. {list(dense.shape)}",
        )


def _mul_host(indices: Any, values: Any, shape: Any, dense: Any) -> Any:
    places = _places(indices, dense)
    _check(shape, dense)
    return values * dense[places]


def _mul_xla(indices: Any, values: Any, shape: Any, dense: Any) -> Any:
    return values * dense[_places(indices, dense)]


def _quotient(values: Any, dense: Any) -> Any:
    if np.issubdtype(values.dtype, np.integer):
        return (values // dense).astype(values.dtype)
    return values / dense


def _div_host(indices: Any, values: Any, shape: Any, dense: Any) -> Any:
    places = _places(indices, dense)
    _check(shape, dense)
    return _quotient(values, dense[places])


def _div_xla(indices: Any, values: Any, shape: Any, dense: Any) -> Any:
    return _quotient(values, dense[_places(indices, dense)])


def _like_values(c: Inference) -> TensorShape:
    return c.shape(1)


def _met(indices: Any, dense: Any) -> tuple[Any, Any]:
    """Positions in the dense tensor, int64 `[n, rank]`, and its elements there."""
    rank = dense.shape.rank
    sizes = raw.Shape(dense, out_type="int64")
    moves = casting.cast(raw.NotEqual(sizes, np.array(1, np.int64)), "int64")
    columns = (indices[:, -rank:] if rank else indices[:, :0]) * moves
    return columns, raw.GatherNd(dense, columns)


def _mul_grad(record: Any, grad: Any) -> list[Any]:
    indices, values, _, dense = record.inputs
    places, met = _met(indices, dense)
    shape = raw.Shape(dense, out_type="int64")
    return [None, grad * met, None, raw.ScatterNd(places, grad * values, shape)]


def _div_grad(record: Any, grad: Any) -> list[Any]:
    indices, values, _, dense = record.inputs
    places, met = _met(indices, dense)
    shape = raw.Shape(dense, out_type="int64")
    back = raw.ScatterNd(places, -grad * values / (met * met), shape)
    return [None, grad / met, None, back]


mul_op = op(
    "SparseDenseCwiseMul",
    shape=_like_values,
    host=_mul_host,
    xla=_mul_xla,
    effects=PURE,
    gradient=_mul_grad,
)
div_op = op(
    "SparseDenseCwiseDiv",
    shape=_like_values,
    host=_div_host,
    xla=_div_xla,
    effects=PURE,
    gradient=_div_grad,
)


def _dense(sparse: SparseTensor, other: Any) -> Any:
    return convert_to_tensor(other, sparse.dtype)


def _multiply(sparse: SparseTensor, other: Any) -> SparseTensor:
    dense = _dense(sparse, other)
    values = mul_op(sparse.indices, sparse.values, sparse.dense_shape, dense)
    return sparse.with_values(values)


def _divide(sparse: SparseTensor, other: Any) -> SparseTensor:
    values, dense = true_operands(sparse.values, other)
    return sparse.with_values(div_op(sparse.indices, values, sparse.dense_shape, dense))


operators["sparse.__mul__"] = _multiply
operators["sparse.__truediv__"] = _divide


@handles("multiply", given=SparseTensor)
def _product(x: Any, y: Any, name: str | None = None) -> Any:
    """A dense tensor times a sparse one, as `dense * sparse` asks for."""
    if isinstance(y, SparseTensor) and not isinstance(x, SparseTensor):
        return _multiply(y, x)
    return NotImplemented


@handles("divide", given=SparseTensor)
def _ratio(x: Any, y: Any, name: str | None = None) -> Any:
    return _divide(x, y) if isinstance(x, SparseTensor) else NotImplemented


@handles("size", given=SparseTensor)
def _size(input: Any, out_type: Any = None, name: str | None = None) -> Any:
    wanted = as_dtype("int32" if out_type is None else out_type)
    total = raw.Prod(input.dense_shape, np.array(0, np.int32), keep_dims=False)
    return casting.cast(total, wanted)


@handles("rank", given=SparseTensor)
def _rank(input: Any, name: str | None = None) -> Any:
    return raw.Size(input.dense_shape)


def _on_values(name: str) -> None:
    @handles(name, given=SparseTensor)
    def apply(x: Any, name: str | None = None, *, _name: str = name) -> Any:
        return x.with_values(api(_name).function(x.values))


for _name in ("abs", "negative", "sign", "square", "sqrt", "tanh", "math.erf"):
    _on_values(_name)
