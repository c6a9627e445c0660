"""`doctor` names what is wrong with a model, and finds nothing wrong with a good one."""

import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

import tidefall as tf
from tidefall.proto import SavedModel
from tidefall.tools.saved_model_cli.doctor import examine


class Model(tf.Module):
    def __init__(self, folder):
        self.v = tf.Variable(np.ones((2, 3), np.float32))
        self.w = tf.Variable([1, 2])
        words = Path(folder) / "words.txt"
        words.write_text("a\nb\n")
        initializer = tf.lookup.TextFileInitializer(
            *(str(words), tf.string, tf.lookup.TextFileIndex.WHOLE_LINE),
            *(tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER),
        )
        self.table = tf.lookup.StaticHashTable(initializer, -1)

    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32, "x")])
    def serve(self, x):
        return {"y": x @ self.v}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "words")])
    def lookup(self, words):
        return {"ids": self.table.lookup(words)}


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    folder = tmp_path_factory.mktemp("doctor")
    model = Model(folder)
    signatures = {"serving_default": model.serve, "lookup": model.lookup}
    tf.saved_model.save(model, folder / "model" / "1", signatures)
    return folder / "model" / "1"


@pytest.fixture
def model(good, tmp_path):
    """A copy that may be spoiled."""
    return Path(shutil.copytree(good, tmp_path / "model" / "1"))


def found(report, severity=None):
    return [
        f"{finding.where}: {finding.what}"
        for finding in report.findings
        if severity in (None, finding.severity)
    ]


def test_a_good_model_has_only_hints(cli, good):
    status, out, _ = cli("doctor", good, "--run")
    assert status == 0
    assert "ERROR" not in out
    assert "WARNING" not in out
    assert "running each signature" in out
    report = examine(str(good))
    assert found(report) == ["signature lookup: XLA cannot compile HashTableV2, LookupTableFindV2"]


def test_the_newest_version_of_a_directory_is_looked_at(good):
    assert examine(str(good.parent)).path == str(good)


# ---- spoiled descriptions ----


def edit(folder, change):
    path = folder / "saved_model.pb"
    saved = SavedModel.FromString(path.read_bytes())
    change(saved, saved.meta_graphs[0])
    path.write_bytes(saved.SerializeToString())


def function_of(meta, part):
    return next(f for f in meta.graph_def.library.function if part in f.signature.name)


def unknown_op(saved, meta):
    function_of(meta, "serve").node_def.add(name="x", op="NeverHeardOf")


def missing_attribute(saved, meta):
    node = next(n for n in function_of(meta, "serve").node_def if n.op == "MatMul")
    del node.attr["T"]


def strange_attribute(saved, meta):
    node = next(n for n in function_of(meta, "serve").node_def if n.op == "MatMul")
    node.attr["grad_q"].b = True


def lost_input(saved, meta):
    node = next(n for n in function_of(meta, "serve").node_def if n.op == "MatMul")
    node.input[0] = "nowhere:output:0"


def lost_result(saved, meta):
    function = function_of(meta, "_serve")
    function.ret[function.signature.output_arg[0].name] = "nowhere:0"


def lost_function(saved, meta):
    name = next(n for n in meta.object_graph_def.concrete_functions if "lookup" in n)
    library = meta.graph_def.library
    kept = [f for f in library.function if f.signature.name != name]
    del library.function[:]
    library.function.extend(kept)


def unused_function(saved, meta):
    meta.graph_def.library.function.add().signature.name = "nobody_calls_this"


def huge_constant(saved, meta):
    node = function_of(meta, "serve").node_def.add(name="big", op="Const")
    node.attr["dtype"].type = 1
    node.attr["value"].tensor.dtype = 1
    node.attr["value"].tensor.tensor_shape.dim.add().size = 1 << 19
    node.attr["value"].tensor.tensor_content = b"\0" * (1 << 21)


def no_serve_tag(saved, meta):
    meta.meta_info_def.tags[:] = ["train"]


def no_graph(saved, meta):
    del saved.meta_graphs[:]


def other_schema(saved, meta):
    saved.saved_model_schema_version = 7


def same_tags(saved, meta):
    saved.meta_graphs.add().CopyFrom(meta)


def lost_tensor(saved, meta):
    meta.signature_def["serving_default"].outputs["y"].name = "gone:0"


def no_signature(saved, meta):
    for key in ("serving_default", "lookup"):
        del meta.signature_def[key]


