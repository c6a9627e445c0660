"""LiteRT beside the interpreter, on models of one operator with new scales, weights and inputs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tidefall.lite.interpreter.interpreter import Interpreter, OpResolverType
from tidefall.lite.schema import write_model

sys.path.insert(0, str(Path(__file__).parents[1] / "lite"))

from op_models import records

pytestmark = pytest.mark.oracle

WRONG_THERE = {"DIV_i8_NONE", "DIV_u8_NONE", "DIV_i8_RELU6", "DIV_u8_RELU6"}
"""Zero divided by something is shifted by more bits than there are."""


@pytest.mark.parametrize("seed", [101, 102, 103])
def test_litert_gives_the_same(seed: int, oracle_python: Path, repo_root: Path, tmp_path: Path):
    path = tmp_path / "values.npz"
    script = repo_root / "tests" / "lite" / "record_ops.py"
    subprocess.run(
        [oracle_python, script, "--seed", str(seed), "--output", path],
        env={**os.environ, "PYTHONPATH": str(repo_root / "src")},
        check=True,
        capture_output=True,
        timeout=300,
    )
    with np.load(path) as arrays:
        values = {name: arrays[name] for name in arrays.files}
    compared = 0
    for record in records(seed):
        if f"{record.name}/0/out0" not in values or record.name in WRONG_THERE:
            continue
        interpreter = Interpreter(
            model_content=write_model(record.model()),
            experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
        )
        interpreter.allocate_tensors()
        for place, detail in enumerate(interpreter.get_input_details()):
            interpreter.set_tensor(detail["index"], values[f"{record.name}/in{place}"])
        for number in range(record.runs):
            interpreter.invoke()
            for place, detail in enumerate(interpreter.get_output_details()):
                found = interpreter.get_tensor(detail["index"])
                expected = values[f"{record.name}/{number}/out{place}"]
                tolerance = 2e-5 if expected.dtype.kind == "f" else 0
                np.testing.assert_allclose(
                    found.astype(np.float64), expected.astype(np.float64), rtol=tolerance,
                    atol=tolerance, err_msg=record.name,
                )  # fmt: skip
        compared += 1
    assert compared > 300
