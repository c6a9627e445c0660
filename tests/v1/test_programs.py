"""Programs of TensorFlow 1 give, step by step, what TensorFlow gives."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest

import tidefall as tf
from tests.v1.programs import PROGRAMS, RECORDED, plain


@cache
def _recorded() -> dict[str, Any]:
    return json.loads(RECORDED.read_text())


def _close(ours: Any, theirs: Any) -> None:
    if isinstance(theirs, dict):
        assert list(ours) == list(theirs)
        for key in theirs:
            _close(ours[key], theirs[key])
    elif isinstance(theirs, list):
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs, strict=True):
            _close(a, b)
    elif isinstance(theirs, float):
        # Some are rounded to five decimals, where the last one may differ.
        assert ours == pytest.approx(theirs, rel=2e-5, abs=1.1e-5)
    else:
        assert ours == theirs


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_program(name: str) -> None:
    _close(plain(PROGRAMS[name](tf)), _recorded()[name])


def test_every_recorded_program_is_there() -> None:
    assert _recorded().keys() == PROGRAMS.keys()
