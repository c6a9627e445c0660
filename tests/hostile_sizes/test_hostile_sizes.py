"""Ops of the registry answer hostile sizes with a result or a clear error."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hostile_sizes.attempt import in_child, names


@pytest.mark.process
@pytest.mark.parametrize("seed", (0, 1))
def test_no_op_fails_in_another_way(tmp_path: Path, seed: int) -> None:
    outcomes = in_child([(name, seed) for name in names()], tmp_path)
    assert len(outcomes) > 700
    assert not [outcome for outcome in outcomes if outcome[2].startswith("FIND")]


def test_a_find_is_found(tmp_path: Path) -> None:
    ((_, _, outcome),) = in_child([("NoSuchOp", 0)], tmp_path)
    assert outcome.startswith("FIND")
