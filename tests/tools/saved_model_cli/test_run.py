"""`run` calls a signature; the texts were compared with TensorFlow's."""

import numpy as np
import pytest

import tidefall as tf


class Scale(tf.Module):
    def __init__(self):
        self.v = tf.Variable([1.0, 2.0])

    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32, name="inp")])
    def serve(self, inp):
        return {"out": inp + self.v, "idx": tf.argmax(inp, -1)}

    @tf.function(
        input_signature=[tf.TensorSpec([], tf.string, "a"), tf.TensorSpec([2], tf.int8, "b")]
    )
    def texts(self, a, b):
        return {"t": tf.stack([a, a]), "b": b}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    module = Scale()
    tf.saved_model.save(module, folder, {"serving_default": module.serve, "texts": module.texts})
    return folder


@pytest.fixture
def run(cli, model):
    def call(*arguments, key="serving_default", tags="serve"):
        flags = ["--dir", model, "--tag_set", tags, "--signature_def", key]
        return cli("run", *flags, *arguments)

    return call


def test_outputs_are_printed_in_the_order_of_their_keys(run):
    assert run("--input_exprs", "inp=[[1.5, 2], [3, 4]]") == (
        0,
        "Result for output key idx:\n[1 1]\nResult for output key out:\n[[2.5 4. ]\n [4.  6. ]]\n",
        "",
    )


def test_texts(run):
    status, out, err = run("--input_exprs", "a='é';b=[1, 2]", key="texts")
    assert (status, err) == (0, "")
    assert out.endswith("Result for output key t:\n[b'\\xc3\\xa9' b'\\xc3\\xa9']\n")


def test_outputs_are_saved_and_not_replaced(run, tmp_path):
    folder = tmp_path / "new" / "out"
    arguments = ("--input_exprs", "inp=np.ones((1, 2))", "--outdir", folder)
    status, out, _ = run(*arguments)
    assert status == 0
    assert f"Output out is saved to {folder / 'out.npy'}\n" in out
    np.testing.assert_array_equal(np.load(folder / "out.npy"), [[2, 3]])
    status, _, err = run(*arguments)
    assert status == 1
    assert 'already exists. Add "--overwrite" to overwrite the existing output files.' in err
    assert run(*arguments, "--overwrite")[0] == 0
    assert sorted(p.name for p in folder.iterdir()) == ["idx.npy", "out.npy"]
    run("--input_exprs", "a='é';b=[1, 2]", "--outdir", folder, key="texts")
    assert np.load(folder / "t.npy").tolist() == ["é".encode()] * 2
    status, out, _ = run("--inputs", f"inp={folder / 'out.npy'}")
    assert status == 0
    assert "[[3. 5.]]" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--input_exprs", "bad=1"], '"bad" is not a valid input key. Please choose from "inp"'),
        (["--input_exprs", "inp=[[1, 2, 3]]"], "Cannot feed value of shape (1, 3) for Tensor"),
        (["--input_exprs", "inp=[['a', 'b']]"], "Input inp takes float32"),
        (["--input_exprs", "inp=[[1, 2], [3]]"], "Input inp takes float32"),
        ([], "At least one of --inputs, --input_exprs or --input_examples must be required"),
        (["--input_exprs", "inp=[[1, 2]]", "--worker", "x:1"], "--worker is not implemented"),
        (["--inputs", "inp=no-such-file.npy"], "no-such-file.npy"),
    ],
)
def test_inputs_that_do_not_fit(run, arguments, message):
    status, out, err = run(*arguments)
    assert (status, out) == (1, "")
    assert message in err


def test_a_signature_that_is_not_there(run):
    assert 'Could not find signature "x"' in run("--input_exprs", "inp=1", key="x")[2]
    assert "could not be found in the SavedModel" in run("--input_exprs", "i=1", tags="train")[2]
    assert "also takes b, which were not given" in run("--input_exprs", "a='x'", key="texts")[2]


def test_models_of_other_projects(cli, interop_genuine):
    for name, key, inputs, expected in (
        ("tfjs_int64_multiply", "serving_default", "x=[1,2]", "output_0:\n[ 6 12]\n"),
        ("counter_session", "incr_counter_by", "delta=3.0", "output:\n3.0\n"),
        ("half_plus_two_v1_1", "serving_default", "x=[[1.0],[4.0]]", "y:\n[[2.5]\n [4. ]]\n"),
    ):
        folder = interop_genuine / name
        status, out, _ = cli(
            *("run", "--dir", folder, "--tag_set", "serve"),
            *("--signature_def", key, "--input_exprs", inputs),
        )
        assert (status, out) == (0, f"Result for output key {expected}")
