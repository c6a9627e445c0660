"""Reading and assigning variables."""

from tests.oracle.spec import case, const, f32, ints, program, raises, tensor, var


def assigned(label, change, *args, **options):
    return program(label, change, *args, **options)


HOST = ("eager", "host")
V, D = var(f32(3, 2)), f32(3, 2)
MORE_SLICES = {
    "more-dimensions": (lambda tf, v, x: v[0].assign(x), f32(1, 1, 2)),
    "read-again": (lambda tf, v, x: [v + 0.0, v[0].assign(x) * 2.0, v[0]], f32(2)),
    "tensor-index": (lambda tf, v, x: v[tf.constant(1), 1].assign(x), f32()),
}
BAD_SLICES = {
    "rank": (lambda tf, v, x: v[0].assign(x), f32(2, 1, 2)),
    "dtype": (lambda tf, v, x: v[0].assign(x), ints(2)),
    "index": (lambda tf, v, x: v[7].assign(x), f32(2)),
    "mask": (lambda tf, v, x: v[v > 0.0].assign(x), f32(2)),
}

SLICES = {
    "row": lambda v, x: v[1].assign(x[0]),
    "rows": lambda v, x: v[1:].assign(x[:2]),
    "column": lambda v, x: v[:, 0].assign(x[:, 1]),
    "broadcast": lambda v, x: v[:2].assign([[1.0, 2.0]]),
    "scalar": lambda v, x: v[2, 1].assign(7.0),
    "backwards": lambda v, x: v[::-1].assign(x),
    "ellipsis": lambda v, x: v[..., -1].assign(x[:, 0]),
    "new-axis": lambda v, x: v[None, 0].assign(x[:1]),
    "nothing": lambda v, x: v[3:].assign(x[3:]),
    "twice": lambda v, x: (v[0].assign(x[1]), v[1].assign(v[0] * 2.0))[1],
}
CASES = [
    *[
        assigned(f"slice-{name}", lambda tf, v, x, change=change: change(v, x), V, D)
        for name, change in SLICES.items()
    ],
    assigned("slice-strides", lambda tf, v, x: v[::2].assign(x[:2]), V, D, executors=HOST),
    assigned("slice-by-tensor", lambda tf, v, i: v[i : i + 1].assign([[5.0, 6.0]]), V, tensor(1)),
    assigned(
        "strided-slice-of-variable",
        lambda tf, v, x: tf.strided_slice(v, [0], [1], [1], var=v, name="part").assign(x[:1]),
        V,
        D,
    ),
    *[
        program(
            f"slice-{name}",
            lambda tf, v, change=change: change(v),
            var(f32(3, 2)),
            raises=True,
            executors=("eager",),
        )
        for name, change in {
            "of-another-shape": lambda v: v[0].assign([1.0, 2.0, 3.0]),
            "out-of-range": lambda v: v[5].assign([1.0, 2.0]),
            "of-another-dtype": lambda v: v[0].assign("x"),
        }.items()
    ],
    program("read", lambda tf, v: v.read_value(), V, grad=True),
    program("value-twice", lambda tf, v: v * v, V, grad=True, grad2=True),
    program("convert", lambda tf, v: tf.convert_to_tensor(v), V, grad=True),
    assigned("assign", lambda tf, v, x: v.assign(x), V, D),
    assigned("assign-add", lambda tf, v, x: v.assign_add(x), V, D),
    assigned("assign-sub", lambda tf, v, x: v.assign_sub(x), V, D),
    assigned("assign-twice", lambda tf, v, x: (v.assign_add(x), v.assign_sub(2 * x))[1], V, D),
    assigned("read-before-and-after", lambda tf, v, x: [v + 0.0, v.assign(x) * 2.0, v + 0.0], V, D),
    assigned("two-variables", lambda tf, v, w: v.assign_add(w), V, var(f32(3, 2))),
    assigned("integers", lambda tf, v: v.assign_add([1, 2, 3]), var(ints(3, dtype="int64"))),
    program("gradient-step", lambda tf, v, x: tf.reduce_sum((v * x) ** 2), V, D, grad=True),
    program("sparse-read", lambda tf, v, i: v.sparse_read(i), V, tensor([2, 0, 2]), grad=[0]),
    assigned(
        "scatter-nd-update", lambda tf, v, x: v.scatter_nd_update([[0], [2]], x), V, f32(2, 2)
    ),
    assigned("scatter-nd-add", lambda tf, v, x: v.scatter_nd_add([[0], [0]], x), V, f32(2, 2)),
    assigned(
        "scatter-update",
        lambda tf, v, x: v.scatter_update(tf.IndexedSlices(x, [1, 0])),
        V,
        f32(2, 2),
    ),
    assigned(
        "scatter-add", lambda tf, v, x: v.scatter_add(tf.IndexedSlices(x, [1, 1])), V, f32(2, 2)
    ),
    *[
        assigned(
            f"scatter-{name}",
            lambda tf, v, x, n=name: getattr(v, f"scatter_{n}")(tf.IndexedSlices(x, [2, 0])),
            V,
            f32(2, 2, low=0.5, high=2),
        )
        for name in ("sub", "mul", "div", "min", "max")
    ],
    assigned("scatter-nd-sub", lambda tf, v, x: v.scatter_nd_sub([[0], [0]], x), V, f32(2, 2)),
    program("gather-nd", lambda tf, v: v.gather_nd([[0, 1], [2, 0]]), V, grad=True),
    program(
        "batch-scatter-update",
        lambda tf, v, x: v.batch_scatter_update(tf.IndexedSlices(x, [[0], [1], [0]])),
        V,
        f32(3, 1),
    ),
    program("is-initialized", lambda tf, v: tf.raw_ops.VarIsInitializedOp(resource=v.handle), V),
    program("gather-nd-raw", lambda tf, v: tf.gather_nd(v, [[0], [2]]), V, grad=True),
    program("shape", lambda tf, v: tf.shape(v), V),
    program(
        "operators",
        lambda tf, v, x: (v + x, 2.0 - v, v @ tf.transpose(x), -v, v > x),
        V,
        D,
        grad=True,
    ),
    *[
        assigned(f"assign-slice {label}", change, V, x)
        for label, (change, x) in MORE_SLICES.items()
    ],
    *[
        program(f"raises-slice {label}", change, V, x, raises=True, executors=("eager",))
        for label, (change, x) in BAD_SLICES.items()
    ],
    case("raw_ops.Fill", dims=const([2]), value=f32()),
    program(
        "raises-shape",
        lambda tf, v, x: v.assign(x),
        V,
        f32(2, 2),
        raises=True,
        executors=("eager",),
    ),
    program(
        "raises-dtype",
        lambda tf, v, x: v.assign(x),
        V,
        ints(3, 2),
        raises=True,
        executors=("eager",),
    ),
    raises("Variable"),
]
