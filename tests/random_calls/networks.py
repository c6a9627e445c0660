"""Activations, losses, convolutions, pooling and normalization."""

from __future__ import annotations

from tests.random_calls.draw import FLOATS, INDICES, REALS, WIDE, Call, Draw, Maker, Table, call


def _activation(d: Draw) -> Call:
    return call(d.x((*FLOATS, *FLOATS, "int32"), low=-4, high=8))


def _softmax(d: Draw) -> Call:
    x = d.x(FLOATS, d.shape(0, 3))
    return call(x, **d.maybe(axis=d.axis(len(x.shape))))


def _cross_entropy(d: Draw) -> Call:
    shape, dtype = d.shape(1, 3), d.pick(*FLOATS)
    options = {"axis": d.axis(len(shape))} if d.chance(0.3) else {}
    return call(d.x(dtype, shape, low=0, high=1), d.x(dtype, shape), **options)


def _sparse_cross_entropy(d: Draw) -> Call:
    shape = d.shape(1, 3)
    labels = d.index(shape[:-1], shape[-1])
    return call(labels, d.x(FLOATS, shape))


def _pairs(d: Draw) -> Call:
    dtype, shape = d.pick(*FLOATS), d.shape()
    return call(d.x(dtype, shape, low=0, high=1), d.x(dtype, shape))


def _weighted(d: Draw) -> Call:
    args, _ = _pairs(d)
    return call(*args, d.pick(2.0, 0.5, 1))


def _window(d: Draw, count: int) -> int | list[int]:
    return d.pick(1, 2, [d.int(1, 2) for _ in range(count)])


def _pooling(rank: int, dtypes: tuple[str, ...] = FLOATS) -> Maker:
    def make(d: Draw) -> Call:
        shape = (d.int(0, 2), *[d.int(1, 5) for _ in range(rank)], d.int(1, 3))
        padding = d.pick("VALID", "SAME")
        size = d.pick(1, 2, 3, [d.int(1, 3) for _ in range(rank)])
        x = d.x(dtypes, shape, kind="distinct" if d.flag() else "uniform")
        return call(x, size, _window(d, rank), padding)

    return make


def _pool(d: Draw) -> Call:
    rank = d.int(1, 2)
    shape = (d.int(1, 2), *[d.int(2, 5) for _ in range(rank)], d.int(1, 2))
    options = d.maybe(padding=d.pick("VALID", "SAME"))
    options |= d.maybe(**{d.pick("strides", "dilations"): [d.int(1, 2) for _ in range(rank)]})
    return call(d.x("float32", shape), [d.int(1, 2)] * rank, d.pick("MAX", "AVG"), **options)


def _convolution(rank: int) -> Maker:
    def make(d: Draw) -> Call:
        depth, dtype = d.int(1, 4), d.pick(*WIDE, "float16", "bfloat16")
        groups = d.pick(1, 1, 1, 2)
        shape = (d.int(0, 2), *[d.int(1, 5) for _ in range(rank)], depth * groups)
        filters = (*[d.int(1, 3) for _ in range(rank)], depth, groups * d.int(1, 2))
        options = {}
        padding = d.pick("VALID", "SAME")
        if d.chance(0.2):
            options["dilations"] = _window(d, rank)
        strides = d.int(1, 2) if rank < 3 else [1, *[d.int(1, 2)] * 3, 1]
        if rank == 2 and d.chance(0.15):
            padding = [[0, 0], [1, d.int(0, 2)], [d.int(0, 2), 1], [0, 0]]
        return call(d.x(dtype, shape), d.x(dtype, filters), strides, padding, **options)

    return make


def _depthwise(d: Draw) -> Call:
    depth, dtype = d.int(1, 3), d.pick(*WIDE)
    x = d.x(dtype, (d.int(0, 2), d.int(1, 5), d.int(1, 5), depth))
    filters = d.x(dtype, (d.int(1, 3), d.int(1, 3), depth, d.int(1, 2)))
    return call(x, filters, [1, *[d.int(1, 2)] * 2, 1], d.pick("VALID", "SAME"))


