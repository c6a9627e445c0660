"""Quantization: what becomes smaller, what stays exact enough, and what is refused."""

from __future__ import annotations

import io
import logging

import numpy as np
import pytest

import tidefall as tf
from tests.lite.models import MODELS, chain, samples, stirred
from tests.lite.test_converter import run
from tidefall.lite.schema import BuiltinOperator, TensorType, read_model

keras, layers = tf.keras, tf.keras.layers
SIXTEEN = tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
INTEGERS = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]


def converter_of(name, data=True, **options):
    model = stirred(MODELS[name]()) if isinstance(name, str) else name
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if data:
        found = [samples(model, batch=1, seed=seed) for seed in range(8)]
        converter.representative_dataset = lambda: found
    for key, value in options.items():
        setattr(converter, key, value)
    return converter


def noise(converter, content, seed=0):
    """Signal-to-noise ratio of the outputs, in decibels, on a sample."""
    source = converter.sources()[0]
    inputs = next(iter(converter.representative_dataset()))
    runner = tf.lite.Interpreter(model_content=content).get_signature_runner()
    found = runner(**dict(zip(source.inputs, inputs, strict=True)))
    least = np.inf
    for name, wanted in zip(source.outputs, source.call(inputs), strict=True):
        if wanted.dtype.kind == "f":
            error = np.square(found[name] - wanted).sum()
            least = min(least, 10 * np.log10(np.square(wanted).sum() / max(error, 1e-30)))
    return least


def types(content):
    model = read_model(content)
    return {t.type for g in model.subgraphs for t in g.tensors}


WHOLE = (
    "conv2d_bn", "conv2d_grouped", "depthwise", "transposed", "separable1d", "layer_norm",
    "rms_norm", "group_norm", "unit_norm", "dense_gelu", "dense_elu", "prelu", "dense_silu",
    "lstm", "gru", "bidirectional_lstm", "masked_lstm", "attention", "attention_masked", "encoder",
    "resnet", "unet", "text_cnn", "squeeze_excite",
)  # fmt: skip
"""Models of which nothing stays float."""


@pytest.mark.parametrize("name", WHOLE)
def test_integers_alone(name):
    converter = converter_of(name)
    converter.target_spec.supported_ops = INTEGERS
    content = converter.convert()
    assert not converter.report.float_layers
    assert noise(converter, content) > 20
    model = read_model(content)
    codes = {
        model.operator_codes[o.opcode_index].builtin_code for o in model.subgraphs[0].operators
    }
    assert codes & {BuiltinOperator.QUANTIZE, BuiltinOperator.DEQUANTIZE}
    floats = [t.name for g in model.subgraphs for t in g.tensors if t.type == TensorType.FLOAT32]
    inputs = [model.subgraphs[0].tensors[i].name for i in model.subgraphs[0].inputs]
    outputs = [model.subgraphs[0].tensors[i].name for i in model.subgraphs[0].outputs]
    assert set(floats) <= {*inputs, *outputs}


@pytest.mark.parametrize(
    "name", ["conv2d_bn", "layer_norm", "dense_elu", "prelu", "lstm", "encoder"]
)
def test_sixteen_bits_are_nearly_exact(name):
    converter = converter_of(name)
    converter.target_spec.supported_ops = [SIXTEEN]
    content = converter.convert()
    assert noise(converter, content) > 35
    assert TensorType.INT16 in types(content)


@pytest.mark.parametrize("dtype", ["int8", "uint8"])
def test_integer_inputs_and_outputs(dtype):
    converter = converter_of("conv2d_bn")
    converter.inference_input_type = converter.inference_output_type = tf.as_dtype(dtype)
    content = converter.convert()
    graph = read_model(content).subgraphs[0]
    for number in (*graph.inputs, *graph.outputs):
        assert graph.tensors[number].type == TensorType[dtype.upper()]
    x = graph.tensors[graph.inputs[0]].quantization
    inputs = next(iter(converter.representative_dataset()))
    integers = np.clip(np.rint(inputs[0] / x.scale[0]) + x.zero_point[0], *_limits(dtype))
    (found,) = run(content, integers.astype(dtype))
    y = graph.tensors[graph.outputs[0]].quantization
    numbers = (found.astype(np.float32) - y.zero_point[0]) * y.scale[0]
    (wanted,) = converter.sources()[0].call(inputs)
    np.testing.assert_allclose(numbers, wanted, atol=6 * y.scale[0])


def _limits(dtype):
    info = np.iinfo(dtype)
    return info.min, info.max


