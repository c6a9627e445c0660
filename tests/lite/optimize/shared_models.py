"""Models and cases that the toolkit and Tidefall are both given. No imports but NumPy."""

from __future__ import annotations

import zlib

import numpy as np


def rng(name):
    return np.random.default_rng(zlib.crc32(name.encode()))


def fill(model):
    """Weights by name of each layer, so that both have the same."""
    for layer in model.layers:
        arrays = []
        for i, w in enumerate(layer.get_weights()):
            values = rng(f"{layer.name}{i}").normal(0, 0.4, w.shape).astype(np.float32)
            arrays.append(np.abs(values) + 0.5 if "bn" in layer.name else values)
        layer.set_weights(arrays)
    return model


def batch(name, shape, number):
    return rng(f"{name}{number}").normal(0, 1.0 + number, (6, *shape)).astype(np.float32)


def _dense(k):
    i = k.Input((5,), name="x")
    y = k.layers.Dense(6, activation="relu", name="d1")(i)
    y = k.layers.Dense(4, activation="tanh", name="d2")(y)
    return k.Model(i, k.layers.Dense(3, activation="softmax", name="d3")(y))


def _conv(k):
    i = k.Input((6, 6, 3), name="x")
    y = k.layers.Conv2D(4, 3, padding="same", use_bias=False, name="c1")(i)
    y = k.layers.ReLU(name="r1")(k.layers.BatchNormalization(momentum=1.0, name="bn1")(y))
    y = k.layers.MaxPooling2D(2, name="p1")(y)
    y = k.layers.Conv2D(5, 2, name="c2")(y)
    y = k.layers.BatchNormalization(momentum=1.0, name="bn2")(y)
    y = k.layers.Flatten(name="f")(y)
    return k.Model(i, k.layers.Dense(3, name="d1")(y))


def _mobile(k):
    i = k.Input((6, 6, 4), name="x")
    y = k.layers.DepthwiseConv2D(3, padding="same", name="w1")(i)
    y = k.layers.BatchNormalization(momentum=1.0, name="bn1")(y)
    y = k.layers.Activation("relu", name="a1")(y)
    y = k.layers.Conv2D(4, 1, name="c1")(y)
    y = k.layers.ReLU(name="r2")(k.layers.Add(name="add")([y, i]))
    y = k.layers.AveragePooling2D(2, name="p1")(y)
    return k.Model(i, k.layers.GlobalAveragePooling2D(name="g")(y))


def _branches(k):
    i = k.Input((5, 5, 2), name="x")
    a = k.layers.Conv2D(3, 3, padding="same", name="c1")(i)
    b = k.layers.Conv2D(3, 1, activation="relu", name="c2")(i)
    y = k.layers.Concatenate(name="cat")([a, b])
    y = k.layers.SeparableConv2D(4, 3, name="s1")(y)
    return k.Model(i, k.layers.Dense(2, activation="sigmoid", name="d1")(y))


MODELS = {"dense": _dense, "conv": _conv, "mobile": _mobile, "branches": _branches}

# shape, sparsity, block size, pooling
MASKS = [
    ((8, 10), 0.5, (1, 1), "AVG"), ((8, 10), 0.8, (1, 1), "MAX"), ((7, 9), 0.33, (1, 1), "AVG"),
    ((3, 3, 4, 5), 0.8, (1, 1), "AVG"), ((8, 10), 0.5, (2, 2), "AVG"),
    ((8, 10), 0.7, (4, 1), "MAX"),
    ((7, 8), 0.6, (2, 4), "AVG"), ((7, 12), 0.6, (1, 4), "MAX"), ((2, 2), 0.99, (1, 1), "AVG"),
]  # fmt: skip
GROUPS = [((8, 6), (2, 4)), ((10, 6), (2, 4)), ((3, 3, 8, 5), (2, 4)), ((1, 2, 6, 3), (1, 2))]
SCHEDULES = [
    ("ConstantSparsity", {"target_sparsity": 0.4, "begin_step": 3, "end_step": 11, "frequency": 4}),
    ("ConstantSparsity", {"target_sparsity": 0.4, "begin_step": 0}),
    ("PolynomialDecay", {"initial_sparsity": 0.2, "final_sparsity": 0.8, "begin_step": 2,
                         "end_step": 14, "frequency": 3}),
    ("PolynomialDecay", {"initial_sparsity": 0.0, "final_sparsity": 0.5, "begin_step": 0,
                         "end_step": 10, "power": 1, "frequency": 1}),
]  # fmt: skip
STEPS = [0, 1, 2, 3, 5, 7, 8, 11, 12, 14, 15, 100, 200]
_OPTIONS = [
    {"num_bits": 8, "per_axis": False, "symmetric": False, "narrow_range": False},
    {"num_bits": 8, "per_axis": False, "symmetric": True, "narrow_range": True},
    {"num_bits": 4, "per_axis": False, "symmetric": True, "narrow_range": False},
]
_PER_AXIS = {"num_bits": 8, "per_axis": True, "symmetric": True, "narrow_range": True}
QUANTIZERS = [
    *[("LastValueQuantizer", o) for o in _OPTIONS],
    *[("MovingAverageQuantizer", o) for o in _OPTIONS],
    *[("AllValuesQuantizer", o) for o in _OPTIONS],
    ("LastValueQuantizer", _PER_AXIS),
    ("FixedQuantizer", {"num_bits": 8, "init_min": -1.0, "init_max": 2.0, "narrow_range": False}),
]  # fmt: skip
