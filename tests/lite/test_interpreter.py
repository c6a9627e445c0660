"""`tf.lite.Interpreter` as its users meet it: details, errors, resizing, signatures, state."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import tidefall as tf
from tidefall.lite.schema import (
    Buffer,
    BuiltinOperator,
    CallOnceOptions,
    CallOptions,
    HashtableOptions,
    Model,
    Operator,
    OperatorCode,
    SignatureDef,
    SubGraph,
    Tensor,
    TensorMap,
    TensorType,
    read_model,
    write_model,
)

sys.path.insert(0, str(Path(__file__).parent))

import recorded_models
from op_models import records

Interpreter = tf.lite.Interpreter


def dense(**options: object) -> tf.lite.Interpreter:
    return Interpreter(model_content=recorded_models.model("dense_int8"), **options)


def test_details_have_tensorflows_keys() -> None:
    detail = dense().get_input_details()[0]
    assert detail["index"] == 0 and detail["dtype"] is np.int8
    assert detail["shape"].tolist() == [1, 16] and detail["shape_signature"].tolist() == [-1, 16]
    assert detail["shape"].dtype == np.int32
    assert detail["quantization"] == pytest.approx((0.024122202768921852, -11))
    parameters = detail["quantization_parameters"]
    assert parameters["scales"].dtype == np.float32
    assert parameters["zero_points"].tolist() == [-11]
    assert parameters["quantized_dimension"] == 0 and detail["sparsity_parameters"] == {}
    weights = dense().get_tensor_details()[1]
    assert weights["quantization"] == (0.0, 0)
    assert len(weights["quantization_parameters"]["scales"]) == 5
    assert len(dense().get_tensor_details()) == 6 and dense().num_subgraphs() == 1


def test_operators_are_listed() -> None:
    operators = dense()._get_ops_details()
    names = [each["op_name"] for each in operators]
    assert names == ["FULLY_CONNECTED", "FULLY_CONNECTED", "SOFTMAX"]
    assert operators[0]["inputs"].tolist() == [0, 2, -1]
    assert operators[0]["operand_types"] == [np.int8, np.int8]


def test_errors_of_values() -> None:
    interpreter = dense()
    zeros = np.zeros((1, 16), np.int8)
    with pytest.raises(RuntimeError, match="not ready"):
        interpreter.invoke()
    with pytest.raises(ValueError, match="Run allocate_tensors"):
        interpreter.get_tensor(0)
    with pytest.raises(ValueError, match="unallocated"):
        interpreter.set_tensor(0, zeros)
    interpreter.allocate_tensors()
    with pytest.raises(ValueError, match="Got value of type FLOAT32 but expected type INT8"):
        interpreter.set_tensor(0, zeros.astype(np.float32))
    with pytest.raises(ValueError, match="Got 2 but expected 1 for dimension 0 of input 0"):
        interpreter.set_tensor(0, np.zeros((2, 16), np.int8))
    with pytest.raises(ValueError, match="Got 1 but expected 2 for input 0"):
        interpreter.set_tensor(0, np.zeros(16, np.int8))
    with pytest.raises(ValueError, match="Invalid tensor index 99"):
        interpreter.set_tensor(99, zeros)
    with pytest.raises(ValueError, match="is not an input"):
        interpreter.set_tensor(1, zeros)
    with pytest.raises(ValueError, match="Invalid tensor index 99"):
        interpreter.get_tensor(99)
    with pytest.raises(ValueError, match="out of range"):
        interpreter.get_tensor_details(3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "must be specified"),
        ({"model_path": "a", "model_content": b"b"}, "both"),
        ({"model_path": "/nonexistent"}, "Could not open '/nonexistent'"),
        ({"model_content": b"abcdefghijk"}, "not a TensorFlow Lite model"),
        ({"model_content": b"x", "num_threads": "a"}, "type of num_threads should be int"),
        ({"model_content": b"x", "num_threads": 0}, "num_threads should >= 1"),
        ({"model_content": b"x", "experimental_delegates": [1]}, "delegates"),
        ({"model_content": b"x", "experimental_op_resolver_type": 3}, "op resolver"),
    ],
)
def test_errors_of_making_one(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Interpreter(**arguments)


def test_delegates_are_refused() -> None:
    with pytest.raises(ValueError, match="C\\+\\+"):
        tf.lite.experimental.load_delegate("libedgetpu.so.1")


def test_resizing() -> None:
    interpreter = dense()
    interpreter.resize_tensor_input(0, [3, 16], strict=True)
    with pytest.raises(RuntimeError, match="not ready"):
        interpreter.invoke()
    interpreter.allocate_tensors()
    assert interpreter.get_output_details()[0]["shape"].tolist() == [3, 5]
    interpreter.set_tensor(0, np.ones((3, 16), np.int8))
    interpreter.invoke()
    assert interpreter.get_tensor(5).shape == (3, 5)
    with pytest.raises(ValueError, match="only allows mutating unknown dimensions"):
        interpreter.resize_tensor_input(0, [3, 15], strict=True)
    with pytest.raises(ValueError, match="from 2 to 3 dimensions"):
        interpreter.resize_tensor_input(0, [3, 4, 16], strict=True)
    with pytest.raises(ValueError, match="not possible"):
        interpreter.resize_tensor_input(0, [-3, 16])
    interpreter.resize_tensor_input(0, [3, 7])
    interpreter.allocate_tensors()
    with pytest.raises(RuntimeError, match=r"Node number 0 \(FULLY_CONNECTED\) failed to invoke"):
        interpreter.invoke()


def test_tensors_are_shared_without_a_copy() -> None:
    interpreter = dense()
    interpreter.allocate_tensors()
    view = interpreter.tensor(0)
    view()[...] = 7
    interpreter.invoke()
    first = interpreter.get_tensor(5)
    interpreter.set_tensor(0, np.full((1, 16), 7, np.int8))
    interpreter.invoke()
    np.testing.assert_array_equal(interpreter.tensor(5)(), first)
    first[...] = 0
    assert interpreter.get_tensor(5).any()


def test_intermediate_values_are_kept_when_asked_for() -> None:
    interpreter = dense()
    interpreter.allocate_tensors()
    interpreter.invoke()
    with pytest.raises(ValueError, match="experimental_preserve_all_tensors"):
        interpreter.get_tensor(3)
    kept = dense(experimental_preserve_all_tensors=True)
    kept.allocate_tensors()
    kept.invoke()
    assert kept.get_tensor(3).any()


def test_signatures() -> None:
    interpreter = dense()
    listed = interpreter.get_signature_list()
    assert listed == {"serving_default": {"inputs": ["keras_tensor_9"], "outputs": ["output_0"]}}
    runner = interpreter.get_signature_runner()
    found = runner(keras_tensor_9=np.zeros((4, 16), np.int8))
    assert found["output_0"].shape == (4, 5)
    assert list(runner.get_input_details()) == ["keras_tensor_9"]
    assert runner.get_output_details()["output_0"]["dtype"] is np.int8
    with pytest.raises(ValueError, match='Invalid signature_key provided: "other"'):
        interpreter.get_signature_runner("other")
    with pytest.raises(ValueError, match=r"Invalid Input name \(x\)"):
        runner(x=np.zeros((4, 16), np.int8))
    with pytest.raises(ValueError, match="expected 1 vs provided 0"):
        runner()
    with pytest.raises(ValueError, match="expected type INT8"):
        runner(keras_tensor_9=np.zeros((4, 16), np.float32))


def test_variables_go_on_from_run_to_run() -> None:
    runner = Interpreter(
        model_content=recorded_models.model("variables_float")
    ).get_signature_runner()
    (name,) = runner.get_input_details()
    totals = [next(iter(runner(**{name: np.ones(3, np.float32)}).values())) for _ in range(3)]
    np.testing.assert_array_equal(np.stack(totals)[:, 0], [1, 2, 3])


def test_state_can_be_set_and_reset() -> None:
    record = next(each for each in records() if each.name == "RNN_f32")
    interpreter = Interpreter(model_content=write_model(record.model()))
    interpreter.allocate_tensors()
    state = next(
        each["index"] for each in interpreter.get_tensor_details() if each["name"] == "in4"
    )
    interpreter.invoke()
    first = interpreter.get_tensor(state)
    interpreter.set_tensor(state, np.ones_like(first))
    np.testing.assert_array_equal(interpreter.get_tensor(state), 1)
    interpreter.reset_all_variables()
    interpreter.invoke()
    np.testing.assert_array_equal(interpreter.get_tensor(state), first)


@pytest.mark.parametrize(
    ("version", "error", "message"),
    [
        (0, tf.errors.InvalidArgumentError, "FULLY_CONNECTED has version 0"),
        (99, tf.errors.UnimplementedError, "FULLY_CONNECTED of version 99"),
    ],
)
def test_versions_that_are_not_known(version: int, error: type, message: str) -> None:
    model = read_model(recorded_models.model("dense_int8"))
    model.operator_codes[0].version = version
    with pytest.raises(error, match=message):
        Interpreter(model_content=write_model(model))


def string_table() -> bytes:
    """A hash table from strings to numbers, filled once, and a look-up."""
    words = b"".join((b"\2\0\0\0", b"\x10\0\0\0", b"\x13\0\0\0", b"\x15\0\0\0", b"oneby"))

    def tensor(name: str, kind: TensorType, *shape: int, buffer: int = 0) -> Tensor:
        return Tensor(name=name, type=kind, shape=list(shape), buffer=buffer)

    resource, text, number = TensorType.RESOURCE, TensorType.STRING, TensorType.INT64
    main = SubGraph(
        name="main",
        tensors=[
            tensor("words", text, 3), tensor("table", resource), tensor("found", number, 3),
            tensor("default", number, 1, buffer=3),
        ],
        inputs=[0],
        outputs=[2],
        operators=[
            Operator(opcode_index=0, builtin_options=CallOnceOptions(init_subgraph_index=1)),
            Operator(opcode_index=1, outputs=[1], builtin_options=HashtableOptions(table_id=4)),
            Operator(opcode_index=2, inputs=[1, 0, 3], outputs=[2]),
        ],
    )  # fmt: skip
    filling = SubGraph(
        name="filling",
        tensors=[
            tensor("keys", text, 2, buffer=1), tensor("values", number, 2, buffer=2),
            tensor("table", resource),
        ],
        operators=[
            Operator(opcode_index=1, outputs=[2], builtin_options=HashtableOptions(table_id=4)),
            Operator(opcode_index=3, inputs=[2, 0, 1]),
        ],
    )  # fmt: skip
    names = ("CALL_ONCE", "HASHTABLE", "HASHTABLE_FIND", "HASHTABLE_IMPORT")
    return write_model(
        Model(
            version=3,
            operator_codes=[OperatorCode(builtin_code=BuiltinOperator[each]) for each in names],
            subgraphs=[main, filling],
            buffers=[
                Buffer(), Buffer(data=words), Buffer(data=np.array([10, 20], np.int64)),
                Buffer(data=np.array([-1], np.int64)),
            ],
            signature_defs=[
                SignatureDef(
                    signature_key="look_up", inputs=[TensorMap(name="words", tensor_index=0)],
                    outputs=[TensorMap(name="numbers", tensor_index=2)],
                )
            ],
        )
    )  # fmt: skip


def test_strings_and_tables() -> None:
    runner = Interpreter(model_content=string_table()).get_signature_runner("look_up")
    found = runner(words=np.array(["by", "one", "two"]))
    np.testing.assert_array_equal(found["numbers"], [20, 10, -1])
    assert runner.get_input_details()["words"]["dtype"] is np.bytes_


def test_missing_kernels_are_all_named() -> None:
    model = read_model(recorded_models.model("dense_int8"))
    model.operator_codes = [
        OperatorCode(builtin_code=BuiltinOperator.CUSTOM, custom_code="FlexStringLower"),
        OperatorCode(builtin_code=BuiltinOperator.LSH_PROJECTION),
    ]
    with pytest.raises(tf.errors.UnimplementedError, match="FlexStringLower, LSH_PROJECTION") as e:
        Interpreter(model_content=write_model(model))
    assert "SELECT_TF_OPS" in str(e.value)


def spoiled(change: str) -> bytes:
    model = read_model(recorded_models.model("dense_int8"))
    graph = model.subgraphs[0]
    if change == "buffer index":
        graph.tensors[0].buffer = 99
    elif change == "short constant":
        model.buffers[graph.tensors[1].buffer].data = b"abc"
    elif change == "negative shape":
        graph.tensors[0].shape = [-1, 16]
    elif change == "scales":
        graph.tensors[1].quantization.scale = [0.1, 0.2]
    elif change == "operator input":
        graph.operators[0].inputs[0] = 77
    elif change == "operator code":
        graph.operators[0].opcode_index = 9
    elif change == "no subgraph":
        model.subgraphs = []
    elif change == "writes a constant":
        graph.operators[0].outputs = [1]
    elif change == "variable with a value":
        graph.tensors[1].is_variable = True
    elif change == "signature":
        model.signature_defs[0].outputs[0].tensor_index = 55
    return write_model(model)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("buffer index", "has buffer 99 of"),
        ("short constant", "takes 350 bytes, not 3"),
        ("negative shape", r"its shape is \[-1, 16\]"),
        ("scales", "2 scales and 5 zero points"),
        ("operator input", "tensor 77 of 6"),
        ("operator code", "has code 9 of"),
        ("no subgraph", "no subgraph"),
        ("writes a constant", "which is a constant"),
        ("variable with a value", "variable and has a value"),
        ("signature", "has tensor 55 of 6"),
    ],
)
def test_models_that_cannot_be(change: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as error:
        Interpreter(model_content=spoiled(change))
    assert isinstance(error.value, tf.errors.OpError)


def test_subgraphs_that_call_each_other_end() -> None:
    model = Model(
        version=3,
        operator_codes=[OperatorCode(builtin_code=BuiltinOperator.CALL)],
        subgraphs=[
            SubGraph(
                tensors=[Tensor(name="x", shape=[1]), Tensor(name="y", shape=[1])], inputs=[0],
                outputs=[1],
                operators=[
                    Operator(inputs=[0], outputs=[1], builtin_options=CallOptions())
                ],
            )
        ],
        buffers=[Buffer()],
    )  # fmt: skip
    interpreter = Interpreter(model_content=write_model(model))
    interpreter.allocate_tensors()
    with pytest.raises(RuntimeError, match="deep"):
        interpreter.invoke()


def test_the_analyzer_prints_the_operators(capsys: pytest.CaptureFixture[str]) -> None:
    tf.lite.experimental.Analyzer.analyze(model_content=recorded_models.model("dense_int8"))
    shown = capsys.readouterr().out
    assert "FULLY_CONNECTED" in shown and "keras_tensor_9: int8[?, 16]" in shown
    with pytest.raises(NotImplementedError, match="GPU delegate"):
        tf.lite.experimental.Analyzer.analyze(model_content=b"x", gpu_compatibility=True)
