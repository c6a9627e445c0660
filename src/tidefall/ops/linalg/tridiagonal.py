"""Products and systems with tridiagonal matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import name_scope
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import op
from tidefall.ops.array.padding import pad
from tidefall.ops.array.reshaping import expand_dims, squeeze
from tidefall.ops.array.shapes_of import shape
from tidefall.ops.array.stacking import stack, unstack
from tidefall.ops.common import invalid, jnp, lax, shape_text
from tidefall.ops.linalg.batches import as_matrix, conj, dims_of, summed_to
from tidefall.ops.linalg.matrices import diag_part, matrix_transpose
from tidefall.ops.reductions.functions import reduce_sum

# ---- TridiagonalMatMul ----


def _moved(x: Any, by: int, xp: Any) -> Any:
    """Rows moved down by one (or up), with zeros where none came from."""
    zero = xp.zeros((*x.shape[:-2], min(1, x.shape[-2]), x.shape[-1]), x.dtype)
    parts = [zero, x[..., :-1, :]] if by > 0 else [x[..., 1:, :], zero]
    return xp.concatenate(parts, -2)


def _matmul(superdiag: Any, maindiag: Any, subdiag: Any, rhs: Any, xp: Any) -> Any:
    rows = rhs.shape[-2] if rhs.ndim >= 2 else -1
    for what, x in (("superdiagonal", superdiag), ("diagonal", maindiag), ("subdiagonal", subdiag)):
        if x.ndim < 2 or x.shape[-1] != rows or x.shape[-2] != 1:
            raise invalid(
                f"Invalid {what} shape: {shape_text(x.shape)}, expected [..., 1, {rows}]."
            )
    main, above, below = (d[..., 0, :, None] for d in (maindiag, superdiag, subdiag))
    return main * rhs + above * _moved(rhs, -1, xp) + below * _moved(rhs, 1, xp)


def _matmul_grad(op: Any, dy: Any) -> list[Any]:
    above, main, below, x = op.inputs
    column = lambda d: matrix_transpose(conj(d))  # noqa: E731
    dx = column(main) * dy + _down(column(above) * dy) + _up(column(below) * dy)
    row = lambda y: expand_dims(reduce_sum(conj(y) * dy, axis=-1), -2)  # noqa: E731
    grads = [row(_up(x)), row(x), row(_down(x)), dx]
    return [summed_to(g, s) for g, s in zip(grads, op.inputs, strict=True)]


def _pads(shape: Any, before: int, after: int) -> Any:
    return [[0, 0]] * (shape.rank - 2) + [[before, after], [0, 0]]


def _down(x: Any) -> Any:
    return pad(x[..., :-1, :], _pads(x.shape, 1, 0))


def _up(x: Any) -> Any:
    return pad(x[..., 1:, :], _pads(x.shape, 0, 1))


tridiagonal_mat_mul_op = op(
    "TridiagonalMatMul",
    shape=lambda c: c.shape(3),
    host=lambda a, b, c, x: _matmul(a, b, c, x, np),
    xla=lambda a, b, c, x: _matmul(a, b, c, jnp.asarray(x), jnp),
    effects=PURE,
    gradient=_matmul_grad,
)


# ---- TridiagonalSolve ----


def _require(diagonals: Any, rhs: Any) -> None:
    if diagonals.ndim < 2 or rhs.ndim < 2:
        raise invalid(
            "Expected diagonals and rhs to have rank at least 2, got shapes "
            f"{shape_text(diagonals.shape)} and {shape_text(rhs.shape)}"
        )
    if diagonals.shape[-2] != 3:
        raise invalid(
            "Expected diagonals to be provided as a matrix with 3 rows, got "
            f"{diagonals.shape[-2]} rows."
        )
    if diagonals.shape[-1] != rhs.shape[-2]:
        raise invalid(
            "Expected the same number of left-hand sides and right-hand sides, got "
            f"{diagonals.shape[-1]} and {rhs.shape[-2]}."
        )
    if diagonals.shape[:-2] != rhs.shape[:-2]:
        raise invalid(
            f"Batch shapes of diagonals {shape_text(diagonals.shape)} and rhs "
            f"{shape_text(rhs.shape)} must be equal."
        )


def _solve_host(
    diagonals: np.ndarray, rhs: np.ndarray, *, partial_pivoting: bool, perturb_singular: bool
) -> np.ndarray:
    _require(diagonals, rhs)
    n = rhs.shape[-2]
    if not rhs.size:
        return np.zeros(rhs.shape, rhs.dtype)
    # Rows first: each step is then one operation on all systems and right-hand sides.
    first, main, last = (np.array(np.moveaxis(diagonals[..., i, :], -1, 0)) for i in range(3))
    b = np.array(np.moveaxis(rhs, -2, 0))
    return np.ascontiguousarray(
        np.moveaxis(_eliminate(first, main, last, b, n, partial_pivoting, perturb_singular), 0, -2)
    )


def _eliminate(
    above: np.ndarray,
    main: np.ndarray,
    below: np.ndarray,
    b: np.ndarray,
    n: int,
    pivoting: bool,
    perturb: bool,
) -> np.ndarray:
    """Gaussian elimination; a row that was exchanged has a second element above the diagonal."""
    above[-1] = 0
    second = np.zeros_like(above)
    tiny = np.finfo(b.dtype).eps
    for i in range(n - 1):
        low, under_main, under_above = below[i + 1], main[i + 1], above[i + 1]
        if pivoting:
            exchange = np.abs(low) > np.abs(main[i])
            head = np.where(exchange, low, main[i])
            tail = np.where(exchange, main[i], low)
            up, under = (
                np.where(exchange, under_main, above[i]),
                np.where(exchange, above[i], under_main),
            )
            second[i] = np.where(exchange, under_above, 0)
            rest = np.where(exchange, 0, under_above)
            wide = exchange[..., None]
            b[i], b[i + 1] = np.where(wide, b[i + 1], b[i]), np.where(wide, b[i], b[i + 1])
        else:
            head, tail, up, under, rest = main[i], low, above[i], under_main, under_above
        if perturb:
            head = np.where(head == 0, tiny, head)
        factor = tail / head
        main[i], above[i] = head, up
        main[i + 1] = under - factor * up
        above[i + 1] = rest - factor * second[i]
        b[i + 1] = b[i + 1] - factor[..., None] * b[i]
    if perturb:
        main[-1] = np.where(main[-1] == 0, tiny, main[-1])
    b[-1] = b[-1] / main[-1][..., None]
    for i in range(n - 2, -1, -1):
        known = above[i][..., None] * b[i + 1]
        if i + 2 < n:
            known = known + second[i][..., None] * b[i + 2]
        b[i] = (b[i] - known) / main[i][..., None]
    return b


def _solve_xla(diagonals: Any, rhs: Any, *, partial_pivoting: bool, perturb_singular: bool) -> Any:
    _require(diagonals, rhs)
    diagonals, rhs = jnp.asarray(diagonals), jnp.asarray(rhs)
    if not rhs.size:
        return jnp.zeros(rhs.shape, rhs.dtype)
    above, main, below = (jnp.moveaxis(diagonals[..., i, :], -1, 0) for i in range(3))
    above, below = above.at[-1].set(0), below.at[0].set(0)
    return jnp.moveaxis(
        _scanned(above, main, below, jnp.moveaxis(rhs, -2, 0), partial_pivoting, perturb_singular),
        0,
        -2,
    )


def _scanned(above: Any, main: Any, below: Any, b: Any, pivoting: bool, perturb: bool) -> Any:
    """The same elimination as two scans, one down and one up."""
    tiny = np.finfo(b.dtype).eps
    zero = jnp.zeros_like(main[0])

    def fix(head: Any) -> Any:
        return jnp.where(head == 0, tiny, head).astype(head.dtype) if perturb else head

    def down(carry: Any, row: Any) -> Any:
        d, u, r = carry
        low, next_d, next_u, next_r = row
        exchange = jnp.abs(low) > jnp.abs(d) if pivoting else jnp.zeros(d.shape, bool)
        pick = lambda yes, no: jnp.where(exchange, yes, no)  # noqa: E731
        head, tail = fix(pick(low, d)), pick(d, low)
        up, under = pick(next_d, u), pick(u, next_d)
        second, rest = pick(next_u, zero), pick(zero, next_u)
        turned = exchange[..., None]
        top, bottom = jnp.where(turned, next_r, r), jnp.where(turned, r, next_r)
        factor = tail / head
        after = (under - factor * up, rest - factor * second, bottom - factor[..., None] * top)
        return after, (head, up, second, top)

    start = (main[0], above[0], b[0])
    (d, _, r), kept = lax.scan(down, start, (below[1:], main[1:], above[1:], b[1:]))
    last = r / fix(d)[..., None]

    def back(carry: Any, row: Any) -> Any:
        nearer, farther = carry
        head, up, second, top = row
        x = (top - up[..., None] * nearer - second[..., None] * farther) / head[..., None]
        return (x, nearer), x

    _, others = lax.scan(back, (last, jnp.zeros_like(last)), kept, reverse=True)
    return jnp.concatenate([others, last[None]])


def _solve_shape(c: Inference) -> TensorShape:
    left, right = dims_of(c.shape(0)), dims_of(c.shape(1))
    if left is None or right is None:
        return TensorShape(None)
    (batch_a, count, size), (batch_b, rows, columns) = left, right
    if count not in (None, 3):
        raise ValueError(f"Expected diagonals to be provided as 3 rows, got {count}")
    if size is not None and rows is not None and size != rows:
        raise ValueError(f"Dimensions must be equal, but are {size} and {rows}")
    return TensorShape([*batch_a.merge_with(batch_b), size if size is not None else rows, columns])


def _solve_grad(op: Any, dy: Any) -> list[Any]:
    diagonals, x = op.inputs[0], op.outputs[0]
    above, main, below = unstack(diagonals, num=3, axis=-2)
    # The transpose has the diagonals exchanged, each moved by one place.
    turned = stack([_shift(below, -1), main, _shift(above, 1)], axis=-2)
    options = {key: op.attrs[key] for key in ("partial_pivoting", "perturb_singular")}
    db = tridiagonal_solve_op(conj(turned), dy, **options)
    row = lambda y: -reduce_sum(db * conj(y), axis=-1)  # noqa: E731
    return [stack([row(_up(x)), row(x), row(_down(x))], axis=-2), db]


def _shift(d: Any, by: int) -> Any:
    edge = [[0, 0]] * (d.shape.rank - 1)
    return pad(d[..., :-1], [*edge, [1, 0]]) if by > 0 else pad(d[..., 1:], [*edge, [0, 1]])


tridiagonal_solve_op = op(
    "TridiagonalSolve",
    shape=_solve_shape,
    host=_solve_host,
    xla=_solve_xla,
    effects=PURE,
    gradient=_solve_grad,
)


# ---- public functions: three formats of the diagonals ----


def compact_diagonals(diagonals: Any, form: str) -> Any:
    """The diagonals as `[..., 3, n]`."""
    if form == "compact":
        return as_matrix(diagonals, "diagonals")
    if form == "sequence":
        if not isinstance(diagonals, (list, tuple)) or len(diagonals) != 3:
            raise ValueError("Expected diagonals to be a sequence of length 3.")
        above, main, below = (as_matrix(d, "diagonals") for d in diagonals)
        return stack([_filled(above, main, True), main, _filled(below, main, False)], axis=-2)
    if form == "matrix":
        matrix = as_matrix(diagonals, "diagonals")
        n, m = matrix.shape[-2:] if matrix.shape.rank is not None else (None, None)
        if n is not None and m is not None and n != m:
            raise ValueError(f"Expected last two dimensions of diagonals to be same, got {n}, {m}")
        if n == 1:
            only = diag_part(matrix)
            return stack([only * 0, only, only * 0], axis=-2)
        return diag_part(matrix, k=(-1, 1), padding_value=0, align="LEFT_RIGHT")
    raise ValueError(f"Unrecognized diagonals_format: {form}")


def _filled(d: Any, main: Any, above: bool) -> Any:
    """A diagonal of n - 1 elements with a zero where the matrix has none."""
    n, length = main.shape[-1], d.shape[-1]
    if n is None or length is None:
        missing = shape(main)[-1] - shape(d)[-1]
    elif length != n - 1:
        return d
    else:
        missing = 1
    edge = [[0, 0]] * (d.shape.rank - 1)
    return pad(d, [*edge, [0, missing] if above else [missing, 0]])


@export("linalg.tridiagonal_matmul")
def tridiagonal_matmul(
    diagonals: Any, rhs: Any, diagonals_format: str = "compact", name: str | None = None
) -> Any:
    """Products of tridiagonal matrices with dense ones.

    Args:
        diagonals: the superdiagonal, main diagonal and subdiagonal: "compact" `[..., 3, n]`, where
            the last element of the first row and the first of the last row do not count;
            "sequence": a tuple of three tensors `[..., n]` (or `[..., n - 1]`); "matrix":
            `[..., n, n]`.
        rhs: matrices `[..., n, k]` of the same dtype.
        diagonals_format: one of the three.
        name: name of the scope in a graph.

    Returns:
        Matrices `[..., n, k]`.

    Raises:
        ValueError: for an unknown format.
        InvalidArgumentError: if the shapes do not fit.

    >>> import tidefall as tf
    >>> diagonals = [[1.0, 0.0], [2.0, 3.0], [0.0, 4.0]]
    >>> tf.linalg.tridiagonal_matmul(diagonals, [[1.0], [10.0]]).numpy().tolist()
    [[12.0], [34.0]]
    """
    with name_scope(name or "tridiagonal_matmul"):
        rhs = as_matrix(rhs, "rhs")
        diagonals = compact_diagonals(diagonals, diagonals_format)
        parts = (diagonals[..., i : i + 1, :] for i in range(3))
        return tridiagonal_mat_mul_op(*parts, rhs)


@export("linalg.tridiagonal_solve")
def tridiagonal_solve(
    diagonals: Any,
    rhs: Any,
    diagonals_format: str = "compact",
    transpose_rhs: bool = False,
    conjugate_rhs: bool = False,
    name: str | None = None,
    partial_pivoting: bool = True,
    perturb_singular: bool = False,
) -> Any:
    """Solve systems of equations with tridiagonal matrices.

    Args:
        diagonals: as for `tf.linalg.tridiagonal_matmul`.
        rhs: matrices `[..., n, k]`, or vectors `[..., n]`.
        diagonals_format: "compact", "sequence" or "matrix".
        transpose_rhs: transpose `rhs` first.
        conjugate_rhs: conjugate `rhs` first.
        name: name of the scope in a graph.
        partial_pivoting: exchange rows where that is more exact.
        perturb_singular: put a tiny number in place of a pivot that is 0.

    Returns:
        A tensor shaped like `rhs`; NaN or infinities where a matrix is singular.

    Raises:
        ValueError: if the static shapes do not fit, or the format is unknown.

    >>> import tidefall as tf
    >>> diagonals = [[1.0, 0.0], [2.0, 3.0], [0.0, 4.0]]
    >>> tf.linalg.tridiagonal_solve(diagonals, [12.0, 34.0]).numpy().round(4).tolist()
    [1.0, 10.0]
    """
    if perturb_singular and not partial_pivoting:
        raise ValueError("partial_pivoting must be True if perturb_singular is True.")
    with name_scope(name or "tridiagonal_solve"):
        if diagonals_format == "compact":
            both = as_matrix(diagonals, "diagonals"), as_matrix(rhs, "rhs")
            _check_compact(*both, turned=transpose_rhs)
        if diagonals_format == "sequence":
            _check_sequence(diagonals)
        diagonals = compact_diagonals(diagonals, diagonals_format)
        rhs = as_matrix(rhs, "rhs")
        is_vector = rhs.shape.rank is not None and rhs.shape.rank + 1 == diagonals.shape.rank
        if conjugate_rhs:
            rhs = conj(rhs)
        if is_vector:
            rhs = expand_dims(rhs, -1)
        elif transpose_rhs:
            rhs = matrix_transpose(rhs)
        found = tridiagonal_solve_op(
            diagonals, rhs, partial_pivoting=partial_pivoting, perturb_singular=perturb_singular
        )
        return squeeze(found, axis=-1) if is_vector else found


def _check_sequence(diagonals: Any) -> None:
    if not isinstance(diagonals, (tuple, list)) or len(diagonals) != 3:
        raise ValueError("Expected diagonals to be a sequence of length 3.")
    shapes = [as_matrix(part, "diagonals").shape for part in diagonals]
    if any(size.rank is None or size.rank == 0 for size in shapes):
        return
    middle = shapes[1][-1]
    for size in shapes:
        size[:-1].assert_is_compatible_with(shapes[1][:-1])
        if None not in (size[-1], middle) and size[-1] not in (middle, middle - 1):
            raise ValueError(
                "The diagonals must be as long as the middle one, or one shorter; they have the "
                f"shapes {', '.join(map(str, shapes))}."
            )


def _check_compact(diagonals: Any, rhs: Any, turned: bool) -> None:
    rank = diagonals.shape.rank
    if rank is None or rhs.shape.rank is None:
        return
    if rank < 2:
        raise ValueError(f"Expected diagonals to have rank at least 2, got {rank}")
    if rhs.shape.rank not in (rank, rank - 1):
        raise ValueError(
            f"Expected the rank of rhs to be {rank - 1} or {rank}, got {rhs.shape.rank}"
        )
    if diagonals.shape[-2] not in (None, 3):
        raise ValueError(f"Expected 3 diagonals got {diagonals.shape[-2]}")
    size = rhs.shape[-1 if turned or rhs.shape.rank < rank else -2]
    if None not in (size, diagonals.shape[-1]) and size != diagonals.shape[-1]:
        raise ValueError(
            "Expected number of left-hand sided and right-hand sides to be equal, got "
            f"{diagonals.shape[-1]} and {size}"
        )