def test_the_specification_of_int8():
    converter = converter_of("conv2d_bn")
    graph = read_model(converter.convert()).subgraphs[0]
    model = read_model(converter.convert())
    for operator in graph.operators:
        code = model.operator_codes[operator.opcode_index].builtin_code
        if code not in (BuiltinOperator.CONV_2D, BuiltinOperator.FULLY_CONNECTED):
            continue
        x, w, b = (graph.tensors[i] for i in operator.inputs)
        channels = w.shape[0]
        assert len(w.quantization.scale) == channels == len(b.quantization.scale)
        assert set(w.quantization.zero_point) == {0} == set(b.quantization.zero_point)
        data = np.frombuffer(bytes(model.buffers[w.buffer].data), np.int8)
        assert data.min() >= -127
        np.testing.assert_allclose(
            b.quantization.scale,
            np.array(w.quantization.scale) * x.quantization.scale[0],
            rtol=1e-6,
        )
        assert b.type == TensorType.INT32


def test_strict_mode_names_the_layers_that_stay_float():
    converter = converter_of("conv3d")
    converter.target_spec.supported_ops = INTEGERS
    with pytest.raises(tf.errors.UnimplementedError, match=r"CONV_3D in .*conv3d.*no kernel"):
        converter.convert()
    assert [f.operator for f in converter.check().float_layers] == ["CONV_3D"]
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    content = converter.convert()
    assert [f.operator for f in converter.report.float_layers] == ["CONV_3D"]
    assert noise(converter, content) > 20


def test_dynamic_range_says_what_it_does(caplog):
    model = stirred(chain((40,), layers.Dense(64, activation="relu"), layers.Dense(3)))
    converter = converter_of(model, data=False)
    with caplog.at_level(logging.WARNING, logger="tidefall.lite"):
        content = converter.convert()
    assert "without a representative_dataset: large weights become int8" in caplog.text
    read = read_model(content)
    kinds = {t.name: t.type for t in read.subgraphs[0].tensors}
    weights = [n for n, t in kinds.items() if t == TensorType.INT8]
    assert len(weights) == 1  # the last layer has fewer than 1024
    assert {c.version for c in read.operator_codes} == {12, 1}


def test_half_precision():
    converter = converter_of("resnet", data=False)
    converter.target_spec.supported_types = [tf.float16]
    content = converter.convert()
    whole = converter_of("resnet", data=False, optimizations=[]).convert()
    assert TensorType.FLOAT16 in types(content)
    assert len(content) < 0.75 * len(whole)
    names = [m.name for m in read_model(content).metadata]
    assert "reduced_precision_support" in names


# ---- representative data ----


def _forms(model):
    image, extra = samples(model, batch=1)
    other = samples(model, batch=1, seed=9)
    return {
        "lists": [[image, extra], other],
        "tuples": [(image, extra), tuple(other)],
        "dicts": [{"extra": extra, "image": image}, {"image": other[0], "extra": other[1]}],
        "pairs": [
            ("serving_default", {"image": image, "extra": extra}),
            ("serving_default", {"image": other[0], "extra": other[1]}),
        ],
    }


@pytest.mark.parametrize("form", ["lists", "tuples", "dicts", "pairs"])
def test_forms_of_samples(form):
    model = stirred(MODELS["two_in_two_out"]())
    converter = converter_of(model, data=False)
    found = _forms(model)[form]
    converter.representative_dataset = tf.lite.RepresentativeDataset(lambda: iter(found))
    assert converter.convert()
    assert converter.report.ranges


def _x(*shape):
    return np.linspace(-1, 1, int(np.prod(shape)), dtype=np.float32).reshape(shape)


BAD_DATA = {
    "empty": ([], "The representative dataset is empty"),
    "constant": ([[np.ones([1, 6], np.float32)]] * 3, "is 1 throughout the representative dataset"),
    "wrong shape": ([[_x(1, 5)]], r"Sample 0 .* has shape \[1, 5\] for the input .*, which takes"),
    "wrong count": ([[_x(1, 6), _x(1, 6)]], "Sample 0 .* has 2 arrays"),
    "wrong dtype": ([[np.array([["a"] * 6])]], "Sample 0 .* has <U1 for the input"),
    "wrong name": ([{"y": _x(1, 6)}], r"has the inputs \['y'\]; the model's are"),
    "not finite": ([[_x(1, 6) * np.nan]], "has NaN or infinite numbers"),
    "other signature": ([("other", {"x": _x(1, 6)})], "for a signature 'other'"),
}


@pytest.mark.parametrize("name", BAD_DATA)
def test_bad_data_is_refused(name):
    data, text = BAD_DATA[name]
    converter = converter_of("dense_relu", data=False)
    converter.representative_dataset = lambda: data
    with pytest.raises(tf.errors.InvalidArgumentError, match=text):
        converter.convert()


