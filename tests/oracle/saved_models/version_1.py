"""Graphs and sessions of TensorFlow 1."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.oracle.saved_models.harness import model, text_file, wave

X = np.float32([1.0, -2.0, 3.0])
WORDS = np.array([b"b", b"nope", b"a"], object)
SERVED = "signatures/serving_default"


@model(
    (SERVED, {"x": X}),
    ("describe", SERVED),
    ("variables/0",),
    ("gradient", (SERVED, X), ["variables/0"]),
    ("train", (SERVED, X), ["variables/0"]),
    writes=True,
)
def v1_simple(tf: Any, folder: str) -> None:
    """simple_save with resource variables."""
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, [None], name="x")
        scale = v1.get_variable("scale", initializer=[2.0, 3.0, 4.0], use_resource=True)
        offset = v1.get_variable("offset", initializer=1.0, use_resource=True, trainable=False)
        y = tf.add(x * scale, offset, name="y")
        session.run(v1.global_variables_initializer())
        v1.saved_model.simple_save(session, folder, {"x": x}, {"y": y})


def _references(tf: Any, folder: str, assign: bool) -> None:
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, [None], name="x")
        w = v1.Variable([1.0, 2.0, 3.0], use_resource=False, name="w")
        y = tf.nn.relu(x * w)
        assigned = v1.assign(w, w * 2.0)
        session.run(v1.global_variables_initializer())
        utils = v1.saved_model
        signatures = {
            "serving_default": utils.predict_signature_def({"x": x}, {"y": y}),
        }
        if assign:
            outputs = {"w": utils.build_tensor_info(assigned)}
            signatures["assign"] = utils.build_signature_def({}, outputs, "assign")
        builder = v1.saved_model.Builder(folder)
        builder.add_meta_graph_and_variables(session, ["serve"], signatures)
        builder.save()


@model((SERVED, {"x": X}), ("gradient", (SERVED, X), []), writes=True)
def v1_reference_variables(tf: Any, folder: str) -> None:
    """Old reference variables."""
    _references(tf, folder, assign=False)


class _Session:
    """The signatures of a SavedModel loaded into a session."""

    def __init__(self, tf: Any, folder: str):
        self.graph = tf.Graph()
        with self.graph.as_default():
            self.session = tf.compat.v1.Session()
            self.meta = tf.compat.v1.saved_model.loader.load(self.session, ["serve"], folder)

    def run(self, key: str, **inputs: Any) -> dict[str, Any]:
        signature = self.meta.signature_def[key]
        feeds = {signature.inputs[name].name: value.numpy() for name, value in inputs.items()}
        fetches = {name: info.name for name, info in signature.outputs.items()}
        return self.session.run(fetches, feeds)


@model(
    ("run", "serving_default", {"x": X}),
    ("run", "assign"),
    ("run", "serving_default", {"x": X}),
    read=_Session,
    writes=True,
    again=False,
)
def v1_session(tf: Any, folder: str) -> None:
    """A signature that assigns to an old variable, in one session."""
    _references(tf, folder, assign=True)


@model((SERVED, {"x": X}), (SERVED, {"x": 10 * X}), writes=True)
def v1_loops(tf: Any, folder: str) -> None:
    """Loops and conditions of Switch, Merge, Enter and Exit."""
    v1 = tf.compat.v1
    was = v1.control_flow_v2_enabled()
    v1.disable_control_flow_v2()
    try:
        with tf.Graph().as_default(), v1.Session() as session:
            x = v1.placeholder(tf.float32, [3], name="x")
            w = v1.get_variable("w", initializer=0.5, use_resource=True)
            y = v1.while_loop(
                lambda i, y: tf.logical_and(i < 5, tf.reduce_sum(y) < 50.0),
                lambda i, y: (i + 1, y * w + 1.0),
                [tf.constant(0), x],
            )[1]
            z = v1.cond(tf.reduce_sum(y) > 3.0, lambda: y * w, lambda: -y)
            session.run(v1.global_variables_initializer())
            v1.saved_model.simple_save(session, folder, {"x": x}, {"y": y, "z": z})
    finally:
        if was:
            v1.enable_control_flow_v2()


def _tables(tf: Any, folder: str, legacy: bool) -> None:
    v1 = tf.compat.v1
    path = text_file("v1/vocabulary.txt", ["a", "b", "c"])
    with tf.Graph().as_default(), v1.Session() as session:
        words = v1.placeholder(tf.string, [None], name="words")
        asset = tf.constant(path, name="vocabulary")
        v1.add_to_collection(v1.GraphKeys.ASSET_FILEPATHS, asset)
        lookup = tf.lookup
        initializer = lookup.TextFileInitializer(
            asset, tf.string, lookup.TextFileIndex.WHOLE_LINE, tf.int64,
            lookup.TextFileIndex.LINE_NUMBER,
        )  # fmt: skip
        table = lookup.StaticHashTable(initializer, -1)
        v = v1.get_variable("v", initializer=np.int64(10), use_resource=True)
        ids = table.lookup(words) * v
        session.run([v1.global_variables_initializer(), v1.tables_initializer()])
        signature = v1.saved_model.predict_signature_def({"words": words}, {"ids": ids})
        builder = v1.saved_model.Builder(folder)
        start = {"legacy_init_op" if legacy else "main_op": v1.tables_initializer()}
        builder.add_meta_graph_and_variables(
            session, ["serve"], {"serving_default": signature},
            assets_collection=v1.get_collection(v1.GraphKeys.ASSET_FILEPATHS), **start,
        )  # fmt: skip
        builder.save()


@model((SERVED, {"words": WORDS}), ("variables/0",), writes=True)
def v1_table_main_op(tf: Any, folder: str) -> None:
    """A table filled from a file by the main op."""
    _tables(tf, folder, legacy=False)


@model((SERVED, {"words": WORDS}), writes=True)
def v1_table_legacy_init_op(tf: Any, folder: str) -> None:
    """The same with the older legacy_init_op."""
    _tables(tf, folder, legacy=True)


@model((SERVED, {"ids": np.int32([0, 3, 4])}), ("variables/0",), ("variables/1",), writes=True)
def v1_partitioned(tf: Any, folder: str) -> None:
    """A variable in parts."""
    v1 = tf.compat.v1

    def initial(shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        first = partition_info.var_offset[0]
        return tf.constant(wave(5, 3)[first : first + shape[0]])

    with tf.Graph().as_default(), v1.Session() as session:
        ids = v1.placeholder(tf.int32, [None], name="ids")
        table = v1.get_variable(
            "table", [5, 3], initializer=initial,
            partitioner=v1.fixed_size_partitioner(2), use_resource=True,
        )  # fmt: skip
        y = v1.nn.embedding_lookup(table, ids, partition_strategy="div")
        session.run(v1.global_variables_initializer())
        v1.saved_model.simple_save(session, folder, {"ids": ids}, {"rows": y})


def _load_tags(tf: Any, folder: str) -> Any:
    holder = tf.Module()
    holder.train = tf.saved_model.load(folder, ["train"])
    holder.serve = tf.saved_model.load(folder, {"serve", "small"})
    return holder


@model(
    ("train/signatures/predict", X),
    ("serve/signatures/predict", X),
    ("train/variables/0",),
    ("raises", ("serve/signatures/nope", X)),
    read=_load_tags,
    writes=True,
    again=False,
)
def v1_tags(tf: Any, folder: str) -> None:
    """Two graphs that share their variables."""
    v1 = tf.compat.v1
    builder = v1.saved_model.Builder(folder)
    for number, tags in enumerate([["train"], ["serve", "small"]]):
        with tf.Graph().as_default(), v1.Session() as session:
            x = v1.placeholder(tf.float32, [None], name="x")
            w = v1.get_variable("w", initializer=3.0, use_resource=True)
            y = x * w + float(number)
            signatures = {"predict": v1.saved_model.predict_signature_def({"x": x}, {"y": y})}
            session.run(v1.global_variables_initializer())
            if number == 0:
                builder.add_meta_graph_and_variables(session, tags, signatures)
            else:
                builder.add_meta_graph(tags, signatures)
    builder.save()


def _load_pruned(tf: Any, folder: str) -> Any:
    loaded = tf.saved_model.load(folder)
    loaded.part = loaded.prune("x:0", "middle:0")
    return loaded


@model(
    ("part", X),
    ("gradient", ("part", X), ["variables/0"]),
    (SERVED, {"x": X}),
    ("variables/0",),
    read=_load_pruned,
    writes=True,
    again=False,
)
def v1_pruned(tf: Any, folder: str) -> None:
    """Part of a loaded graph as a function."""
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, [None], name="x")
        w = v1.get_variable("w", initializer=[1.0, 2.0, 3.0], use_resource=True)
        middle = tf.multiply(x, w, name="middle")
        session.run(v1.global_variables_initializer())
        v1.saved_model.simple_save(session, folder, {"x": x}, {"y": tf.exp(middle)})
