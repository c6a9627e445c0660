"""Graphs with the control flow of TensorFlow 1 run as in TensorFlow, and stay as they are."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tidefall as tf

RECORDED = json.loads(
    gzip.decompress((Path(__file__).parents[1] / "oracle" / "old_loops.json.gz").read_bytes())
)
PROGRAMS = RECORDED["programs"]
v1 = tf.compat.v1


def _message(name: str) -> Any:
    message = v1.GraphDef()
    message.ParseFromString(base64.b64decode(PROGRAMS[name]["graph"]))
    return message


def _check(program: dict[str, Any], run: int, values: list[Any]) -> None:
    for value, expected in zip(values, program["results"][run], strict=True):
        assert np.asarray(value).dtype.name == expected["dtype"]
        np.testing.assert_allclose(value, np.array(expected["value"]), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", PROGRAMS)
def test_sessions_run_it(name: str) -> None:
    program = PROGRAMS[name]
    with tf.Graph().as_default(), v1.Session() as session:
        tf.import_graph_def(_message(name), name="")
        for run in range(len(program["results"])):
            feeds = {key: values[run] for key, values in program["feeds"].items()}
            _check(program, run, session.run(program["fetches"], feeds))


@pytest.mark.parametrize("name", PROGRAMS)
def test_functions_run_it(name: str) -> None:
    program = PROGRAMS[name]
    message = _message(name)

    @tf.function
    def imported(*inputs: Any) -> Any:
        given = dict(zip(program["feeds"], inputs, strict=True))
        return tf.import_graph_def(message, given, program["fetches"], name="")

    kinds = {node.name: node.attr["dtype"].type for node in message.node}
    dtypes = [tf.as_dtype(kinds[key.partition(":")[0]]) for key in program["feeds"]]
    for run in range(len(program["results"])):
        values = [v[run] for v in program["feeds"].values()]
        given = [tf.constant(v, d) for v, d in zip(values, dtypes, strict=True)]
        _check(program, run, [t.numpy() for t in imported(*given)])


@pytest.mark.parametrize("name", PROGRAMS)
def test_written_as_it_was_read(name: str) -> None:
    message = _message(name)
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(message, name="")
    written = {node.name: node for node in graph.as_graph_def().node}
    assert set(written) == {node.name for node in message.node}
    for node in message.node:
        assert (node.op, list(node.input)) == (
            written[node.name].op,
            list(written[node.name].input),
        )


def test_a_saved_model_with_a_loop(tmp_path: Path) -> None:
    for name, data in RECORDED["saved_model"].items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(data))
    loaded = tf.saved_model.load(str(tmp_path))
    serve = loaded.signatures["serving_default"]
    assert serve(tf.constant([1.0, 3.0]))["y"].numpy().tolist() == [8.0, 16.0]
    again = str(tmp_path / "again")
    tf.saved_model.save(loaded, again, signatures=serve)
    result = tf.saved_model.load(again).signatures["serving_default"](tf.constant([1.0, 3.0]))
    assert result["y"].numpy().tolist() == [8.0, 16.0]


def _branch() -> tuple[Any, Any, Any]:
    condition = v1.placeholder(tf.bool, [])
    false, true = tf.raw_ops.Switch(data=1.0, pred=condition)
    return condition, false, true


def test_what_is_dead_does_not_run() -> None:
    with tf.Graph().as_default(), v1.Session() as session:
        condition, false, true = _branch()
        count = v1.get_variable("count", initializer=0.0, use_resource=True)
        session.run(v1.global_variables_initializer())
        with tf.control_dependencies([tf.identity(true)]):
            add = tf.raw_ops.AssignAddVariableOp(resource=count.handle, value=1.0)
        merged = tf.raw_ops.Merge(inputs=[false * 3.0, true])
        assert session.run(list(merged), {condition: True}) == [1.0, 1]
        assert session.run(list(merged), {condition: False}) == [3.0, 0]
        for value, expected in ((False, 0.0), (True, 1.0), (False, 1.0)):
            session.run(add, {condition: value})
            assert session.run(count) == expected


def test_a_dead_value_cannot_be_had() -> None:
    with tf.Graph().as_default(), v1.Session() as session:
        condition, _, true = _branch()
        assert session.run(true.op, {condition: False}) is None
        nothing = tf.raw_ops.Merge(inputs=[true, true])[0]
        for dead in (true, true * 2.0, nothing):
            with pytest.raises(tf.errors.InvalidArgumentError, match="does not have value"):
                session.run(dead, {condition: False})


def test_values_inside_loops_cannot_be_had() -> None:
    with tf.Graph().as_default(), v1.Session() as session:
        tf.import_graph_def(_message("counting"), name="")
        with pytest.raises(tf.errors.InvalidArgumentError, match="inside of the loop"):
            session.run("while/add:0", {"n:0": 3})


def test_inputs_from_two_frames() -> None:
    with tf.Graph().as_default(), v1.Session() as session:
        outside = tf.constant(1.0)
        inside = tf.raw_ops.Enter(data=outside, frame_name="loop")
        left = tf.raw_ops.Exit(data=tf.raw_ops.AddV2(x=inside, y=outside))
        with pytest.raises(tf.errors.InvalidArgumentError, match="inputs from different frames"):
            session.run(left)


def test_gradient_of_an_imported_branch() -> None:
    message = _message("gradient_of_branch")

    @tf.function
    def slope(x: Any) -> Any:
        y = tf.import_graph_def(message, {"x:0": x}, ["cond/Merge:0"])[0]
        return tf.gradients(y, x)[0]

    for value, expected in ((2.0, 12.0), (-3.0, np.exp(-3.0))):
        np.testing.assert_allclose(slope(tf.constant(value)), expected, rtol=1e-6)


def test_gradient_of_a_function_with_an_imported_branch() -> None:
    message = _message("gradient_of_branch")

    @tf.function
    def cubed(x: Any) -> Any:
        return tf.import_graph_def(message, {"x:0": x}, ["cond/Merge:0"])[0] * x

    for value, expected in ((2.0, 32.0), (-3.0, -2.0 * np.exp(-3.0))):
        x = tf.constant(value)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = cubed(x)
        np.testing.assert_allclose(tape.gradient(y, x), expected, rtol=1e-6)


def test_gradient_of_an_imported_loop() -> None:
    message = _message("gradient_of_loop")

    @tf.function
    def slope(x: Any) -> Any:
        y = tf.import_graph_def(message, {"x:0": x}, ["while/Exit_1:0"])[0]
        return tf.gradients(y, x)[0]

    x = tf.constant([1.0, 2.0, 3.0])
    with pytest.raises(tf.errors.UnimplementedError, match="loops of the old kind"):
        slope(x)

    @tf.function
    def scaled(x: Any) -> Any:
        return x * tf.import_graph_def(message, {"x:0": x}, ["while/Exit_1:0"])[0]

    with tf.GradientTape() as tape:
        tape.watch(x)
        with pytest.raises(tf.errors.UnimplementedError, match="loops of the old kind"):
            scaled(x)


def test_it_is_not_compiled() -> None:
    @tf.function(jit_compile=True)
    def compiled(n: Any) -> Any:
        return tf.import_graph_def(_message("counting"), {"n:0": n}, ["while/Exit:0"])

    with pytest.raises(tf.errors.InvalidArgumentError, match="Enter"):
        compiled(tf.constant(3))