def _separable(d: Draw) -> Call:
    (x, filters, strides, padding), _ = _depthwise(d)
    dtype, out = x.dtype, filters.shape[2] * filters.shape[3]
    return call(x, filters, d.x(dtype, (1, 1, out, d.int(1, 3))), strides, padding)


def _transposed(d: Draw) -> Call:
    stride, size, height = d.int(1, 2), d.int(1, 3), d.int(1, 3)
    dtype, padding = d.pick(*WIDE), d.pick("SAME", "VALID")
    out = height * stride if padding == "SAME" else height * stride + max(size - stride, 0)
    if d.chance(0.07):
        out += d.pick(-1, 1, 3)
    x = d.x(dtype, (2, height, height, 2))
    return call(x, d.x(dtype, (size, size, 3, 2)), [2, out, out, 3], stride, padding)


def _batch_norm(d: Draw) -> Call:
    dtype = d.pick(*FLOATS)
    x = d.x(dtype, d.shape(1, 3))
    parts = [d.x(dtype, (x.shape[-1],), low=0.1, high=1) for _ in range(4)]
    if d.chance(0.3):
        parts[d.int(2, 3)] = None  # type: ignore[call-overload]
    return call(x, *parts, d.pick(1e-3, 0.1))


def _moments(d: Draw) -> Call:
    x = d.x(FLOATS)
    return call(x, d.axes(len(x.shape)), **d.maybe(keepdims=True))


def _bias_add(d: Draw) -> Call:
    x = d.x(REALS, d.shape(2, 3))
    options = d.maybe(data_format=d.pick("N...C", "NC...", "NHWC", "NCHW"))
    axis = 1 if "NC" in str(options.get("data_format")) else -1
    return call(x, d.x(x.dtype or "float32", (x.shape[axis],)), **options)


def _lrn(d: Draw) -> Call:
    x = d.x(("float32", "float16", "bfloat16"), (1, 2, 2, d.int(1, 6)))
    return call(x, **d.maybe(depth_radius=d.int(0, 3), bias=2.0, alpha=0.5, beta=0.7))


def _depth_space(d: Draw) -> Call:
    block = d.int(1, 3)
    shape = (d.int(0, 2), 2 * block, block, block * block)
    return call(d.x(REALS, shape), d.pick(block, block, 2))


def _embedding(d: Draw) -> Call:
    x = d.x(FLOATS, (d.int(1, 4), *d.shape(1, 1)))
    return call(x, d.index(d.shape(0, 2), x.shape[0]), **d.maybe(max_norm=0.5))


def _embedding_sparse(d: Draw) -> Call:
    from tests.oracle.spec import sparse, tensor

    x = d.x("float32", (3, 2))
    ids = sparse([[0, 0], [0, 1], [1, 0]], tensor([2, 0, 1], "int64"), [d.int(2, 3), 2])
    return call(x, ids, None, combiner=d.pick("mean", "sum", "sqrtn", "max"))


def _isotonic(d: Draw) -> Call:
    return call(d.x(("float32", "float64", "int32"), d.shape(1, 2)), decreasing=d.flag())


def _dilation(d: Draw) -> Call:
    x = d.x("float32", (1, d.int(2, 5), d.int(2, 5), 2))
    size, rate = d.int(1, 2), d.int(1, 2)
    filters = d.x("float32", (size, size, 2))
    return call(
        x, filters, [1, d.int(1, 2), 1, 1], d.pick("SAME", "VALID"), "NHWC", [1, rate, rate, 1]
    )


def _argmax_pool(d: Draw) -> Call:
    x = d.x(("float32", "float16"), (d.int(1, 2), d.int(1, 5), d.int(1, 5), 2), kind="distinct")
    options = d.maybe(include_batch_in_index=True, output_dtype=d.pick(*INDICES))
    return call(x, d.int(1, 3), d.int(1, 2), d.pick("VALID", "SAME"), **options)


