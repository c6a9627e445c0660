"""`tf.lite.TFLiteConverter` on float models: the converter runs each file beside its source."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import tidefall as tf
from tests.lite.models import APPLICATIONS, MODELS, samples, stirred
from tidefall.lite.schema import BuiltinOperator, TensorType, read_model

keras = tf.keras
RECORDED = json.loads((Path(__file__).parent / "recorded" / "operators.json").read_text())
QUICK = (
    "dense_gelu", "dense_softplus", "prelu", "conv2d_bn", "conv2d_grouped", "conv1d_causal",
    "pool3d", "separable", "transposed", "zero_padding", "resizing_bicubic", "category_encoding",
    "layer_norm", "group_norm", "unit_norm", "lstm_sequences", "lstm_any_length", "gru",
    "bidirectional_lstm", "masked_text", "conv_lstm", "lstm_states", "attention_causal",
    "attention_masked", "attention_simple", "text_cnn", "encoder", "resnet", "unet", "merges",
    "integer_lookup", "spectrogram", "transposed_dilated", "reductions", "elementwise",
    "indexing", "branches", "two_in_two_out",
)  # fmt: skip
"""A sample of the models; `tests/oracle_env/test_lite_models.py` has all."""


def converted(model, **options):
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    for name, value in options.items():
        setattr(converter, name, value)
    return converter, converter.convert()


def run(content, *arrays):
    """The outputs of a file for arrays in the order of its inputs, whatever their batch."""
    interpreter = tf.lite.Interpreter(model_content=content)
    details = interpreter.get_input_details()
    for detail, array in zip(details, arrays, strict=True):
        interpreter.resize_tensor_input(detail["index"], array.shape)
    interpreter.allocate_tensors()
    for detail, array in zip(details, arrays, strict=True):
        interpreter.set_tensor(detail["index"], array)
    interpreter.invoke()
    return [interpreter.get_tensor(d["index"]) for d in interpreter.get_output_details()]


@pytest.mark.parametrize("name", QUICK)
def test_models_give_what_keras_gives(name):
    model = stirred(MODELS[name]())
    converter, content = converted(model)
    assert not converter.report.flex
    inputs = samples(model, batch=3)
    expected = converter.sources()[0].call(inputs)
    for got, wanted in zip(run(content, *inputs), expected, strict=True):
        assert got.shape == wanted.shape and got.dtype == wanted.dtype
        if wanted.dtype.kind == "f":
            scale = max(1.0, float(np.abs(wanted).max(initial=0.0)))
            np.testing.assert_allclose(got / scale, wanted / scale, atol=1e-5)
        else:
            np.testing.assert_array_equal(got, wanted)


BETTER = {
    "conv2d_bn": {"PACK", "SHAPE", "STRIDED_SLICE"},  # Flatten is one RESHAPE, batch free or not
    "conv1d": {"EXPAND_DIMS"},  # a reshape, which takes no axis
    "layer_norm": {"NEG", "ADD", "MUL"},  # (x - mean) * scale + offset, in integers too
    "attention": {"RESHAPE"},  # products keep their dimensions
}
"""Operators of TensorFlow's files that ours do without, and why."""


@pytest.mark.parametrize("name", RECORDED)
def test_standard_models_have_the_operators_of_tensorflows_converter(name):
    model = {**MODELS, **APPLICATIONS}[name]()
    converter, _ = converted(model, verify=name != "mobilenet_v2")
    ours, theirs = converter.report.operators, RECORDED[name]
    fewer = {k for k in theirs if ours.get(k, 0) < theirs[k]}
    assert fewer == BETTER.get(name, set())
    assert sum(ours.values()) <= sum(theirs.values())


