"""What the model optimization toolkit does, recorded by `record.py`, is what Tidefall does."""

from __future__ import annotations

import pathlib

import numpy as np
import pytest

import tests.lite.optimize.shared_models as shared
import tidefall as tf
from tidefall.lite import optimize

keras = tf.keras
sparsity, quantization = optimize.sparsity.keras, optimize.quantization.keras
RECORDED = np.load(pathlib.Path(__file__).with_name("recorded.npz"))


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
    made.pruning_step.assign(0)
    made(x, training=True)
    _, mask, threshold = made.pruning_vars[0]
    np.testing.assert_array_equal(layer.kernel, kernel * mask.numpy())
    return mask.numpy(), threshold.numpy()


@pytest.mark.parametrize("number", range(len(shared.MASKS)))
def test_masks(number):
    shape, target, block, pooling = shared.MASKS[number]
    schedule = sparsity.ConstantSparsity(target, 0, frequency=1)
    mask, threshold = pruned(
        shape, pruning_schedule=schedule, block_size=block, block_pooling_type=pooling
    )
    np.testing.assert_array_equal(mask, RECORDED[f"mask{number}"])
    np.testing.assert_allclose(threshold, RECORDED[f"threshold{number}"], rtol=1e-6)


@pytest.mark.parametrize("number", range(len(shared.GROUPS)))
def test_masks_of_groups(number):
    shape, pattern = shared.GROUPS[number]
    mask, _ = pruned(shape, sparsity_m_by_n=pattern)
    np.testing.assert_array_equal(mask, RECORDED[f"group{number}"])


@pytest.mark.parametrize("number", range(len(shared.SCHEDULES)))
def test_schedules(number):
    name, options = shared.SCHEDULES[number]
    schedule = getattr(sparsity, name)(**options)
    rows = [[float(a) for a in schedule(tf.constant(s, tf.int64))] for s in shared.STEPS]
    np.testing.assert_allclose(rows, RECORDED[f"schedule{number}"], rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("number", range(len(shared.QUANTIZERS)))
def test_quantizers(number):
    name, options = shared.QUANTIZERS[number]
    quantizer = getattr(quantization.quantizers, name)(**options)
    assert type(quantizer).from_config(quantizer.get_config()) == quantizer
    weights = quantizer.build((5, 4), "w", keras.layers.Layer())
    for i in range(3):
        x = shared.batch("quantizer", (4,), i)
        found = quantizer(tf.constant(x), True, weights)
        np.testing.assert_allclose(found, RECORDED[f"quantizer{number}_{i}"], rtol=1e-6, atol=1e-6)
    found = quantizer(tf.constant(x * 1.5), False, weights)
    np.testing.assert_allclose(found, RECORDED[f"quantizer{number}_last"], rtol=1e-6, atol=1e-6)
    if weights:
        ranges = np.stack([weights[k].numpy() for k in ("min_var", "max_var")])
        np.testing.assert_allclose(ranges, RECORDED[f"quantizer{number}_range"], rtol=1e-6)


@pytest.mark.parametrize("name", shared.MODELS)
def test_models_of_quantization_aware_training(name):
    model = quantization.quantize_model(shared.fill(shared.MODELS[name](keras)))
    shape = model.input_shape[1:]
    for i in range(4):
        found = model(shared.batch(name, shape, i), training=True).numpy()
        close(found, RECORDED[f"{name}_{i}"])
    found = model(shared.batch(name, shape, 0), training=False).numpy()
    close(found, RECORDED[f"{name}_last"])
    names = sorted(v.name for v in model.variables if v.name.endswith(("_min", "_max")))
    kinds = [n.replace("depthwise_", "") for n in RECORDED[f"{name}_ranges"]]
    inputs = ("quantize_layer",)
    assert [n for n in names if not n.startswith(inputs)] == sorted(
        n for n in kinds if not n.startswith(inputs)
    )


def close(found, wanted):
    """Equal, but for a number here and there that rounding took to the next step."""
    far = np.abs(found - wanted) > 1e-4 * max(1.0, np.abs(wanted).max())
    assert far.mean() <= 0.06, (found, wanted)
    step = (wanted.max() - wanted.min()) / 50
    np.testing.assert_allclose(found, wanted, atol=step)
