"""Embeddings of tables in several pieces, beside values from TensorFlow."""

from __future__ import annotations

import numpy as np
import pytest

import tidefall as tf

nn = tf.compat.v1.nn


def _pieces() -> list[tf.Tensor]:
    sizes = (4, 4, 3)
    return [
        tf.constant(100 * i + np.arange(3 * n, dtype=np.float32).reshape(n, 3))
        for i, n in enumerate(sizes)
    ]


def _ids() -> tf.SparseTensor:
    return tf.sparse.from_dense(tf.constant([[1, 10, 3], [0, 0, 5]]))


# First number of each row that is found, by strategy.
FOUND = {"mod": [[0.0, 203.0, 109.0], [100.0, 200.0, 106.0]], "div": [[0, 103, 206], [3, 6, 109]]}
SUMS = {"mod": [212.0, 203.0], "div": [218.0, 103.0]}
MEANS = {"mod": [70.66667, 203.0], "div": [72.66667, 103.0]}
LOSSES = {"mod": [2.2795, 16.2572], "div": [13.9914, 24.3381]}


@pytest.mark.parametrize("strategy", ["mod", "div"])
def test_the_strategy_says_where_rows_are(strategy: str) -> None:
    found = nn.embedding_lookup(_pieces(), [[0, 5, 10], [1, 2, 7]], strategy)
    assert found[..., 0].numpy().tolist() == FOUND[strategy]
    sums = nn.embedding_lookup_sparse(_pieces(), _ids(), None, strategy, combiner="sum")
    assert sums[:, 0].numpy().tolist() == SUMS[strategy]
    means = nn.safe_embedding_lookup_sparse(_pieces(), _ids(), partition_strategy=strategy)
    np.testing.assert_allclose(means[:, 0], MEANS[strategy], rtol=1e-5)


@pytest.mark.parametrize("strategy", ["mod", "div"])
def test_losses_of_sampled_classes(strategy: str) -> None:
    biases = [tf.constant(b) for b in ([1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0], [9.0, 10, 11])]
    sampled = tf.constant([3, 10], tf.int64), tf.constant([[0.1]]), tf.constant([0.2, 0.3])
    losses = [
        loss(
            _pieces(), biases, tf.constant([[1]], tf.int64), tf.fill([1, 3], 0.01), 2, 11,
            sampled_values=sampled, partition_strategy=strategy,
        )[0]
        for loss in (nn.sampled_softmax_loss, nn.nce_loss)
    ]  # fmt: skip
    np.testing.assert_allclose(losses, LOSSES[strategy], rtol=1e-4)


def test_mod_is_the_default() -> None:
    assert nn.embedding_lookup(_pieces(), [5])[0, 0] == 203.0
    assert tf.nn.embedding_lookup(_pieces(), [5])[0, 0] == 103.0
    ragged = nn.embedding_lookup(_pieces(), tf.ragged.constant([[1, 2], [5]]))
    assert [[row[0] for row in rows] for rows in ragged.to_list()] == [[100.0, 200.0], [203.0]]


def test_another_strategy_is_refused_where_it_matters() -> None:
    assert nn.embedding_lookup(_pieces()[:1], [1], "other")[0, 0] == 3.0
    with pytest.raises(ValueError, match="other"):
        nn.embedding_lookup(_pieces(), [1], "other")
