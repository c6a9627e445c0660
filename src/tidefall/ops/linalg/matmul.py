"""Matrix products: `tf.matmul`, `tf.linalg.matvec` and the ops behind them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dispatch import OTHER, dispatchable, is_dispatched, redirect
from tidefall.base.dtypes import DType, as_dtype
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape, broadcast_shape
from tidefall.base.state import name_scope, state
from tidefall.native.library import call, takes_floats, takes_integers, takes_products
from tidefall.native.matmul import FEWEST_MULTIPLICATIONS, FEWEST_WHEN_TRANSPOSED, multiply
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.observers import observe
from tidefall.op.registry import find_op, op
from tidefall.op.traits import GAINS_BY_HALF, MULTILINEAR, TOTAL
from tidefall.ops.batching import Call, Fallback, broadcasting, joined, same_shape, shape_vector
from tidefall.ops.common import invalid, is_static, jnp, needs, shape_text
from tidefall.ops.fast import fast_dtypes
from tidefall.ops.lowering_cpu import native_or_xla
from tidefall.ops.math.elementwise import conjugate
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import EagerTensor, ndarray

_BFLOAT16 = dtypes.bfloat16.as_numpy_dtype

# ---- the product of two stacks of matrices ----


def product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """`a @ b` over the last two dimensions, in the dtype of `a`."""
    dtype = a.dtype
    if dtype.kind == "V" or dtype.char == "e":
        # NumPy has no BLAS for narrow floats; accumulate them in float32 as TensorFlow does.
        return product(a.astype(np.float32), b.astype(np.float32)).astype(dtype)
    if dtype.kind in "iu" and a.size * b.shape[-1] > 4096 and _is_exact(a, b):
        wide = product(a.astype(np.float64), b.astype(np.float64))
        return wide.astype(np.int64).astype(dtype)
    if b.ndim == 2 and a.ndim > 2 and a.flags.c_contiguous:
        # One large product instead of one for each matrix of the stack.
        return product(a.reshape(-1, a.shape[-1]), b).reshape(*a.shape[:-1], b.shape[1])
    if _is_for_kernel(a, b):
        turn_a, turn_b = _lies_turned(a), _lies_turned(b)
        return multiply(call, a.T if turn_a else a, b.T if turn_b else b, turn_a, turn_b)
    return np.matmul(_dense(a), _dense(b))


def _is_for_kernel(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether the native kernel multiplies matrices.

    It is as fast as BLAS where nothing else runs. Beside other work, as that of the compiler, the
    threads of BLAS wait for each other, and products take ten times as long; those of the kernel
    take what work is left.
    """
    return (
        a.ndim == b.ndim == 2
        and a.size * b.shape[1] >= FEWEST_MULTIPLICATIONS
        and a.shape[1] == b.shape[0]
        and takes_floats(a, b)
    )


def _lies_turned(x: np.ndarray) -> bool:
    return x.flags.f_contiguous and not x.flags.c_contiguous


def _is_exact(a: np.ndarray, b: np.ndarray) -> bool:
    """True if float64 holds every sum of products exactly: BLAS is ten times as fast then."""
    largest = max(-int(a.min()), int(a.max())) * max(-int(b.min()), int(b.max()))
    return largest * a.shape[-1] < 2**53


def _dense(x: np.ndarray) -> np.ndarray:
    """A copy of an array whose strides BLAS cannot take, such as a broadcast one."""
    if x.size < 64 or x.flags.c_contiguous:
        return x
    step, (rows, columns) = x.itemsize, x.strides[-2:]
    if (columns == step and rows >= step) or (rows == step and columns >= step):
        return x
    return np.ascontiguousarray(x)


def _swapped(x: Any, transpose: bool, conjugated: bool) -> Any:
    if transpose:
        x = x.swapaxes(-1, -2)
    return x.conj() if conjugated and x.dtype.kind == "c" else x


def _require_matrices(a: Any, b: Any) -> None:
    if a.ndim != 2 or b.ndim != 2:
        # NumPy would multiply vectors and stacks, too.
        worst = a.ndim if a.ndim != 2 else b.ndim
        raise invalid(f"In[0] and In[1] ndims must be == 2: {worst}")