ACTIVATIONS = "relu relu6 elu selu silu gelu leaky_relu softplus softsign tanh sigmoid swish"

TABLE: Table = {
    **{f"nn.{n}": _activation for n in ACTIVATIONS.split()},
    "nn.crelu": lambda d: call(d.x(FLOATS), **d.maybe(axis=d.axis(2))),
    "nn.leaky_relu ": lambda d: call(d.x(FLOATS), d.pick(0.1, 0, 1.5)),
    "nn.gelu ": lambda d: call(d.x(FLOATS), True),
    "nn.softmax": _softmax,
    "nn.log_softmax": _softmax,
    "nn.softmax_cross_entropy_with_logits": _cross_entropy,
    "nn.sparse_softmax_cross_entropy_with_logits": _sparse_cross_entropy,
    "nn.sigmoid_cross_entropy_with_logits": _pairs,
    "nn.log_poisson_loss": lambda d: call(*_pairs(d)[0], **d.maybe(compute_full_loss=True)),
    "nn.weighted_cross_entropy_with_logits": _weighted,
    "nn.l2_loss": lambda d: call(d.x(FLOATS)),
    "nn.compute_average_loss": lambda d: call(d.x("float32", (3,)), **d.maybe(global_batch_size=4)),
    "nn.scale_regularization_loss": lambda d: call(d.x("float32", d.shape(0, 1))),
    "nn.max_pool1d": _pooling(1),
    "nn.avg_pool1d": _pooling(1),
    "nn.max_pool2d": _pooling(2, (*FLOATS, "int32", "uint8")),
    "nn.avg_pool2d": _pooling(2),
    "nn.max_pool3d": _pooling(3, WIDE),
    "nn.avg_pool3d": _pooling(3, WIDE),
    "nn.max_pool": _pooling(2),
    "nn.avg_pool": _pooling(2),
    "nn.max_pool_with_argmax": _argmax_pool,
    "nn.pool": _pool,
    "nn.conv1d": _convolution(1),
    "nn.conv2d": _convolution(2),
    "nn.conv3d": _convolution(3),
    "nn.convolution": lambda d: (_convolution(2)(d)[0][:2], d.maybe(padding="SAME")),
    "nn.depthwise_conv2d": _depthwise,
    "nn.separable_conv2d": _separable,
    "nn.conv2d_transpose": _transposed,
    "nn.atrous_conv2d": lambda d: call(
        d.x("float32", (1, 5, 5, 2)), d.x("float32", (2, 2, 2, 1)), d.int(1, 3), "SAME"
    ),
    "nn.batch_normalization": _batch_norm,
    "nn.moments": _moments,
    "nn.weighted_moments": lambda d: call(
        d.x("float32", (2, 3)), d.axes(2), d.x("float32", d.pick((2, 3), (1, 3), ()), low=0, high=1)
    ),
    "nn.sufficient_statistics": lambda d: call(d.x("float32", (2, 3)), d.pick([0], [1], [0, 1])),
    "nn.bias_add": _bias_add,
    "nn.local_response_normalization": _lrn,
    "nn.l2_normalize": _softmax,
    "nn.space_to_depth": _depth_space,
    "nn.depth_to_space": _depth_space,
    "nn.embedding_lookup": _embedding,
    "nn.safe_embedding_lookup_sparse": _embedding_sparse,
    "nn.embedding_lookup_sparse": _embedding_sparse,
    "nn.isotonic_regression": _isotonic,
    "nn.dilation2d": _dilation,
    "nn.erosion2d": _dilation,
    "nn.in_top_k": lambda d: call(
        d.index((2,), 3), d.x("float32", (2, 3), kind="distinct"), d.int(0, 4)
    ),
    "nn.zero_fraction": lambda d: call(d.x(REALS)),
    "nn.collapse_repeated": lambda d: call(d.x("int32", (2, 4), low=0, high=3), [4, d.int(0, 4)]),
}