@pytest.mark.parametrize("data", [True, False])
def test_weights_that_are_not_finite_are_refused(data):
    model = MODELS["dense_relu"]()
    weights = model.get_weights()
    weights[0][0, 0] = np.nan
    model.set_weights(weights)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"1 of 48 weights .* NaN"):
        converter_of(model, data=data).convert()


def _options(**given):
    def make():
        converter = converter_of("dense_relu", data=given.pop("data", False))
        for key, value in given.items():
            if key.startswith("supported"):
                setattr(converter.target_spec, key, value)
            else:
                setattr(converter, key, value)
        return converter

    return make


CONTRADICTIONS = {
    "integers without data": (_options(supported_ops=INTEGERS), "takes a representative_dataset"),
    "int8 inputs of a float model": (
        _options(optimizations=[], inference_input_type=tf.int8), "must be float32 unless",
    ),
    "int16 inputs with 8 bits": (
        _options(data=True, inference_input_type=tf.int16), "must be one of",
    ),
    "odd type": (_options(supported_types=[tf.int32]), "supported_types takes"),
    "odd optimization": (_options(optimizations=["DEFAULT"]), "optimizations takes"),
    "not a function": (_options(representative_dataset=[1]), "must be a function"),
}  # fmt: skip


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_options_that_contradict_each_other(name):
    make, text = CONTRADICTIONS[name]
    with pytest.raises(ValueError, match=text):
        make().convert()


# ---- trained ----


def test_a_model_trained_for_it_converts_to_the_integers_it_was_trained_with():
    weights = np.random.default_rng(0).standard_normal([6, 5]).astype(np.float32)
    largest = np.abs(weights).max(0)

    @tf.function(input_signature=[tf.TensorSpec([None, 6], tf.float32, "x")])
    def layer(x):
        x = tf.quantization.fake_quant_with_min_max_vars(x, -1.0, 2.0)
        kernel = tf.quantization.fake_quant_with_min_max_vars_per_channel(
            weights, -largest, largest, narrow_range=True
        )
        y = tf.nn.relu(x @ kernel + 0.5)
        return tf.quantization.fake_quant_with_min_max_vars(y, 0.0, 4.0)

    converter = tf.lite.TFLiteConverter.from_concrete_functions([layer.get_concrete_function()])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]  # and no representative dataset
    content = converter.convert()
    model = read_model(content)
    graph = model.subgraphs[0]
    scales = [t.quantization.scale[0] for t in graph.tensors if t.type == TensorType.INT8]
    np.testing.assert_allclose([scales[0], scales[-1]], [3 / 255, 4 / 255], rtol=1e-6)
    x = np.random.default_rng(1).uniform(-1, 2, [1, 6]).astype(np.float32)
    np.testing.assert_allclose(run(content, x)[0], layer(x), atol=1e-6)


# ---- accuracy ----


def _steep():
    """A model whose one layer cannot be said in 8 bits: one channel dwarfs the others."""
    model = chain((8,), layers.Dense(8, name="tame"), layers.Dense(8, name="wild"), layers.Dense(4))
    model = stirred(model)
    weights = model.get_weights()
    weights[2][:, 0] *= 2000.0
    weights[4][0, :] /= 2000.0
    model.set_weights(weights)
    return model


def _distance(wanted, got):
    return float(np.abs(wanted[0] - got[0]).max())


def test_a_bound_keeps_the_few_layers_that_break_it():
    plain = converter_of(_steep())
    plain.convert()
    assert not plain.report.kept
    converter = converter_of(_steep(), accuracy=(_distance, 0.15))
    content = converter.convert()
    kept = [k for k in converter.report.kept if "stays float" in k]
    assert 1 <= len(kept) <= 2 and any("wild" in k for k in kept)
    inputs = next(iter(converter.representative_dataset()))
    (wanted,) = converter.sources()[0].call(inputs)
    assert np.abs(run(content, *inputs)[0] - wanted).max() < 0.4
    with pytest.raises(tf.errors.InvalidArgumentError, match="cannot be met"):
        converter_of(_steep(), accuracy=(lambda a, b: 1.0, 0.5)).convert()


def test_debugger_finds_the_layer():
    debugger = tf.lite.experimental.QuantizationDebugger(converter=converter_of(_steep()))
    debugger.run()
    last = min((e for e in debugger.layers), key=lambda e: e.snr)
    assert "dense" in last.name or "Stateful" in last.name
    text = io.StringIO()
    debugger.layer_statistics_dump(text)
    head, *rows = text.getvalue().splitlines()
    assert head == (
        "op_name,tensor_idx,num_elements,stddev,mean_error,max_abs_error,mean_squared_error,scale,"
        "zero_point,tensor_name"
    )
    assert len(rows) == len(debugger.layers)
    options = tf.lite.experimental.QuantizationDebugOptions(
        denylisted_ops=["FULLY_CONNECTED"],
        layer_debug_metrics={"worst": lambda d: np.abs(d).max()},
        model_debug_metrics={"distance": _distance},
    )
    debugger.options = options
    debugger.run()
    assert debugger.model_statistics["distance"] < 0.2
    content = debugger.get_nondebug_quantized_model()
    assert TensorType.INT8 not in types(content) or b"FULLY" not in content
    with pytest.raises(ValueError, match="names of their own; given twice: stddev"):
        tf.lite.experimental.QuantizationDebugOptions(layer_debug_metrics={"stddev": np.std})


