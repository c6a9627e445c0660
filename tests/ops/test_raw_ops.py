"""`tf.raw_ops`: ops by their own names, with keyword arguments."""

import inspect

import pytest

import tidefall as tf


def test_calls_the_op_with_keywords() -> None:
    assert tf.raw_ops.AddV2(x=[1, 2], y=3).numpy().tolist() == [4, 5]


def test_python_names_stand_for_those_of_the_op_table() -> None:
    total = tf.raw_ops.Sum(input=[[1.0, 2.0], [3.0, 4.0]], axis=1, keep_dims=True)
    assert total.numpy().tolist() == [[3.0], [7.0]]


def test_several_outputs_come_as_a_named_tuple() -> None:
    result = tf.raw_ops.SoftmaxCrossEntropyWithLogits(features=[[1.0, 2.0]], labels=[[0.0, 1.0]])
    assert result._fields == ("loss", "backprop")
    assert result.loss.shape == [1]


def test_signature_lists_inputs_then_attributes() -> None:
    parameters = inspect.signature(tf.raw_ops.Sum).parameters
    assert list(parameters) == ["input", "axis", "keep_dims", "name"]
    assert parameters["keep_dims"].default is False


@pytest.mark.parametrize(
    "args, kwargs, text",
    [
        ((1, 2), {}, "only takes keyword args"),
        ((), {"input": [1.0]}, "missing its required keyword argument 'axis'"),
        ((), {"input": [1.0], "axis": 0, "keepdims": True}, "unexpected keyword"),
    ],
)
def test_wrong_arguments(args, kwargs, text) -> None:
    with pytest.raises(TypeError, match=text):
        tf.raw_ops.Sum(*args, **kwargs)


def test_unknown_and_missing_ops() -> None:
    with pytest.raises(AttributeError, match="no op called 'Nothing'"):
        _ = tf.raw_ops.Nothing
    with pytest.raises(tf.errors.UnimplementedError, match="CudnnRNN"):
        tf.raw_ops.CudnnRNN(input=[[[1.0]]], input_h=[[[1.0]]], input_c=[[[1.0]]], params=[1.0])
    assert "AddV2" in dir(tf.raw_ops)
    assert "CudnnRNN" not in dir(tf.raw_ops)
