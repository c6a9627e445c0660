"""Inputs against signatures, and what models do wrong."""

import dataclasses

import numpy as np
import pytest

from tidefall.base import errors
from tidefall.serving.models.examples import check_classifier, check_regressor
from tidefall.serving.models.prediction import check_inputs, find_signature, run_checked
from tidefall.serving.models.servable import FunctionServable, Signature, TensorInfo

X = TensorInfo("float32", (None, 2))


def run_signature(signature, arrays):
    check_inputs(signature, arrays)
    return run_checked(signature, arrays)


def signature(run, inputs=None, outputs=None):
    return Signature(inputs or {"x": X}, outputs or {"y": X}, run)


@pytest.mark.parametrize(
    ("declared", "sent", "refused"),
    [
        ((None, 2), (3, 2), False),
        ((None, 2), (0, 2), False),
        ((None, 2), (2,), True),
        ((None, 2), (3, 3), True),
        ((None, 2), (1, 3, 2), True),
        ((None, 8, 8, 1), (1, 8, 8), True),
        # Sizes of 1 are often not meant: the model decides.
        ((1, 8, 8, 3), (5, 8, 8, 3), False),
        ((None, 1), (3,), False),
        ((), (3,), False),
        ((1,), (3,), False),
        ((None,), (3, 1), False),
        (None, (1, 2, 3), False),
    ],
)
def test_shapes_that_are_certainly_wrong_never_reach_the_model(declared, sent, refused):
    info = TensorInfo("float32", declared)
    echo = signature(lambda arrays: {"y": arrays["x"]}, inputs={"x": info})
    arrays = {"x": np.zeros(sent, np.float32)}
    if refused:
        with pytest.raises(errors.InvalidArgumentError) as caught:
            run_signature(echo, arrays)
        assert caught.value.message.startswith(f"Input 'x': expected shape {str(info)[8:]} ")
        assert caught.value.message.endswith(str(list(sent)).replace(" ", ""))
    else:
        assert run_signature(echo, arrays)["y"].shape == sent


@pytest.mark.parametrize(
    "error", [ValueError("no batches"), errors.InternalError(None, None, "no batches")]
)
def test_a_model_that_fails_on_an_unexpected_shape_blames_the_shape(error):
    def run(arrays):
        raise error

    fixed = signature(run, inputs={"x": TensorInfo("float32", (1, 2))})
    with pytest.raises(errors.InvalidArgumentError) as caught:
        run_signature(fixed, {"x": np.zeros((3, 2), np.float32)})
    assert caught.value.message.startswith(
        "Input 'x': expected shape [1,2] (float32), received shape [3,2]. The model could not use"
    )
    assert caught.value.message.endswith("no batches")


def test_names_of_inputs_must_be_those_of_the_signature():
    with pytest.raises(errors.InvalidArgumentError) as caught:
        run_signature(signature(dict), {"z": np.zeros(1)})
    assert "Sent extra: {z}. Missing but required: {x}." in caught.value.message


def test_errors_with_a_status_code_pass_and_others_are_internal(caplog):
    def raising(error):
        def run(arrays):
            raise error

        return signature(run)

    arrays = {"x": np.zeros((1, 2), np.float32)}
    with pytest.raises(errors.ResourceExhaustedError, match="no memory"):
        run_signature(raising(errors.ResourceExhaustedError(None, None, "no memory")), arrays)
    with pytest.raises(errors.InternalError, match="the model failed: KeyError: 'w'"):
        run_signature(raising(KeyError("w")), arrays)
    assert "KeyError" in caplog.text


def test_outputs_come_in_the_order_of_the_signature_and_must_be_there():
    arrays = {"x": np.zeros((1, 2), np.float32)}
    two = {"b": X, "a": X}
    outputs = run_signature(signature(lambda _: {"a": 1, "b": 2, "c": 3}, outputs=two), arrays)
    assert list(outputs.items()) == [("b", 2), ("a", 1)]
    with pytest.raises(errors.InternalError, match=r"did not return .* \['b'\]"):
        run_signature(signature(lambda _: {"a": 1}, outputs=two), arrays)


def test_signatures_without_inputs_cannot_be_called():
    servable = FunctionServable({"f": Signature({}, {}, dict)})
    with pytest.raises(
        errors.InvalidArgumentError, match="Failed to get input map for signature: f"
    ):
        find_signature(servable, "f")
    with pytest.raises(errors.InvalidArgumentError, match='"serving_default" not found'):
        find_signature(servable, "")


@pytest.mark.parametrize(
    ("method", "predict", "classify", "regress"),
    [
        ("tensorflow/serving/predict", True, False, False),
        ("tensorflow/serving/classify", True, True, False),
        ("tensorflow/serving/regress", True, False, True),
        ("other", False, False, False),
    ],
)
def test_a_signature_may_insist_on_its_method(method, predict, classify, regress):
    text = {"inputs": TensorInfo("string", (None,))}
    outputs = {"outputs": X, "scores": X}
    strict = Signature(text, outputs, lambda arrays: arrays, method, checks_method=True)
    servable = FunctionServable({"f": strict})

    def refusal(check, *arguments):
        try:
            check(*arguments)
        except errors.OpError as error:
            return error.message

    def expected(task, name):
        known = f"Expected {task} signature method_name to be {name}. Was: {method}"
        return None if method == name else known

    message = refusal(find_signature, servable, "f")
    assert (message is None) == predict
    assert predict or message.endswith(f"tensorflow/serving/regress}}. Was: {method}")
    assert refusal(find_signature, servable, "f", "classify") is None  # Checked by what follows.
    for task, check, may in (
        ("classification", check_classifier, classify),
        ("regression", check_regressor, regress),
    ):
        one = "scores" if task == "classification" else "outputs"
        signature = dataclasses.replace(strict, outputs={one: X})
        found = refusal(check, signature)
        assert (found is None) == may
        name = "tensorflow/serving/" + ("classify" if task == "classification" else "regress")
        assert found == expected(task, name)