# ---- on real data ----


@pytest.fixture(scope="module")
def digits():
    """A small network trained on scikit-learn's digits, with test data."""
    from sklearn.datasets import load_digits

    keras.utils.set_random_seed(0)
    images, labels = load_digits(return_X_y=True)
    images = (images.reshape(-1, 8, 8, 1) / 16).astype("float32")
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(32, 3, padding="same", use_bias=False),
            layers.BatchNormalization(momentum=0.8), layers.ReLU(), layers.MaxPooling2D(),
            layers.Conv2D(64, 3, padding="same", use_bias=False),
            layers.BatchNormalization(momentum=0.8), layers.ReLU(), layers.MaxPooling2D(),
            layers.Conv2D(128, 3, use_bias=False, padding="same"),
            layers.BatchNormalization(momentum=0.8), layers.ReLU(),
            layers.Flatten(), layers.Dense(10),
        ]
    )  # fmt: skip
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss)
    model.fit(images[:1400], labels[:1400], batch_size=64, epochs=3, verbose=0)
    return model, images, labels


@pytest.mark.parametrize("size", [1e-30, 1e-8, 1e-6, 1e-3])
def test_numbers_next_to_zero_leave_room_for_the_6_of_relu6(size):
    # By too fine a scale, 6 is no int32 any more, and LiteRT refuses the file.
    model = chain((8, 8, 2), layers.Conv2D(4, 3, use_bias=False), layers.ReLU(6.0))
    draw = np.random.default_rng(0)
    model.set_weights([size * draw.standard_normal((3, 3, 2, 4)).astype(np.float32)])
    data = [[draw.random((1, 8, 8, 2), np.float32)] for _ in range(4)]
    converter = converter_of(model, representative_dataset=lambda: data)
    converter.target_spec.supported_ops = INTEGERS
    content = converter.convert()
    for tensor in read_model(content).subgraphs[0].tensors:
        if tensor.type == TensorType.INT8 and len(tensor.quantization.scale) == 1:
            assert 6 / tensor.quantization.scale[0] < 2**31
    source = converter.sources()[0]
    (found,), (wanted,) = run(content, data[0][0]), source.call(data[0])
    least = 1e-6 / 255  # the finest quantum
    np.testing.assert_allclose(found, wanted, atol=3 * max(least, np.abs(wanted).max() / 255))


def test_digits_are_a_quarter_of_the_size_and_as_accurate(digits):
    model, images, labels = digits

    def accuracy(content):
        (logits,) = run(content, images[1400:])
        return np.mean(logits.argmax(-1) == labels[1400:])

    whole = tf.lite.TFLiteConverter.from_keras_model(model).convert()
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([images[i : i + 1]] for i in range(100))
    small = converter.convert()
    assert accuracy(whole) > 0.9
    assert abs(accuracy(whole) - accuracy(small)) < 0.01
    # A byte for four, and for each channel 24 bytes of scales and zero points, which files hold.
    assert len(small) <= len(whole) / 4 + 28 * 234 + 4096
    assert len(small) <= 0.28 * len(whole)


def test_a_model_for_keywords_is_below_300_kb():
    """The depthwise-separable network of "Hello Edge" (arXiv:1711.07128), its medium size."""
    stack = [layers.Conv2D(172, (10, 4), strides=(2, 1), padding="same", use_bias=False)]
    for stride in ((2, 2), 1, 1, 1):
        stack += [
            layers.BatchNormalization(), layers.ReLU(),
            layers.DepthwiseConv2D(3, strides=stride, padding="same", use_bias=False),
            layers.BatchNormalization(), layers.ReLU(),
            layers.Conv2D(172, 1, use_bias=False),
        ]  # fmt: skip
    stack += [
        layers.BatchNormalization(),
        layers.ReLU(),
        layers.GlobalAveragePooling2D(),
        layers.Dense(12, activation="softmax"),
    ]
    model = stirred(chain((49, 10, 1), *stack))
    converter = converter_of(model)
    converter.target_spec.supported_ops = INTEGERS
    converter.inference_input_type = converter.inference_output_type = tf.int8
    assert len(converter.convert()) < 300 * 1024