def open_shape(saved, meta):
    meta.signature_def["serving_default"].inputs["x"].tensor_shape.dim[1].size = -1


def asset_outside(saved, meta):
    meta.asset_file_def[0].filename = "../../secret"


def asset_missing(saved, meta):
    meta.asset_file_def[0].filename = "other.txt"


def variable_of_other_shape(saved, meta):
    node = next(n for n in meta.object_graph_def.nodes if n.variable.dtype == 1)
    node.variable.shape.dim[0].size = 9


def variable_without_value(saved, meta):
    child = next(c for c in meta.object_graph_def.nodes[0].children if c.local_name == "v")
    child.local_name = "u"


def table_without_initializer(saved, meta):
    node = next(n for n in meta.object_graph_def.nodes if n.WhichOneof("kind") == "resource")
    kept = [c for c in node.children if c.local_name != "_initialize"]
    del node.children[:]
    node.children.extend(kept)


def old_parts(saved, meta):
    meta.collection_def["legacy_init_op"].node_list.value.append("NoOp")
    meta.graph_def.node.add(name="s", op="Switch").attr["T"].type = 1


@pytest.mark.parametrize(
    ("change", "severity", "text"),
    [
        (unknown_op, "error", "the op NeverHeardOf is not one of TensorFlow's"),
        (missing_attribute, "error", "the attribute T of MatMul is missing"),
        (strange_attribute, "error", "the attribute grad_q of MatMul is not known"),
        (lost_input, "error", "<- nowhere:output:0"),
        (lost_result, "error", "it returns 'nowhere:0', which is not there"),
        (lost_function, "error", "which is not there"),
        (unused_function, "hint", "never called: nobody_calls_this"),
        (huge_constant, "warning", "the constant big has 2.1 MB"),
        (no_serve_tag, "warning", "no graph has the tag 'serve'; there are [['train']]"),
        (no_graph, "error", "it holds no graph"),
        (other_schema, "warning", "its schema version is 7"),
        (same_tags, "error", "several graphs have the tags"),
        (lost_tensor, "error", "its tensors gone:0 are not in the graph"),
        (no_signature, "warning", "signatures: there are none"),
        (open_shape, "hint", "the shapes of x are open beyond the batch"),
        (asset_outside, "error", "outside of itself"),
        (asset_missing, "error", "other.txt: this asset is missing"),
        (asset_missing, "hint", "no asset of the graph: words.txt"),
        (variable_of_other_shape, "error", "the graph declares float32(9, 3), the checkpoint has"),
        (variable_without_value, "error", "has no value for it"),
        (table_without_initializer, "warning", "has no function that fills it"),
        (old_parts, "hint", "loops of TensorFlow 1: Switch"),
        (old_parts, "hint", "initialised by legacy_init_op"),
        (unused_function, "warning", "saved_model.pb is not the one that it was made for"),
    ],
)
def test_spoiled_descriptions(model, change, severity, text):
    edit(model, change)
    assert any(text in line for line in found(examine(str(model)), severity)), found(
        examine(str(model))
    )


def test_missing_ops_are_reported_by_loading_too(model):
    edit(model, unknown_op)
    assert any(
        line.startswith("loading with the tags ['serve']") and "NeverHeardOf" in line
        for line in found(examine(str(model)), "error")
    )


# ---- spoiled files ----


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip(path):
    content = bytearray(path.read_bytes())
    content[5] ^= 1
    path.write_bytes(content)


def longer(path):
    path.write_bytes(path.read_bytes() + b"more")


DATA, INDEX = "variables/variables.data-00000-of-00001", "variables/variables.index"


@pytest.mark.parametrize(
    ("name", "spoil", "severity", "text"),
    [
        (DATA, flip, "error", "the checksum does not match"),
        (DATA, cut, "error", "bytes, and should have"),
        (DATA, longer, "hint", "4 bytes at its end belong to no tensor"),
        (DATA, Path.unlink, "error", "this data file is missing"),
        (INDEX, cut, "error", "variables.index"),
        (INDEX, Path.unlink, "error", "it is missing; 2 variables have no value"),
        ("saved_model.pb", cut, "error", "Cannot parse file"),
        ("saved_model.pb", Path.unlink, "error", "it is missing, and there are variables"),
        ("fingerprint.pb", Path.unlink, "hint", "there is none"),
        ("fingerprint.pb", lambda p: p.write_bytes(b"\xff"), "warning", "is damaged"),
        ("assets/words.txt", Path.unlink, "error", "this asset is missing"),
        (".saved_model.pb.tmp", Path.touch, "hint", "left over from a save that was broken off"),
        ("saved_model.pbtxt", Path.touch, "warning", "it is not read, saved_model.pb is"),
    ],
)
def test_spoiled_files(model, name, spoil, severity, text):
    spoil(model / name)
    report = examine(str(model))
    assert any(text in line for line in found(report, severity)), found(report)


