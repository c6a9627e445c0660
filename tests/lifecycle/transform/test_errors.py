"""What is wrong with a preprocessing function or data is said, with the name of what is wrong."""

from __future__ import annotations

import os

import numpy as np
import pytest

import tidefall as tf
from tidefall import transform as tft

invalid, unimplemented = tf.errors.InvalidArgumentError, tf.errors.UnimplementedError
X = {"x": np.array([1.0, 2.0], np.float32), "s": ["a", "b"]}
SPEC = {"x": tf.io.FixedLenFeature([], tf.float32), "s": tf.io.FixedLenFeature([], tf.string)}


def in_cond(i):
    return {"y": tf.cond(i["x"][0] > 0, lambda: tft.mean(i["x"]), lambda: 0.0) + i["x"]}


def in_function(i):
    return {"y": tf.function(lambda x: x - tft.mean(x))(i["x"])}


calls = []


def changing(i):
    calls.append(1)
    return {"y": i["x"] - (tft.mean(i["x"]) if len(calls) % 2 else tft.sum(i["x"]))}


def twice(i):
    return {n: tft.compute_and_apply_vocabulary(i["s"], vocab_filename="v") for n in "ab"}


FUNCTIONS = {
    "no dict": (lambda i: i["x"], TypeError, "should return a dict"),
    "no tensor": (lambda i: {"y": 3}, TypeError, "output 'y' .* got int"),
    "a name that is no string": (lambda i: {3: i["x"]}, TypeError, "names of outputs"),
    "a dtype no Example holds": (
        lambda i: {"y": tf.cast(i["x"], tf.float64)}, ValueError, "'y' .* float64: cast"),
    "a scalar": (lambda i: {"y": tft.mean(i["x"])}, ValueError, "a batch of rows"),
    "missing column": (lambda i: {"y": i["z"]}, invalid, r"column 'z'.*\['s', 'x'\]"),
    "strings for numbers": (
        lambda i: {"y": tft.scale_to_z_score(i["s"])}, TypeError, "wants numbers, .* string"),
    "numbers for a vocabulary": (
        lambda i: {"y": tft.compute_and_apply_vocabulary(i["x"])}, ValueError, "float32"),
    "analyzer in a branch": (in_cond, invalid, "inside of tf.cond"),
    "analyzer in a function": (in_function, invalid, "inside of tf.cond, .*tf.function"),
    "other analyzers each time": (changing, invalid, "called other analyzers"),
    "one file twice": (twice, invalid, "'v', which another analyzer"),
    "buckets": (lambda i: {"y": tft.bucketize(i["x"], 0)}, ValueError, "at least 1"),
    "range": (lambda i: {"y": tft.scale_by_min_max(i["x"], 2, 1)}, ValueError, "less than"),
    "top k": (
        lambda i: {"y": tft.compute_and_apply_vocabulary(i["s"], top_k=0)}, ValueError, "top_k"),
    "coverage without keys": (
        lambda i: {"y": tft.compute_and_apply_vocabulary(i["s"], coverage_top_k=2)},
        ValueError, "key_fn"),
    "file format": (
        lambda i: {"y": tft.compute_and_apply_vocabulary(i["s"], file_format="csv")},
        ValueError, "file_format"),
    "python": (lambda i: {"y": tft.apply_pyfunc(len, tf.int64, False, "n", i["x"])},
               unimplemented, "apply_pyfunc"),
    "beam": (lambda i: {"y": tft.experimental.ptransform_analyzer([i["x"]], None, [], [])},
             unimplemented, "ptransform_analyzer"),
}  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name, tmp_path):
    function, error, message = FUNCTIONS[name]
    with pytest.raises(error, match=message):
        tft.analyze_and_transform(X, function, str(tmp_path / "out"), SPEC)
    assert os.listdir(tmp_path) == []


def identity(i):
    return {"x": i["x"], "m": i["x"] - tft.mean(i["x"])}


FLOAT = {"x": tf.io.FixedLenFeature([], tf.float32)}
DATA = {
    "no rows": ({"x": []}, FLOAT, invalid, "no data to analyze"),
    "no column": ({"z": [1.0]}, FLOAT, invalid, r"no column 'x'. There are \['z'\]"),
    "lengths": ({"x": [1.0, 2.0], "s": ["a"]}, SPEC, invalid, "different lengths"),
    "words for numbers": ({"x": ["a"]}, FLOAT, invalid, "column 'x' does not fit"),
    "a value missing": ({"x": [1.0], "s": [None]}, SPEC, invalid, "a value is missing"),
    "no data": (3, FLOAT, TypeError, "got int"),
    "no file": ("/nowhere/*.csv", FLOAT, tf.errors.NotFoundError, "no file /nowhere"),
}


@pytest.mark.parametrize("name", DATA)
def test_data(name, tmp_path):
    data, spec, error, message = DATA[name]
    with pytest.raises(error, match=message):
        tft.analyze_and_transform(data, identity, str(tmp_path / "out"), spec)


FILES = {
    "words for numbers": ("x\n1\nfoo\n", "foo"),
    "no column": ("y\n1\n", "x"),
    "a cell missing": ("x,y\n1,2\n,3\n", "'x' has 0 values in row 1"),
    "a torn line": ("x,y\n1,2\n3\n", "Expected 2 columns, got 1"),
    "only a header": ("x\n", "no data"),
}


@pytest.mark.parametrize("name", FILES)
def test_csv_files(name, tmp_path):
    content, message = FILES[name]
    path = tmp_path / "data.csv"
    path.write_text(content)
    with pytest.raises(invalid, match=message) as caught:
        tft.analyze_and_transform(str(path), identity, str(tmp_path / "out"), FLOAT)
    assert "data.csv" in str(caught.value)


def test_outside_of_a_preprocessing_fn():
    with pytest.raises(invalid, match="`mean` was called outside of a preprocessing_fn"):
        tft.mean(tf.constant([1.0]))
    with pytest.raises(ValueError, match="one of feature_spec and schema"):
        tft.analyze_and_transform(X, identity, "nowhere")
    with pytest.raises(ValueError, match="'x' has dtype int32"):
        tft.DatasetMetadata.from_feature_spec({"x": tf.io.VarLenFeature(tf.int32)})
    with pytest.raises(TypeError, match="'x' should be a FixedLenFeature"):
        tft.DatasetMetadata.from_feature_spec({"x": 3})


def _damaged_files():
    """Names and bytes of files that break off, or are spoilt in the middle."""
    import gzip

    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        return
    table = pa.table({"x": np.arange(5000, dtype=np.float32), "s": [str(n) for n in range(5000)]})
    for codec in ("none", "gzip", "zstd"):
        sink = pa.BufferOutputStream()
        parquet.write_table(table, sink, compression=codec)
        whole = sink.getvalue().to_pybytes()
        yield f"short {codec}.parquet", whole[:-40]
        if codec == "gzip":  # The others have no checksum.
            yield f"spoilt {codec}.parquet", whole[:200] + bytes(40) + whole[240:]
    text = b"x,s\n" + b"".join(b"%d,a\n" % n for n in range(5000))
    yield "short.csv.gz", gzip.compress(text)[:-200]


DAMAGED = dict(_damaged_files())


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_file_is_named(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(DAMAGED[name])
    with pytest.raises(tf.errors.OpError, match=name):
        tft.analyze_and_transform(
            str(path), lambda i: {"y": tft.scale_to_0_1(i["x"])}, str(tmp_path / "out"), SPEC
        )
    assert not (tmp_path / "out").exists()
