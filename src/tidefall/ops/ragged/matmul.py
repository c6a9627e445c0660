"""Products of matrices that make up ragged tensors."""

from __future__ import annotations

from typing import Any

from tidefall.base.dispatch import api, handles
from tidefall.composite.ragged.ragged_tensor import RaggedTensor
from tidefall.composite.ragged.row_partition import RowPartition
from tidefall.op import raw
from tidefall.ops.array import reshaping
from tidefall.ops.debugging.assertions import assert_equal
from tidefall.ops.ragged.broadcast import check_split_types, rebuilt
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import is_tensor

_INNERMOST = "The matrices in `a` and `b` may not be ragged in their innermost dimension."


@handles("linalg.matmul", given=RaggedTensor)
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
    """Products of matrices of which each may have a size of its own."""
    for which, transpose, adjoint in (("a", transpose_a, adjoint_a), ("b", transpose_b, adjoint_b)):
        if transpose and adjoint:
            raise ValueError(f"Only one of transpose_{which} and adjoint_{which} can be True.")
    options = {
        "transpose_a": transpose_a,
        "transpose_b": transpose_b,
        "adjoint_a": adjoint_a,
        "adjoint_b": adjoint_b,
        "a_is_sparse": a_is_sparse,
        "b_is_sparse": b_is_sparse,
        "output_type": output_type,
    }
    a, b = _operands(a, b)
    rank = a.shape.rank
    if rank < 2:
        raise ValueError("`a` and `b` must be at least matrices; got vectors.")
    if rank == 2:
        return api("linalg.matmul").function(_dense_matrix(a), _dense_matrix(b), **options)
    check_split_types(a, b)
    return _batches(a, b, options)


def _operands(a: Any, b: Any) -> tuple[Any, Any]:
    hint = next(v.dtype for v in (a, b) if isinstance(v, RaggedTensor))
    a, b = (v if is_tensor(v) else convert_to_tensor(v, dtype_hint=hint) for v in (a, b))
    a, b = (v if isinstance(v, RaggedTensor) else convert_to_tensor(v) for v in (a, b))
    if a.dtype != b.dtype:
        raise ValueError(f"`a` and `b` must have the same dtype. Got {a.dtype} and {b.dtype}.")
    if a.shape.rank is None or b.shape.rank is None or a.shape.rank != b.shape.rank:
        raise ValueError(
            f"`a` and `b` must have the same rank, which must be known. Got {a.shape} and "
            f"{b.shape}."
        )
    return a, b


def _dense_matrix(value: Any) -> Any:
    """A ragged matrix whose rows have one length, as a dense one."""
    if not isinstance(value, RaggedTensor):
        return value
    dense = value.to_tensor()
    held, all_ = (raw.Size(v) for v in (value.flat_values, dense))
    assert_equal(held, all_, message=_INNERMOST)
    return dense


def _batches(a: Any, b: Any, options: dict[str, Any]) -> Any:
    """Multiply what is in the rows of two tensors of one rank above 2."""
    dtype = next(v.row_splits.dtype for v in (a, b) if isinstance(v, RaggedTensor))
    a, b = (
        v if isinstance(v, RaggedTensor) else RaggedTensor.from_tensor(v, row_splits_dtype=dtype)
        for v in (a, b)
    )
    a.shape[:1].assert_is_compatible_with(b.shape[:1])
    if a.shape.rank == 3:
        return _matrices(a, b, options)
    assert_equal(
        a.row_splits, b.row_splits,
        message="Batch dimensions of `a` and `b` do not have the same size.",
    )  # fmt: skip
    x, y = a.values, b.values
    if isinstance(x, RaggedTensor) or isinstance(y, RaggedTensor):
        return a.with_values(_batches(x, y, options))
    return a.with_values(api("linalg.matmul").function(x, y, **options))


