"""An evaluation that is killed at random moments: no half result, and the next one is whole."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tidefall.base import errors
from tidefall.lifecycle import model_analysis as tfma
from tidefall.lifecycle.model_analysis import result_files

pytest.importorskip("pyarrow")
REPO = Path(__file__).resolve().parents[3]
PROGRAM = """
import sys
from tests.lifecycle.model_analysis.test_kills import evaluate
print("ready", flush=True)
while True:
    evaluate(*sys.argv[1:])
    print("done", flush=True)
"""


def evaluate(data, folder):
    config = tfma.EvalConfig(
        model_specs=[tfma.ModelSpec(label_key="y", prediction_key="p")],
        slicing_specs=[tfma.SlicingSpec(), tfma.SlicingSpec(feature_keys=["g"])],
    )
    metrics = [tfma.metrics.AUC(), tfma.metrics.ConfusionMatrixPlot(num_thresholds=50)]
    config.metrics_specs.extend(tfma.metrics.specs_from_metrics(metrics))
    bounds = config.metrics_specs[0].thresholds["auc"].value_threshold
    bounds.lower_bound.value = 0.1
    return tfma.run_model_analysis(None, config, data, output_path=folder)


def contents(folder):
    """All that readers see of an evaluation."""
    return (
        tfma.load_eval_result(folder),
        [one.SerializeToString(deterministic=True) for one in tfma.load_metrics(folder)],
        tfma.load_validation_result(folder).SerializeToString(deterministic=True),
    )


@pytest.fixture
def data(tmp_path):
    dice = np.random.default_rng(0)
    frame = pd.DataFrame({"y": dice.integers(0, 2, 4000), "p": dice.random(4000)})
    frame.assign(g=dice.integers(0, 20, 4000)).to_parquet(tmp_path / "rows.parquet")
    return str(tmp_path / "rows.parquet")


@pytest.mark.process
def test_a_killed_evaluation_leaves_no_half_result(tmp_path, data):
    evaluate(data, str(tmp_path / "whole"))
    wanted = contents(str(tmp_path / "whole"))
    folder, dice = str(tmp_path / "out"), random.Random(3)
    command = [sys.executable, "-c", PROGRAM, data, folder]
    for _ in range(4):
        process = subprocess.Popen(command, cwd=REPO, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        if dice.random() < 0.5:  # In the middle of an evaluation that takes another one's place.
            process.stdout.readline()
        time.sleep(dice.random() * 0.4)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        if os.path.isdir(folder) and os.listdir(folder):
            if os.path.exists(os.path.join(folder, result_files.UNFINISHED)):
                with pytest.raises(errors.DataLossError, match="cut short"):
                    contents(folder)
            else:
                assert contents(folder) == wanted
    evaluate(data, folder)
    assert contents(folder) == wanted
    assert sorted(os.listdir(folder)) == sorted(os.listdir(tmp_path / "whole"))


@pytest.mark.parametrize("at", range(5))
def test_a_result_that_was_cut_short_is_refused_until_it_is_whole(tmp_path, data, monkeypatch, at):
    folder = str(tmp_path / "out")
    first = evaluate(data, folder)
    calls = []
    real = result_files.whole_file

    def dying(path, *arguments):
        calls.append(path)
        if len(calls) > at:
            raise OSError("no space left on device")
        return real(path, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(result_files, "whole_file", dying)
        if at < 4:
            with pytest.raises(OSError, match="no space"):
                evaluate(data, folder)
            for read in (tfma.load_eval_result, lambda f: list(tfma.load_metrics(f)),
                         tfma.load_validation_result):  # fmt: skip
                with pytest.raises(errors.DataLossError, match="cut short"):
                    read(folder)
    assert evaluate(data, folder) == first
