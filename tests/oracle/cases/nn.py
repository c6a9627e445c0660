"""Activations, losses, biases, convolutions, pooling, normalization."""

from tests.oracle.spec import (
    FLOATS,
    HALVES,
    T,
    case,
    cases,
    const,
    distinct,
    f32,
    f64,
    ints,
    positive,
    program,
    raises,
    tensor,
)

RELUS = ["nn.relu", "nn.relu6", "nn.elu", "nn.selu", "nn.softplus", "nn.softsign", "nn.leaky_relu"]
GATES = ["nn.gelu", "nn.silu", "nn.crelu"]
IMAGE, IMAGE64 = f32(2, 5, 6, 3), f64(1, 5, 5, 2)
FILTER = f32(3, 2, 3, 4)
LABELS = tensor([[0.1, 0.7, 0.2], [0.0, 1.0, 0.0]], "float32")
POOL = distinct(2, 5, 6, 3)
CONVOLUTIONS = [
    {"strides": 1, "padding": "VALID"},
    {"strides": 1, "padding": "SAME"},
    {"strides": 2, "padding": "SAME"},
    {"strides": [1, 2, 1, 1], "padding": "VALID"},
    {"strides": 1, "padding": [[0, 0], [1, 2], [0, 1], [0, 0]]},
]
POOLS = [
    {"ksize": 2, "strides": 2, "padding": "VALID"},
    {"ksize": 2, "strides": 2, "padding": "SAME"},
    {"ksize": 3, "strides": 1, "padding": "SAME"},
    {"ksize": [1, 3, 2, 1], "strides": [1, 2, 1, 1], "padding": "VALID"},
]

