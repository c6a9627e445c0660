"""SavedModels that other projects' authors made with TensorFlow, old and new."""

import numpy as np
import pytest

import tidefall as tf

HALF_PLUS_TWO = ["v1_1", "v1_14", "gpu", "gpu_trt", "mkl", "mlmd"]


def example(**features):
    message = tf.train.Example()
    for name, value in features.items():
        message.features.feature[name].float_list.value.append(value)
    return tf.constant([message.SerializeToString()])


@pytest.mark.parametrize("name", HALF_PLUS_TWO)
def test_half_plus_two_of_tensorflow_1(interop_genuine, name):
    loaded = tf.saved_model.load(interop_genuine / f"half_plus_two_{name}")
    served = loaded.signatures
    result = served["serving_default"](x=tf.constant([[1.0], [2.0]]))
    np.testing.assert_allclose(result["y"], [[2.5], [3.0]])
    parsed = served["regress_x_to_y"](inputs=example(x=4.0))
    np.testing.assert_allclose(parsed["outputs"], [[4.0]])
    values = {v.name: v.numpy() for v in loaded.variables}
    assert (values["a:0"], values["b:0"], values["c:0"]) == (0.5, 2.0, 3.0)


def test_half_plus_two_of_tensorflow_2(interop_genuine):
    loaded = tf.saved_model.load(interop_genuine / "half_plus_two_tf2")
    served = loaded.signatures
    assert served["serving_default"](x=tf.constant([3.0]))["y"].numpy().tolist() == [3.5]
    assert served["regress_x_to_y2"](inputs=example(x=4.0))["outputs"].numpy() == [[5.0]]
    assert loaded.asset.asset_path.numpy().endswith(b"half_plus_two_tf2/assets/foo.txt")


def test_part_of_a_graph(interop_genuine):
    loaded = tf.saved_model.load(interop_genuine / "half_plus_two_v1_1")
    x = tf.constant([[1.0]])
    function = loaded.prune("x:0", ["y:0", "y2:0"])
    np.testing.assert_allclose(function(x), [[[2.5]], [[3.5]]])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(function(x)[0])
    assert tape.gradient(loss, loaded.variables[0]).numpy() == 1.0
    with pytest.raises(ValueError, match=r"placeholders \['tf_example'\]"):
        loaded.prune([], "y:0")
    with pytest.raises(tf.errors.DataLossError, match="has no node nope"):
        loaded.prune([], "nope:0")


def test_a_graph_of_tensorflow_1_saved_anew(interop_genuine, tmp_path):
    loaded = tf.saved_model.load(interop_genuine / "half_plus_two_v1_14")
    tf.saved_model.save(loaded, tmp_path, loaded.signatures)
    served = tf.saved_model.load(tmp_path).signatures["serving_default"]
    np.testing.assert_allclose(served(x=tf.constant([[4.0]]))["y"], [[4.0]])


def test_signatures_that_change_a_variable(interop_genuine):
    served = tf.saved_model.load(interop_genuine / "counter_session").signatures
    call = lambda name, **kw: float(served[name](**kw)["output"])  # noqa: E731
    assert [call("get_counter"), call("incr_counter"), call("incr_counter")] == [0.0, 1.0, 2.0]
    assert call("incr_counter_by", delta=tf.constant(5.0)) == 7.0
    assert [call("get_counter"), call("reset_counter"), call("get_counter")] == [7.0, 0.0, 0.0]


def test_a_model_without_variables(interop_genuine):
    served = tf.saved_model.load(interop_genuine / "matrix_half_plus_two").signatures
    result = served["serving_default"](x=np.full([2, 3, 3], 4, np.float32))
    np.testing.assert_allclose(result["y"], np.full([2, 3, 3], 4.0))


def test_a_custom_gradient(interop_genuine):
    f = tf.saved_model.load(interop_genuine / "tf2jax_custom_gradient").f
    x = tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    assert (y.numpy(), tape.gradient(y, x).numpy()) == (8.0, 100.0)


SMALL = [
    ("tfjs_int64_multiply", {"x": np.int64([3, -2])}, {"output_0": [18, -12]}),
    ("tfjs_multi_output", {"x": np.int32(3), "y": np.int32(4)}, {"output_0": 6, "output_1": 4}),
    ("tfjs_single_in_multi_out", {"x": np.int32(3)}, {"output_0": 6, "output_1": 3}),
    ("tfjs_times_three_float", {"x": np.float32(5)}, {"output_0": 15}),
    ("tfjs_times_two_int", {"x": np.int32(5)}, {"output_0": 10}),
    ("tfjs_uint8_multiply", {"x": np.uint8([7])}, {"output_0": [42]}),
]


@pytest.mark.parametrize(("name", "inputs", "outputs"), SMALL)
def test_small_models(interop_genuine, name, inputs, outputs):
    served = tf.saved_model.load(interop_genuine / name).signatures["serving_default"]
    result = served(**{key: tf.constant(value) for key, value in inputs.items()})
    assert {key: value.numpy().tolist() for key, value in result.items()} == outputs


def test_functions_beside_the_signatures(interop_genuine):
    loaded = tf.saved_model.load(interop_genuine / "tfjs_multi_signature")
    assert loaded.timestwo(3.0).numpy() == 6.0
    loaded.mutate(tf.constant(9.0))
    assert loaded.v.numpy() == 9.0


