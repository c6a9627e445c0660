"""Fixture that runs a preprocessing function over columns and gives what comes out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tidefall as tf
from tidefall import transform as tft
from tidefall.lifecycle.transform.sources import shards_of


def spec_of(values: Any) -> Any:
    """A feature for a column: FixedLen for arrays, VarLen for lists of lists."""
    if isinstance(values, list) and values and isinstance(values[0], list):
        first = next((value for row in values for value in row), 0)
        return tf.io.VarLenFeature(_dtype(first))
    array = np.asarray(values)
    return tf.io.FixedLenFeature(list(array.shape[1:]), _dtype(array.ravel()[0]))


def _dtype(value: Any) -> Any:
    if isinstance(value, (str, bytes)):
        return tf.string
    return tf.int64 if np.asarray(value).dtype.kind == "i" else tf.float32


@pytest.fixture
def transformed(tmp_path: Any) -> Any:
    """Runs a preprocessing function: columns and the function to (outputs, analysis)."""

    def run(columns: dict[str, Any], function: Any, **options: Any) -> Any:
        spec = {name: spec_of(values) for name, values in columns.items()}
        options.setdefault("batch_size", 3)
        analysis = tft.analyze_and_transform(
            columns, function, str(tmp_path / "out"), spec, **options
        )
        raw = next(shards_of(columns, spec, 10**6)[0].features())
        return dict(analysis.output.transform_raw_features(raw)), analysis

    return run