def test_names_order_shapes_and_metadata():
    _, content = converted(MODELS["two_in_two_out"]())
    model = read_model(content)
    graph = model.subgraphs[0]
    names = [graph.tensors[i].name for i in graph.inputs]
    assert names == ["serving_default_image:0", "serving_default_extra:0"]
    assert [graph.tensors[i].name for i in graph.outputs] == [
        "StatefulPartitionedCall:0", "StatefulPartitionedCall:1",
    ]  # fmt: skip
    first = graph.tensors[graph.inputs[0]]
    assert (first.shape, first.shape_signature) == ([1, 8, 8, 3], [-1, 8, 8, 3])
    (signature,) = model.signature_defs
    assert signature.signature_key == "serving_default"
    assert [m.name for m in signature.inputs] == ["image", "extra"]
    assert [m.name for m in signature.outputs] == ["output_0", "output_1"]
    notes = {m.name: bytes(model.buffers[m.buffer].data) for m in model.metadata}
    assert notes["min_runtime_version"] == b"1.5.0".ljust(16, b"\0")
    assert b"2.21.0" in notes["CONVERSION_METADATA"]
    assert {len(bytes(b.data)) for b in model.buffers[:1]} == {0}
    _, bare = converted(MODELS["two_in_two_out"](), exclude_conversion_metadata=True)
    assert b"CONVERSION_METADATA" not in bare


def test_free_batches_of_recurrent_layers():
    """TensorFlow's converter refuses these without Flex."""
    model = stirred(MODELS["bidirectional_gru"]())
    converter, content = converted(model)
    codes = {c.builtin_code for c in read_model(content).operator_codes}
    assert BuiltinOperator.WHILE in codes
    for batch in (1, 5):
        inputs = samples(model, batch=batch)
        (expected,) = converter.sources()[0].call(inputs)
        np.testing.assert_allclose(run(content, *inputs)[0], expected, atol=1e-5)


@pytest.mark.parametrize("sequences", [True, False])
def test_fused_recurrent_layers_of_a_fixed_batch(sequences):
    x = keras.Input([7, 4], batch_size=2)
    y = keras.layers.Bidirectional(keras.layers.LSTM(5, return_sequences=sequences))(x)
    model = stirred(keras.Model(x, y))
    converter, content = converted(model, fuse_lstm=True)
    assert converter.report.operators["UNIDIRECTIONAL_SEQUENCE_LSTM"] == 2
    assert "WHILE" not in converter.report.operators
    inputs = samples(model, batch=2)
    np.testing.assert_allclose(run(content, *inputs)[0], model(inputs[0]), atol=1e-5)
    # What does not fit stays a loop: a free batch, states given, a mask.
    for name in ("lstm", "lstm_states", "masked_lstm"):
        converter, _ = converted(MODELS[name](), fuse_lstm=True)
        assert "WHILE" in converter.report.operators


def test_variables_that_a_model_assigns_to():
    x = keras.Input([5, 3], batch_size=2)
    model = stirred(keras.Model(x, keras.layers.LSTM(4, stateful=True)(x)))
    (array,) = samples(model, batch=2)
    converter, content = converted(model)
    runner = tf.lite.Interpreter(model_content=content).get_signature_runner()
    (name,) = converter.sources()[0].inputs
    for _ in range(
        3
    ):  # the state goes on, in the file as in the model, which converting left alone
        found = runner(**{name: array})["output_0"]
        np.testing.assert_allclose(found, model(array), atol=1e-5)
    total = tf.Variable([1.0, 2.0])

    @tf.function(input_signature=[tf.TensorSpec([2], tf.float32, "x")])
    def add(x):
        total.assign_add(x)
        return 2.0 * total

    converter = tf.lite.TFLiteConverter.from_concrete_functions([add.get_concrete_function()])
    runner = tf.lite.Interpreter(model_content=converter.convert()).get_signature_runner()
    ones = np.ones(2, np.float32)
    found = [runner(x=ones)["output_0"].tolist() for _ in range(2)]
    assert found == [[4, 6], [6, 8]] and total.numpy().tolist() == [1, 2]


def test_scalars_and_tables_of_text():
    entries = tf.lookup.KeyValueTensorInitializer(["a", "bb"], tf.constant([4, 5], tf.int64))
    table = tf.lookup.StaticHashTable(entries, -1)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string), tf.TensorSpec([])])
    def look(words, x):
        return table.lookup(words) * 2, x * 3.0 + 1.0

    converter = tf.lite.TFLiteConverter.from_concrete_functions([look.get_concrete_function()])
    runner = tf.lite.Interpreter(model_content=converter.convert()).get_signature_runner()
    found = runner(words=np.array([b"bb", b"c"], object), x=np.float32(2))
    assert found["output_0"].tolist() == [10, -2] and found["output_1"] == 7


