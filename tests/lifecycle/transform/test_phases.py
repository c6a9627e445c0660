"""Passes over the data, the cache of shards, and what is left when a process is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tidefall as tf
from tidefall import transform as tft
from tidefall.lifecycle.transform.accumulators import (
    distributions,
    per_key,
    reductions,
    tails,
    vocabulary,
)

SPEC = {
    "x": tf.io.FixedLenFeature([], tf.float32),
    "s": tf.io.FixedLenFeature([], tf.string),
}


def write_csv(path, seed, rows=200):
    rng = np.random.default_rng(seed)
    lines = [
        f"{x:.3f},w{w}" for x, w in zip(rng.normal(5, 3, rows), rng.poisson(2, rows), strict=True)
    ]
    path.write_text("x,s\n" + "\n".join(lines) + "\n")
    return str(path)


def preprocessing_fn(inputs):
    z = tft.scale_to_z_score(inputs["x"])
    numbers = tft.compute_and_apply_vocabulary(inputs["s"], vocab_filename="words")
    return {
        "z": z,
        "z01": tft.scale_to_0_1(z),
        "s": numbers,
        "common": tft.bucketize(tf.cast(numbers, tf.float32), 2),
        "by": tft.scale_to_z_score_per_key(inputs["x"], inputs["s"]),
        "own": own_table(inputs["s"]),
    }


def own_table(x):
    """A table of the user's own over the file of a vocabulary, and an analyzer behind it."""
    path = tft.vocabulary(x, vocab_filename="own")
    initializer = tf.lookup.TextFileInitializer(
        path, tf.string, tf.lookup.TextFileIndex.WHOLE_LINE, tf.int64,
        tf.lookup.TextFileIndex.LINE_NUMBER,
    )  # fmt: skip
    table = tf.lookup.StaticHashTable(initializer, -1)
    return tf.cast(table.lookup(x), tf.float32) / tf.cast(tft.max(table.lookup(x)), tf.float32)


def files_of(folder):
    return {
        name: Path(folder, name).read_bytes()
        for name in ("transform_fn/assets/words", "transformed_metadata/schema.pbtxt")
    }


def test_two_passes_however_many_analyzers(tmp_path):
    data = [write_csv(tmp_path / f"{i}.csv", i) for i in range(3)]
    analysis = tft.analyze_and_transform(data, preprocessing_fn, str(tmp_path / "out"), SPEC)
    assert analysis.passes == 2
    batches = list(analysis.batches())
    z = np.concatenate([b["z"] for b in batches])
    own = np.concatenate([b["own"] for b in batches])
    assert len(z) == 600
    assert abs(z.mean()) < 1e-6
    assert own.max() == 1 and own.min() == 0


def test_only_new_files_are_read(tmp_path, monkeypatch):
    data = [write_csv(tmp_path / f"{i}.csv", i) for i in range(3)]
    out, cache = str(tmp_path / "out"), str(tmp_path / "cache")
    first = tft.analyze_and_transform(data[:2], preprocessing_fn, out, SPEC, cache_dir=cache)
    assert first.cache_hits == 0
    again = tft.analyze_and_transform(data[:2], preprocessing_fn, out, SPEC, cache_dir=cache)
    assert (again.cache_hits, again.cache_misses) == (first.cache_misses, 0)

    more = tft.analyze_and_transform(data, preprocessing_fn, out, SPEC, cache_dir=cache)
    cached = files_of(out), [b["z"].numpy() for b in more.batches()]
    assert more.cache_hits >= first.cache_misses // 2  # the first pass; the second sees new values
    whole = tft.analyze_and_transform(data, preprocessing_fn, out, SPEC)
    assert cached[0] == files_of(out)
    for ours, theirs in zip(cached[1], whole.batches(), strict=True):
        np.testing.assert_array_equal(ours, theirs["z"])

    (tmp_path / "0.csv").write_text("x,s\n1.5,new\n")
    changed = tft.analyze_and_transform(data, preprocessing_fn, out, SPEC, cache_dir=cache)
    assert b"new" in changed.output.vocabulary_by_name("words")
    for entry in (tmp_path / "cache").iterdir():
        entry.write_bytes(entry.read_bytes()[:50])  # torn entries are made again
    again = tft.analyze_and_transform(data, preprocessing_fn, out, SPEC, cache_dir=cache)
    assert again.cache_hits == 0


KILLED = """
import glob, os, signal, sys, time
sys.path.insert(0, sys.argv[1])
import test_phases
from tidefall import transform as tft
from tidefall.lifecycle.transform import sources
read = sources._Arrow.batches
def batches(self):
    if self.name.endswith("1.csv"):
        while not glob.glob(f"{folder}/cache/*.npz"):
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGKILL)
    return read(self)
sources._Arrow.batches = batches
folder = sys.argv[2]
tft.analyze_and_transform([f"{folder}/{i}.csv" for i in range(2)], test_phases.preprocessing_fn,
    f"{folder}/out", test_phases.SPEC, cache_dir=f"{folder}/cache")
"""


