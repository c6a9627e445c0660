"""Models of TensorFlow's own converter, and models of one operator, give what LiteRT gave."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from tidefall.lite.interpreter import compiled
from tidefall.lite.interpreter.engine import Engine
from tidefall.lite.interpreter.interpreter import Interpreter, OpResolverType
from tidefall.lite.schema import read_model, write_model

sys.path.insert(0, str(Path(__file__).parent))

import recorded_models
from op_models import Record, records

REFERENCE = OpResolverType.BUILTIN_REF
OPS = Path(__file__).parent / "recorded" / "ops.npz"


def assert_same(found: np.ndarray, expected: np.ndarray) -> None:
    """Integers agree exactly, floats within 1e-5."""
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
    if expected.dtype.kind in "fc":
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
    else:
        np.testing.assert_array_equal(found, expected)


def run(interpreter: Interpreter, inputs: list[np.ndarray]) -> list[np.ndarray]:
    details = interpreter.get_input_details()
    for detail, value in zip(details, inputs, strict=True):
        interpreter.resize_tensor_input(detail["index"], value.shape)
    interpreter.allocate_tensors()
    for detail, value in zip(details, inputs, strict=True):
        interpreter.set_tensor(detail["index"], value)
    interpreter.invoke()
    return [interpreter.get_tensor(each["index"]) for each in interpreter.get_output_details()]


@pytest.mark.parametrize("name", recorded_models.names())
def test_models_of_the_genuine_converter(name: str) -> None:
    inputs, outputs = recorded_models.values(name)
    interpreter = Interpreter(
        model_content=recorded_models.model(name), experimental_op_resolver_type=REFERENCE
    )
    for found, expected in zip(run(interpreter, inputs), outputs, strict=True):
        assert_same(found, expected)


def test_there_are_sixty_of_them() -> None:
    assert len(recorded_models.names()) >= 60


@pytest.mark.compiles
def test_compiled_models_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_SECONDS", "_SECONDS_PER_OPERATOR", "_SECONDS_TO_IMPORT"):
        monkeypatch.setattr(compiled, name, 0.0)
    monkeypatch.setattr(compiled, "_LEAST_RUNS", 1)
    monkeypatch.setattr(compiled, "_is_mostly_convolutions", lambda graph: False)
    found_compiled = set[str]()
    for name in recorded_models.names():
        if not name.endswith(("_float", "_float16")) or name == "variables_float":
            continue
        inputs, outputs = recorded_models.values(name)
        engine = Engine(name, recorded_models.model(name))
        graph = engine.graph(0)
        for number, value in zip(graph.inputs, inputs, strict=True):
            engine.resize(0, number, value.shape)
        engine.allocate(0)
        for number, value in zip(graph.inputs, inputs, strict=True):
            engine.set(0, number, value)
        for _ in range(2):
            engine.invoke(0)
        found = [engine.current(0, number) for number in graph.outputs]
        if engine.is_compiled():
            found_compiled.add(name)
        for one, expected in zip(found, outputs, strict=True):
            assert_same(one, expected)
    assert len(found_compiled) >= 25
    assert found_compiled >= {"gru_float", "lstm_float", "loop_float", "simple_rnn_float"}


@pytest.mark.parametrize("name", recorded_models.names())
def test_files_survive_the_codec(name: str) -> None:
    model = read_model(recorded_models.model(name))
    assert read_model(write_model(model)) == model


_RECORDS = {each.name: each for each in records()}


@pytest.fixture(scope="module")
def op_values() -> dict[str, np.ndarray]:
    with np.load(OPS) as arrays:
        return {name: arrays[name] for name in arrays.files}


@pytest.mark.parametrize("record", _RECORDS.values(), ids=_RECORDS)
def test_models_of_one_operator(record: Record, op_values: dict[str, np.ndarray]) -> None:
    interpreter = Interpreter(
        model_content=write_model(record.model()), experimental_op_resolver_type=REFERENCE
    )
    interpreter.allocate_tensors()
    for place, detail in enumerate(interpreter.get_input_details()):
        interpreter.set_tensor(detail["index"], op_values[f"{record.name}/in{place}"])
    for number in range(record.runs):
        interpreter.invoke()
        for place, detail in enumerate(interpreter.get_output_details()):
            expected = op_values[f"{record.name}/{number}/out{place}"]
            assert_same(interpreter.get_tensor(detail["index"]), expected)


def test_genuine_files(interop_genuine: Path) -> None:
    x = np.array([[1.0]], np.float32)
    for folder in ("half_plus_two_tflite", "half_plus_two_tflite_sig"):
        interpreter = Interpreter(str(interop_genuine / folder / "model.tflite"))
        np.testing.assert_array_equal(run(interpreter, [x])[0], [[2.5]])
    interpreter = Interpreter(str(interop_genuine / "tfjs_add4_tflite" / "add4.tflite"))
    runner = interpreter.get_signature_runner()
    shape = runner.get_input_details()["input_1"]["shape"]
    found = runner(input_1=np.ones(shape, np.float32), input_2=np.zeros(shape, np.float32))
    np.testing.assert_array_equal(found["add_1"], np.ones(shape))
