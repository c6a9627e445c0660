"""LiteRT runs the files of the converter, and gives what Keras gives.

`TIDEFALL_LITE_MODELS=all` takes all models and every way to quantize; else it is a sample.
"""

from __future__ import annotations

import json
import os

import numpy as np
import pytest

import tidefall as tf
from tests.lite.models import APPLICATIONS, MODELS, samples, stirred

pytestmark = pytest.mark.oracle

ALL = os.environ.get("TIDEFALL_LITE_MODELS") == "all"
SAMPLE = (
    "dense_gelu", "conv2d_bn", "transposed", "layer_norm", "lstm", "bidirectional_gru",
    "masked_text", "attention_masked", "encoder", "resnet", "detector", "branches", "indexing",
)  # fmt: skip
NAMES = [*MODELS, *APPLICATIONS] if ALL else list(SAMPLE)
KINDS = ("float", "float16", "dynamic", "int8", "int16")
LOOSE = {
    ("mixed_precision", "float"): 5e-4,  # computed in half precision by Keras
    ("reductions", "int8"): 0.1,  # a square root of integers next to zero
}

RUN = """
import json, sys
import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType
found, exact = {}, []

def load(name):
    path = f"{sys.argv[1]}/{name}.tflite"
    if sys.argv[3] == "reference":
        try:
            made = Interpreter(path, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
            exact.append(name)
            return made
        except ValueError:  # it lacks an operator
            pass
    return Interpreter(path)

for name in json.loads(sys.argv[2]):
    try:
        given = np.load(f"{sys.argv[1]}/{name}.npz")
        interpreter = load(name)
        inputs = interpreter.get_input_details()
        for i, detail in enumerate(inputs):
            interpreter.resize_tensor_input(detail["index"], given[f"i{i}"].shape)
        interpreter.allocate_tensors()
        for i, detail in enumerate(inputs):
            interpreter.set_tensor(detail["index"], given[f"i{i}"])
        interpreter.invoke()
        outputs = [interpreter.get_tensor(d["index"]) for d in interpreter.get_output_details()]
        np.savez(f"{sys.argv[1]}/{name}.out.npz", *outputs)
    except Exception as error:
        found[name] = f"{type(error).__name__}: {error}"
with open(f"{sys.argv[1]}/errors.json", "w") as file:
    json.dump([found, exact], file)
"""


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


@pytest.fixture(scope="session", params=KINDS)
def run_by_litert(request, run_oracle, tmp_path_factory):
    """The files of one kind, run by LiteRT."""
    kind = request.param
    folder = tmp_path_factory.mktemp(kind)
    names = [n for n in NAMES if kind == "float" or n not in APPLICATIONS]
    for name in names:
        make(name, kind, folder)
    kernels = "reference" if kind in ("int8", "int16") else "fast"
    run_oracle(RUN, str(folder), json.dumps(names), kernels)
    return kind, names, folder


def distance(got, wanted, kind):
    """How far outputs are apart, as a share of the largest number."""
    if got.shape != wanted.shape or got.dtype != wanted.dtype:
        return np.inf
    if not got.size:
        return 0.0
    apart = np.abs(got.astype(np.float64) - wanted)
    scale = max(1.0, float(np.abs(wanted.astype(np.float64)).max()))
    if kind in ("int8", "int16"):
        # Kernels with SIMD round halves otherwise: a quantum here and there.
        return float(np.sqrt(np.mean(np.square(apart))) / scale)
    return float(apart.max() / scale)


EXACT = {"int8": 1e-6, "int16": 1e-4}
"""By LiteRT's reference kernels: what is left are the floats around, and for 16 bits a quantum."""
LIMITS = {"float": 1e-5, "float16": 1e-5, "dynamic": 0.02, "int8": 0.03, "int16": 0.002}


def test_litert_gives_the_same(run_by_litert):
    kind, names, folder = run_by_litert
    errors, exact = json.loads((folder / "errors.json").read_text())
    for name in names:
        if name in errors:
            continue
        wanted = np.load(folder / f"{name}.npz")
        got = np.load(folder / f"{name}.out.npz")
        for i, key in enumerate(got.files):
            found = distance(got[key], wanted[f"o{i}"], kind)
            limit = EXACT[kind] if name in exact else LOOSE.get((name, kind), LIMITS[kind])
            if not found <= limit:
                errors[name] = f"output {i} is off by {found:.3g}"
    assert not errors
