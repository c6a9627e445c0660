"""Models in every way that they can be quantized, with inputs and what is expected of them."""

from __future__ import annotations

import numpy as np

import tidefall as tf
from tests.lite.models import APPLICATIONS, MODELS, samples, stirred

KINDS = ("float", "float16", "dynamic", "int8", "int16")


def make(name, kind, folder):
    """Write a file, the inputs and what is expected of it."""
    tf.keras.utils.clear_session()
    model = stirred({**MODELS, **APPLICATIONS}[name]())
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.verify = False
    if kind != "float":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if kind == "float16":
        converter.target_spec.supported_types = [tf.float16]
    data = [samples(model, batch=1, seed=seed) for seed in range(4)]
    if kind in ("int8", "int16"):
        converter.representative_dataset = lambda: data
    if kind == "int16":
        converter.target_spec.supported_ops = [
            tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8,
            tf.lite.OpsSet.TFLITE_BUILTINS,
        ]
    content = converter.convert()
    (folder / f"{name}.tflite").write_bytes(content)
    inputs = samples(model, batch=1 if kind.startswith("int") or name == "detector" else 3)
    if kind == "float":
        expected = converter.sources()[0].call(inputs)
    else:
        expected = ours(content, inputs)
    given = {f"i{i}": v for i, v in enumerate(inputs)}
    np.savez(folder / f"{name}.npz", **given, **{f"o{i}": v for i, v in enumerate(expected)})


def ours(content, inputs):
    interpreter = tf.lite.Interpreter(model_content=content)
    details = interpreter.get_input_details()
    for detail, array in zip(details, inputs, strict=True):
        interpreter.resize_tensor_input(detail["index"], array.shape)
    interpreter.allocate_tensors()
    for detail, array in zip(details, inputs, strict=True):
        interpreter.set_tensor(detail["index"], array)
    interpreter.invoke()
    return [interpreter.get_tensor(d["index"]) for d in interpreter.get_output_details()]
