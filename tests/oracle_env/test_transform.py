"""Real TensorFlow runs the graphs that a transform writes, and gives the same bits."""

import numpy as np
import pytest

import tidefall as tf
from tidefall import transform as tft

pytestmark = pytest.mark.oracle

RUN = """
import sys
import numpy as np
import tensorflow as tf

loaded = tf.saved_model.load(sys.argv[1])
raw = dict(np.load(sys.argv[2], allow_pickle=True))
words = tf.sparse.from_dense(tf.constant(raw["words"].tolist()))
outputs = loaded.transform_fn({"x": tf.constant(raw["x"]), "k": tf.constant(raw["k"].tolist()),
                               "words": words})
flat = {n: (v.values if isinstance(v, tf.SparseTensor) else v).numpy() for n, v in outputs.items()}
np.savez(sys.argv[3], **flat)
signature = loaded.signatures["transform_signature"]
assert "words_indices" in signature.structured_input_signature[1]
print(sorted(flat))
"""


def preprocessing_fn(inputs):
    x, k, words = inputs["x"], inputs["k"], inputs["words"]
    numbers = tft.compute_and_apply_vocabulary(words, vocab_filename="w", num_oov_buckets=3)
    terms, weights = tft.tfidf(numbers, 10)
    return {
        "z": tft.scale_to_z_score(x),
        "range": tft.scale_by_min_max(x, -3, 7),
        "buckets": tft.bucketize(x, 9),
        "by_key": tft.scale_to_z_score_per_key(x, k),
        "buckets_by_key": tft.bucketize_per_key(x, k, 5),
        "place": tft.apply_buckets_with_interpolation(x, tft.quantiles(x, 10, 0.01)),
        "density": tft.estimated_probability_density(x, 20),
        "numbers": numbers,
        "records": tft.compute_and_apply_vocabulary(k, file_format="tfrecord_gzip"),
        "hashed": tft.hash_strings(k, 7),
        "bag": tft.bag_of_words(words, (1, 2), " "),
        "count": tft.word_count(words),
        "terms": terms,
        "~weights": weights,
        "~gaussian": tft.scale_to_gaussian(x),
    }


def test_same_bits(tmp_path, run_oracle):
    rng = np.random.default_rng(0)
    x = rng.standard_t(2, 500).astype(np.float32)
    k = np.array(["a", "b", "c"])[rng.integers(0, 3, 500)]
    words = np.array(["", "v", "w", "x y", "z"])[rng.integers(0, 5, [500, 4])]
    spec = {
        "x": tf.io.FixedLenFeature([], tf.float32),
        "k": tf.io.FixedLenFeature([], tf.string),
        "words": tf.io.VarLenFeature(tf.string),
    }
    columns = {"x": x, "k": k.tolist(), "words": [[w for w in r if w] for r in words.tolist()]}
    folder = str(tmp_path / "out")
    tft.analyze_and_transform(columns, preprocessing_fn, folder, spec)
    raw = {
        "x": tf.constant(x), "k": tf.constant(k.tolist()),
        "words": tf.sparse.from_dense(tf.constant(words.tolist())),
    }  # fmt: skip
    ours = tft.TFTransformOutput(folder).transform_raw_features(raw)
    np.savez(tmp_path / "raw.npz", x=x, k=k.astype(object), words=words.astype(object))
    files = [str(tmp_path / "raw.npz"), str(tmp_path / "theirs.npz")]
    run_oracle(RUN, f"{folder}/transform_fn", *files)
    theirs = np.load(files[1], allow_pickle=True)
    assert sorted(theirs.files) == sorted(ours)
    for name, value in ours.items():
        mine = (value.values if isinstance(value, tf.SparseTensor) else value).numpy()
        if name.startswith("~"):  # logarithms differ in the last place
            np.testing.assert_allclose(mine, theirs[name], rtol=1e-4, atol=1e-5, err_msg=name)
        else:
            np.testing.assert_array_equal(mine, theirs[name], err_msg=name)
