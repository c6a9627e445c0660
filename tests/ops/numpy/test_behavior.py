"""`experimental_enable_numpy_behavior`: promotion tables, methods, indexing, and turning it off."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tidefall as tf
from tidefall.base.config import config
from tidefall.base.state import state

tnp = tf.experimental.numpy
TABLES = json.loads(
    gzip.decompress((Path(__file__).parent / "numpy_promotion.json.gz").read_bytes())
)
DTYPES = [
    *("bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64"),
    *("bfloat16", "float16", "float32", "float64", "complex64", "complex128"),
]


@pytest.fixture(autouse=True)
def _disabled() -> Iterator[None]:
    off = {"numpy_behavior": False, "numpy_dtype_mode": "off", "numpy_prefer_float32": False}
    with config.override(**off):
        yield


def _values() -> dict[str, Any]:
    found: dict[str, Any] = {name: tf.cast(np.ones(2), name) for name in DTYPES}
    return found | {
        "pbool": True, "pint": 1, "pfloat": 1.0, "pcomplex": 1j,
        "npf32": np.float32(1), "npi8": np.int8(1), "npf64": np.float64(1),
        "arrf64": np.ones(2), "arri64": np.ones(2, np.int64),
        "list_i": [1, 2], "list_f": [1.0, 2.0],
        "tf_i": tf.constant(1), "tf_f": tf.constant(1.0),
    }  # fmt: skip


def _dtype(call: Any) -> str:
    try:
        found = call()
    except Exception as error:  # noqa: BLE001 - the class is what is compared
        return "Error" if isinstance(error, (TypeError, ValueError, tf.errors.OpError)) else "?"
    if isinstance(found, tf.DType):
        return found.name
    return found.dtype.name + ("*" if "weak=True" in repr(found) else "")


CALLS = {
    "result_type": tnp.result_type,
    "tnp.add": tnp.add,
    "tnp.true_divide": tnp.true_divide,
    "tnp.where": lambda x, y: tnp.where(True, x, y),
    "op_add": lambda x, y: x + y,
    "op_truediv": lambda x, y: x / y,
    "op_pow": lambda x, y: x**y,
    "op_eq": lambda x, y: x == y,
    "tf.multiply": lambda x, y: tf.multiply(x, y),
    "tf.maximum": lambda x, y: tf.maximum(x, y),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("mode", TABLES)
def test_dtypes_are_promoted_as_tensorflow_does(mode: str, call: str) -> None:
    name, _, prefer_float32 = mode.partition("_")
    tnp.experimental_enable_numpy_behavior(bool(int(prefer_float32)), name)
    values = _values()
    wrong = {}
    for pair, wanted in TABLES[mode][call].items():
        x, y = pair.split(",")
        found = _dtype(lambda x=x, y=y: CALLS[call](values[x], values[y]))
        if found == "Error" and {"npf32", "npi8", "npf64", "arrf64", "arri64"} & {x, y}:
            # TensorFlow lets NumPy try then, and NumPy promotes in its own way.
            continue
        if found != wanted:
            wrong[pair] = f"{found}, not {wanted}"
    assert not wrong


def test_tensors_get_methods_of_arrays() -> None:
    assert not hasattr(tf.constant(1), "astype")
    tnp.experimental_enable_numpy_behavior()
    x = tf.constant([[1, 2], [3, 4]])
    assert x.T.numpy().tolist() == [[1, 3], [2, 4]]
    assert x.astype("float16").dtype == tf.float16
    assert x.reshape(1, 4).shape == x.reshape((1, 4)).shape == [1, 4]
    assert x.ravel().shape == x.flatten().shape == [4]
    assert x.clip(2, 3).numpy().tolist() == [[2, 2], [3, 3]]
    assert (x.max().numpy(), x.min().numpy(), x.mean().numpy()) == (4, 1, 2.5)
    assert x.tolist() == [[1, 2], [3, 4]] and x.size == 4 and x.data is x
    assert (+x) is x and x.transpose((0, 1)).numpy().tolist() == x.tolist()
    assert (np.ones((2, 2)) + x).dtype == tf.float64


X = np.arange(24).reshape(2, 3, 4)
KEYS = [
    (1, np.newaxis, slice(1, 3), Ellipsis),
    (slice(None), [True, False, True]),
    (1, (0, 0, 1), np.array([0, 1, 1])),
    [0, 1],
    (slice(None), [0, 2], [1, -1]),
    ([0, 1], slice(None), [0, 3]),
    (Ellipsis, [0, 1]),
    (None, [1], slice(None, None, -1)),
    X > 5,
    (slice(None), X[0] > 5),
    ([[0], [1]], [[0, 2]]),
    (-1, [-1]),
]


@pytest.mark.parametrize("traced", [False, True])
@pytest.mark.parametrize("key", KEYS, ids=range(len(KEYS)))
def test_arrays_index_tensors(key: Any, traced: bool) -> None:
    tnp.experimental_enable_numpy_behavior()

    def pick(x: Any) -> Any:
        return x[key]

    found = (tf.function(pick) if traced else pick)(tf.constant(X))
    assert np.array_equal(found.numpy(), X[key])


def test_indexing_has_a_gradient() -> None:
    tnp.experimental_enable_numpy_behavior()
    x = tf.constant([1.0, 2.0, 3.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x[[0, 0, 2]] * [1.0, 2.0, 4.0]
    assert tape.gradient(y, x).numpy().tolist() == [3.0, 0.0, 4.0]


@pytest.mark.parametrize(
    ("key", "error"), [(1.5, IndexError), ([], IndexError), (True, ValueError)]
)
def test_a_key_that_is_none_is_refused(key: Any, error: type) -> None:
    tnp.experimental_enable_numpy_behavior()
    with pytest.raises(error):
        tf.constant([1, 2])[key]


def test_python_numbers_make_weak_tensors() -> None:
    tnp.experimental_enable_numpy_behavior(dtype_conversion_mode="all")
    five = tf.constant(5)
    assert repr(five) == "<tf.Tensor: shape=(), dtype=int32, numpy=5, weak=True>"
    assert repr(-five).endswith("weak=True>") and repr(tf.abs(-5)).endswith("weak=True>")
    assert (five + tf.constant(1, tf.int8)).dtype == tf.int8
    assert "weak" not in repr(tf.constant(5, tf.int32)) + repr(tf.cast(five, tf.int32))
    with pytest.raises(OverflowError):
        tf.constant(2**40)


def test_gradients_pass_weak_tensors() -> None:
    tnp.experimental_enable_numpy_behavior(dtype_conversion_mode="all")
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.square(x) * tf.constant(2.0, tf.float16)
    assert y.dtype == tf.float16 and tape.gradient(y, x).numpy() == 12.0


def test_assignments_convert_what_the_variable_can_hold() -> None:
    tnp.experimental_enable_numpy_behavior(dtype_conversion_mode="all")
    v = tf.Variable(10, dtype=tf.int32)
    v.assign_add(tf.constant(5, tf.int16))
    assert v.numpy() == 15
    with pytest.raises(TypeError, match="int32"):
        v.assign(tf.constant(1.5, tf.float32))


def test_it_can_be_turned_off_without_a_trace() -> None:
    add, method = tf.add, type(tf.constant(1)).__add__
    with config.override(numpy_behavior=True, numpy_dtype_mode="safe"):
        assert tf.add is not add and hasattr(tf.constant(1), "T")
    assert tf.add is add and not hasattr(tf.constant(1), "T")
    assert (tf.constant(1) + 1).numpy() == 2 and method is not None and not state.needs_dispatch
    with pytest.raises(tf.errors.InvalidArgumentError):
        tf.constant(1) + tf.constant(1.5)


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(ValueError, match="dtype_conversion_mode"):
        tnp.experimental_enable_numpy_behavior(dtype_conversion_mode="some")
