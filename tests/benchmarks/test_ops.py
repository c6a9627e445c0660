"""The table of single ops: its cases, ratios, and the lines about slow ones."""

from __future__ import annotations

import numpy as np
import pytest

import tidefall as tf
from benchmarks import op_worker, ops, timing
from benchmarks.op_cases import OPS, SIZES, OpCase

FOUND: dict[str, ops.Seconds] = {
    "tidefall": {"add": {"forward": {"8": [1e-6, 3e-6, 2e-6], "1k": [9e-6]}}},
    "tensorflow": {"add": {"forward": {"8": [1e-5], "1k": [3e-6]}}},
}


def test_there_are_sixty_ops_each_once() -> None:
    assert len({case.name for case in OPS}) == len(OPS) >= 60


@pytest.mark.parametrize("case", OPS, ids=[case.name for case in OPS])
def test_cases_run(case: OpCase) -> None:
    library = op_worker.TensorFlowApi("tidefall")
    clock = timing.Clock(quick=True)
    clock.batch_seconds = 0.0
    found = op_worker.measure(library, case, clock, ["8"])
    assert set(found) == ({"forward", "gradient"} if case.gradient else {"forward"})


@pytest.mark.parametrize("case", OPS, ids=[case.name for case in OPS])
def test_inputs_have_about_the_size_they_are_for(case: OpCase) -> None:
    for size in ("1k", "1M"):
        count = case.inputs(SIZES[size])["x"].size
        assert SIZES[size] / 16 <= count <= SIZES[size]


def test_the_table_has_medians_and_ratios() -> None:
    assert "| `add` | forward | 2 us (0.20) | 9 us (3.00) | - |" in ops.table(FOUND)


def test_slow_ops_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ops.slower(FOUND) == ["- `add`, forward: 3.0x at 1k: no reason is known yet"]
    monkeypatch.setitem(ops.REASONS, ("add", "forward"), "it is only a test")
    assert ops.slower(FOUND) == ["- `add`, forward: 3.0x at 1k: it is only a test"]


def test_gradients_are_of_the_whole_result() -> None:
    library = op_worker.TensorFlowApi("tidefall")
    names = library.names({"x": np.array([1.0, 2.0], np.float32)})
    assert library.gradient("tf.square(x)", names)().numpy().tolist() == [2.0, 4.0]
    assert isinstance(names["x"], tf.Tensor)