def test_functions_that_are_checked_when_called(caplog):
    compatible = tf.lite.experimental.authoring.compatible
    checked = compatible(inverse)
    checked(tf.eye(3))
    log = checked.get_compatibility_log()
    assert len(log) == 2 and all(text in caplog.text for text in log)
    strict = compatible(raise_exception=True)(inverse)
    with pytest.raises(tf.errors.UnimplementedError, match="cannot be converted"):
        strict(tf.eye(3))


def test_functions_with_names():
    @tf.function(input_signature=[tf.TensorSpec([None, 2]), tf.TensorSpec([], tf.float32, "by")])
    def scale(x, y):
        return {"product": x * y, "sum": x + y}

    converter = tf.lite.TFLiteConverter.from_concrete_functions([scale.get_concrete_function()])
    interpreter = tf.lite.Interpreter(model_content=converter.convert())
    assert interpreter.get_signature_list() == {
        "serving_default": {"inputs": ["by", "x"], "outputs": ["product", "sum"]}
    }
    runner = interpreter.get_signature_runner()
    found = runner(x=np.ones([1, 2], np.float32), by=np.float32(3))
    assert found["sum"].tolist() == [[4, 4]]


def test_saved_models_with_several_signatures(tmp_path):
    module = tf.Module()
    module.weight = tf.Variable([[2.0], [3.0]])
    spec = tf.TensorSpec([None, 2], tf.float32, "x")

    @tf.function(input_signature=[spec])
    def times(x):
        return {"y": tf.matmul(x, module.weight)}

    @tf.function(input_signature=[spec])
    def plus(x):
        return {"y": x + tf.reduce_sum(module.weight)}

    module.times, module.plus = times, plus
    tf.saved_model.save(module, str(tmp_path), signatures={"times": times, "plus": plus})
    converter = tf.lite.TFLiteConverter.from_saved_model(tmp_path)
    interpreter = tf.lite.Interpreter(model_content=converter.convert())
    x = np.ones([2, 2], np.float32)
    assert interpreter.get_signature_runner("times")(x=x)["y"].tolist() == [[5], [5]]
    assert interpreter.get_signature_runner("plus")(x=x)["y"].tolist() == [[6, 6], [6, 6]]
    one = tf.lite.TFLiteConverter.from_saved_model(tmp_path, ["plus"])
    assert [s.key for s in one.sources()] == ["plus"]
    with pytest.raises(ValueError, match="no signature 'other'; it has 'times', 'plus'"):
        tf.lite.TFLiteConverter.from_saved_model(tmp_path, ["other"])


def test_keras_exports_by_itself(tmp_path):
    model = stirred(MODELS["conv2d_bn"]())
    model.export(str(tmp_path / "model.tflite"), format="litert", verbose=False)
    inputs = samples(model, batch=1)
    (found,) = run((tmp_path / "model.tflite").read_bytes(), *inputs)
    np.testing.assert_allclose(found, model(inputs[0]), atol=1e-5)


@tf.function(input_signature=[tf.TensorSpec([3, 3])])
def inverse(x):
    with tf.name_scope("layer"):
        return tf.linalg.inv(x) + tf.linalg.det(x)


def test_flex_and_custom_operators():
    converter = tf.lite.TFLiteConverter.from_concrete_functions([inverse.get_concrete_function()])
    converter.target_spec.supported_ops = [
        tf.lite.OpsSet.TFLITE_BUILTINS, tf.lite.OpsSet.SELECT_TF_OPS,
    ]  # fmt: skip
    codes = [c.custom_code for c in read_model(converter.convert()).operator_codes]
    assert {"FlexMatrixInverse", "FlexMatrixDeterminant"} <= set(codes)
    assert [f[0] for f in converter.report.flex] == ["FlexMatrixInverse", "FlexMatrixDeterminant"]
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    converter.allow_custom_ops = True
    codes = [c.custom_code for c in read_model(converter.convert()).operator_codes]
    assert "MatrixInverse" in codes


