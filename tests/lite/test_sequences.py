"""Operators that native code runs in a row give what their kernels give one by one."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tidefall.lite.interpreter.engine import Engine
from tidefall.lite.interpreter.registry import NativeKernel
from tidefall.lite.interpreter.sequences import LayerSequence
from tidefall.lite.schema import write_model
from tidefall.native.library import enabled

sys.path.insert(0, str(Path(__file__).parent))

import recorded_models
from op_models import records

if not enabled():
    pytest.skip("there are no native kernels here", allow_module_level=True)

OPS = Path(__file__).parent / "recorded" / "ops.npz"
STATEFUL = ("variables_", "stateful_", "fused_")


def close(found: np.ndarray, expected: np.ndarray, tolerance: float = 1e-5) -> None:
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
    if expected.dtype.kind in "fc":
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)
    else:
        np.testing.assert_array_equal(found, expected)


def results(engine: Engine, inputs: list[np.ndarray]) -> list[np.ndarray]:
    graph = engine.graph(0)
    for number, value in zip(graph.inputs, inputs, strict=True):
        engine.resize(0, number, value.shape)
    engine.allocate(0)
    for number, value in zip(graph.inputs, inputs, strict=True):
        engine.set(0, number, value)
    engine.invoke(0)
    return [engine.current(0, number) for number in graph.outputs]


def sequences(engine: Engine) -> list[LayerSequence]:
    plans = engine.graph(0).plans.values()
    steps = [step for plan in plans if plan is not None for step in plan.steps]
    return [step for step in steps if isinstance(step, LayerSequence)]


@pytest.mark.parametrize("name", recorded_models.names())
def test_later_runs_give_what_the_first_gave(name: str) -> None:
    inputs, outputs = recorded_models.values(name)
    engine = Engine(name, recorded_models.model(name), compile_often_used=False)
    if engine.graph(0).variables or name.startswith(STATEFUL):
        pytest.skip("each of its runs gives something else")
    for _ in range(3):
        for found, expected in zip(results(engine, inputs), outputs, strict=True):
            close(found, expected)


PLANS = {
    "dense_int8": ["LayerSequence"],
    "dense_float": ["LayerSequence"],
    "depthwise_int8": ["LayerSequence"],
    "conv2d_int8": ["CONV_2D", "MUL", "LayerSequence"],
    "residual_float": [  # shapes are known, and no longer computed
        "LayerSequence", "MUL", "SUB", "CONCATENATION", "RESHAPE", "MAXIMUM", "ADD", "MUL",
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", PLANS)
def test_layers_that_follow_each_other_are_one_call(name: str) -> None:
    engine = Engine(name, recorded_models.model(name), compile_often_used=False)
    for _ in range(3):
        results(engine, recorded_models.values(name)[0])
    (plan,) = engine.graph(0).plans.values()
    assert plan is not None
    found = [
        "LayerSequence" if isinstance(step, LayerSequence) else step.node.operator
        for step in plan.steps
    ]
    assert found == PLANS[name]


def layers(engine: Engine, inputs: list[np.ndarray]) -> list[tuple[Any, list[Any], Any]]:
    """Each native layer of a model, what its kernel reads in a run, and what that gives."""
    keep: list[Any] = []
    engine.program.run(0, inputs, keep)
    found = []
    for step in engine.graph(0).unfolded or []:
        if isinstance(step.kernel, NativeKernel) and len(step.outputs) == 1:
            given = [None if number < 0 else keep[number] for number in step.inputs]
            layer = step.kernel.layer(given, keep[step.outputs[0]])
            if layer is not None and layer.prepared is not None:
                read = [np.ascontiguousarray(given[place]) for place in layer.reads]
                found.append((layer.prepared, read, keep[step.outputs[0]]))
    return found


def test_each_layer_gives_what_its_kernel_gives() -> None:
    seen = Counter[str]()
    with np.load(OPS) as arrays:
        values = {name: arrays[name] for name in arrays.files}
    models = [
        (each.name, write_model(each.model()), [values[f"{each.name}/in{i}"] for i in range(9)
                                                if f"{each.name}/in{i}" in values])
        for each in records()
    ]  # fmt: skip
    models += [
        (name, recorded_models.model(name), recorded_models.values(name)[0])
        for name in recorded_models.names()
    ]
    for name, content, inputs in models:
        for prepared, given, expected in layers(Engine(name, content), inputs):
            found = prepared(*given)[0]
            close(found.reshape(expected.shape), expected)
            seen[f"{prepared.name} {found.dtype}"] += 1
    assert seen.keys() == {
        "float_convolution float32",
        "float_softmax float32",
        "float_sum float32",
        "integer_convolution int8",
        "integer_lookup int8",
        "integer_mean int8",
        "integer_softmax int8",
        "integer_sum int8",
        "pool float32",
        "pool int8",
    }


@pytest.mark.parametrize("name", ["dense_int8", "dense_float", "depthwise_int8"])
def test_runs_that_stay_on_the_same_arrays_follow_their_inputs(name: str) -> None:
    inputs, _ = recorded_models.values(name)
    bound = Engine(name, recorded_models.model(name), compile_often_used=False)
    stepwise = Engine(name, recorded_models.model(name), preserve_all_tensors=True)
    for run in range(5):
        given = [np.roll(each, run, axis=-1) for each in inputs]
        if run == 3:  # other arrays
            given = [np.concatenate([each, each]) for each in given]
        kept = [each.copy() for each in results(bound, given)]
        for found, expected in zip(kept, results(stepwise, given), strict=True):
            close(found, expected)


def test_each_shape_has_a_sequence_of_its_own() -> None:
    name = "depthwise_int8"
    inputs, _ = recorded_models.values(name)
    engine = Engine(name, recorded_models.model(name), compile_often_used=False)
    alone = results(engine, inputs)
    many = [np.concatenate([each, each, each]) for each in inputs]
    for given in (inputs, many, inputs, many, many, inputs):
        for found, expected in zip(results(engine, given), alone, strict=True):
            np.testing.assert_array_equal(found, np.concatenate([expected] * (len(found) // 2)))
    assert len(sequences(engine)) == 2