def _matmul_host(a: Any, b: Any, *, transpose_a: bool, transpose_b: bool) -> Any:
    _require_matrices(a, b)
    return product(a.T if transpose_a else a, b.T if transpose_b else b)


def _matmul_xla(a: Any, b: Any, *, transpose_a: bool, transpose_b: bool) -> Any:
    def in_general(a: Any, b: Any) -> Any:
        return jnp.matmul(a.T if transpose_a else a, b.T if transpose_b else b)

    # XLA is slow at gradients of weights, whose first matrix is transposed, and at all of bfloat16.
    is_narrow = a.dtype == _BFLOAT16
    fewest = FEWEST_MULTIPLICATIONS if is_narrow else FEWEST_WHEN_TRANSPOSED
    slow = transpose_a or is_narrow
    if not slow or a.size * b.shape[0 if transpose_b else 1] < fewest:
        return in_general(a, b)
    return native_or_xla(
        lambda run, a, b: multiply(run, a, b, transpose_a, transpose_b),
        in_general,
        a,
        b,
        takes=takes_products,
    )


def _require_stacks(x: Any, y: Any) -> None:
    for position, value in enumerate((x, y)):
        if value.ndim < 2:
            raise invalid(f"In[{position}] ndims must be >= 2: {value.ndim}")


def _batch_host(x: Any, y: Any, *, adj_x: bool, adj_y: bool) -> Any:
    _require_stacks(x, y)
    return product(_swapped(x, adj_x, adj_x), _swapped(y, adj_y, adj_y))


def _batch_xla(x: Any, y: Any, *, adj_x: bool, adj_y: bool) -> Any:
    if x.ndim == y.ndim == 2 and x.dtype.kind != "c":
        return _matmul_xla(x, y, transpose_a=adj_x, transpose_b=adj_y)
    if x.dtype == _BFLOAT16 and x.ndim > 2 == y.ndim and not adj_x:
        out = _matmul_xla(_flat(x), y, transpose_a=False, transpose_b=adj_y)
        return out.reshape(*x.shape[:-1], out.shape[-1])
    return jnp.matmul(_swapped(x, adj_x, adj_x), _swapped(y, adj_y, adj_y))


def _mixed_host(x: Any, y: Any, *, adj_x: bool, adj_y: bool, Tout: DType) -> Any:
    _require_stacks(x, y)
    kind = Tout.as_numpy_dtype
    narrow = Tout.is_floating and Tout.size < 4
    work = np.float32 if narrow else kind
    x, y = _swapped(x, adj_x, adj_x), _swapped(y, adj_y, adj_y)
    return product(x.astype(work, copy=False), y.astype(work, copy=False)).astype(kind, copy=False)


def _mixed_xla(x: Any, y: Any, *, adj_x: bool, adj_y: bool, Tout: DType) -> Any:
    kind = Tout.as_numpy_dtype

    def in_general(x: Any, y: Any) -> Any:
        x, y = _swapped(x, adj_x, adj_x), _swapped(y, adj_y, adj_y)
        return jnp.matmul(x, y, preferred_element_type=kind).astype(kind)

    plain = y.ndim == 2 and kind is np.int32 and (x.ndim == 2 or not adj_x)
    if not plain or x.size * y.shape[0 if adj_y else 1] < FEWEST_MULTIPLICATIONS:
        return in_general(x, y)

    def kernel(run: Any, x: Any, y: Any) -> Any:
        out = multiply(run, x if x.ndim == 2 else _flat(x), y, adj_x, adj_y)
        return out if x.ndim == 2 else out.reshape(*x.shape[:-1], out.shape[-1])

    return native_or_xla(kernel, in_general, x, y, takes=takes_integers)


def _flat(x: Any) -> Any:
    """The matrices of a stack as one."""
    return x.reshape(math.prod(x.shape[:-1]), x.shape[-1])


# ---- shapes ----


def _matmul_shape(c: Inference) -> TensorShape:
    return _product_shape(c, c.attr("transpose_a"), c.attr("transpose_b"), exact=True)


def _batch_shape(c: Inference) -> TensorShape:
    return _product_shape(c, c.attr("adj_x"), c.attr("adj_y"), exact=False)