class _Side:
    """A batch of matrices: padded, and the number of rows and columns of each."""

    def __init__(self, value: RaggedTensor, transposed: bool):
        self.padded = value.to_tensor()
        rows = value._row_partition
        inner = value.values
        sizes = [rows.row_lengths(), None]
        static = [rows.static_uniform_row_length, value.shape[2]]
        ragged = isinstance(inner, RaggedTensor) and not inner._row_partition.is_uniform()
        if ragged:
            sizes[1] = _widths(value)
        known = raw.Shape(self.padded, out_type=rows.dtype)
        if sizes[1] is None:
            sizes[1] = raw.Fill(known[:1], known[2])
        order = [1, 0] if transposed else [0, 1]
        self.rows, self.columns = (sizes[i] for i in order)
        uniform = [rows.is_uniform(), not ragged]
        self.uniform = [uniform[i] for i in order]
        self.static = [static[i] for i in order]


def _widths(value: RaggedTensor) -> Any:
    """The length of the rows of each matrix, which must be one for all of its rows."""
    inner = value.values.row_lengths()
    rowids = value.value_rowids()
    widths = raw.UnsortedSegmentMax(inner, rowids, value.nrows())
    widths = raw.Maximum(widths, raw.ZerosLike(widths))
    assert_equal(inner, raw.GatherV2(widths, rowids, 0), message=_INNERMOST)
    return widths


def _matrices(a: RaggedTensor, b: RaggedTensor, options: dict[str, Any]) -> Any:
    """Multiply padded matrices; what is padded with zeros adds nothing to the sums."""
    left = _Side(a, options["transpose_a"] or options["adjoint_a"])
    right = _Side(b, options["transpose_b"] or options["adjoint_b"])
    assert_equal(
        left.columns, right.rows,
        message="tf.matmul: the columns of the matrices in `a` are not as many as the rows of "
        "those in `b`",
    )  # fmt: skip
    product = api("linalg.matmul").function(*_fitted(left, right, options), **options)
    dtype = left.rows.dtype
    if left.uniform[0]:
        size = raw.Shape(product, out_type=dtype)[1]
        fixed = left.static[0]
        count = a.nrows()
        partition = RowPartition.from_uniform_row_length(
            size if fixed is None else fixed, nrows=count, validate=False, dtype=dtype
        )
    else:
        partition = RowPartition.from_row_lengths(left.rows, validate=False)
    rows = RaggedTensor.from_tensor(product, lengths=left.rows, row_splits_dtype=dtype).values
    if right.uniform[1]:
        if getattr(rows, "is_symbolic", False):
            kept = not (options["transpose_a"] or options["adjoint_a"])
            rows.set_shape([a.values.shape[0] if kept else None, right.static[1]])
    else:
        widths = raw.GatherV2(right.columns, partition.value_rowids(), 0)
        rows = RaggedTensor.from_tensor(rows, lengths=widths, row_splits_dtype=dtype)
    return rebuilt(rows, [partition])


def _fitted(left: _Side, right: _Side, options: dict[str, Any]) -> tuple[Any, Any]:
    """The padded operands, with zeros so that the sizes summed over agree."""
    a, b = left.padded, right.padded
    axes = [
        1 if options["transpose_a"] or options["adjoint_a"] else 2,
        2 if options["transpose_b"] or options["adjoint_b"] else 1,
    ]
    static = [v.shape[axis] for v, axis in zip((a, b), axes, strict=True)]
    if static[0] is not None and static[0] == static[1]:
        return a, b
    sizes = [raw.Shape(v)[axis] for v, axis in zip((a, b), axes, strict=True)]
    most = raw.Maximum(*sizes)
    fitted = []
    for value, axis, size in zip((a, b), axes, sizes, strict=True):
        zero = raw.ZerosLike(size)
        after = [zero] * axis + [most - size] + [zero] * (2 - axis)
        none = raw.Pack([zero, zero, zero])
        pads = raw.Pack([none, raw.Pack(after)], axis=1)
        fitted.append(raw.Pad(value, pads))
    return fitted[0], fitted[1]


@handles("linalg.matvec", given=RaggedTensor)
def _matvec(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    adjoint_a: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    name: str | None = None,
) -> Any:
    """Products of matrices with one vector each."""
    if not is_tensor(b):
        b = convert_to_tensor(b, dtype_hint=a.dtype)
    columns = reshaping.expand_dims(b, -1)
    product = matmul(a, columns, transpose_a=transpose_a, adjoint_a=adjoint_a)
    return reshaping.squeeze(product, axis=-1)
