"""The cases of saving and loading: each runs on a small model."""

import pytest

import tidefall as tf
from benchmarks import model_files, report


def test_every_case_has_a_row_and_one_for_its_memory():
    assert set(model_files.CASES) == set(report.FILES)
    assert {f"{case}_memory" for case in report.FILES} <= set(report.PEAK_MEMORY)


@pytest.mark.parametrize("action", model_files.ACTIONS)
def test_cases_run(action, tmp_path, monkeypatch):
    monkeypatch.setattr(model_files, "home", lambda: tmp_path)
    model_files._write(tf, "1gb", quick=True)
    assert model_files.ACTIONS[action](tf, "1gb", True) > 0.0
    assert [path.name for path in tmp_path.iterdir()] == ["tidefall-1gb-quick"]
    model_files.clean()
    assert not tmp_path.exists()