def test_an_asset_that_is_a_link_out_of_the_model(model):
    path = model / "assets" / "words.txt"
    path.unlink()
    path.symlink_to("/etc/hostname")
    assert any(
        "words.txt' outside of itself" in line for line in found(examine(str(model)), "error")
    )


def test_variables_of_another_model(model, tmp_path):
    other = tf.Module()
    other.v = tf.Variable([1.0])
    tf.saved_model.save(other, tmp_path / "other")
    shutil.rmtree(model / "variables")
    shutil.copytree(tmp_path / "other" / "variables", model / "variables")
    errors = found(examine(str(model)), "error")
    assert "variable v: the graph declares float32(2, 3), the checkpoint has float32[1]" in errors
    assert any(line.startswith("variable w: the checkpoint ") for line in errors)
    warnings = found(examine(str(model)), "warning")
    assert any("the variables are not those that it was made for" in line for line in warnings)


def test_fingerprints_of_tensorflow(interop_genuine, tmp_path):
    for name in ("tfjs_times_three_float", "half_plus_two_tf2"):
        report = examine(str(interop_genuine / name))
        assert not [line for line in found(report, "warning") if "fingerprint" in line]


def test_weights_that_are_no_numbers(tmp_path):
    module = tf.Module()
    module.v = tf.Variable([1.0, np.nan])

    @tf.function(input_signature=[tf.TensorSpec([2], tf.float32, "x")])
    def serve(x):
        return x * module.v

    module.serve = serve
    tf.saved_model.save(module, tmp_path / "1")
    warnings = found(examine(str(tmp_path / "1"), run=True), "warning")
    assert any("NaN or infinity in v/.ATTRIBUTES/VARIABLE_VALUE" in line for line in warnings)
    assert any("the output output_0 has NaN or infinity" in line for line in warnings)


def test_a_signature_that_fails(tmp_path):
    module = tf.Module()

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, "x")])
    def serve(x):
        return tf.reshape(x, [2, 3])

    module.serve = serve
    tf.saved_model.save(module, tmp_path / "1")
    assert found(examine(str(tmp_path / "1")), "warning") == []
    (line,) = found(examine(str(tmp_path / "1"), run=True), "warning")
    assert "called with ones for x[1] it fails" in line


def test_models_of_other_projects_are_well(interop_genuine):
    for name in ("half_plus_two_v1_1", "tfjs_multi_signature", "counter_session"):
        report = examine(str(interop_genuine / name))
        assert found(report, "error") == []
        assert found(report, "warning") == []


# ---- checkpoints ----


@pytest.fixture
def checkpoints(tmp_path):
    checkpoint = tf.train.Checkpoint(v=tf.Variable([1.0, 2.0]), t=tf.Variable(["a"]))
    manager = tf.train.CheckpointManager(checkpoint, tmp_path / "ck", max_to_keep=3)
    manager.save()
    manager.save()
    return tmp_path / "ck"


def test_good_checkpoints(cli, checkpoints):
    for path in (checkpoints, checkpoints / "ckpt-1", checkpoints / "ckpt-2.index"):
        status, out, _ = cli("doctor", path)
        assert status == 0
        assert "Nothing wrong was found." in out


@pytest.mark.parametrize(
    ("name", "spoil", "severity", "text"),
    [
        ("ckpt-1.data-00000-of-00001", flip, "error", "the checksum does not match"),
        ("ckpt-2.index", cut, "error", "ckpt-2"),
        ("ckpt-1.index", Path.unlink, "error", "these data have no index beside them"),
        ("ckpt-1.index", Path.unlink, "warning", "ckpt-1 is not there"),
        ("ckpt-2.index", Path.unlink, "error", "the latest checkpoint"),
        ("ckpt-3.index.tmp1", Path.touch, "hint", "left over"),
    ],
)
def test_spoiled_checkpoints(checkpoints, name, spoil, severity, text):
    spoil(checkpoints / name)
    report = examine(str(checkpoints))
    assert any(text in line for line in found(report, severity)), found(report)


