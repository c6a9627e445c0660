"""Models with bytes changed or cut off end with an error or a result."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

import tidefall as tf
from tidefall.lite.interpreter.interpreter import Interpreter, OpResolverType

sys.path.insert(0, str(Path(__file__).parent))

import recorded_models


def spoiled(name: str, number: int) -> bytes:
    """A model with a few bytes changed, and some of them cut short."""
    draw = random.Random(f"{name}{number}")
    data = bytearray(recorded_models.model(name))
    for _ in range(draw.choice((1, 1, 2, 4))):
        data[draw.randrange(len(data))] = draw.choice((0, 255, 127, 128, draw.randrange(256)))
    if draw.random() < 0.2:
        del data[draw.randrange(len(data)) :]
    return bytes(data)


@pytest.mark.parametrize(
    "name", ["dense_int8", "loop_float", "slicing_float", "variables_float", "conv2d_dynamic"]
)
def test_damaged_models(name: str) -> None:
    ends = {"result": 0, "error": 0}
    for number in range(500 if name == "dense_int8" else 150):
        try:
            interpreter = Interpreter(
                model_content=spoiled(name, number),
                experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
            )
            interpreter.allocate_tensors()
            interpreter.invoke()
            for detail in interpreter.get_output_details():
                interpreter.get_tensor(detail["index"])
            ends["result"] += 1
        except (
            RuntimeError, tf.errors.DataLossError, tf.errors.InvalidArgumentError,
            tf.errors.UnimplementedError,
        ):  # fmt: skip
            ends["error"] += 1
    assert min(ends.values()) > 10
