"""Models of TensorFlow.js: as TensorFlow.js itself runs them, and back; genuine ones; damaged ones.

What runs Node is skipped where the package @tensorflow/tfjs is not installed: `npm install
@tensorflow/tfjs@4.22.0` in a folder that TIDEFALL_TFJS names.
"""

import base64
import importlib.util
import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest

import tidefall as tf
from tidefall.export.tfjs import (
    load_graph_model,
    load_layers_model,
    save_graph_model,
    save_layers_model,
)
from tidefall.export.tfjs.cli import main
from tidefall.export.tfjs.node import Node
from tidefall.export.tfjs.weights import pack, read_model, unpack

pytestmark = pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning")
HERE = Path(__file__).parent
RECORDED = json.loads((HERE / "recorded.json").read_text())
_spec = importlib.util.spec_from_file_location("models_for_the_browser", HERE / "models.py")
models = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = models
_spec.loader.exec_module(models)


def close(found, expected, atol=1e-5):
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=atol * max(1.0, np.abs(theirs).max()))


def call(function, inputs):
    names = function.structured_input_signature[1]
    return list(function(**dict(zip(names, map(tf.constant, inputs), strict=True))).values())


@pytest.mark.parametrize("name", models.GRAPHS)
def test_graph_models_come_back(name, tmp_path):
    model, inputs, outputs = models.made(models.GRAPHS[name])
    save_graph_model(model, tmp_path / "web")
    close(call(load_graph_model(tmp_path / "web"), inputs), outputs)


@pytest.mark.parametrize("name", models.BOTH)
def test_layers_models_come_back(name, tmp_path):
    model, inputs, outputs = models.made(models.BOTH[name])
    if name == "dot":
        inputs = [*inputs]
    save_layers_model(model, tmp_path / "web")
    found = load_layers_model(tmp_path / "web")(inputs if len(inputs) > 1 else inputs[0])
    close(found if isinstance(found, (list, tuple)) else [found], outputs)


@pytest.mark.process
@pytest.mark.parametrize("kind", ["graph", "layers"])
def test_tensorflow_js_gives_the_same(kind, tmp_path):
    try:
        node = Node()
    except tf.errors.UnavailableError as error:
        pytest.skip(error.message)
    with node:
        for name, make in (models.GRAPHS if kind == "graph" else models.BOTH).items():
            model, inputs, outputs = models.made(make)
            folder = tmp_path / name
            if kind == "graph":
                save_graph_model(model, folder)
                about = json.loads((folder / "model.json").read_text())
                given = dict(zip(about["signature"]["inputs"], inputs, strict=True))
            else:
                save_layers_model(model, folder)
                given = inputs
            close(node.run(str(folder), given, kind == "layers").values(), outputs)


@pytest.fixture
def recorded(tmp_path):
    def write(name):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "model.json").write_text(json.dumps(RECORDED[name]["model"]))
        for path, content in RECORDED[name]["shards"].items():
            (folder / path).write_bytes(base64.b64decode(content))
        return folder

    return write


@pytest.mark.parametrize(
    ("name", "atol"), [("graph", 1e-5), ("graph_uint8", 0.02), ("loop", 0), ("loop_v2", 0)]
)
def test_graph_models_of_the_genuine_converter(recorded, name, atol):
    function = load_graph_model(recorded(name))
    (values,) = RECORDED[name]["inputs"].values()
    dtype = next(iter(function.structured_input_signature[1].values())).dtype
    (found,) = call(function, [np.array(values, dtype.as_numpy_dtype)])
    np.testing.assert_allclose(found, RECORDED[name]["output"], atol=atol or 1e-6)


def test_a_layers_model_that_tensorflow_js_saved(recorded):
    x = np.array(RECORDED["layers"]["inputs"]["x"], "float32")
    found = load_layers_model(recorded("layers"))(x.reshape(RECORDED["layers"]["shape"]))
    np.testing.assert_allclose(np.ravel(found), RECORDED["layers"]["output"], atol=1e-6)


def test_batch_norms_are_folded(tmp_path):
    model, inputs, outputs = models.made(models.BOTH["depthwise"])
    counts = save_graph_model(model, tmp_path / "web")
    assert counts.get("Mul", 0) == 0 and counts.get("AddV2", 0) == 0
    close(call(load_graph_model(tmp_path / "web"), inputs), outputs)


@pytest.mark.parametrize(("kind", "share", "atol"), [("uint8", 0.3, 0.2), ("uint16", 0.55, 1e-3),
                                                    ("float16", 0.55, 1e-2)])  # fmt: skip
def test_smaller_weights(tmp_path, kind, share, atol):
    model, inputs, outputs = models.made(models.BOTH["cnn"])
    save_graph_model(model, tmp_path / "whole")
    save_graph_model(model, tmp_path / "small", quantize={kind: "*"}, shard_bytes=256)
    sizes = [
        sum(path.stat().st_size for path in (tmp_path / name).glob("*.bin"))
        for name in ("small", "whole")
    ]
    assert sizes[0] < share * sizes[1]
    assert len(list((tmp_path / "small").glob("*.bin"))) > 1
    close(call(load_graph_model(tmp_path / "small"), inputs), outputs, atol)


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype="int64").reshape(2, 3), np.array([True, False]), np.float32(2.5),
        np.array(["a", "größer", ""], object), np.zeros((0, 3), "float32"),
        np.array([1 + 2j], "complex64"), np.linspace(0, 1, 5), np.array([-3, 4], "int8"),
    ],
)  # fmt: skip
def test_weights_of_every_dtype(array):
    entries, content = pack({"w": array})
    found = unpack(entries, content, "here")["w"]
    assert found.shape == np.shape(array)
    expected = [t.encode() for t in array] if np.asarray(array).dtype == object else array
    np.testing.assert_array_equal(found, expected)