def test_old_checkpoints(interop_genuine):
    report = examine(str(interop_genuine / "v1_format_ckpt" / "export"))
    assert report.kind == "checkpoint"
    assert found(report, "error") == []


# ---- files of Keras ----


@pytest.fixture
def keras_file(tmp_path):
    """A `.keras` file with a layer that brings code, written without Keras."""
    import h5py

    weights = tmp_path / "w.h5"
    with h5py.File(weights, "w") as file:
        file["layers/dense/vars/0"] = np.arange(1000, dtype=np.float32)
    layer = {"module": "keras.layers", "class_name": "Dense", "config": {"name": "d"}}
    config = {"module": "keras", "class_name": "Sequential", "config": {"layers": [layer]}}

    def write(**changed):
        members = {
            "metadata.json": b'{"keras_version": "3.15.1"}',
            "config.json": json.dumps(changed.pop("config", config)).encode(),
            "model.weights.h5": weights.read_bytes(),
            **{name.replace("__", "."): content for name, content in changed.items()},
        }
        path = tmp_path / "model.keras"
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in members.items():
                if content is not None:
                    archive.writestr(name, content)
        return path

    return write


def in_layers(*layers):
    return {"module": "keras", "class_name": "Sequential", "config": {"layers": list(layers)}}


def test_a_good_keras_file(cli, keras_file):
    status, out, _ = cli("doctor", keras_file())
    assert status == 0
    assert "Nothing wrong was found." in out


@pytest.mark.parametrize(
    ("changed", "severity", "text"),
    [
        ({"metadata__json": None}, "error", "metadata.json: it is missing"),
        ({"metadata__json": b'{"keras_version": "2.9"}'}, "warning", "written by Keras 2.9"),
        ({"config__json": b"{"}, "error", "config.json: it is no JSON"),
        ({"config__json": b"[]"}, "error", "config.json: it holds no object"),
        ({"config": {"a": 1}}, "error", "it does not describe a model"),
        ({"model__weights__h5": b"\x89HDF"}, "error", "it is no HDF5 file that can be read"),
        ({"../x": b""}, "error", "it leads out of the archive"),
        (
            {"config": in_layers({"class_name": "Lambda", "config": {"name": "mine"}})},
            "warning",
            "Lambda layers bring Python code: mine",
        ),
        (
            {"config": in_layers({"module": "shop.layers", "class_name": "Own", "config": {}})},
            "hint",
            "classes that Keras does not have: shop.layers.Own",
        ),
    ],
)
def test_spoiled_keras_files(keras_file, changed, severity, text):
    report = examine(str(keras_file(**changed)))
    assert any(text in line for line in found(report, severity)), found(report)


def test_a_keras_file_with_a_flipped_bit_and_one_cut_short(keras_file):
    path = keras_file()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert any("cannot be unpacked" in line for line in found(examine(str(path)), "error"))
    path.write_bytes(content[:100])
    assert any("it is no zip archive" in line for line in found(examine(str(path)), "error"))


def test_weights_on_their_own(tmp_path):
    import h5py

    path = tmp_path / "w.weights.h5"
    with h5py.File(path, "w") as file:
        file["a/0"] = np.float32([1, np.inf])
        file["b"] = h5py.ExternalLink("other.h5", "/x")
    report = examine(str(path))
    assert any("NaN or infinity in /a/0" in line for line in found(report, "warning"))
    assert any("links into other files: /b" in line for line in found(report, "error"))


# ---- the command ----


def test_json(cli, model):
    edit(model, lost_tensor)
    status, out, _ = cli("doctor", model, "--json")
    assert status == 1
    report = json.loads(out)
    assert report["kind"] == "SavedModel"
    assert report["counts"]["error"] >= 1
    first = report["findings"][0]
    assert first.keys() == {"severity", "where", "what", "advice"}
    assert first["severity"] == "error"


@pytest.mark.parametrize("name", ["nothing", "nothing.keras", "nothing.h5", ""])
def test_nothing_to_look_at(cli, tmp_path, name):
    status, out, err = cli("doctor", tmp_path / name)
    assert (status, out) == (2, "")
    assert err.startswith("FileNotFoundError: There is no ")
