"""What analyzers find and mappers give, against tables of values and NumPy, in batches of three."""

from __future__ import annotations

import numpy as np
import pytest

import tidefall as tf
from tidefall import transform as tft

NAN = float("nan")
X = [4.0, 1.0, 5.0, 2.0, 7.0, 3.0, 6.0]
ROWS = np.array([[1, 10], [2, 30], [3, 20], [6, 40]], np.float32)
KEYS = ["a", "b", "a", "b", "a", "b", "c"]
WORDS = [["hello", "world"], ["hello", "hello", "you"], [], ["you", "hello"]]


def analyzed(*calls):
    """A preprocessing function whose outputs are the values of analyzers, for each row."""

    def function(inputs):
        batch = tf.shape(inputs["x"])[0]
        flat = tf.nest.flatten([call(inputs) for call in calls])
        outputs = {}
        for number, value in enumerate(flat):
            if value.dtype.is_integer:
                value = tf.cast(value, tf.int64)
            elif value.dtype.is_floating:
                value = tf.cast(value, tf.float32)
            tiled = tf.tile(value[None], [batch] + [1] * value.shape.rank)
            sizes = [-1 if size is None else size for size in value.shape]
            outputs[str(number)] = tf.RaggedTensor.from_tensor(tiled) if -1 in sizes else tiled
        return outputs

    return function


ANALYZERS = {
    "mean": (X, lambda i: tft.mean(i["x"]), [4.0]),
    "mean of integers": ([1, 2, 4, 6], lambda i: tft.mean(i["x"]), [3.25]),
    "mean skips what is not finite": (
        [1.0, NAN, 3.0, np.inf], lambda i: tft.mean(i["x"]), [2.0]),
    "var": (X, lambda i: tft.var(i["x"]), [4.0]),
    "mean elementwise": (ROWS, lambda i: tft.mean(i["x"], reduce_instance_dims=False),
                         [[3.0, 25.0]]),
    "var elementwise": (ROWS, lambda i: tft.var(i["x"], reduce_instance_dims=False),
                        [[3.5, 125.0]]),
    "sum": ([1, 2, 4, 6], lambda i: tft.sum(i["x"]), [13]),
    "sum elementwise": (ROWS, lambda i: tft.sum(i["x"], reduce_instance_dims=False),
                        [[12.0, 100.0]]),
    "size": (ROWS, lambda i: tft.size(i["x"]), [8]),
    "min and max": (X, lambda i: (tft.min(i["x"]), tft.max(i["x"])), [1.0, 7.0]),
    "max of NaN": ([1.0, NAN, 2.0, 3.0], lambda i: tft.max(i["x"]), [NAN]),
    "min of integers": ([3, -2, 4, 6], lambda i: tft.min(i["x"]), [-2]),
    "min elementwise": (ROWS, lambda i: tft.min(i["x"], reduce_instance_dims=False),
                        [[1.0, 10.0]]),
    "quantiles": (X, lambda i: tft.quantiles(i["x"], 4, 0.01), [[[2.0, 4.0, 6.0]]]),
    "weighted quantiles": (
        X, lambda i: tft.quantiles(i["x"], 2, 0.01, weights=tf.cast(i["x"] > 6, tf.float32)),
        [[[7.0]]]),
    "quantiles elementwise": (
        ROWS, lambda i: tft.quantiles(i["x"], 2, 0.01, reduce_instance_dims=False),
        [[[3.0], [30.0]]]),
    "histogram": ([0.1, 0.5, 0.5, 2.0], lambda i: tft.histogram(i["x"], [0.0, 0.5, 1.0])[0],
                  [[1, 3]]),
    "histogram by count": ([0.0, 1.0, 2.0, 4.0], lambda i: tft.histogram(i["x"], 3)[0], [[2, 2]]),
    "covariance": (ROWS, lambda i: tft.covariance(i["x"], tf.float32),
                   [np.cov(ROWS.T, bias=True)]),
    "count_per_key": ([3, 1, 3, 10], lambda i: tft.count_per_key(i["x"]), [[1, 10, 3], [1, 1, 2]]),
}  # fmt: skip