def test_killed_in_the_middle(tmp_path):
    data = [write_csv(tmp_path / f"{i}.csv", i) for i in range(2)]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    here = os.path.dirname(__file__)
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, here, str(tmp_path)], env=environment, timeout=60
    )
    assert ended.returncode == -signal.SIGKILL
    assert not (tmp_path / "out").exists()
    resumed = tft.analyze_and_transform(
        data, preprocessing_fn, str(tmp_path / "out"), SPEC, cache_dir=str(tmp_path / "cache")
    )
    assert resumed.cache_hits > 0  # the first file was finished
    assert (tmp_path / "out" / "transform_fn" / "saved_model.pb").exists()


rng = np.random.default_rng(3)
NUMBERS = rng.normal(size=600).astype(np.float32)
WORDS = np.array([b"w%d" % i for i in rng.poisson(3, 600)], object)
LABELS = rng.integers(0, 3, 600)
CHOICE = vocabulary.Choice(by_information=True, min_diff_from_avg=0)
ACCUMULATORS = {
    "moments": (lambda: reductions.Moments(np.float64), (NUMBERS,), 1e-12),
    "extremes": (lambda: reductions.Extremes(np.float32), (NUMBERS,), 0),
    "sum": (lambda: reductions.Sum(np.int64), (LABELS,), 0),
    "covariance": (lambda: reductions.Covariance(2, np.float64),
                   (NUMBERS.reshape(300, 2),), 1e-12),
    "quantiles": (lambda: distributions.Quantiles(7, 0.01), (NUMBERS,), 0),
    "counts": (per_key.KeyCounts, (WORDS,), 0),
    "vocabulary": (lambda: vocabulary.Vocabulary(vocabulary.Choice(top_k=5)), (WORDS,), 0),
    "labelled": (lambda: vocabulary.LabelledVocabulary(CHOICE),
                 (WORDS, np.arange(600), LABELS), 0),
    "per key": (lambda: per_key.PerKey(lambda: reductions.Sum(np.int64), 1), (WORDS, LABELS), 0),
    "l-moments": (lambda: tails.LMoments(np.float64), (NUMBERS,), None),
}  # fmt: skip


@pytest.mark.parametrize("name", ACCUMULATORS)
def test_accumulators_merge_and_come_back(name):
    make, arrays, tolerance = ACCUMULATORS[name]
    whole, merged = make(), make()
    whole.add(*arrays)
    rows = len(arrays[0])
    for part in np.split(np.arange(rows), [rows // 6, rows // 2]):
        one, back = make(), make()
        local = [array[part] for array in arrays]
        if name == "labelled":
            local[1] = np.arange(len(part))
        one.add(*local)
        back.restore({k: np.asarray(v) for k, v in one.state().items()})
        merged.merge(back)
    merged.merge(make())
    for ours, theirs in zip(merged.value(), whole.value(), strict=True):
        if tolerance is not None:
            if ours.dtype == object or not tolerance:
                np.testing.assert_array_equal(ours, theirs)
            else:
                np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)
    if hasattr(whole, "lines"):
        assert merged.lines() == whole.lines()


def test_l_moments_are_those_of_the_distribution():
    # Hosking 1990: uniform 1/2, 1/6, 0, 0; Gaussian 0, 1/sqrt(pi), 0, 0.1226 of it.
    uniform = np.arange(2001)[:, None] / 2000
    np.testing.assert_allclose(
        tails.sample_l_moments(uniform)[:, 0], [1 / 2, 1 / 6, 0, 0], atol=1e-3
    )
    l1, l2, l3, l4 = tails.tukey_l_moments(0.0, 0.0)
    assert (l1, l3) == (0, 0)
    assert l2 == pytest.approx(np.pi**-0.5)
    assert l4 / l2 == pytest.approx(0.122601719540890)
    for left, right in [(0.1, 0.3), (0.3, 0.1), (0.2, 0.2), (0.0, 0.4)]:
        _, l2, l3, l4 = tails.tukey_l_moments(left, right)
        assert tails.tail_parameters(l3 / l2, l4 / l2) == pytest.approx((left, right), abs=1e-6)


def test_analyzers_behind_values_by_key_wait_for_them(tmp_path):
    data = [write_csv(tmp_path / f"{i}.csv", i) for i in range(2)]

    def function(inputs):
        z = tft.scale_to_z_score_per_key(inputs["x"], inputs["s"])
        return {"y": z - tft.mean(z), "z": z}

    cache = str(tmp_path / "cache")
    for _ in range(2):  # the second time from the cache
        analysis = tft.analyze_and_transform(
            data, function, str(tmp_path / "out"), SPEC, cache_dir=cache
        )
        assert analysis.passes == 2
        z = np.concatenate([batch["z"] for batch in analysis.batches()])
        y = np.concatenate([batch["y"] for batch in analysis.batches()])
        np.testing.assert_allclose(y, z - z.mean(), atol=1e-6)
        assert z.std() > 0.9
    assert analysis.cache_misses == 0
