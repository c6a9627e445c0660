"""Records what the model optimization toolkit does, into `recorded.npz`.

Run it with a Python that has TensorFlow 2.21, tf_keras and tensorflow_model_optimization 0.8.1:

    TF_USE_LEGACY_KERAS=1 python tests/lite/optimize/record.py
"""

from __future__ import annotations

import pathlib
import sys

import numpy as np
import shared_models as shared
import tensorflow as tf
import tensorflow_model_optimization as tfmot

keras = tf.keras
sparsity, quantization = tfmot.sparsity.keras, tfmot.quantization.keras
found: dict[str, np.ndarray] = {}


def pruned(shape, **options):
    kernel = shared.rng(str(shape)).normal(size=shape).astype(np.float32)
    if len(shape) == 2:
        layer, x = keras.layers.Dense(shape[1]), np.ones((1, shape[0]), np.float32)
    else:
        layer = keras.layers.Conv2D(shape[3], shape[:2])
        x = np.ones((1, *shape[:3]), np.float32)
    layer.build(x.shape)
    layer.set_weights([kernel, np.zeros(shape[-1])])
    made = sparsity.prune_low_magnitude(layer, **options)
    made.build(x.shape)
    keras.backend.set_value(made.pruning_step, 0)
    made(x, training=True)
    _, mask, threshold = made.pruning_vars[0]
    return mask.numpy(), threshold.numpy()


for n, (shape, target, block, pooling) in enumerate(shared.MASKS):
    schedule = sparsity.ConstantSparsity(target, 0, frequency=1)
    mask, threshold = pruned(
        shape, pruning_schedule=schedule, block_size=block, block_pooling_type=pooling
    )
    found[f"mask{n}"], found[f"threshold{n}"] = mask, threshold
for n, (shape, pattern) in enumerate(shared.GROUPS):
    found[f"group{n}"] = pruned(shape, sparsity_m_by_n=pattern)[0]
for n, (name, options) in enumerate(shared.SCHEDULES):
    schedule = getattr(sparsity, name)(**options)
    rows = [schedule(tf.constant(s, tf.int64)) for s in shared.STEPS]
    found[f"schedule{n}"] = np.array([[float(a), float(b)] for a, b in rows])
for n, (name, options) in enumerate(shared.QUANTIZERS):
    quantizer = getattr(quantization.quantizers, name)(**options)
    owner = keras.layers.Layer()
    weights = quantizer.build(tf.TensorShape((5, 4)), "w", owner)
    for i in range(3):
        x = shared.batch("quantizer", (4,), i)
        found[f"quantizer{n}_{i}"] = quantizer(tf.constant(x), True, weights).numpy()
    found[f"quantizer{n}_last"] = quantizer(tf.constant(x * 1.5), False, weights).numpy()
    if weights:
        found[f"quantizer{n}_range"] = np.stack(
            [weights[k].numpy() for k in ("min_var", "max_var")]
        )
for name, build in shared.MODELS.items():
    model = quantization.quantize_model(shared.fill(build(keras)))
    shape = model.input_shape[1:]
    for i in range(4):
        found[f"{name}_{i}"] = model(shared.batch(name, shape, i), training=True).numpy()
    found[f"{name}_last"] = model(shared.batch(name, shape, 0), training=False).numpy()
    names = [
        v.name.split(":")[0].split("/")[-1]
        for layer in model.layers
        for v in layer.weights
        if v.name.split(":")[0].endswith(("_min", "_max"))
    ]
    found[f"{name}_ranges"] = np.array(sorted(names))
path = pathlib.Path(__file__).with_name("recorded.npz")
np.savez_compressed(path, **found)
sys.stdout.write(f"{len(found)} arrays, {path.stat().st_size} bytes\n")