def _product_shape(c: Inference, swap_a: bool, swap_b: bool, exact: bool) -> TensorShape:
    a, b = c.shape(0), c.shape(1)
    if exact:
        a, b = _matrix(a), _matrix(b)
    if a.rank is None or b.rank is None:
        return TensorShape(None)
    for shape in (a, b):
        if shape.rank < 2:
            raise ValueError(f"Shape must be at least rank 2 but is rank {shape.rank}")
    rows, inner_a = (a[-1], a[-2]) if swap_a else (a[-2], a[-1])
    inner_b, columns = (b[-1], b[-2]) if swap_b else (b[-2], b[-1])
    if inner_a is not None and inner_b is not None and inner_a != inner_b:
        raise ValueError(
            f"Matrix size-incompatible: In[0]: {shape_text(a)}, In[1]: {shape_text(b)}. "
            f"Dimensions must be equal, but are {inner_a} and {inner_b}"
        )
    return TensorShape([*_batch_dims(a, b), rows, columns])


def _matrix(shape: TensorShape) -> TensorShape:
    if shape.rank is None:
        return TensorShape([None, None])
    if shape.rank != 2:
        raise ValueError(f"Shape must be rank 2 but is rank {shape.rank}")
    return shape


def _batch_dims(a: TensorShape, b: TensorShape) -> list[int | None]:
    try:
        return broadcast_shape(a[:-2], b[:-2]).as_list()
    except ValueError:
        raise ValueError(
            "In[0] and In[1] must have compatible batch dimensions: "
            f"{shape_text(a)} vs. {shape_text(b)}"
        ) from None


# ---- gradients ----


def _matmul_grad(op: Any, dy: Any) -> list[Any]:
    a, b = conjugate(op.inputs[0]), conjugate(op.inputs[1])
    t_a, t_b = op.attrs["transpose_a"], op.attrs["transpose_b"]
    da = db = None
    if needs(op, 0):
        if t_a:
            da = matmul(b, dy, transpose_a=t_b, transpose_b=True, grad_b=True)
        else:
            da = matmul(dy, b, transpose_b=not t_b, grad_a=True)
    if needs(op, 1):
        if t_b:
            db = matmul(dy, a, transpose_a=True, transpose_b=t_a, grad_a=True)
        else:
            db = matmul(a, dy, transpose_a=not t_a, grad_b=True)
    return [da, db]


def _batch_grads(op: Any, multiply: Any, dy: Any) -> list[Any]:
    x, y = op.inputs
    adj_x, adj_y = op.attrs["adj_x"], op.attrs["adj_y"]
    grads: list[Any] = [None, None]
    if needs(op, 0):
        if adj_x:
            grads[0] = multiply(y, dy, adj_x=adj_y, adj_y=True)
        else:
            grads[0] = multiply(dy, y, adj_x=False, adj_y=not adj_y)
    if needs(op, 1):
        if adj_y:
            grads[1] = multiply(dy, x, adj_x=True, adj_y=adj_x)
        else:
            grads[1] = multiply(x, dy, adj_x=not adj_x, adj_y=False)
    return grads


def _batch_grad(op: Any, dy: Any) -> list[Any]:
    return _batch_grads(op, find_op(op.type), dy)


def _adjoint_product(x: Any, y: Any, adj_x: bool, adj_y: bool) -> Any:
    if x.dtype.is_complex or x.shape.rank == y.shape.rank == 2:
        return batch_matmul_op(x, y, adj_x=adj_x, adj_y=adj_y)
    return matmul(x, y, transpose_a=adj_x, transpose_b=adj_y)


def _batch_v2_grad(op: Any, dy: Any) -> list[Any]:
    x, y = op.inputs
    if _is_one_product(op, dy):
        # The product of the rows of all matrices: theirs need not be kept to be added up.
        rows, dy_rows = _rows(x), _rows(dy)
        adj_y, product = op.attrs["adj_y"], _adjoint_product
        dx = product(dy_rows, y, False, not adj_y) if needs(op, 0) else None
        first, second = (dy_rows, rows) if adj_y else (rows, dy_rows)
        return [
            None if dx is None else raw.Reshape(dx, raw.Shape(x)),
            product(first, second, True, False) if needs(op, 1) else None,
        ]
    dx, dy = _batch_grads(op, _adjoint_product, dy)
    return [
        None if dx is None else _unbatch(dx, x, y, True),
        None if dy is None else _unbatch(dy, y, x, False),
    ]