def test_a_keras_2_model_with_its_optimizer(interop_genuine):
    loaded = tf.saved_model.load(interop_genuine / "tfx_keras2_session")
    assert len(loaded.variables) == 6
    measures = ["culmen_length_mm", "culmen_depth_mm", "flipper_length_mm", "body_mass_g"]
    served = loaded.signatures["serving_default"]
    scores = served(examples=example(**dict.fromkeys(measures, 0.5)))["output_0"].numpy()
    assert scores.shape == (1, 3)
    np.testing.assert_allclose(scores.sum(), 1.0, rtol=1e-5)


def test_tables_that_functions_of_the_graph_make_are_filled(interop_genuine):
    served = tf.saved_model.load(interop_genuine / "tfx_taxi_estimator").signatures
    result = served["predict"](examples=example(x=2.0))
    np.testing.assert_allclose(result["probabilities"], [[0.78983, 0.21017]], rtol=1e-4)
    assert result["classes"].numpy().tolist() == [[b"0"]]


def test_a_graph_that_restores_tensor_by_tensor(interop_genuine):
    v1, prefix = tf.compat.v1, str(interop_genuine / "v1_format_ckpt" / "export")
    with tf.Graph().as_default(), v1.Session() as session:
        saver = v1.train.import_meta_graph(f"{prefix}.meta")
        saver.restore(session, prefix)
        found = {v.name: session.run(v).tolist() for v in v1.global_variables()}
    assert found == {"Variable:0": 0.5, "Variable_1:0": 2.0}


MODELS = [
    "counter_session", "half_plus_three_session", "half_plus_two_gpu", "half_plus_two_gpu_trt",
    "half_plus_two_mkl", "half_plus_two_mlmd", "half_plus_two_tf2", "half_plus_two_v1_1",
    "half_plus_two_v1_14", "matrix_half_plus_two", "tf2jax_custom_gradient",
    "tfjs_int64_multiply", "tfjs_multi_output", "tfjs_multi_signature",
    "tfjs_single_in_multi_out", "tfjs_times_three_float", "tfjs_times_two_int",
    "tfjs_uint8_multiply", "tfx_keras2_session",
]  # fmt: skip


def ones(spec):
    sizes = [] if spec.shape.rank is None else [1 if n is None else n for n in spec.shape]
    return tf.ones(sizes, spec.dtype)


@pytest.mark.parametrize("name", MODELS)
def test_saved_again_they_give_the_same(interop_genuine, tmp_path, name):
    first = tf.saved_model.load(interop_genuine / name)
    tf.saved_model.save(first, tmp_path / "again", first.signatures)
    second = tf.saved_model.load(tmp_path / "again")
    assert list(second.signatures) == list(first.signatures)
    for key, function in first.signatures.items():
        specs = function.structured_input_signature[1]
        assert second.signatures[key].structured_input_signature[1] == specs
        if any(spec.dtype == tf.string for spec in specs.values()):
            continue
        inputs = {label: ones(spec) for label, spec in specs.items()}
        expected, found = function(**inputs), second.signatures[key](**inputs)
        assert expected.keys() == found.keys()
        for label in expected:
            np.testing.assert_array_equal(found[label], expected[label])


def test_tables_of_graphs_of_tensorflow_1_are_saved_again(interop_genuine, tmp_path):
    first = tf.saved_model.load(interop_genuine / "tfx_taxi_estimator")
    given = example(x=2.0)
    expected = first.signatures["predict"](examples=given)
    for folder in ("again", "once_more"):
        tf.saved_model.save(first, tmp_path / folder, first.signatures)
        first = tf.saved_model.load(tmp_path / folder)
    assert len(list((tmp_path / "once_more" / "assets").iterdir())) == 2
    found = first.signatures["predict"](examples=given)
    assert found.keys() == expected.keys()
    for label in expected:
        np.testing.assert_array_equal(found[label], expected[label])


def test_tables_of_graphs_of_every_kind_are_saved_again(tmp_path):
    v1 = tf.compat.v1
    (tmp_path / "vocabulary.txt").write_text("x\ny\nz\n")
    with tf.Graph().as_default(), v1.Session() as session:
        keys = v1.placeholder(tf.string, [None])
        changing = tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, -1)
        filled = changing.insert(tf.constant(["a", "b"]), tf.constant([1, 2], tf.int64))
        numbers = tf.constant([10, 30], tf.int64)
        pairs = tf.lookup.KeyValueTensorInitializer(tf.constant(["a", "c"]), numbers)
        found = changing.lookup(keys) + v1.lookup.StaticHashTable(pairs, -5).lookup(keys)
        lines = tf.lookup.TextFileInitializer(
            str(tmp_path / "vocabulary.txt"), tf.string, tf.lookup.TextFileIndex.WHOLE_LINE,
            tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER,
        )  # fmt: skip
        line = v1.lookup.StaticHashTable(lines, -7).lookup(keys)
        session.run([v1.tables_initializer(), filled])
        v1.saved_model.simple_save(
            session, tmp_path / "0", {"keys": keys}, {"found": found, "line": line},
            legacy_init_op=v1.tables_initializer(),
        )  # fmt: skip
    (tmp_path / "vocabulary.txt").unlink()
    for number in range(3):
        loaded = tf.saved_model.load(tmp_path / str(number))
        result = loaded.signatures["serving_default"](keys=tf.constant(["a", "b", "c", "x", "z"]))
        assert result["found"].numpy().tolist() == [11, -3, 29, -6, -6]
        assert result["line"].numpy().tolist() == [-7, -7, -7, 0, 2]
        tf.saved_model.save(loaded, tmp_path / str(number + 1), loaded.signatures)
