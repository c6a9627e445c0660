"""What follows a convolution becomes part of it where nobody else reads what is between."""

import numpy as np
import pytest

import tidefall as tf
from tidefall.graph.passes.dumping import op_counts
from tidefall.graph.passes.pipeline import optimize
from tidefall.graph.verifier import verify
from tidefall.runtime.host.plan import HostPlan
from tidefall.runtime.xla.executable import Lowering

draw = np.random.default_rng(0).normal
FILTER = draw(size=(3, 3, 4, 6)).astype(np.float32)
DEPTHWISE = draw(size=(3, 3, 4, 2)).astype(np.float32)
SCALE, OFFSET, MEAN = (draw(size=6).astype(np.float32) for _ in range(3))
VARIANCE = np.linspace(0.1, 2, 6, dtype=np.float32)
PICTURE = tf.TensorSpec([2, 7, 6, 4])
PICTURES = tf.TensorSpec([None, 7, 6, 4])


def _convolved(x, stride=1, padding="SAME"):
    return tf.nn.conv2d(x, FILTER, stride, padding)


def _in_depth(x, stride=1, padding="SAME"):
    kernel = [1, stride, stride, 1]
    return tf.nn.depthwise_conv2d(x, DEPTHWISE, kernel, padding)


def _normalized(x):
    """As Keras does it at inference."""
    mean, variance, offset, scale = (v.reshape(1, 1, 1, 6) for v in (MEAN, VARIANCE, OFFSET, SCALE))
    return tf.nn.batch_normalization(x, mean, variance, offset, scale, 1e-3)


def _fused_norm(x, training=False, read=0):
    statistics = () if training else (MEAN, VARIANCE)
    result = tf.compat.v1.nn.fused_batch_norm(
        x, SCALE, OFFSET, *statistics, epsilon=0.01, is_training=training
    )
    return result[: read + 1]


def _residual(x):
    inner = tf.nn.relu(_normalized(_convolved(x)))
    return tf.nn.relu(_normalized(_in_depth(x)[..., :6]) + inner)


