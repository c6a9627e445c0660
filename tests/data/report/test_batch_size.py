"""The size of batches that a pipeline tells without running, as TensorFlow tells it."""

from __future__ import annotations

import numpy as np
import pytest

import tidefall as tf
from tidefall.data.report.batch_size import compute_batch_size

NUMBERS = tf.data.Dataset.range(20)
FOURS = NUMBERS.batch(4)

# The sizes are what TensorFlow 2.21 answers.
SIZES = {
    "batch": (FOURS, 4),
    "drop_remainder": (NUMBERS.batch(4, drop_remainder=True), 4),
    "map": (FOURS.map(lambda x: x + 1), -1),
    "passing on": (FOURS.prefetch(2).repeat(2).shuffle(3), 4),
    "filter": (FOURS.filter(lambda x: True), 4),
    "options": (FOURS.with_options(tf.data.Options()), 4),
    "batch of batches": (FOURS.batch(3), 3),
    "padded_batch": (NUMBERS.padded_batch(5), 5),
    "ragged_batch": (NUMBERS.ragged_batch(4), 4),
    "rebatch": (FOURS.rebatch(6), -1),
    "zip": (tf.data.Dataset.zip((FOURS, FOURS)), 4),
    "zip of two sizes": (tf.data.Dataset.zip((FOURS, NUMBERS.batch(5))), -1),
    "concatenate": (FOURS.concatenate(FOURS), 4),
    "flat_map": (NUMBERS.flat_map(lambda x: tf.data.Dataset.range(3).batch(2)), -1),
    "from_tensors": (tf.data.Dataset.from_tensors((np.ones((3, 2)), np.ones(3))), 3),
    "two leading dimensions": (tf.data.Dataset.from_tensors((np.ones((3, 2)), np.ones(4))), -1),
    "rows": (tf.data.Dataset.from_tensor_slices(np.ones((3, 2))), 2),
    "window": (NUMBERS.window(4), -1),
    "unknown": (NUMBERS.map(lambda x: tf.fill([x], 1)), -1),
}


@pytest.mark.parametrize("name", SIZES)
def test_batch_size(name: str) -> None:
    dataset, size = SIZES[name]
    assert compute_batch_size(dataset).numpy() == size


def test_scalars_have_no_batch_size() -> None:
    with pytest.raises(IndexError):
        compute_batch_size(NUMBERS)