CASES = [
    *cases([*RELUS, *GATES], [T(2, 3, low=-7, high=7)], dtypes=FLOATS, grad=True, rtol=1e-4),
    *cases(
        [*RELUS[:-2], "nn.leaky_relu", "nn.silu"],
        [f64(2, 3, low=-2, high=2)],
        grad=True,
        grad2=True,
        label="2nd",
    ),
    *cases(["nn.relu", "nn.softsign", "nn.silu"], [T(2, 3)], dtypes=HALVES),
    case("nn.relu", ints(4)),
    case("nn.gelu", f32(2, 3), approximate=True, grad=True),
    case("nn.leaky_relu", f32(4), alpha=0.3, grad=True),
    *cases(["nn.softmax", "nn.log_softmax"], [T(2, 3)], dtypes=(*HALVES, *FLOATS)),
    *cases(["nn.softmax", "nn.log_softmax"], [f64(2, 3)], grad=True, grad2=True),
    *cases(["nn.softmax", "nn.log_softmax"], [f32(2, 3, 4)], axis=1, grad=True),
    *cases(["nn.softmax", "nn.log_softmax"], [tensor([1e4, -1e4, 1e4 + 1], "float32")]),
    case("nn.bias_add", f32(2, 3), f32(3), grad=True, grad2=True),
    case("nn.bias_add", f32(2, 4, 5, 3), f32(3), grad=True),
    case("nn.bias_add", f32(2, 3, 4, 5), f32(3), data_format="NCHW", grad=True),
    case("raw_ops.BiasAddGrad", out_backprop=f32(2, 4, 3)),
    case("raw_ops.ReluGrad", gradients=f32(4), features=f32(4), grad=True),
    *cases(
        "nn.softmax_cross_entropy_with_logits", [LABELS, T(2, 3)], dtypes=["float32"], grad=True
    ),
    case(
        "nn.softmax_cross_entropy_with_logits",
        LABELS,
        f32(2, 3),
        grad=True,
        grad2=True,
        label="2nd",
    ),
    case("nn.sparse_softmax_cross_entropy_with_logits", tensor([1, 2]), f32(2, 3), grad=True),
    case(
        "nn.sparse_softmax_cross_entropy_with_logits",
        tensor([1, 2], "int64"),
        f64(2, 3),
        grad=True,
        grad2=True,
    ),
    case(
        "nn.sparse_softmax_cross_entropy_with_logits",
        tensor([[1, 2], [0, 0]]),
        f32(2, 2, 3),
        grad=True,
    ),
    case(
        "nn.sigmoid_cross_entropy_with_logits",
        tensor([0.0, 1.0, 0.3]),
        f32(3, low=-4, high=4),
        grad=True,
    ),
    case("nn.weighted_cross_entropy_with_logits", tensor([0.0, 1.0]), f32(2), 2.0, grad=True),
    case("nn.log_poisson_loss", positive(3), f32(3), grad=True),
    case("nn.l2_loss", f32(2, 3), grad=True, grad2=True),
    case("nn.l2_normalize", f32(2, 3), 1, grad=True),
    # convolution
    *[case("nn.conv2d", IMAGE, FILTER, grad=True, **o) for o in CONVOLUTIONS],
    case("nn.conv2d", IMAGE64, f64(2, 2, 2, 3), 1, "SAME", grad=True, grad2=True),
    case("nn.conv2d", f32(2, 5, 5, 4), f32(2, 2, 2, 6), 1, "VALID", label="grouped"),
    case("nn.conv2d", f32(2, 5, 5, 1), f32(5, 5, 1, 3), 1, "VALID", grad=True),
    case("nn.conv2d", f32(2, 4, 4, 3), f32(1, 1, 3, 2), 1, "SAME", grad=True),
    case("nn.conv2d", IMAGE, FILTER, 1, "SAME", dilations=2),
    case("nn.conv1d", f32(2, 6, 3), f32(3, 3, 4), 1, "SAME", grad=True),
    case("nn.conv1d", f32(2, 6, 3), f32(3, 3, 4), 2, "VALID", grad=True),
    case("nn.conv3d", f32(1, 4, 4, 4, 2), f32(2, 2, 2, 2, 3), [1, 1, 1, 1, 1], "SAME", grad=True),
    case("nn.convolution", IMAGE, FILTER, padding="SAME", dilations=2),
    case(
        "nn.conv2d_transpose",
        f32(2, 3, 3, 4),
        f32(2, 2, 3, 4),
        const([2, 6, 6, 3]),
        2,
        "SAME",
        grad=True,
    ),
    case(
        "nn.conv2d_transpose",
        f32(2, 3, 3, 4),
        f32(3, 3, 3, 4),
        const([2, 5, 5, 3]),
        1,
        "VALID",
        grad=True,
    ),
    case("nn.depthwise_conv2d", IMAGE, f32(2, 2, 3, 2), [1, 1, 1, 1], "SAME", grad=True),
    case("nn.depthwise_conv2d", IMAGE, f32(3, 3, 3, 1), [1, 2, 2, 1], "VALID", grad=True),
    case(
        "nn.separable_conv2d",
        IMAGE,
        f32(2, 2, 3, 1),
        f32(1, 1, 3, 2),
        [1, 1, 1, 1],
        "SAME",
        grad=True,
    ),
    case(
        "raw_ops.Conv2DBackpropFilter",
        input=IMAGE,
        filter_sizes=const([3, 2, 3, 4]),
        out_backprop=f32(2, 5, 6, 4),
        strides=[1, 1, 1, 1],
        padding="SAME",
    ),
    case(
        "raw_ops.Conv2DBackpropInput",
        input_sizes=const([2, 5, 6, 3]),
        filter=FILTER,
        out_backprop=f32(2, 5, 6, 4),
        strides=[1, 1, 1, 1],
        padding="SAME",
    ),
    # pooling
    *[case(f"nn.{kind}_pool2d", POOL, grad=True, **o) for kind in ("max", "avg") for o in POOLS],
    case(
        "nn.max_pool2d", distinct(1, 4, 4, 2, dtype="float64"), 2, 2, "VALID", grad=True, grad2=True
    ),
    case("nn.avg_pool2d", f64(1, 4, 4, 2), 3, 2, "SAME", grad=True, grad2=True),
    case("nn.max_pool1d", distinct(2, 6, 3), 2, 2, "VALID", grad=True),
    case("nn.avg_pool1d", f32(2, 6, 3), 2, 2, "VALID", grad=True),
    case("nn.max_pool3d", distinct(1, 4, 4, 4, 2), 2, 2, "SAME", grad=True),
    case("nn.avg_pool3d", f32(1, 4, 4, 4, 2), 2, 2, "SAME", grad=True),
    case(
        "nn.max_pool2d",
        tensor([[[[1.0], [1.0]], [[1.0], [1.0]]]]),
        2,
        2,
        "VALID",
        grad=True,
        label="ties",
    ),
    case("nn.max_pool_with_argmax", distinct(1, 4, 4, 2), 2, 2, "VALID"),
    case("nn.pool", POOL, [2, 2], "AVG", strides=[2, 2], padding="SAME"),
    # errors
    raises("nn.conv2d", f32(1, 4, 4, 3), f32(2, 2, 2, 3), 1, "SAME"),
    raises("nn.bias_add", f32(2, 3), f32(2)),
    raises("nn.softmax", ints(2, 3)),
    raises("nn.sparse_softmax_cross_entropy_with_logits", tensor([1, 2, 0]), f32(2, 3)),
    raises("nn.softmax_cross_entropy_with_logits", f32(2, 3), f32(2, 4)),
    raises("nn.max_pool2d", f32(2, 3), 2, 2, "VALID"),
    program(
        "two-layers",
        lambda tf, x, w: tf.reduce_mean(tf.nn.relu(tf.nn.conv2d(x, w, 1, "SAME")), [1, 2]),
        IMAGE,
        f32(3, 3, 3, 2),
        grad=True,
    ),
]
