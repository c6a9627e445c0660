"""Graphs with the control flow of TensorFlow 1, written and run by real TensorFlow.

    python tests/oracle/record_old_loops.py

Writes `old_loops.json.gz`: GraphDefs, what they were fed and what they gave; and SavedModels.
"""

from __future__ import annotations

import base64
import gzip
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import numpy as np
import tensorflow as tf

v1 = tf.compat.v1
v1.disable_control_flow_v2()
Program = Callable[[], tuple[dict[str, list[Any]], list[Any]]]
"""Builds a graph; returns values for each placeholder, by run, and the fetches."""


def _input(name: str, *values: Any, shape: Any = None) -> tuple[Any, dict[str, list[Any]]]:
    arrays = [np.asarray(v) for v in values]
    arrays = [a.astype(np.float32) if a.dtype == np.float64 else a for a in arrays]
    arrays = [a.astype(np.int32) if a.dtype == np.int64 else a for a in arrays]
    shape = arrays[0].shape if shape is None else shape
    return v1.placeholder(arrays[0].dtype, shape, name), {f"{name}:0": [a.tolist() for a in arrays]}


def branch() -> Any:
    p, fed = _input("p", True, False)
    x = tf.constant([1.0, 2.0])
    return fed, [tf.cond(p, lambda: x * 3.0, lambda: x - 1.0), tf.cond(p, lambda: 1, lambda: 2)]


def nested_branches() -> Any:
    x, fed = _input("x", -3.0, 0.5, 7.0)
    y = tf.cond(
        x > 0.0,
        lambda: tf.cond(x > 1.0, lambda: x * x, lambda: tf.sqrt(x)),
        lambda: tf.cond(x > -1.0, lambda: x + 10.0, lambda: -x),
    )
    return fed, [y]


def gradient_of_branch() -> Any:
    x, fed = _input("x", -3.0, 2.0)
    y = tf.cond(x > 0.0, lambda: x * x * x, lambda: tf.exp(x))
    return fed, [y, *tf.gradients(y, x)]


def many_cases() -> Any:
    n, fed = _input("n", 0, 1, 2, 9)
    y = v1.case(
        [(tf.equal(n, 0), lambda: 10), (tf.equal(n, 1), lambda: n + 20)], default=lambda: -n
    )
    return fed, [y]


def counting() -> Any:
    n, fed = _input("n", 0, 1, 7)
    i, total = tf.while_loop(lambda i, t: i < n, lambda i, t: (i + 1, t + i), (0, 0))
    return fed, [i, total]


def fibonacci() -> Any:
    n, fed = _input("n", 1, 2, 12)
    _, a, b = tf.while_loop(lambda i, a, b: i < n, lambda i, a, b: (i + 1, b, a + b), (0, 0, 1))
    return fed, [a, b]


def invariants() -> Any:
    n, fed = _input("n", 0, 3)
    _, x = tf.while_loop(
        lambda i, x: i < n,
        lambda i, x: (i + 1, tf.concat([x, [i]], 0)),
        (0, tf.zeros([0], tf.int32)),
        shape_invariants=(tf.TensorShape([]), tf.TensorShape([None])),
    )
    return fed, [x]


def nested_loops() -> Any:
    n, fed = _input("n", 0, 2, 4)

    def outer(i: Any, total: Any) -> Any:
        _, total = tf.while_loop(
            lambda j, t: j < i, lambda j, t: (j + 1, t + i * j), (0, total), name="inner"
        )
        return i + 1, total

    return fed, list(tf.while_loop(lambda i, t: i < n, outer, (0, 0), name="outer"))