def _is_one_product(op: Any, dy: Any) -> bool:
    """Whether a stack of matrices was multiplied with a single one, as dense layers do."""
    x, y = op.inputs
    if op.attrs["adj_x"] or y.shape.rank != 2 or x.shape.rank in (None, 2) or dy.shape.rank is None:
        return False
    return bool(x.shape[-1]) and bool(dy.shape[-1])


def _rows(x: Any) -> Any:
    return raw.Reshape(x, np.array([-1, x.shape[-1]], np.int32))


def _mixed_grad(op: Any, dy: Any) -> list[Any]:
    x, y = op.inputs

    def multiply(a: Any, b: Any, **adjoints: bool) -> Any:
        return batch_matmul_mixed_op(a, b, Tout=op.attrs["Tout"], **adjoints)

    dx, dy = _batch_grads(op, multiply, dy)
    return [
        None if dx is None else _cast_like(_unbatch(dx, x, y, True), x),
        None if dy is None else _cast_like(_unbatch(dy, y, x, False), y),
    ]


def _cast_like(grad: Any, x: Any) -> Any:
    return grad if grad.dtype == x.dtype else raw.Cast(grad, DstT=x.dtype)


def _unbatch(grad: Any, source: Any, other: Any, first: bool) -> Any:
    """Sum a gradient over the batch dimensions that were broadcast."""
    if is_static(grad, source):
        shape, target = grad.shape.as_list(), source.shape.as_list()
        if shape == target:
            return grad
        lead = len(shape) - len(target)
        axes = [i for i in range(len(shape) - 2) if i < lead or target[i - lead] != shape[i]]
        summed = raw.Sum(grad, np.array(axes, np.int32))
        return raw.Reshape(summed, np.array(target, np.int32))
    shape_op, slice_op = raw.Shape, raw.StridedSlice
    whole, rest = shape_op(source), shape_op(other)
    ends = [np.array([v], np.int32) for v in (0, -2, 1)]
    batch = [slice_op(s, *ends, begin_mask=1) for s in (whole, rest)]
    pair = batch if first else batch[::-1]
    axes = raw.BroadcastGradientArgs(*pair)[0 if first else 1]
    return raw.Reshape(raw.Sum(grad, axes), whole)


# ---- ops ----


def _matmul_batching(call: Call) -> Any:
    """One matrix for all runs: all their rows at once. Else a product of batches."""
    left, right = call.tensor(0), call.tensor(1)
    if call.is_stacked(0) and not call.is_stacked(1) and not call.attrs["transpose_a"]:
        shape = shape_vector(left)
        rows = raw.Reshape(left, joined([-1], shape[2:])) if _is_plain(left) else None
        if rows is not None:
            found = call.run([rows, right])
            return raw.Reshape(found, joined(shape[:2], shape_vector(found)[1:]))
    if left.dtype.is_complex and (call.attrs["transpose_a"] or call.attrs["transpose_b"]):
        raise Fallback  # the batched op conjugates what it transposes
    return raw.BatchMatMulV2(
        left, right, adj_x=call.attrs["transpose_a"], adj_y=call.attrs["transpose_b"]
    )


def _is_plain(tensor: Any) -> bool:
    shape = tensor.shape
    return shape.rank == 3 and shape[2] is not None and shape[2] != 0


matmul_op = op(
    "MatMul",
    shape=_matmul_shape,
    host=_matmul_host,
    xla=_matmul_xla,
    effects=PURE,
    traits=(MULTILINEAR, TOTAL, GAINS_BY_HALF),
    batching=_matmul_batching,
    gradient=_matmul_grad,
)
batch_matmul_v1_op = op(
    "BatchMatMul",
    shape=_batch_shape,
    host=_batch_host,
    xla=_batch_xla,
    effects=PURE,
    traits=(MULTILINEAR, GAINS_BY_HALF),
    batching=same_shape,
    gradient=_batch_grad,
)
batch_matmul_op = op(
    "BatchMatMulV2",
    shape=_batch_shape,
    host=_batch_host,
    xla=_batch_xla,
    effects=PURE,
    traits=(MULTILINEAR, TOTAL, GAINS_BY_HALF),
    batching=broadcasting,
    gradient=_batch_v2_grad,
)
batch_matmul_mixed_op = op(
    "BatchMatMulV3",
    shape=_batch_shape,
    host=_mixed_host,
    xla=_mixed_xla,
    effects=PURE,
    traits=(MULTILINEAR,),
    batching=broadcasting,
    gradient=_mixed_grad,
)

