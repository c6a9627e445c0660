"""Networks of `keras.applications`, small: inference, a training step, and what it changed.

Training steps are in float64: batch normalization over so few pixels divides by little, and float32
would tell how each library rounds.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tests.keras.programs.helpers import table, values

PROGRAMS, program = table()
CLASSES = 5


def _fill(model: Any) -> None:
    """Gives a deep network weights with which numbers neither vanish nor grow."""
    state = np.random.RandomState(0)
    for weight in model.weights:
        shape, name = tuple(weight.shape), weight.path
        if "seed" in name:
            continue
        drawn = state.standard_normal(shape)
        if name.endswith(("variance", "gamma")):
            drawn = 1 + 0.1 * np.abs(drawn)
        elif name.endswith(("kernel", "depthwise_kernel")):
            inputs = math.prod(shape[:2] if "depthwise" in name or "_dw" in name else shape[:-1])
            drawn *= math.sqrt(1.5 / inputs)
        else:
            drawn *= 0.05
        weight.assign(drawn)


def _summary(array: Any) -> list[float]:
    flat = np.asarray(array, "float64").reshape(-1)
    return [flat.mean(), np.abs(flat).mean(), flat[0], flat[len(flat) // 2], flat[-1]]


def _network(keras: Any, name: str, size: int, training: bool = True, **options: Any) -> Any:
    result: dict[str, Any] = {}
    before = keras.config.dtype_policy()
    x = values(2, size, size, 3, seed=1)
    for policy in ("float32", "float64")[: 1 + training]:
        keras.utils.set_random_seed(1)
        keras.config.set_dtype_policy(policy)
        try:
            model = getattr(keras.applications, name)(
                weights=None, input_shape=(size, size, 3), classes=CLASSES, **options
            )
        finally:
            keras.config.set_dtype_policy(before)
        _fill(model)
        result[f"{policy}: parameters"] = model.count_params()
        result[f"{policy}: inference"] = np.asarray(model(x, training=False))
    if not training:
        return result
    model.compile(keras.optimizers.SGD(0.01), "sparse_categorical_crossentropy", jit_compile=False)
    result["loss"] = model.train_on_batch(x.astype("float64"), np.array([1, 3]))
    result["weights"] = {
        str(i): _summary(model.weights[i]) for i in range(0, len(model.weights), 29)
    }
    return result


@program
def mobile_net(tf: Any, keras: Any) -> Any:
    return _network(keras, "MobileNet", 32, alpha=0.25)


@program
def mobile_net_v2(tf: Any, keras: Any) -> Any:
    return _network(keras, "MobileNetV2", 32, alpha=0.35)


@program
def mobile_net_v3(tf: Any, keras: Any) -> Any:
    return _network(keras, "MobileNetV3Small", 32, alpha=0.75, include_preprocessing=False)


@program
def efficient_net(tf: Any, keras: Any) -> Any:
    return _network(keras, "EfficientNetB0", 32)


@program
def residual_net(tf: Any, keras: Any) -> Any:
    return _network(keras, "ResNet50V2", 32, training=False)


@program
def dense_net(tf: Any, keras: Any) -> Any:
    return _network(keras, "DenseNet121", 32, training=False)


@program
def conv_next(tf: Any, keras: Any) -> Any:
    return _network(keras, "ConvNeXtTiny", 32, training=False)
