"""`tidefall saved-model diff` of a SavedModel and a TensorFlow Lite model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import tidefall as tf
from tidefall.lite.schema import (
    Buffer,
    BuiltinOperator,
    Model,
    MulOptions,
    Operator,
    OperatorCode,
    SignatureDef,
    SubGraph,
    Tensor,
    TensorMap,
    write_model,
)
from tidefall.tools.saved_model_cli.cli import main


def scaled(factor: float, name: str = "x") -> bytes:
    """A model that multiplies by a constant."""
    return write_model(
        Model(
            version=3,
            operator_codes=[OperatorCode(builtin_code=BuiltinOperator.MUL)],
            subgraphs=[
                SubGraph(
                    tensors=[
                        Tensor(name="x", shape=[1, 2], shape_signature=[-1, 2]),
                        Tensor(name="factor", shape=[1], buffer=1),
                        Tensor(name="y", shape=[1, 2], shape_signature=[-1, 2]),
                    ],
                    inputs=[0],
                    outputs=[2],
                    operators=[Operator(inputs=[0, 1], outputs=[2], builtin_options=MulOptions())],
                )
            ],
            buffers=[Buffer(), Buffer(data=np.array([factor], np.float32))],
            signature_defs=[
                SignatureDef(
                    signature_key="serving_default",
                    inputs=[TensorMap(name=name, tensor_index=0)],
                    outputs=[TensorMap(name="y", tensor_index=2)],
                )
            ],
        )
    )


@pytest.fixture
def saved(tmp_path: Path) -> str:
    module = tf.Module()
    module.double = tf.function(
        lambda x: {"y": x * 2.0}, input_signature=[tf.TensorSpec([None, 2], tf.float32, "x")]
    )
    path = str(tmp_path / "saved")
    tf.saved_model.save(module, path, signatures={"serving_default": module.double})
    return path


@pytest.mark.parametrize(
    ("factor", "name", "status", "shown"),
    [
        (2.0, "x", 0, "The models are the same."),
        (2.5, "x", 1, "4 values differ by up to"),
        (2.0, "z", 1, "+ input z: float32[-1, 2]"),
    ],
)
def test_diff(
    saved: str, tmp_path: Path, factor: float, name: str, status: int, shown: str,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    file = tmp_path / "model.tflite"
    file.write_bytes(scaled(factor, name))
    assert main(["diff", saved, str(file)]) == status
    assert shown in capsys.readouterr().out
