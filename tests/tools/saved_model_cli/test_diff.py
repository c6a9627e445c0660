"""`diff` finds what was changed between two models, and nothing else."""

import json

import numpy as np
import pytest

import tidefall as tf

VALUE = ".ATTRIBUTES/VARIABLE_VALUE"


def make(folder, *, value=1.0, width=3, constant=2.0, name="serve", op=tf.nn.relu, extra=False,
         vocabulary="a\nb\n", note="same"):  # fmt: skip
    module = tf.Module()
    module.v = tf.Variable(np.full((2, width), value, np.float32))
    module.text = tf.Variable([note, "b"])
    if extra:
        module.extra = tf.Variable([1, 2])
    path = folder.parent / "words.txt"
    path.write_text(vocabulary)
    module.asset = tf.saved_model.Asset(str(path))

    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32, "x")])
    def serve(x):
        return {"y": op(x @ module.v) * constant}

    setattr(module, name, serve)
    tf.saved_model.save(module, folder, {"serving_default": serve})
    return folder


@pytest.fixture
def pair(tmp_path):
    """Makes a model, and one like it but for the changes asked for."""

    def build(**changes):
        return make(tmp_path / "a"), make(tmp_path / "b", **changes)

    return build


def test_the_same_model_saved_twice(cli, pair):
    assert cli("diff", *pair()) == (0, "The models are the same.\n", "")
    a, b = pair()
    status, out, _ = cli("diff", a, b, "--json")
    assert status == 0
    assert json.loads(out)["same"] is True


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        (
            {"value": 1.5},
            [f"  variable v/{VALUE}: float32[2, 3], 6 values differ by up to 0.5"],
        ),
        (
            {"note": "other"},
            ["  variable text/.ATTRIBUTES/VARIABLE_VALUE: string[2], 1 values differ"],
        ),
        (
            {"width": 4},
            [
                "  signature serving_default:",
                "   output y: float[-1, 3] -> float[-1, 4]",
                "  variable v/.ATTRIBUTES/VARIABLE_VALUE: float32[2, 3] -> float32[2, 4]",
            ],
        ),
        ({"constant": 3.0}, ["  attributes Const: 1 nodes have other attributes or constants"]),
        ({"op": tf.nn.elu}, ["+ op Elu: 1", "- op Relu: 1"]),
        (
            {"name": "call"},
            [
                "+ function call: (TensorSpec(shape=(None, 2), dtype=tf.float32, name='x'))",
                "- function serve: (TensorSpec(shape=(None, 2), dtype=tf.float32, name='x'))",
            ],
        ),
        ({"extra": True}, ["+ variable extra/.ATTRIBUTES/VARIABLE_VALUE: int32[2]"]),
    ],
)
def test_what_was_changed(cli, pair, changes, lines):
    status, out, err = cli("diff", *pair(**changes))
    assert (status, err) == (1, "")
    found = out.splitlines()
    assert found[0].startswith("--- ")
    assert found[1].startswith("+++ ")
    for line in lines:
        assert line in [" " + t.strip() if t.startswith("   ") else t for t in found] or line in [
            f"   {t.strip()}" for t in found
        ]


def test_assets(cli, pair):
    status, out, _ = cli("diff", *pair(vocabulary="a\nc\n"))
    assert status == 1
    assert "  asset assets/words.txt: 4 bytes, sha256 " in out


def test_the_other_way_round(cli, pair):
    a, b = pair(extra=True)
    _, out, _ = cli("diff", b, a)
    assert "- variable extra/.ATTRIBUTES/VARIABLE_VALUE: int32[2]" in out


def test_json(cli, pair):
    a, b = pair(value=np.nan)
    status, out, _ = cli("diff", a, b, "--json")
    found = json.loads(out)
    assert status == 1
    assert not found["same"]
    (variable,) = [d for d in found["differences"] if d["part"] == "variable"]
    assert variable["change"] == "value"
    assert variable["count"] == 6
    # A NaN is the same as another.
    assert cli("diff", b, make(b.parent / "c", value=np.nan))[0] == 0


def test_one_graph_of_several(cli, pair):
    a, b = pair(value=2.0)
    assert cli("diff", a, b, "--tag_set", "serve")[0] == 1
    status, _, err = cli("diff", a, b, "--tag_set", "train")
    assert status == 2
    assert "could not be found in the SavedModel" in err


def test_trouble(cli, pair):
    a, b = pair(value=2.0)
    status, out, err = cli("diff", a, b / "no")
    assert (status, out) == (2, "")
    assert "SavedModel file does not exist" in err
    data = b / "variables" / "variables.data-00000-of-00001"
    data.write_bytes(data.read_bytes()[:10])
    status, _, err = cli("diff", a, b)
    assert status == 2
    assert "variables.data-00000-of-00001" in err
