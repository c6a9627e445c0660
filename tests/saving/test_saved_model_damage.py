"""Damaged SavedModels: a clear error, never a crash, a hang or half a model."""

import contextlib
import random

import numpy as np
import pytest

import tidefall as tf
from tests.oracle import saved_models
from tidefall.proto import SavedModel

CLEAR = (tf.errors.OpError, OSError)
FILES = ["saved_model.pb", "variables/variables.index", "variables/variables.data-00000-of-00001"]


@pytest.fixture
def folder(tmp_path):
    return saved_models.unpack("structures", tmp_path)


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_missing(folder, name):
    (folder / name).unlink()
    with pytest.raises(
        CLEAR, match=name.replace(".", r"\.").replace("saved_model", "(saved_model)?")
    ):
        tf.saved_model.load(folder)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("part", [0, 0.3, 0.9])
def test_a_file_is_cut(folder, name, part):
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: int(part * len(content))])
    with pytest.raises(CLEAR):
        tf.saved_model.load(folder)


@pytest.mark.parametrize("name", FILES[1:])
def test_flipped_bytes_of_the_variables(folder, name):
    """Nearly every byte is covered by a checksum; no other one changes a value."""
    content = (folder / name).read_bytes()
    unnoticed = 0
    for position in range(0, len(content), 7):
        damaged = bytearray(content)
        damaged[position] ^= 0x10
        (folder / name).write_bytes(damaged)
        try:
            loaded = tf.saved_model.load(folder)
            value = loaded.pair[0].numpy()
        except CLEAR:
            continue
        unnoticed += 1
        assert value == 5.0
    assert unnoticed <= 10


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", ["structures", "custom_gradients", "control_flow", "arguments"])
def test_changed_bytes_of_the_program(tmp_path, name, seed):
    folder = saved_models.unpack(name, tmp_path)
    content = (folder / "saved_model.pb").read_bytes()
    rng = random.Random(seed)
    for _ in range(30):
        damaged = bytearray(content)
        for _ in range(rng.choice([1, 1, 3])):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        (folder / "saved_model.pb").write_bytes(damaged)
        _load_or_fail_clearly(folder)


@pytest.mark.parametrize("seed", range(8))
def test_changed_structure_of_the_program(tmp_path, seed):
    """Fields are removed, doubled and swapped, so that the file still parses."""
    rng = random.Random(seed)
    name = rng.choice(["structures", "custom_gradients", "control_flow", "state"])
    folder = saved_models.unpack(name, tmp_path)
    content = (folder / "saved_model.pb").read_bytes()
    for _ in range(25):
        proto = SavedModel.FromString(content)
        for _ in range(rng.choice([1, 2, 4])):
            _mutate(proto.meta_graphs[0], rng)
        (folder / "saved_model.pb").write_bytes(proto.SerializeToString())
        _load_or_fail_clearly(folder)


def _load_or_fail_clearly(folder):
    with contextlib.suppress(*CLEAR):
        tf.saved_model.load(folder)


def _mutate(meta, rng):
    """Change one thing in a place that a loader looks at."""
    message = rng.choice([meta.object_graph_def, meta.graph_def.library, meta.object_graph_def])
    while True:
        fields = message.ListFields()
        if not fields:
            return
        field, value = rng.choice(fields)
        inner = _messages(value)
        if inner and rng.random() < 0.8:
            message = rng.choice(inner)
            continue
        if rng.random() < 0.4:
            message.ClearField(field.name)
        elif field.type in (field.TYPE_INT32, field.TYPE_INT64, field.TYPE_SINT64):
            _set(message, field, value, rng.choice([-1, 0, 10**6, 2**31 - 1]))
        elif field.type == field.TYPE_STRING:
            _set(message, field, value, rng.choice(["", "x", "0", "9" * 9, "..", "__class__"]))
        return


def _set(message, field, value, new):
    if isinstance(value, int | str):
        setattr(message, field.name, new)
    elif hasattr(value, "append"):
        value.append(new)


def _messages(value):
    if hasattr(value, "ListFields"):
        return [value]
    if hasattr(value, "values"):
        value = [value[key] for key in sorted(value)]
    if isinstance(value, int | str | bytes | float | bool):
        return []
    return [item for item in value if hasattr(item, "ListFields")]


def test_assets_stay_inside_the_model(tmp_path):
    module = tf.Module()
    (tmp_path / "words.txt").write_text("text")
    module.asset = tf.saved_model.Asset(tmp_path / "words.txt")
    tf.saved_model.save(module, tmp_path / "model")
    path = tmp_path / "model" / "saved_model.pb"
    content = path.read_bytes()
    for name in ("../../words.txt", "/etc/passwd", "a/../../../words.txt"):
        proto = SavedModel.FromString(content)
        proto.meta_graphs[0].asset_file_def[0].filename = name
        path.write_bytes(proto.SerializeToString())
        with pytest.raises(tf.errors.DataLossError, match="outside of itself"):
            tf.saved_model.load(tmp_path / "model")


def test_a_variable_the_checkpoint_lacks(tmp_path):
    module = tf.Module()
    module.v = tf.Variable(np.float32(1))
    tf.saved_model.save(module, tmp_path)
    proto = SavedModel.FromString((tmp_path / "saved_model.pb").read_bytes())
    proto.meta_graphs[0].object_graph_def.nodes[0].children[0].local_name = "renamed"
    (tmp_path / "saved_model.pb").write_bytes(proto.SerializeToString())
    with pytest.raises(tf.errors.NotFoundError, match=r"no value for the variable .*renamed"):
        tf.saved_model.load(tmp_path)
    options = tf.saved_model.LoadOptions(allow_partial_checkpoint=True)
    assert not tf.saved_model.load(tmp_path, options=options).renamed.is_initialized()
