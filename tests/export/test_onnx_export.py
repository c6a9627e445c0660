"""Models written as ONNX, run by ONNX Runtime beside their source."""

from __future__ import annotations

import numpy as np
import pytest

import tidefall as tf
from tests.export.onnx_models import LIMIT, LOOSE, apart, session_of
from tidefall.export.onnx.cli import main
from tidefall.export.onnx.exporter.convert import to_onnx

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
QUICK = (
    "dense_gelu", "conv2d_bn", "conv2d_grouped", "conv1d_causal", "pool3d", "depthwise",
    "transposed", "zero_padding", "resizing_bicubic", "layer_norm", "lstm_any_length", "gru",
    "masked_lstm", "conv_lstm", "attention_causal", "text_cnn", "encoder", "resnet", "unet",
    "integer_lookup", "spectrogram", "reductions", "elementwise", "indexing", "branches",
    "two_in_two_out", "mixed_precision",
)  # fmt: skip
"""A sample; `python -m tests.export.onnx_models` runs all."""


@pytest.mark.parametrize("name", QUICK)
def test_onnx_runtime_gives_what_the_model_gives(name):
    assert apart(name) <= LOOSE.get(name, LIMIT)


@pytest.mark.parametrize("opset", [18, 19, 20])
def test_older_opsets_give_the_same(opset):
    assert apart("spectrogram", opset) <= LIMIT


def test_transposes_around_convolutions_cancel():
    layers = tf.keras.layers
    model = tf.keras.Sequential(
        [layers.Input([8, 8, 3]), layers.Conv2D(4, 3), layers.BatchNormalization(), layers.ReLU(),
         layers.MaxPooling2D(2), layers.Conv2D(2, 3, padding="same")]
    )  # fmt: skip
    made = to_onnx(model)
    assert [n.op_type for n in made.graph.node] == [
        "Transpose", "Conv", "Relu", "MaxPool", "Conv", "Transpose"
    ]  # fmt: skip
    assert made.ir_version == 10 and made.opset_import[0].version == 21
    assert made.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "batch"


@pytest.mark.parametrize(
    "run, arguments, wanted",
    [
        (tf.strings.join, (["a", "b"], ["c", "d"]), [b"ac", b"bd"]),
        (lambda x: tf.strings.regex_full_match(x, "a+"), (["aa", "b"],), [True, False]),
    ],
)
def test_strings(run, arguments, wanted):
    specs = [tf.TensorSpec([None], tf.string, name=f"x{i}") for i in range(len(arguments))]

    @tf.function(input_signature=specs)
    def f(*args):
        return run(args) if run is tf.strings.join else run(*args)

    session = session_of(to_onnx(f))
    given = {f"x{i}": np.array(a, object) for i, a in enumerate(arguments)}
    if len(arguments) > 1:
        given = dict(zip([i.name for i in session.get_inputs()], given.values(), strict=True))
    (got,) = session.run(None, given)
    assert [g.encode() if isinstance(g, str) else g for g in got.tolist()] == wanted


def test_ranges_of_quantization_aware_training_become_linear_quantization():
    @tf.function(input_signature=[tf.TensorSpec([None, 5], name="x")])
    def f(x):
        return tf.quantization.fake_quant_with_min_max_args(x, -1.0, 1.0, narrow_range=True)

    made = to_onnx(f)
    assert {"QuantizeLinear", "DequantizeLinear"} <= {n.op_type for n in made.graph.node}
    x = np.array([[-2.0, -0.51, 0.0, 0.3, 2.0]], np.float32)
    np.testing.assert_allclose(session_of(made).run(None, {"x": x})[0], f(x), atol=1e-6)


def test_all_ops_that_onnx_lacks_are_named_with_lines_and_nothing_is_written(tmp_path):
    @tf.function(input_signature=[tf.TensorSpec([3, 3], name="x")])
    def f(x):
        return tf.linalg.inv(x) + tf.math.lgamma(x)

    path = tmp_path / "f.onnx"
    with pytest.raises(tf.errors.UnimplementedError) as error:
        to_onnx(f, path)
    assert "MatrixInverse" in error.value.message and "Lgamma" in error.value.message
    assert "test_onnx_export.py:" in error.value.message
    assert not list(tmp_path.iterdir())


def test_state_is_refused():
    count = tf.Variable(0.0)

    @tf.function(input_signature=[tf.TensorSpec([], name="x")])
    def f(x):
        return count.assign_add(x)

    with pytest.raises(tf.errors.UnimplementedError, match="keep no state"):
        to_onnx(f)


@pytest.mark.filterwarnings("ignore:In the future `np.object`")
def test_keras_exports_without_tf2onnx(tmp_path):
    model = tf.keras.Sequential([tf.keras.layers.Input([4]), tf.keras.layers.Dense(2)])
    x = np.ones([3, 4], np.float32)
    wanted = model(x).numpy()
    model.export(tmp_path / "m.onnx", format="onnx", verbose=False)
    session = session_of(onnx.load(tmp_path / "m.onnx"))
    got = session.run(None, {session.get_inputs()[0].name: x})[0]
    np.testing.assert_allclose(got, wanted, atol=1e-6)


def test_commands_export_show_and_import(tmp_path, capsys):
    model = tf.keras.Sequential([tf.keras.layers.Input([6, 6, 2]), tf.keras.layers.Conv2D(3, 3)])
    model.export(tmp_path / "m", verbose=False)
    name = model.inputs[0].name
    path = str(tmp_path / "m.onnx")
    assert main(["export", str(tmp_path / "m"), "-o", path, "--inputs-as-nchw", name]) == 0
    assert main(["show", path, "--nodes"]) == 0
    assert "Conv" in capsys.readouterr().out
    assert main(["import", path, "-o", str(tmp_path / "back")]) == 0
    loaded = tf.saved_model.load(str(tmp_path / "back"))
    x = np.random.default_rng(0).random([2, 6, 6, 2]).astype(np.float32)
    got = loaded.signatures["serving_default"](**{name: tf.constant(x.transpose(0, 3, 1, 2))})
    np.testing.assert_allclose(next(iter(got.values())), model(x), atol=1e-5)
    assert main(["import", path, "-o", str(tmp_path / "back")]) == 1
    assert main(["show", str(tmp_path / "none.onnx")]) == 1