@pytest.mark.parametrize("case", ANALYZERS)
def test_analyzers(case, transformed):
    values, call, wanted = ANALYZERS[case]
    outputs, analysis = transformed({"x": values}, analyzed(call))
    for number, value in enumerate(wanted):
        output = outputs[str(number)]
        got = output.to_tensor() if isinstance(output, tf.RaggedTensor) else output
        np.testing.assert_allclose(got[0], value, rtol=1e-6)
    assert analysis.passes == (2 if case == "histogram by count" else 1)


def test_pca_points_where_the_variance_is(transformed):
    rng = np.random.default_rng(0)
    x = (rng.normal(size=[50, 3]) * [1, 10, 3]).astype(np.float32)
    outputs, _ = transformed({"x": x}, analyzed(lambda i: tft.pca(i["x"], 2, tf.float32)))
    values, vectors = np.linalg.eigh(np.cov(x.T, bias=True))
    wanted = vectors[:, np.argsort(-values)[:2]]
    np.testing.assert_allclose(np.abs(outputs["0"][0]), np.abs(wanted), atol=1e-5)


def sigmoid(x):
    return (1 / (1 + np.exp(-np.asarray(x, np.float64)))).tolist()


MAPPERS = {
    "z-score": ({"x": X}, lambda i: tft.scale_to_z_score(i["x"]),
                ((np.array(X) - 4) / 2).tolist()),
    "z-score without variance": ({"x": [2.0, 2.0]}, lambda i: tft.scale_to_z_score(i["x"]),
                                 [0.0, 0.0]),
    "z-score elementwise": (
        {"x": np.array([[1, 5], [3, 5]], np.float32)},
        lambda i: tft.scale_to_z_score(i["x"], elementwise=True), [[-1.0, 0.0], [1.0, 0.0]]),
    "z-score of sparse": (
        {"x": [[1.0, 3.0], [], [5.0]]}, lambda i: tft.scale_to_z_score(i["x"]),
        [[-1.2247449, 0.0], [], [1.2247449]]),
    "z-score by key": (
        {"x": [1.0, 10.0, 3.0, 30.0, 5.0], "k": ["a", "b", "a", "b", "c"]},
        lambda i: tft.scale_to_z_score_per_key(i["x"], i["k"]), [-1.0, -1.0, 1.0, 1.0, 0.0]),
    "z-score by key of rows": (
        {"x": np.array([[1, 3], [10, 30]], np.float32), "k": ["a", "b"]},
        lambda i: tft.scale_to_z_score_per_key(i["x"], i["k"]), [[-1.0, 1.0], [-1.0, 1.0]]),
    "0 to 1": ({"x": [1, 2, 3, 5]}, lambda i: tft.scale_to_0_1(i["x"]), [0, 0.25, 0.5, 1.0]),
    "0 to 1 of equal values": ({"x": [3.0, 3.0]}, lambda i: tft.scale_to_0_1(i["x"]),
                               sigmoid([3, 3])),
    "to a range": ({"x": [0.0, 5.0, 10.0]}, lambda i: tft.scale_by_min_max(i["x"], -1, 1),
                   [-1.0, 0.0, 1.0]),
    "0 to 1 by key": (
        {"x": [1.0, 0.0, 3.0], "k": ["a", "b", "a"]},
        lambda i: tft.scale_to_0_1_per_key(i["x"], i["k"]), [0.0, 0.5, 1.0]),
    "to a range by key": (
        {"x": [1.0, 0.0, 3.0], "k": ["a", "b", "a"]},
        lambda i: tft.scale_by_min_max_per_key(i["x"], i["k"], -1, 1), [-1.0, 0.0, 1.0]),
    "bucketize": ({"x": X}, lambda i: tft.bucketize(i["x"], 3), [1, 0, 2, 0, 2, 1, 2]),
    "bucketize with NaN": ({"x": [1.0, NAN, 2.0]}, lambda i: tft.bucketize(i["x"], 2), [0, 1, 1]),
    "bucketize elementwise": ({"x": ROWS}, lambda i: tft.bucketize(i["x"], 2, elementwise=True),
                              [[0, 0], [0, 1], [1, 0], [1, 1]]),
    "bucketize by key": (
        {"x": X, "k": KEYS}, lambda i: tft.bucketize_per_key(i["x"], i["k"], 2),
        [0, 0, 1, 1, 1, 1, 1]),
    "bucketize sparse by key": (
        {"x": [[1.0, 2.0], [3.0]], "k": [["a", "b"], ["a"]]},
        lambda i: tft.bucketize_per_key(i["x"], i["k"], 2), [[0, 1], [1]]),
    "density": ({"x": np.array([[0.1], [0.1], [0.6], [2.0]], np.float32)},
                lambda i: tft.estimated_probability_density(i["x"], [0.0, 0.5, 1.0]),
                [[1.0], [1.0], [1.0], [1.0]]),
    "density of categories": (
        {"x": ["a", "b", "a", "a"]},
        lambda i: tft.estimated_probability_density(i["x"], categorical=True),
        [0.75, 0.25, 0.75, 0.75]),
    "vocabulary": ({"x": WORDS}, lambda i: tft.compute_and_apply_vocabulary(i["x"]),
                   [[0, 2], [0, 0, 1], [], [1, 0]]),
    "vocabulary of integers": (
        {"x": [10, 2, 10, 3]}, lambda i: tft.compute_and_apply_vocabulary(i["x"]), [0, 2, 0, 1]),
    "top k": ({"x": WORDS}, lambda i: tft.compute_and_apply_vocabulary(i["x"], top_k=1),
              [[0, -1], [0, 0, -1], [], [-1, 0]]),
    "frequency threshold": (
        {"x": WORDS},
        lambda i: tft.compute_and_apply_vocabulary(i["x"], frequency_threshold=2,
                                                   default_value=9),
        [[0, 9], [0, 0, 1], [], [1, 0]]),
    "with frequencies": (
        {"x": ["a b", "c", "a b"]},
        lambda i: tft.compute_and_apply_vocabulary(i["x"], store_frequency=True), [0, 1, 0]),
    "reserved tokens": (
        {"x": ["a", "b", "a"]},
        lambda i: tft.compute_and_apply_vocabulary(i["x"], reserved_tokens=["<s>", "b"]),
        [2, 1, 2]),
    "weights": (
        {"x": ["a", "b", "a"], "w": [1.0, 5.0, 1.0]},
        lambda i: tft.compute_and_apply_vocabulary(i["x"], weights=i["w"]), [1, 0, 1]),
    "records": (
        {"x": ["a\n", "", "a\n"]},
        lambda i: tft.compute_and_apply_vocabulary(i["x"], file_format="tfrecord_gzip"),
        [0, 1, 0]),
    "text leaves out line breaks": (
        {"x": ["a\n", "", "b"]}, lambda i: tft.compute_and_apply_vocabulary(i["x"]), [-1, -1, 0]),
    "coverage": (
        {"x": ["a0", "a0", "a1", "b0", "a1", "a0"]},
        lambda i: tft.compute_and_apply_vocabulary(
            i["x"], top_k=1, coverage_top_k=1, key_fn=lambda token: token[:1]),
        [0, 0, -1, 1, -1, 0]),
    "mutual information": (
        {"x": ["yes", "no", "yes", "no", "any", "any"], "y": [1, 0, 1, 0, 1, 0]},
        lambda i: tft.compute_and_apply_vocabulary(
            i["x"], labels=i["y"], frequency_threshold=0.5), [0, 1, 0, 1, -1, -1]),
    "word count": ({"x": WORDS}, lambda i: tft.word_count(i["x"]), [2, 3, 0, 2]),
    "n-grams": ({"x": [["a", "b", "c"], ["d"]]}, lambda i: tft.ngrams(i["x"], (1, 2), " "),
                [["a", "a b", "b", "b c", "c"], ["d"]]),
    "bag of words": ({"x": WORDS}, lambda i: tft.bag_of_words(i["x"], (1, 1), " "),
                     [["hello", "world"], ["hello", "you"], [], ["you", "hello"]]),
    "left align": ({"x": WORDS}, lambda i: tft.sparse_tensor_left_align(i["x"]), WORDS),
    "document frequency": (
        {"x": [[0, 0, 1], [1]]}, lambda i: tft.experimental.document_frequency(i["x"], 3),
        [[1, 1, 2], [2]]),
}  # fmt: skip


