"""What was measured decides between a kernel and XLA's own code, and is kept."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tidefall.base.config import config
from tidefall.native.choices import SLOWER, Candidate, Choices, key_of

F32 = np.dtype(np.float32)


def candidate(key: str) -> Candidate:
    return Candidate(key, lambda x: x, lambda x: x, (((2,), F32),))


@pytest.mark.parametrize(
    ("shape", "other", "same"),
    [
        ((30, 1000), (32, 1024), True),
        ((30, 1000), (32, 512), False),
        ((3, 3, 1, 64), (5, 5, 1, 64), False),
        ((1, 64), (2, 64), False),
        ((100,), (140,), True),
        ((64,), (64, 1), False),
    ],
)
def test_shapes_of_a_class_have_one_key(shape, other, same):
    keys = [key_of("k", [np.zeros(s, np.float32)], [(s, F32)]) for s in (shape, other)]
    assert (keys[0] == keys[1]) == same


def test_the_kernel_and_the_dtype_are_in_the_key():
    x = np.zeros((2,), np.float32)
    keys = {key_of(k, [x.astype(d)], [((2,), d)]) for k in "ab" for d in (F32, np.dtype("int8"))}
    assert len(keys) == 4


@pytest.mark.parametrize(
    ("ratio", "native"), [(0.3, True), (1.0, True), (SLOWER, True), (1.2, False), (10.0, False)]
)
def test_the_slower_way_is_not_taken(tmp_path: Path, ratio: float, native: bool):
    choices = Choices(tmp_path / "kernels.json")
    choices.record("a", ratio)
    assert choices.prefers_native(candidate("a")) == native
    assert Choices(tmp_path / "kernels.json").prefers_native(candidate("a")) == native
    assert not choices.pending
    with config.override(op_determinism=True):
        assert choices.prefers_native(candidate("a"))


def test_what_is_not_known_is_asked_for_once():
    choices = Choices(None)
    assert all(choices.prefers_native(candidate(key)) for key in "aab")
    assert [c.key for c in choices.take_pending()] == ["a", "b"]
    assert choices.prefers_native(candidate("a"))
    assert not choices.pending


def test_what_several_processes_measured_is_all_kept(tmp_path: Path):
    first, second = (Choices(tmp_path / "kernels.json") for _ in range(2))
    first.record("a", 0.5)
    second.record("b", 2.0)
    assert Choices(tmp_path / "kernels.json").ratios == {"a": 0.5, "b": 2.0}
    assert json.loads((tmp_path / "kernels.json").read_text())["machine"]["cores"] > 0
    assert [path.name for path in tmp_path.iterdir()] == ["kernels.json"]


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"ratios": 3}', '{"ratios": {"a": "fast"}}', "\0\0"]
)
def test_a_damaged_file_is_written_anew(tmp_path: Path, content: str):
    path = tmp_path / "kernels.json"
    path.write_text(content)
    choices = Choices(path)
    assert choices.ratios == {}
    choices.record("a", 0.5)
    assert Choices(path).ratios == {"a": 0.5}


def test_a_folder_that_cannot_be_written_to_is_no_error(tmp_path: Path):
    (tmp_path / "file").write_text("")
    choices = Choices(tmp_path / "file" / "kernels.json")
    choices.record("a", 2.0)
    assert not choices.prefers_native(candidate("a"))
