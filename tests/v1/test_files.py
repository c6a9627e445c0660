"""Checkpoints, graphs, SavedModels and summaries of TensorFlow 1, written and read back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import tidefall as tf

v1 = tf.compat.v1


def _model(use_resource: bool = True) -> tuple[Any, Any, Any]:
    x = v1.placeholder(tf.float32, [None, 2], name="x")
    first = v1.constant_initializer([[1.0], [2.0]])
    w = v1.get_variable("w", [2, 1], initializer=first, use_resource=use_resource)
    return x, w, tf.matmul(x, w, name="y")


@pytest.mark.parametrize("use_resource", [True, False])
def test_savers_keep_the_last_checkpoints(tmp_path: Path, use_resource: bool) -> None:
    prefix = str(tmp_path / "model")
    with tf.Graph().as_default(), v1.Session() as session:
        _, w, _ = _model(use_resource)
        saver = v1.train.Saver(max_to_keep=2)
        session.run(w.initializer)
        for step in range(4):
            assert saver.save(session, prefix, global_step=step) == f"{prefix}-{step}"
        assert [Path(p).name for p in saver.last_checkpoints] == ["model-2", "model-3"]
        assert not (tmp_path / "model-1.index").exists()
        assert v1.train.latest_checkpoint(str(tmp_path)) == f"{prefix}-3"
        session.run(v1.assign(w, [[0.0], [0.0]]))
        saver.restore(session, f"{prefix}-3")
        assert session.run(w).tolist() == [[1.0], [2.0]]
        with pytest.raises(ValueError, match="not a valid checkpoint"):
            saver.restore(session, f"{prefix}-9")
        other = v1.get_variable("other", [1])
        with pytest.raises(tf.errors.NotFoundError, match="other"):
            v1.train.Saver([w, other]).restore(session, f"{prefix}-3")
        with pytest.raises(ValueError, match="Parent directory"):
            saver.save(session, str(tmp_path / "no" / "model"))
    assert tf.train.load_variable(f"{prefix}-3", "w").tolist() == [[1.0], [2.0]]


@pytest.mark.parametrize("use_resource", [True, False])
def test_meta_graphs_carry_everything_on(tmp_path: Path, use_resource: bool) -> None:
    prefix = str(tmp_path / "model")
    with tf.Graph().as_default(), v1.Session() as session:
        _, _, y = _model(use_resource)
        v1.train.AdamOptimizer(0.1).minimize(tf.reduce_sum(y))
        v1.add_to_collection("results", y)
        session.run(v1.global_variables_initializer())
        v1.train.Saver().save(session, prefix)
    with tf.Graph().as_default(), v1.Session() as session:
        saver = v1.train.import_meta_graph(f"{prefix}.meta")
        saver.restore(session, prefix)
        assert [v.name for v in v1.trainable_variables()] == ["w:0"]
        assert v1.get_collection("results")[0].name == "y:0"
        feeds = {"x:0": [[1.0, 1.0]]}
        assert session.run("y:0", feeds).tolist() == [[3.0]]
        session.run(v1.get_collection("train_op"), feeds)
        assert session.run("y:0", feeds)[0, 0] == pytest.approx(2.8, abs=1e-5)
    with tf.Graph().as_default(), v1.Session() as session:
        v1.train.import_meta_graph(f"{prefix}.meta", import_scope="in").restore(session, prefix)
        assert session.run("in/y:0", {"in/x:0": [[1.0, 1.0]]}).tolist() == [[3.0]]


@pytest.mark.parametrize("use_resource", [True, False])
def test_frozen_graphs(use_resource: bool) -> None:
    with tf.Graph().as_default() as graph, v1.Session() as session:
        _, w, y = _model(use_resource)
        v1.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_sum(y))
        session.run(w.initializer)
        message = graph.as_graph_def()
        frozen = v1.graph_util.convert_variables_to_constants(session, message, ["y"])
        cut = v1.graph_util.extract_sub_graph(message, ["x"])
        assert [node.name for node in cut.node] == ["x"]
        with pytest.raises(AssertionError, match="nothing is not in graph"):
            v1.graph_util.extract_sub_graph(message, ["nothing"])
    assert not {node.op for node in frozen.node} & {"VarHandleOp", "VariableV2", "ReadVariableOp"}
    small = v1.graph_util.remove_training_nodes(frozen)
    assert len(small.node) <= len(frozen.node)
    for graph_def in (frozen, small):
        with tf.Graph().as_default(), v1.Session() as session:
            (y,) = tf.import_graph_def(graph_def, return_elements=["y:0"])
            assert session.run(y, {"import/x:0": [[1.0, 1.0]]}).tolist() == [[3.0]]


@pytest.mark.parametrize("use_resource", [True, False])
def test_saved_models(tmp_path: Path, use_resource: bool) -> None:
    saved = v1.saved_model
    folder = str(tmp_path / "model")
    with tf.Graph().as_default(), v1.Session() as session:
        x, w, y = _model(use_resource)
        v1.get_local_variable("offset", initializer=3.0)
        session.run(w.initializer)
        builder = saved.builder.SavedModelBuilder(folder)
        signature = saved.signature_def_utils.predict_signature_def({"x": x}, {"y": y})
        assert saved.is_valid_signature(signature)
        builder.add_meta_graph_and_variables(
            session,
            [saved.tag_constants.SERVING],
            {saved.signature_constants.DEFAULT_SERVING_SIGNATURE_DEF_KEY: signature},
            main_op=v1.local_variables_initializer(),
        )
        builder.save()
        with pytest.raises(AssertionError, match="already exists"):
            saved.builder.SavedModelBuilder(folder)
    with tf.Graph().as_default(), v1.Session() as session:
        meta = saved.loader.load(session, ["serve"], folder)
        output = meta.signature_def["serving_default"].outputs["y"].name
        assert session.run(output, {"x:0": [[1.0, 1.0]]}).tolist() == [[3.0]]
        assert session.run("offset:0") == 3.0
        with pytest.raises(RuntimeError, match="train"):
            saved.loader.load(session, ["train"], folder)
    predict = tf.saved_model.load(folder).signatures["serving_default"]
    assert predict(x=tf.constant([[1.0, 1.0]]))["y"].numpy().tolist() == [[3.0]]


def test_summaries(tmp_path: Path) -> None:
    with tf.Graph().as_default() as graph, v1.Session() as session:
        with tf.name_scope("layer"):
            v1.summary.scalar("loss", tf.constant(2.5))
        v1.summary.histogram("weights", tf.constant([1.0, 2.0, 2.0, 5.0, -3.0]))
        v1.summary.image("picture", tf.zeros([2, 2, 2, 3]), max_outputs=1)
        v1.summary.text("words", tf.constant("hello"))
        merged = v1.summary.merge_all()
        with v1.summary.FileWriter(str(tmp_path), graph) as writer:
            writer.add_summary(session.run(merged), 7)
        assert v1.summary.merge_all("nothing") is None
    (path,) = tmp_path.iterdir()
    events = list(v1.train.summary_iterator(str(path)))
    assert events[0].file_version == "brain.Event:2"
    assert v1.GraphDef.FromString(events[1].graph_def).node[0].name == "layer/Const"
    values = {value.tag: value for value in events[2].summary.value}
    assert events[2].step == 7
    assert values["layer/loss"].simple_value == 2.5
    histogram = values["weights"].histo
    assert (histogram.min, histogram.max, histogram.num, histogram.sum) == (-3, 5, 5, 7)
    filled = [
        (round(limit, 4), count)
        for limit, count in zip(histogram.bucket_limit, histogram.bucket, strict=True)
        if count
    ]
    assert filled == [(-2.8787, 1), (1.009, 1), (2.1628, 2), (5.0998, 1)]
    assert values["picture/image"].image.height == 2
    assert values["words"].tensor.string_val[0] == b"hello"


def test_an_eager_saver_saves_what_variables_hold_when_it_saves(tmp_path):
    variable = tf.Variable(1.0, name="v")
    saver = tf.compat.v1.train.Saver([variable])
    variable.assign(2.0)
    path = saver.save(None, str(tmp_path / "model"))
    assert tf.train.load_variable(path, "v") == 2.0
