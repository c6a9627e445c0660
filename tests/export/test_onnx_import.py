"""ONNX models read: ONNX's own tests of its ops, models of its test data, and bad files."""

from __future__ import annotations

import functools
import re
import warnings
from pathlib import Path

import numpy as np
import pytest

import tidefall as tf
from tidefall.export.onnx.exporter.convert import to_onnx
from tidefall.export.onnx.importer.model import from_onnx

onnx = pytest.importorskip("onnx")
DATA = Path(onnx.__file__).parent / "backend" / "test" / "data"
OPS = [
    "abs",
    "add",
    "argmax_default_axis_example",
    "averagepool_2d_ceil",
    "averagepool_2d_precomputed_same_upper",
    "batchnorm_epsilon",
    "celu",
    "clip",
    "concat_2d_axis_1",
    "basic_conv_with_padding",
    "conv_with_strides_and_asymmetric_padding",
    "convtranspose_dilations",
    "convtranspose_pads",
    "convtranspose_output_shape",
    "depthtospace_crd_mode_example",
    "dequantizelinear_axis",
    "einsum_sum",
    "elu",
    "equal",
    "flatten_axis2",
    "gather_1",
    "gather_elements_1",
    "gathernd_example_int32",
    "gelu_tanh_1",
    "gemm_all_attributes",
    "globalaveragepool",
    "gru_with_initial_bias",
    "group_normalization_example",
    "hardswish",
    "instancenorm_example",
    "layer_normalization_2d_axis1",
    "leakyrelu",
    "logsoftmax_axis_1",
    "lrn",
    "lstm_with_peepholes",
    "lstm_defaults",
    "matmul_3d",
    "maxpool_2d_dilations",
    "maxpool_2d_ceil",
    "mod_mixed_sign_float64",
    "nonmaxsuppression_two_classes",
    "onehot_with_axis",
    "prelu_example",
    "qlinearconv",
    "qlinearmatmul_2D_uint8_float32",
    "quantizelinear",
    "reversesequence_time",
    "rms_normalization_2d_axis0",
    "scatter_elements_with_axis",
    "scatternd_add",
    "selu",
    "simple_rnn_with_initial_bias",
    "softmax_axis_0",
    "softplus",
    "spacetodepth",
    "split_equal_parts_1d_opset18",
    "string_concat",
    "transpose_all_permutations_0",
    "where_example",
    "xor2d",
    "attention_4d",
    "attention_3d_gqa",
    "rotary_embedding",
    "sce_mean",
    "nllloss_NC",
]
"""Names of ONNX's tests that run on every change."""


@functools.cache
def node_tests():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from onnx.backend.test.case.node import collect_testcases

        return {t.name.removeprefix("test_"): t for t in collect_testcases(None)}


def as_array(value):
    value = np.asarray(value)
    if value.dtype.kind in "OU":
        texts = [t.encode() if isinstance(t, str) else t for t in value.reshape(-1)]
        return np.array(texts, object).reshape(value.shape)
    return value


def check(model, inputs, outputs, rtol, atol):
    got = from_onnx(model)(*map(as_array, inputs))
    got = list(got.values()) if isinstance(got, dict) else [got]
    for g, w in zip(got, map(as_array, outputs), strict=True):
        assert g.shape == w.shape
        if w.dtype.kind in "Ob":
            assert np.array_equal(g.numpy(), w)
        else:
            np.testing.assert_allclose(g.numpy(), w, rtol=rtol, atol=max(atol, 1e-6))


@pytest.mark.parametrize("name", OPS)
def test_op_gives_what_onnx_says(name):
    case = node_tests()[name]
    for inputs, outputs in case.data_sets:
        check(case.model, inputs, outputs, case.rtol, case.atol)


def proto_array(path):
    tensor = onnx.TensorProto.FromString(path.read_bytes())
    return onnx.numpy_helper.to_array(tensor)


@pytest.mark.parametrize(
    "folder",
    [pytest.param(f, id=f.name) for f in sorted((DATA / "pytorch-converted").glob("test_*"))[::4]],
)
def test_models_that_pytorch_wrote(folder):
    data = folder / "test_data_set_0"
    number = re.compile(r"_(\d+)\.pb$")

    def arrays(kind):
        files = sorted(data.glob(f"{kind}_*.pb"), key=lambda p: int(number.search(p.name)[1]))
        return [proto_array(p) for p in files]

    check(folder / "model.onnx", arrays("input"), arrays("output"), 1e-3, 1e-5)


def test_weights_can_be_trained_and_saved(tmp_path):
    made = tf.keras.Sequential([tf.keras.layers.Input([3]), tf.keras.layers.Dense(2)])
    model = from_onnx(to_onnx(made), trainable=True)
    x = tf.ones([4, 3])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(model(x) ** 2)
    gradients = tape.gradient(loss, model.trainable_variables)
    assert model.trainable_variables and all(g is not None for g in gradients)
    model.save(tmp_path / "saved")
    loaded = tf.saved_model.load(str(tmp_path / "saved"))
    (got,) = loaded.signatures["serving_default"](x).values()
    np.testing.assert_allclose(got, made(x), atol=1e-6)


@pytest.mark.parametrize(
    "content, error, said",
    [
        (None, tf.errors.NotFoundError, "There is no file"),
        (b"", tf.errors.DataLossError, "no ONNX model"),
        (b"\x00\xffgarbage", tf.errors.DataLossError, "no ONNX model"),
    ],
)
def test_bad_files_are_named(tmp_path, content, error, said):
    path = tmp_path / "bad.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(error, match=said):
        from_onnx(path)


def test_all_unknown_ops_are_named():
    from onnx import TensorProto, helper

    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])
    nodes = [
        helper.make_node("Mystery", ["x"], ["a"], domain="mine"),
        helper.make_node("Riddle", ["a"], ["y"], domain="mine"),
    ]
    graph = helper.make_graph(nodes, "g", [x], [y])
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("mine", 1)]
    with pytest.raises(tf.errors.UnimplementedError, match=r"(?s)mine.Mystery.*mine.Riddle"):
        from_onnx(helper.make_model(graph, opset_imports=opsets))