def test_every_op_that_cannot_go_is_named_with_its_line():
    converter = tf.lite.TFLiteConverter.from_concrete_functions([inverse.get_concrete_function()])
    report = converter.check()
    assert [o.op for o in report.obstacles] == ["MatrixInverse", "MatrixDeterminant"]
    assert all(__file__ in o.line for o in report.obstacles)
    with pytest.raises(tf.errors.UnimplementedError) as caught:
        converter.convert()
    assert "2 ops of the model cannot be converted" in caught.value.message
    assert "MatrixInverse in layer/" in caught.value.message
    assert "test_converter.py" in caught.value.message


def test_half_and_double_precision_become_single():
    @tf.function(input_signature=[tf.TensorSpec([2], tf.float64)])
    def f(x):
        return tf.cast(tf.cast(x, tf.float16) * 2, tf.float64)

    converter = tf.lite.TFLiteConverter.from_concrete_functions([f.get_concrete_function()])
    graph = read_model(converter.convert()).subgraphs[0]
    assert graph.tensors[graph.inputs[0]].type == TensorType.FLOAT64
    assert TensorType.FLOAT16 not in {t.type for t in graph.tensors}


@pytest.mark.parametrize(
    "name, value",
    [
        ("experimental_new_converter", False),
        ("experimental_new_quantizer", False),
        ("experimental_use_stablehlo_quantizer", True),
        ("unfold_batchmatmul", True),
        ("legalize_custom_tensor_list_ops", True),
    ],
)
def test_switches_that_are_not_there_say_why(name, value):
    converter = tf.lite.TFLiteConverter.from_keras_model(MODELS["dense_relu"]())
    setattr(converter, name, value)
    with pytest.raises(tf.errors.UnimplementedError, match=f"{name} = .* is not there: "):
        converter.convert()


def _no_rank():
    @tf.function(input_signature=[tf.TensorSpec(None, tf.float32, "pixels")])
    def f(x):
        return x + 1.0

    return tf.lite.TFLiteConverter.from_concrete_functions([f.get_concrete_function()])


def _unbuilt():
    return tf.lite.TFLiteConverter.from_keras_model(keras.Sequential([keras.layers.Dense(2)]))


BAD = {
    "no functions": (
        lambda: tf.lite.TFLiteConverter.from_concrete_functions([]), ValueError, "No functions",
    ),
    "not a concrete function": (
        lambda: tf.lite.TFLiteConverter.from_concrete_functions([inverse]), ValueError,
        "takes concrete functions",
    ),
    "unknown rank": (
        lambda: _no_rank().convert(), tf.errors.UnimplementedError,
        r"(?s)1 input of the model.*pixels: its shape is unknown.*input_signature",
    ),
    "no inputs yet": (
        lambda: _unbuilt().convert(), tf.errors.FailedPreconditionError, "has no inputs yet",
    ),
    "jax": (
        lambda: tf.lite.TFLiteConverter.experimental_from_jax([], []),
        tf.errors.UnimplementedError, "jax2tf",
    ),
}  # fmt: skip


def test_signatures_that_can_be_converted_are_named(tmp_path):
    spec = tf.TensorSpec([3, 3])
    module = tf.Module()
    module.good = tf.function(lambda x: {"y": x * 2.0}, input_signature=[spec])
    module.bad = tf.function(lambda x: {"y": tf.linalg.inv(x)}, input_signature=[spec])
    tf.saved_model.save(module, tmp_path, {"good": module.good, "bad": module.bad})
    converter = tf.lite.TFLiteConverter.from_saved_model(str(tmp_path))
    with pytest.raises(tf.errors.UnimplementedError, match=r"(?s)of signature 'bad'.*them: good\."):
        converter.convert()
    assert tf.lite.TFLiteConverter.from_saved_model(str(tmp_path), ["good"]).convert()


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_in_the_users_words(name):
    make, error, text = BAD[name]
    with pytest.raises(error, match=text):
        make()
