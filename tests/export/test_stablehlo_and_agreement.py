"""StableHLO programs, and one model in every runtime."""

from __future__ import annotations

import json

import numpy as np
import pytest

import tidefall as tf
from tidefall.export.agreement.cli import main
from tidefall.export.agreement.comparison import difference
from tidefall.export.stablehlo import from_stablehlo, to_stablehlo


def dense():
    layers = tf.keras.layers
    return tf.keras.Sequential(
        [layers.Input([4]), layers.Dense(3, activation="relu"), layers.Dense(2)]
    )


def test_a_program_with_a_free_batch_runs_and_is_saved(tmp_path):
    model = dense()
    to_stablehlo(model, tmp_path / "m.stablehlo", platforms=["cpu", "cuda"])
    again = from_stablehlo(tmp_path / "m.stablehlo")
    for batch in (1, 5):
        x = np.random.default_rng(0).random([batch, 4]).astype(np.float32)
        np.testing.assert_allclose(again(x), model(x), atol=1e-6)
    module = tf.Module()
    module.run = again
    tf.saved_model.save(module, str(tmp_path / "saved"))
    loaded = tf.saved_model.load(str(tmp_path / "saved"))
    np.testing.assert_allclose(loaded.run(tf.constant(x)), model(x), atol=1e-6)


def test_loops_are_exported_for_a_given_batch():
    layers = tf.keras.layers
    model = tf.keras.Sequential([layers.Input([6, 3]), layers.LSTM(4)])
    x = np.random.default_rng(0).random([2, 6, 3]).astype(np.float32)
    np.testing.assert_allclose(from_stablehlo(to_stablehlo(model, batch=2))(x), model(x), atol=1e-6)


def test_bad_programs_are_named(tmp_path):
    with pytest.raises(tf.errors.NotFoundError, match="There is no file"):
        from_stablehlo(tmp_path / "none")
    with pytest.raises(tf.errors.DataLossError, match=r"jax\.export"):
        from_stablehlo(b"not a program")
    with pytest.raises(ValueError, match="platforms"):
        to_stablehlo(dense(), platforms=["abacus"])


def test_difference_is_relative_to_large_numbers_and_sees_shapes():
    assert difference([np.array([1.0, 20.0])], [np.array([1.0, 10.0])]) == 1.0
    assert difference([np.zeros([2])], [np.zeros([3])]) == np.inf
    assert difference([np.array([np.nan])], [np.array([np.nan])]) == 0.0


@pytest.mark.filterwarnings("ignore:__array__ implementation")
def test_all_runtimes_agree_and_errors_have_their_status(tmp_path, capsys):
    path, data = str(tmp_path / "m.keras"), str(tmp_path / "x.npy")
    dense().save(path)
    np.save(data, np.random.default_rng(0).random([3, 4]).astype(np.float32))
    assert main([path, data, "--repeats", "1", "--json"]) == 0
    rows = {r["runtime"]: r for r in json.loads(capsys.readouterr().out)}
    assert {"eager", "compiled", "server REST", "server gRPC", "lite", "onnx"} <= set(rows)
    absent = rows.pop("tensorflow.js")
    assert absent["difference"] is not None or "npm install" in absent["note"]
    assert all(r["difference"] is not None for r in rows.values()), rows
    assert main([path, data, "--runtimes", "abacus"]) == 2
    assert "abacus" in capsys.readouterr().err
