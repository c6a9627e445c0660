"""Records the texts of TensorFlow's saved_model_cli for models that it wrote.

Run with genuine TensorFlow; writes saved_model_cli.json beside this file. Each model is its
`saved_model.pb`, compressed, as `show` and `scan` read nothing else.
"""

from __future__ import annotations

import base64
import collections
import contextlib
import gzip
import io
import json
import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf
from tensorflow.python.tools import saved_model_cli as cli
from tensorflow.python.tools import saved_model_utils

OUTPUT = Path(__file__).with_name("saved_model_cli.json")
GENUINE = Path(__file__).resolve().parents[3] / "shared" / "interop_genuine"
TEXTS_OF = ("half_plus_two_tf2", "half_plus_two_v1_1", "tfjs_multi_signature", "counter_session")
Point = collections.namedtuple("Point", "x y")


class Polymorphic(tf.Module):
    def __init__(self):
        super().__init__()
        self.v = tf.Variable([1.0, 2.0], name="v")

    @tf.function
    def f(self, x, training=False, name="abc", opts=None):
        return x * self.v if training else x + self.v

    @tf.function
    def g(self, xs, d, *, k=(1, "two", 3.0)):
        return {"s": xs[0] + d["a"], "t": d["b"]}

    @tf.function
    def nested(self, point, ragged):
        return point.x + point.y, ragged

    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32, name="inp")])
    def serve(self, inp):
        return {"out": inp + self.v, "idx": tf.argmax(inp, -1)}


def polymorphic(folder: str) -> None:
    module, pair = Polymorphic(), tf.constant([1.0, 2.0])
    module.f(pair)
    module.f(pair, True)
    module.f(pair[None], training=True, name="q", opts=[1, 2])
    module.f(pair, opts={"a": 1, "b": "c"})
    module.g([pair, tf.constant(2)], {"a": pair, "b": tf.constant("s")})
    module.g([pair, tf.constant(2)], {"a": pair, "b": tf.constant("s")}, k=())
    module.nested(Point(pair, pair), tf.ragged.constant([[1, 2], [3]]))
    module.nested(Point(pair, pair), tf.sparse.from_dense([[1, 0]]))
    tf.saved_model.save(module, folder, {"serving_default": module.serve, "other": module.serve})


def concrete(folder: str) -> None:
    module = tf.Module()
    module.v = tf.Variable(3.0)
    scalar, vector = tf.TensorSpec([], name="a"), tf.TensorSpec([None], name="b")
    module.cf = tf.function(lambda a, b: a * b + module.v).get_concrete_function(scalar, vector)
    module.noargs = tf.function(lambda: module.v * 2, input_signature=[])
    tf.saved_model.save(module, folder)


def empty(folder: str) -> None:
    tf.saved_model.save(tf.Module(), folder)


def keras_export(folder: str) -> None:
    one, two = keras.Input((4,), name="feat"), keras.Input((2,), name="more")
    out = keras.layers.Dense(3, name="head")(keras.layers.Concatenate()([one, two]))
    model = keras.Model([one, two], [out, keras.layers.Softmax(name="p")(out)])
    model.export(folder, verbose=False)


class Files(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([], tf.string)])
    def io(self, path):
        tf.io.write_file(path, tf.io.read_file(path))
        return path

    @tf.function(
        input_signature=[tf.TensorSpec(None, tf.complex64), tf.TensorSpec([2, None], tf.bfloat16)]
    )
    def types(self, c, h):
        tf.print(c)
        return c, h


def files(folder: str) -> None:
    module = Files()
    tf.saved_model.save(module, folder, {"io": module.io})


def two_tags(folder: str) -> None:
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, [None, 3], name="x")
        u = v1.placeholder(tf.int32, None, name="u")
        w = v1.get_variable("w", [3, 2], use_resource=False, initializer=v1.ones_initializer())
        y = tf.matmul(x, w, name="y")
        session.run(v1.global_variables_initializer())
        builder = v1.saved_model.Builder(folder)
        outputs = {"y": y, "u": tf.identity(u)}
        signature = v1.saved_model.predict_signature_def({"x": x, "u": u}, outputs)
        builder.add_meta_graph_and_variables(session, ["serve"], {"serving_default": signature})
        builder.add_meta_graph(["serve", "gpu"], {"a": signature, "b": signature})
        builder.save()


MODELS = (polymorphic, concrete, empty, keras_export, files, two_tags)


def printed(call: Callable[..., Any], *arguments: Any) -> str:
    """What a function prints, with sets in the order of the alphabet; and its error."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        try:
            call(*arguments)
        except (RuntimeError, ValueError) as error:
            print(f"{type(error).__name__}: {error}")
    return re.sub(r"\{('\w+'(, )?)+\}", _sorted, out.getvalue())


def _sorted(match: re.Match[str]) -> str:
    return "{" + ", ".join(sorted(match[0][1:-1].split(", "))) + "}"


def texts(folder: str) -> dict[str, str]:
    def scan(denied: set[str]) -> None:
        for meta in saved_model_utils.read_saved_model(folder).meta_graphs:
            cli.scan_meta_graph_def(meta, denied)

    key = "serving_default"
    return {
        "show --all": printed(cli._show_all, folder),
        "show": printed(cli._show_tag_sets, folder),
        "show --tag_set serve": printed(cli._show_signature_def_map_keys, folder, "serve"),
        f"show --tag_set serve --signature_def {key}": printed(
            cli._show_inputs_outputs, folder, "serve", key
        ),
        "scan": printed(scan, cli._OP_DENYLIST),
        "scan --op_denylist MatMul,AddV2,ReadFile": printed(scan, {"MatMul", "AddV2", "ReadFile"}),
    }


def main() -> None:
    recorded: dict[str, Any] = {"models": {}, "genuine": {}}
    for make in MODELS:
        with tempfile.TemporaryDirectory() as folder:
            make(folder)
            content = (Path(folder) / "saved_model.pb").read_bytes()
            recorded["models"][make.__name__] = {
                "saved_model.pb": base64.b64encode(gzip.compress(content, mtime=0)).decode(),
                "texts": texts(folder),
            }
    for name in TEXTS_OF:
        recorded["genuine"][name] = texts(str(GENUINE / name))
    OUTPUT.write_text(json.dumps(recorded, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