_FAST = {d: v for d, v in fast_dtypes(matmul_op, kinds="fc").items() if d.char != "e"}
_FAST_STACK = fast_dtypes(batch_matmul_op, kinds="f")


def _fast(
    a: EagerTensor,
    b: EagerTensor,
    transpose_a: bool,
    transpose_b: bool,
    grad_a: bool,
    grad_b: bool,
) -> EagerTensor | None:
    """The product of two plain eager arrays; None leaves it to the common path."""
    needs_dispatch = state.needs_dispatch
    if needs_dispatch and state.off_host:
        return None
    x, y = a.storage, b.storage
    if type(x) is not ndarray or type(y) is not ndarray or x.dtype is not y.dtype:
        return None
    flat = x.ndim == 2 and y.ndim == 2
    attrs = _FAST.get(x.dtype) if flat else _FAST_STACK.get(x.dtype)
    if attrs is None or x.ndim < 2 or y.ndim < 2:
        return None
    try:
        if flat:
            # Half the time of np.matmul for small matrices, and it never warns.
            result = (x.T if transpose_a else x).dot(y.T if transpose_b else y)
        else:
            result = product(_swapped(x, transpose_a, False), _swapped(y, transpose_b, False))
    except (ValueError, RuntimeWarning):
        return None
    out = EagerTensor(result)
    if needs_dispatch:
        if flat:
            turns = {"transpose_a": transpose_a, "transpose_b": transpose_b}
            marks = {"grad_a": grad_a, "grad_b": grad_b}
            observe(matmul_op, [a, b], {**attrs, **turns, **marks}, [out])
        else:
            turns = {"adj_x": transpose_a, "adj_y": transpose_b}
            marks = {"grad_x": grad_a, "grad_y": grad_b}
            observe(batch_matmul_op, [a, b], {**attrs, **turns, **marks}, [out])
    return out


@export("matmul", "linalg.matmul", dispatch=OTHER)
@dispatchable
def matmul(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    transpose_b: bool = False,
    adjoint_a: bool = False,
    adjoint_b: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    output_type: Any = None,
    grad_a: bool = False,
    grad_b: bool = False,
    name: str | None = None,
) -> Any:
    """Product of matrices, or of stacks of matrices whose leading dimensions broadcast.

    Args:
        a: tensor of shape `[..., rows, inner]`.
        b: tensor of the same dtype and shape `[..., inner, columns]`.
        transpose_a: swap the last two dimensions of `a` first.
        transpose_b: swap the last two dimensions of `b` first.
        adjoint_a: swap them and conjugate.
        adjoint_b: swap them and conjugate.
        a_is_sparse: a hint that is ignored.
        b_is_sparse: a hint that is ignored.
        output_type: dtype of the result where it differs from the inputs', such as int32 for
            int8 inputs.
        grad_a: says that `a` is a gradient; only recorded in the graph.
        grad_b: says that `b` is a gradient; only recorded in the graph.
        name: name of the node in a graph.

    Returns:
        A tensor of shape `[..., rows, columns]`.

    Raises:
        ValueError: if a matrix is to be both transposed and adjoint.
        InvalidArgumentError: if the shapes or dtypes do not fit.

    >>> import tidefall as tf
    >>> tf.matmul([[1, 2]], [[3], [4]]).numpy()
    array([[11]], dtype=int32)
    """
    special = adjoint_a or adjoint_b or output_type is not None
    plain = type(transpose_a) is bool and type(transpose_b) is bool  # the op refuses others
    if type(a) is EagerTensor and type(b) is EagerTensor and plain and not special:
        fast = _fast(a, b, transpose_a, transpose_b, grad_a, grad_b)
        if fast is not None:
            return fast
    if is_dispatched(a) or is_dispatched(b):
        extra = {} if output_type is None else {"output_type": output_type}
        flags = transpose_a, transpose_b, adjoint_a, adjoint_b
        made = redirect("matmul", a, b, *flags, name=name, **extra)
        if made is not NotImplemented:
            return made
    rest = (transpose_a, transpose_b, adjoint_a, adjoint_b, output_type, grad_a, grad_b)
    if state.graph is None:
        return _general(a, b, *rest, name)
    with name_scope(name or "MatMul") as scope:
        return _general(a, b, *rest, scope)


