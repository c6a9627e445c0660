"""`tidefall lite show | run | bench`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from tidefall.lite.cli import COMMANDS, main

sys.path.insert(0, str(Path(__file__).parent))

import recorded_models


@pytest.fixture
def model(tmp_path: Path) -> str:
    path = tmp_path / "model.tflite"
    path.write_bytes(recorded_models.model("conv2d_int8"))
    return str(path)


def test_help_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    assert end.value.code == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in COMMANDS)


def test_show(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", model]) == 0
    shown = capsys.readouterr().out
    assert "CONV_2D" in shown and "keras_tensor_39: int8[?, 9, 9, 3]" in shown
    assert main(["show", model, "--all"]) == 0
    assert "fused_activation_function=RELU" in capsys.readouterr().out
    assert main(["show", model, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    rows = {row["name"]: row for row in found["operators"]}
    assert rows["CONV_2D"]["count"] == 2 and rows["CONV_2D"]["macs"] == 33624
    assert found["signatures"][0]["inputs"] == {"keras_tensor_39": 0}
    assert found["size"] == len(recorded_models.model("conv2d_int8"))


@pytest.mark.parametrize("form", ["npy", "named", "npz"])
def test_run(model: str, tmp_path: Path, form: str, capsys: pytest.CaptureFixture[str]) -> None:
    (x,), (expected,) = recorded_models.values("conv2d_int8")
    path = tmp_path / ("x.npz" if form == "npz" else "x.npy")
    if form == "npz":
        np.savez(path, keras_tensor_39=x)
    else:
        np.save(path, x)
    given = f"keras_tensor_39={path}" if form == "named" else str(path)
    output = tmp_path / "y.npz"
    assert main(["run", model, "--input", given, "--output", str(output)]) == 0
    assert "output_0: int8[2, 4]" in capsys.readouterr().out
    np.testing.assert_array_equal(np.load(output)["output_0"], expected)
    assert main(["run", model, "--input", given, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["output_0"] == expected.tolist()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show", "/nonexistent.tflite"], "Could not open '/nonexistent.tflite'"),
        (["run", "MODEL"], "keras_tensor_39 int8[?,9,9,3]. --input gives 0 of 1"),
        (["run", "MODEL", "--input", "MODEL"], "cannot be read as a .npy or .npz file"),
        (["convert", "MODEL"], "A .tflite file has been converted"),
        (["run", "MODEL", "--signature", "other"], 'Invalid signature_key provided: "other"'),
        (["bench", "MODEL", "--threads", "0"], "must be at least 1"),
    ],
)
def test_errors(
    model: str, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([model if each == "MODEL" else each for each in arguments]) == 1
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("shape", "dtype", "status"),
    [
        ((1, 9, 9, 3), np.int8, 0),
        ((3, 9, 9, 3), np.int64, 0),  # all of it fits int8
        ((1, 9, 8, 3), np.int8, 1),
        ((9, 9, 3), np.int8, 1),
        ((1, 9, 9, 3), np.float32, 1),
    ],
)
def test_run_takes_what_fits(
    model: str, tmp_path: Path, shape: tuple[int, ...], dtype: type, status: int,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    np.save(tmp_path / "x.npy", np.zeros(shape, dtype))
    assert main(["run", model, "--input", str(tmp_path / "x.npy")]) == status
    if status:
        shown = f"{np.dtype(dtype).name}{list(shape)}"
        assert f"int8[?,9,9,3], and the file has {shown}" in capsys.readouterr().err


@pytest.mark.process
def test_bench(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", model, "--runs", "3", "--settle", "0", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found[0]["engine"] == "tidefall" and found[0]["median_ms"] > 0
