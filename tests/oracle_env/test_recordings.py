"""The committed recordings are what real TensorFlow gives."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.oracle import recording

pytestmark = pytest.mark.oracle

FLOATS = ("float", "bfloat", "complex")
ONE_IN = int(os.environ.get("TIDEFALL_ORACLE_SAMPLE", "10"))
"""Recording everything takes a quarter of an hour, so one record in so many is made again."""


def test_scripts_run_under_tensorflow(oracle: Callable[..., Any]) -> None:
    source = "import tensorflow as tf\nresult = tf.add(inputs['x'], 1).numpy().tolist()"
    assert oracle(source, x=[1, 2]) == [2, 3]


@pytest.fixture(scope="session")
def recorded_again(
    oracle_python: Path, repo_root: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A folder with recordings of all families, those of the sample, made now."""
    folder = tmp_path_factory.mktemp("recorded")
    script = repo_root / "tests" / "oracle" / "record.py"
    done = subprocess.run(
        [str(oracle_python), str(script), "--output", str(folder), "--sample", str(ONE_IN)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize("family", recording.families())
def test_recording_again_gives_the_same(family: str, recorded_again: Path) -> None:
    """Numbers may differ in the last bits: TensorFlow's kernels depend on the processor."""
    again = json.loads(recording.unpack(recorded_again / f"{family}.json.gz"))
    stored = recording.load(family)
    assert again["tensorflow"] == stored["tensorflow"]
    expected = {i: r for i, r in stored["cases"].items() if recording.in_sample(i, ONE_IN)}
    _same(_used(again["cases"], family), _used(expected, family), family)


def _used(cases: dict[str, Any], family: str) -> dict[str, Any]:
    """The recordings without what no test looks at: whether records that are not compiled could be.

    TensorFlow's answer depends on what was traced before.
    """
    compiled = {i for i, r in recording.records(family).items() if "xla" in r.executors}
    return {
        ident: stored if ident in compiled else {k: v for k, v in stored.items() if k != "xla"}
        for ident, stored in cases.items()
    }


def _same(new: Any, old: Any, where: str) -> None:
    if isinstance(old, dict) and "data" in old and old["dtype"].startswith(FLOATS):
        assert (new["dtype"], new["shape"]) == (old["dtype"], old["shape"]), where
        got, wanted = recording.decode(new), recording.decode(old)
        kind = np.complex128 if old["dtype"].startswith("complex") else np.float64
        rtol = 1e-2 if old["dtype"] in ("bfloat16", "float16") else 1e-4
        np.testing.assert_allclose(got.astype(kind), wanted.astype(kind), rtol, 1e-5, err_msg=where)
    elif isinstance(old, dict):
        assert new.keys() == old.keys(), where
        for key in old:
            _same(new[key], old[key], f"{where} / {key}")
    elif isinstance(old, list):
        assert len(new) == len(old), where
        for i, (a, b) in enumerate(zip(new, old, strict=True)):
            _same(a, b, f"{where} / {i}")
    else:
        assert new == old, where