def _general(
    a: Any,
    b: Any,
    transpose_a: bool,
    transpose_b: bool,
    adjoint_a: bool,
    adjoint_b: bool,
    output_type: Any,
    grad_a: bool,
    grad_b: bool,
    name: str | None,
) -> Any:
    for side, transposed, adjoint in (("a", transpose_a, adjoint_a), ("b", transpose_b, adjoint_b)):
        if transposed and adjoint:
            raise ValueError(
                f"Only one of `transpose_{side}` and `adjoint_{side}` can be True. Received "
                f"`transpose_{side}`={transposed}, `adjoint_{side}`={adjoint}."
            )
    a = convert_to_tensor(a, name="a")
    # A value on the right becomes a tensor of the left one's dtype if it can; never the reverse.
    hint = a.dtype.base_dtype if output_type is None else None
    b = convert_to_tensor(b, dtype_hint=hint, name="b")
    rank_a, rank_b = a.shape.rank, b.shape.rank
    wanted = None if output_type is None else as_dtype(output_type)
    mixed = wanted is not None and (wanted != a.dtype or wanted != b.dtype)
    if mixed or rank_a is None or rank_a > 2 or rank_b is None or rank_b > 2:
        # These ops know adjoints only: conjugate first where a mere transpose is wanted.
        a = conjugate(a) if transpose_a else a
        b = conjugate(b) if transpose_b else b
        adjoints = {"adj_x": transpose_a or adjoint_a, "adj_y": transpose_b or adjoint_b}
        marks = {"grad_x": grad_a, "grad_y": grad_b}
        if mixed:
            return batch_matmul_mixed_op(
                a, b, Tout=wanted, name=name or "MatMul", **adjoints, **marks
            )
        return batch_matmul_op(a, b, name=name or "MatMul", **adjoints, **marks)
    if a.dtype != b.dtype and dtypes.bfloat16 in (a.dtype, b.dtype):
        turns = {"transpose_a": transpose_a or adjoint_a, "transpose_b": transpose_b or adjoint_b}
        return raw.SparseMatMul(a, b, name=name, **turns)  # mixes it with float32
    return matmul_op(
        conjugate(a) if adjoint_a else a,
        conjugate(b) if adjoint_b else b,
        transpose_a=transpose_a or adjoint_a,
        transpose_b=transpose_b or adjoint_b,
        grad_a=grad_a,
        grad_b=grad_b,
        name=name,
    )


@export("linalg.matvec", dispatch=OTHER)
def matvec(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    adjoint_a: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    name: str | None = None,
) -> Any:
    """Product of matrices with vectors; leading dimensions broadcast.

    Args:
        a: tensor of shape `[..., rows, columns]`.
        b: tensor of the same dtype and shape `[..., columns]`.
        transpose_a: swap the last two dimensions of `a` first.
        adjoint_a: swap them and conjugate.
        a_is_sparse: a hint that is ignored.
        b_is_sparse: a hint that is ignored.
        name: name of the node in a graph.

    Returns:
        A tensor of shape `[..., rows]`.

    Raises:
        InvalidArgumentError: if the shapes or dtypes do not fit.

    >>> import tidefall as tf
    >>> tf.linalg.matvec([[1, 2], [3, 4]], [10, 1]).numpy()
    array([12, 34], dtype=int32)
    """
    with name_scope(name or "MatVec"):
        a, b = convert_to_tensor(a, name="a"), convert_to_tensor(b, name="b")
        column = raw.ExpandDims(b, np.int32(-1))
        result = matmul(a, column, transpose_a=transpose_a, adjoint_a=adjoint_a)
        return raw.Squeeze(result, squeeze_dims=[-1])
