"""Numbers of the ThreeFry generator, which TensorFlow has in compiled functions only.

`python tests/oracle/threefry.py`, in the oracle's environment, records them.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

RECORDED = Path(__file__).with_suffix(".json.gz")
SHAPES = ([], [1], [4], [5], [2, 3], [3, 5], [5, 3, 3], [0, 3])
FLOATS = ("float64", "float32", "float16", "bfloat16")
DRAWS = ("uniform", "normal", "truncated_normal")


def draw(tf: Any, run: Callable[[Any], Any]) -> dict[str, Any]:
    """All numbers by name; `run` calls a function of no arguments."""
    found: dict[str, Any] = {}

    def add(name: str, function: Callable[[], Any]) -> None:
        made = run(function)
        exact = tf.cast(made, tf.float64) if made.dtype == tf.bfloat16 else made
        found[name] = np.asarray(exact).tolist()

    for shape in SHAPES:
        for dtype in FLOATS:
            for name in DRAWS:
                function = getattr(tf.random, f"stateless_{name}")
                how = {"dtype": dtype, "alg": "threefry"}
                add(
                    f"{name} {shape} {dtype}",
                    lambda f=function, s=shape, h=how: f(s, [-1, 2**31 - 1], **h),
                )
        for dtype in ("int32", "int64", "uint32", "uint64"):
            add(f"full {shape} {dtype}", lambda s=shape, d=dtype: _ints(tf, s, None, None, d))
        for dtype in ("int32", "int64"):
            add(f"between {shape} {dtype}", lambda s=shape, d=dtype: _ints(tf, s, -7, 100, d))
    generator = tf.random.Generator.from_seed(3, alg="threefry")
    add("generator uniform", lambda: generator.uniform([5]))
    add("generator normal", lambda: generator.normal([3, 2]))
    add("generator skip", lambda: generator.skip(3))
    add("generator truncated", lambda: generator.truncated_normal([3]))
    add("generator between", lambda: generator.uniform([3], 0, 9, tf.int32))
    add("generator full", lambda: generator.uniform_full_int([3], tf.uint64))
    add("generator state", lambda: generator.state.read_value())
    other = tf.random.Generator.from_key_counter(7, [5], "threefry")
    add("another uniform", lambda: other.uniform([2]))
    return found


def _ints(tf: Any, shape: Any, low: Any, high: Any, dtype: str) -> Any:
    return tf.random.stateless_uniform(shape, [3, 5], low, high, dtype, alg="threefry")


def main() -> None:
    """Record what TensorFlow draws."""
    import tensorflow as tf

    found = draw(tf, lambda f: tf.function(f, jit_compile=True, autograph=False)())
    text = json.dumps(found, indent=0).encode()
    RECORDED.write_bytes(gzip.compress(text, mtime=0))


if __name__ == "__main__":
    main()