def branch_in_loop() -> Any:
    n, fed = _input("n", 1, 27)
    steps = tf.while_loop(
        lambda n, s: n > 1,
        lambda n, s: (tf.cond(tf.equal(n % 2, 0), lambda: n // 2, lambda: 3 * n + 1), s + 1),
        (n, 0),
    )
    return fed, list(steps)


def loop_in_branch() -> Any:
    x, fed = _input("x", -2.0, 1.5)
    y = tf.cond(
        x > 0.0,
        lambda: tf.while_loop(lambda v: v < 100.0, lambda v: v * 2.0, [x])[0],
        lambda: x,
    )
    return fed, [y]


def gradient_of_loop() -> Any:
    x, fed = _input("x", [0.5, 1.0, 2.0], [1.0, -1.0, 3.0])
    _, y = tf.while_loop(lambda i, y: i < 4, lambda i, y: (i + 1, y * x + 1.0), (0, tf.ones([3])))
    return fed, [y, *tf.gradients(y, x)]


def gradient_of_branch_in_loop() -> Any:
    x, fed = _input("x", [0.5, 1.0, 2.0])

    def body(i: Any, y: Any) -> Any:
        return i + 1, tf.cond(tf.equal(i % 2, 0), lambda: y * x, lambda: tf.sin(y))

    _, y = tf.while_loop(lambda i, y: i < 5, body, (0, tf.ones([3])))
    return fed, [y, *tf.gradients(y, x)]


def gradient_of_nested_loops() -> Any:
    x, fed = _input("x", 1.5, 0.5)

    def outer(i: Any, y: Any) -> Any:
        _, y = tf.while_loop(lambda j, y: j < i, lambda j, y: (j + 1, y * x), (0, y))
        return i + 1, y + x

    _, y = tf.while_loop(lambda i, y: i < 4, outer, (0, x))
    return fed, [y, *tf.gradients(y, x)]


def arrays_in_loop() -> Any:
    n, fed = _input("n", 1, 5)
    array = tf.TensorArray(tf.float32, n, clear_after_read=False)
    write = lambda i, a: (i + 1, a.write(i, [tf.cast(i, tf.float32), 1.0]))  # noqa: E731
    _, array = tf.while_loop(lambda i, a: i < n, write, (0, array))
    return fed, [array.stack(), array.concat(), array.size(), array.read(0)]


def map_and_scan() -> Any:
    x, fed = _input("x", [1.0, 2.0, 3.0], [4.0, 5.0, 6.0])
    y = tf.map_fn(lambda v: v * v + 1.0, x)
    z = tf.scan(lambda a, v: a + v * y[0], x)
    return fed, [y, z, tf.foldl(lambda a, v: a - v, x), *tf.gradients([y, z], x)]


def recurrent() -> Any:
    x, fed = _input("x", np.linspace(-1, 1, 12).reshape(2, 3, 2))
    w = tf.constant(np.linspace(-0.5, 0.5, 12).reshape(4, 3).astype(np.float32))
    rows = tf.TensorArray(tf.float32, 3).unstack(tf.transpose(x, [1, 0, 2]))

    def step(i: Any, h: Any, out: Any) -> Any:
        h = tf.tanh(tf.matmul(tf.concat([rows.read(i), h[:, :2]], 1), w))
        return i + 1, h, out.write(i, h)

    start = (0, tf.zeros([2, 3]), tf.TensorArray(tf.float32, 3))
    _, h, out = tf.while_loop(lambda i, h, o: i < 3, step, start)
    y = out.stack()
    return fed, [y, h, *tf.gradients(tf.reduce_sum(y * y), [x, w])]


def assertion() -> Any:
    x, fed = _input("x", [1.0, 2.0])
    with tf.control_dependencies([v1.Assert(tf.reduce_all(x > 0.0), [x])]):
        return fed, [tf.identity(x)]


def limited() -> Any:
    n, fed = _input("n", 3, 100)
    out = tf.while_loop(lambda i: i < n, lambda i: [i + 1], [0], maximum_iterations=10)
    return fed, [out]


PROGRAMS: list[Program] = [
    branch, nested_branches, gradient_of_branch, many_cases, counting, fibonacci, invariants,
    nested_loops, branch_in_loop, loop_in_branch, gradient_of_loop, gradient_of_branch_in_loop,
    gradient_of_nested_loops, arrays_in_loop, map_and_scan, recurrent, assertion, limited,
]  # fmt: skip


def _values(value: Any) -> dict[str, Any]:
    array = np.asarray(value)
    return {"dtype": array.dtype.name, "value": array.tolist()}


def record(program: Program) -> dict[str, Any]:
    """What TensorFlow makes of one program."""
    with tf.Graph().as_default() as graph, v1.Session() as session:
        fed, fetches = program()
        fetches = [tf.convert_to_tensor(f) for f in tf.nest.flatten(fetches)]
        runs = len(next(iter(fed.values())))
        results = [
            [_values(v) for v in session.run(fetches, {k: v[i] for k, v in fed.items()})]
            for i in range(runs)
        ]
        message = graph.as_graph_def().SerializeToString()
    return {
        "graph": base64.b64encode(message).decode(),
        "feeds": fed,
        "fetches": [f.name for f in fetches],
        "results": results,
    }


def saved_model() -> dict[str, str]:
    """A SavedModel of TensorFlow 1 whose signature runs a loop over a variable."""
    folder = Path(tempfile.mkdtemp()) / "model"
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, [None], "x")
        w = v1.get_variable("w", initializer=[2.0], use_resource=True)

        def body(i: Any, y: Any) -> Any:
            return i + 1, tf.cond(tf.equal(i, 1), lambda: y + w, lambda: y * w)

        shapes = (tf.TensorShape([]), tf.TensorShape([None]))
        _, y = tf.while_loop(lambda i, y: i < 3, body, (0, x), shape_invariants=shapes)
        session.run(v1.global_variables_initializer())
        v1.saved_model.simple_save(session, str(folder), {"x": x}, {"y": y})
    return {
        str(path.relative_to(folder)): base64.b64encode(path.read_bytes()).decode()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


if __name__ == "__main__":
    everything = {
        "programs": {program.__name__: record(program) for program in PROGRAMS},
        "saved_model": saved_model(),
    }
    target = Path(__file__).with_name("old_loops.json.gz")
    text = json.dumps(everything, sort_keys=True).encode()
    target.write_bytes(gzip.compress(text, mtime=0))
    print(f"{target}: {target.stat().st_size} bytes")