def _gradient(x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.nn.silu(_normalized(_convolved(x)))
    return tape.gradient(y, x)


def _leaky(x):
    y = tf.nn.leaky_relu(tf.nn.bias_add(_convolved(x), OFFSET), 0.3)
    return tf.nn.leaky_relu(y * SCALE, 0.1)


PADS = [[0, 0], [0, 1], [2, 1], [0, 0]]
CASES = {
    # name: function, ops before, ops after, steps of the fused convolutions
    "normalisation": (lambda x: _normalized(_convolved(x)), PICTURE, "Conv2D", "Mul BiasAdd"),
    "swish": (lambda x: tf.nn.silu(_normalized(_convolved(x))), PICTURES, "Sigmoid",
              "Mul BiasAdd Swish"),
    "depthwise": (lambda x: tf.nn.silu(_in_depth(x) * np.tile(SCALE, 2)[:8]), PICTURE,
                  "DepthwiseConv2dNative Mul Sigmoid", "Mul Swish"),
    "activation alone": (lambda x: tf.nn.relu(_convolved(x)), PICTURE, "Conv2D Relu", "Relu"),
    "fused normalisation": (lambda x: tf.nn.relu(_fused_norm(_convolved(x))[0]), PICTURE,
                            "Conv2D FusedBatchNormV3 Relu", "BiasAdd Mul BiasAdd Relu"),
    "sum": (lambda x: tf.nn.relu(tf.tanh(_convolved(x)) + tf.concat([x, x[..., :2]], 3)), PICTURE,
            "Conv2D AddV2 Tanh Relu", "Tanh Add Relu"),
    "sum of two": (lambda x: _convolved(x) + tf.nn.relu(_convolved(x, padding=[[0, 0], [1, 1],
                   [1, 1], [0, 0]])), PICTURE, "Conv2D AddV2 Relu", "Add, Relu"),
    "sum of unknown batches": (lambda x: _convolved(x) + _convolved(x[:1]), PICTURES, "Conv2D", ""),
    "zeros around": (lambda x: _convolved(tf.pad(x, PADS), 2, "VALID") + OFFSET, PICTURE,
                     "Pad Conv2D AddV2", "BiasAdd"),
    "zeros around, depthwise": (lambda x: tf.nn.relu(_in_depth(tf.pad(x, PADS), 2, "VALID")),
                                PICTURE, "Pad DepthwiseConv2dNative Relu", "Relu"),
    "one alpha": (_leaky, PICTURE, "Conv2D BiasAdd Mul", "BiasAdd LeakyRelu Mul"),
}  # fmt: skip
LEFT = {
    # name: function, ops that stay
    "statistics of the batch": (lambda x: _fused_norm(_convolved(x), True)[0], "FusedBatchNormV3"),
    "statistics that are read": (lambda x: _fused_norm(_convolved(x), read=1), "FusedBatchNormV3"),
    "read twice": (lambda x: (lambda y: y * SCALE + y[..., ::-1])(_convolved(x)), "Conv2D Mul"),
    "a gradient": (_gradient, "Sigmoid Conv2DBackpropInput"),
    "a factor for each row": (lambda x: _convolved(x) * x[..., :1], "Conv2D Mul"),
    "a row of pictures": (lambda x: _convolved(x) + x[:1, :, :, :1], "Conv2D AddV2"),
    "zeros that are read": (lambda x: (lambda y: (y, _convolved(y)))(tf.pad(x, PADS)), "Pad"),
    "zeros between channels": (lambda x: _convolved(tf.pad(x[..., :2], PADS[:3] + [[1, 1]])),
                               "Pad"),
    "zeros around, padded again": (lambda x: _convolved(tf.pad(x, PADS)), "Pad"),
}  # fmt: skip


def _graphs(function, spec):
    traced = tf.function(function, autograph=False).get_concrete_function(spec).graph
    steps = ["fuse_convolutions", "remove_dead_code"]
    return traced, optimize(traced, only=steps, observe=lambda _, g: verify(g))


def _same(traced, fused, batch):
    x = draw(size=(batch, 7, 6, 4)).astype(np.float32)
    expected = HostPlan(traced).run([x])
    for found in (HostPlan(fused).run([x]), Lowering([x], fused).run()):
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_allclose(a, b, 1e-4, 1e-4)


@pytest.mark.parametrize("function, spec, gone, steps", CASES.values(), ids=CASES)
def test_what_follows_is_fused(function, spec, gone, steps):
    traced, fused = _graphs(function, spec)
    before, after = op_counts(traced), op_counts(fused)
    for kind in gone.split():
        assert before[kind] > after[kind], kind
    made = [" ".join(n.attrs["fused_ops"]) for n in fused.nodes if n.type == "_FusedConv2D"]
    if steps:
        assert sorted(made) == sorted(steps.split(", "))
    for batch in (1, 2):
        if spec.shape.is_compatible_with([batch, 7, 6, 4]):
            _same(traced, fused, batch)


@pytest.mark.parametrize("function, kept", LEFT.values(), ids=LEFT)
def test_what_others_need_stays(function, kept):
    traced, fused = _graphs(function, PICTURE)
    for kind in kept.split():
        assert op_counts(fused)[kind] == op_counts(traced)[kind] > 0, kind
    _same(traced, fused, 2)


def test_values_that_are_no_numbers_stay_what_they_are():
    traced, fused = _graphs(lambda x: tf.nn.silu(_convolved(x) * SCALE + OFFSET), PICTURE)
    x = np.zeros((2, 7, 6, 4), np.float32)
    x[0, 0, 0], x[0, 6, 5], x[1, 3, 3] = np.nan, np.inf, -np.inf
    (expected,) = HostPlan(traced).run([x])
    for found in (HostPlan(fused).run([x])[0], Lowering([x], fused).run()[0]):
        np.testing.assert_allclose(found, expected, 1e-4, 1e-4)
