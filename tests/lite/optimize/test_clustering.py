"""Clustering, and quantization after pruning and clustering."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

import tidefall as tf
from tests.lite.optimize import digits
from tests.lite.optimize.test_quantization import INT8, weights_in
from tidefall.lite import optimize

# Keras's own conversion to NumPy.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
keras, layers = tf.keras, tf.keras.layers
clustering, pruning = optimize.clustering.keras, optimize.sparsity.keras
quantization, combine = optimize.quantization.keras, optimize.experimental.combine


def unique(array):
    return len(np.unique(array))


def sparse_digits():
    """The digits network with half of each kernel zero."""
    model = digits.trained()
    halved = [np.where(np.abs(w) < np.median(np.abs(w)), 0, w) for w in model.get_weights()]
    kept = [h if h.ndim > 1 else w for h, w in zip(halved, model.get_weights(), strict=True)]
    model.set_weights(kept)
    return model


@pytest.mark.parametrize("way", clustering.CentroidInitialization)
def test_values_are_counted_out(way):
    kernel = np.random.default_rng(0).normal(size=(20, 30)).astype(np.float32)
    model = keras.Sequential([keras.Input([20]), layers.Dense(30)])
    model.set_weights([kernel, np.zeros(30)])
    made = clustering.cluster_weights(model, 12, way)
    x = np.random.default_rng(1).normal(size=(4, 20)).astype(np.float32)
    expected = made(x)
    stripped = clustering.strip_clustering(made)
    np.testing.assert_allclose(stripped(x), expected, rtol=1e-5, atol=1e-6)
    found = stripped.layers[0].kernel.numpy()
    assert unique(found) <= 12
    assert unique(found) >= (12 if way is not clustering.CentroidInitialization.RANDOM else 8)
    if way is clustering.CentroidInitialization.LINEAR:
        places = np.linspace(kernel.min(), kernel.max(), 12)
        nearest = places[np.abs(kernel[..., None] - places).argmin(-1)]
        np.testing.assert_allclose(found, nearest, rtol=1e-5)


def test_digits_in_sixteen_values(tmp_path):
    model = digits.trained()
    before, size = digits.accuracy(model), len(gzip.compress(digits.converted(model)))
    made = clustering.cluster_weights(model, 16)
    first = made.layers[0].clustered[0].centroids.numpy()
    digits.fit(made, 2, 1e-4)
    assert (made.layers[0].clustered[0].centroids.numpy() != first).any()
    path = str(tmp_path / "clustered.keras")
    made.save(path)
    _, _, x, _ = digits.data()
    expected = made.predict(x, verbose=0)
    np.testing.assert_array_equal(keras.models.load_model(path).predict(x, verbose=0), expected)
    stripped = clustering.strip_clustering(made)
    assert [unique(k) for k in digits.kernels(stripped)] == [16] * 4
    assert digits.accuracy(stripped) >= before - 0.01
    assert len(gzip.compress(digits.converted(stripped))) < size / 3


def test_channels_have_values_of_their_own():
    average = clustering.GradientAggregation.AVG
    made = clustering.experimental.cluster_weights(
        digits.trained(), 4, cluster_per_channel=True, cluster_gradient_aggregation=average
    )
    stripped = clustering.strip_clustering(digits.fit(made, 1, 1e-4))
    first, second = digits.kernels(stripped)[:2]
    assert max(unique(first[..., i]) for i in range(16)) <= 4
    assert [unique(second[..., i]) for i in range(32)] == [4] * 32


class Own(layers.Layer, clustering.ClusterableLayer):
    def build(self, shape):
        self.a = self.add_weight(name="a", shape=(shape[-1], 9))

    def get_clusterable_weights(self):
        return [("a", self.a)]

    def call(self, x):
        return x @ self.a


LAYERS = [Own, lambda: layers.LSTM(4), lambda: layers.Bidirectional(layers.GRU(3))]


@pytest.mark.parametrize("layer", LAYERS)
def test_layers(layer):
    made = clustering.cluster_weights(keras.Sequential([keras.Input([3, 4]), layer()]), 5)
    made.compile("sgd", "mse")
    y = np.zeros_like(made.predict(np.ones([4, 3, 4]), verbose=0))
    made.fit(np.ones([4, 3, 4]), y, verbose=0)
    stripped = clustering.strip_clustering(made)
    assert {unique(c.weight.numpy()) for c in made.layers[0].clustered} == {5}
    assert type(stripped.layers[0]) is type(layer())


def integers_of(model):
    _, _, x, y = digits.data()
    content = digits.converted(model, **INT8)
    found, interpreter = digits.run(content, x)
    return float((found.argmax(1) == y).mean()), [w for w, _ in weights_in(interpreter).values()]


def test_sparse_model_stays_sparse_in_integers():
    model = sparse_digits()
    before = digits.accuracy(model)
    scheme = combine.Default8BitPrunePreserveQuantizeScheme()
    made = quantization.quantize_apply(quantization.quantize_annotate_model(model), scheme)
    digits.fit(made, 2, 3e-4)
    accuracy, weights = integers_of(made)
    assert accuracy >= before - 0.01
    assert all((w == 0).sum() >= w.size // 2 for w in weights)


@pytest.mark.parametrize("sparse", [False, True])
def test_clustered_model_stays_clustered_in_integers(sparse):
    model = sparse_digits()
    made = clustering.experimental.cluster_weights(model, 16, preserve_sparsity=True)
    model = clustering.strip_clustering(digits.fit(made, 1, 1e-4))
    assert all((k == 0).sum() >= k.size // 2 for k in digits.kernels(model))
    before = digits.accuracy(model)
    scheme = combine.Default8BitClusterPreserveQuantizeScheme(preserve_sparsity=sparse)
    made = quantization.quantize_apply(quantization.quantize_annotate_model(model), scheme)
    stripped = combine.strip_clustering_cqat(digits.fit(made, 2, 3e-4))
    accuracy, weights = integers_of(stripped)
    assert accuracy >= before - 0.01
    for w in weights:
        assert max(unique(channel) for channel in w) <= 16
        assert not sparse or (w == 0).sum() >= w.size // 2


REFUSED = [
    (lambda: clustering.cluster_weights(layers.Dense(2), 1), "greater than 1"),
    (lambda: clustering.cluster_weights(layers.Dense(2), 2, preserve_sparsity=True), "than 2"),
    (lambda: clustering.cluster_weights(layers.Dense(2), 4, "nearest"), "not supported"),
    (lambda: clustering.cluster_weights(layers.EinsumDense("ab,bc->ac", 2), 4), "EinsumDense"),
    (lambda: clustering.strip_clustering("model"), "keras.Model"),
]


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_refused(number):
    call, text = REFUSED[number]
    with pytest.raises(ValueError, match=text):
        call()