def listed(output):
    if isinstance(output, tf.SparseTensor):
        output = tf.RaggedTensor.from_sparse(output)
    found = output.to_list() if isinstance(output, tf.RaggedTensor) else output.numpy().tolist()
    return tf.nest.map_structure(lambda v: v.decode() if isinstance(v, bytes) else v, found)


def flat(rows):
    return [value for row in rows for value in row]


@pytest.mark.parametrize("case", MAPPERS)
def test_mappers(case, transformed):
    columns, call, wanted = MAPPERS[case]
    outputs, _ = transformed(columns, lambda inputs: {"y": call(inputs)})
    got = listed(outputs["y"])
    if isinstance(wanted[0], list):
        assert [len(row) for row in got] == [len(row) for row in wanted]
        got, wanted = flat(got), flat(wanted)
    assert got == (wanted if isinstance(wanted[0], str) else pytest.approx(wanted, abs=1e-6))


def test_tfidf(transformed):
    # Rows: a row's share of the term times 1 + log((rows + 1) / (rows with it + 1)).
    documents = [["pie"], ["pie", "pie", "cake"], ["cake", "tart"]]

    def function(inputs):
        numbers = tft.compute_and_apply_vocabulary(inputs["x"], vocab_filename="words")
        terms, weights = tft.tfidf(numbers, 3)
        return {"terms": terms, "weights": weights}

    outputs, analysis = transformed({"x": documents}, function)
    assert analysis.output.vocabulary_by_name("words") == [b"pie", b"cake", b"tart"]
    assert listed(outputs["terms"]) == [[0], [0, 1], [1, 2]]
    common, rare = 1 + np.log(4 / 3), 1 + np.log(4 / 2)
    wanted = [common, common * 2 / 3, common / 3, common / 2, rare / 2]
    assert flat(listed(outputs["weights"])) == pytest.approx(wanted, rel=1e-6)
    assert analysis.passes == 2