def test_integers_that_do_not_fit():
    with pytest.raises(tf.errors.InvalidArgumentError, match="w: int64 between 1 and 4294967296"):
        pack({"w": np.array([1, 2**32])})
    with pytest.raises(tf.errors.InvalidArgumentError, match="not finite"):
        pack({"w": np.array([np.nan], "float32")}, {"uint8": "*"})


@tf.function(input_signature=[tf.TensorSpec([None], tf.string), tf.TensorSpec([None, 3])])
def cannot(text, x):
    tf.strings.lower(text)
    return tf.strings.length(text), tf.linalg.cholesky(tf.matmul(x, x, transpose_a=True))


def test_what_there_is_no_op_for_is_named_before_anything_is_written(tmp_path):
    with pytest.raises(tf.errors.UnimplementedError) as caught:
        save_graph_model(cannot, tmp_path / "web")
    for op in ("StringLength", "Cholesky"):
        assert re.search(rf"{op} in .* \(.*test_tfjs\.py:\d+\)", caught.value.message)
    free = models.sequence((None, 3), models.layers.LSTM(4))
    with pytest.raises(tf.errors.UnimplementedError, match="fixed length"):
        save_graph_model(free, tmp_path / "web")
    with pytest.raises(tf.errors.UnimplementedError, match="UnitNormalization in"):
        save_layers_model(models.GRAPHS["unit"](), tmp_path / "web")
    with pytest.raises(tf.errors.UnimplementedError, match="reset_after=False"):
        save_layers_model(models.GRAPHS["gru_reset_after"](), tmp_path / "web")
    grouped = models.sequence((4, 4, 4), models.layers.Conv2D(4, 1, groups=2))
    flat = models.sequence((4,), models.layers.Dense(4, "hard_sigmoid"))
    for model, text in (
        (grouped, "groups=1"),
        (flat, "activation hard_sigmoid"),
        (models.sequence((4,), models.layers.ELU(0.5)), "alpha=1.0"),
    ):
        with pytest.raises(tf.errors.UnimplementedError, match=text):
            save_layers_model(model, tmp_path / "web")
    assert not list(tmp_path.iterdir())


def test_folders_are_written_whole_and_replace_models_only(tmp_path):
    model = models.BOTH["dense"]()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(tf.errors.AlreadyExistsError, match="no model"):
        save_graph_model(model, tmp_path / "mine")
    for _ in range(2):
        save_graph_model(model, tmp_path / "web")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["mine", "web"]


def test_damaged_files_are_told(tmp_path):
    model, _, _ = models.made(models.BOTH["dense"])
    save_graph_model(model, tmp_path / "web")
    about = json.loads((tmp_path / "web" / "model.json").read_text())
    content = (tmp_path / "web" / "group1-shard1of1.bin").read_bytes()
    random = np.random.default_rng(0)
    whole = (tmp_path / "web" / "model.json").read_bytes()
    for _ in range(60):
        broken = bytearray(whole)
        at = int(random.integers(len(broken)))
        broken[at] = int(random.integers(256))
        (tmp_path / "web" / "model.json").write_bytes(broken)
        try:
            load_graph_model(tmp_path / "web")
        except (tf.errors.OpError, ValueError, TypeError, KeyError):
            pass
    (tmp_path / "web" / "model.json").write_bytes(whole)
    (tmp_path / "web" / "group1-shard1of1.bin").write_bytes(content[:-5])
    with pytest.raises(tf.errors.DataLossError, match="beyond the end"):
        load_graph_model(tmp_path / "web")
    about["weightsManifest"][0]["paths"] = ["../../secret"]
    (tmp_path / "web" / "model.json").write_text(json.dumps(about))
    with pytest.raises(tf.errors.DataLossError, match="outside"):
        read_model(str(tmp_path / "web"))
    with pytest.raises(tf.errors.NotFoundError, match="nowhere"):
        load_graph_model(tmp_path / "nowhere")
    save_layers_model(model, tmp_path / "layers")
    with pytest.raises(tf.errors.InvalidArgumentError, match="load_layers_model"):
        load_graph_model(tmp_path / "layers")


def test_the_command(tmp_path, capsys):
    model, inputs, outputs = models.made(models.BOTH["cnn"])
    model.save(tmp_path / "m.keras")
    model.export(tmp_path / "saved", verbose=False)

    def convert(*words):
        assert main(["convert", *map(str, words)]) == 0
        return capsys.readouterr().out

    assert "Conv2D" in convert(tmp_path / "saved", tmp_path / "graph")
    convert(tmp_path / "m.keras", tmp_path / "small", "--quantize_uint16")
    convert(tmp_path / "m.keras", tmp_path / "layers", "--output_format", "tfjs_layers_model")
    convert(tmp_path / "layers", tmp_path / "back.keras")
    convert(tmp_path / "graph", tmp_path / "again")
    close([tf.keras.models.load_model(tmp_path / "back.keras")(inputs[0])], outputs)
    again = tf.saved_model.load(tmp_path / "again").signatures["serving_default"]
    close(call(again, inputs), outputs)
    with pytest.raises(tf.errors.UnimplementedError, match="no layers any more"):
        main(["convert", str(tmp_path / "graph"), "x", "--output_format", "tfjs_layers_model"])