def test_gaussian_draws_tails_in(transformed):
    # z exp(h z^2 / 2) of Gaussian z: the transformation finds z again.
    z = np.random.default_rng(1).normal(size=4000)
    x = (10 + 2 * z * np.exp(np.where(z > 0, 0.3, 0.1) * z * z / 2)).astype(np.float32)

    def function(inputs):
        left, right = tft.tukey_h_params(inputs["x"])
        ones = tf.ones_like(inputs["x"])
        return {"y": tft.scale_to_gaussian(inputs["x"]), "l": left * ones, "r": right * ones}

    outputs, _ = transformed({"x": x}, function, batch_size=5000)
    assert outputs["l"][0].numpy() == pytest.approx(0.1, abs=0.05)
    assert outputs["r"][0].numpy() == pytest.approx(0.3, abs=0.05)
    np.testing.assert_allclose(outputs["y"], z, atol=0.25)
    light = np.random.default_rng(1).uniform(size=100).astype(np.float32)
    outputs, _ = transformed({"x": light}, function, batch_size=1000)
    np.testing.assert_allclose(outputs["y"], (light - light.mean()) / light.std(), atol=1e-5)


@pytest.mark.parametrize(
    ("boundaries", "wanted"),
    [
        ([[2.0, 5.0, 10.0]], [1 / 3, 0.5, 0.0, 0.0, 0.75, 1.0]),
        ([[4.0]], [1.0, 1.0, 0.0, 0.0, 1.0, 1.0]),
        ([[2.0, float("inf"), 10.0]], [0.25, 0.5, 0.0, 0.0, 0.6875, 1.0]),
    ],
)
def test_buckets_with_interpolation(boundaries, wanted):
    x = tf.constant([4.0, NAN, 1.0, float("-inf"), 7.5, 10.0])
    got = tft.apply_buckets_with_interpolation(x, boundaries).numpy()
    assert got.tolist() == pytest.approx(wanted, abs=1e-6)
