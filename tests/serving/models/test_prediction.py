"""Inputs against signatures, and what models do wrong."""

import numpy as np
import pytest

from tidefall.core import errors
from tidefall.serving.models.prediction import find_signature, run_signature
from tidefall.serving.models.servable import FunctionServable, Signature, TensorInfo

X = TensorInfo("float32", (None, 2))


def signature(run, inputs=None, outputs=None):
    return Signature(inputs or {"x": X}, outputs or {"y": X}, run)


@pytest.mark.parametrize(
    ("shape", "accepted"),
    [((3, 2), True), ((0, 2), True), ((2,), False), ((3, 3), False), ((1, 3, 2), False)],
)
def test_shapes(shape, accepted):
    echo = signature(lambda arrays: {"y": arrays["x"]})
    arrays = {"x": np.zeros(shape, np.float32)}
    if accepted:
        assert run_signature(echo, arrays)["y"].shape == shape
    else:
        with pytest.raises(
            errors.InvalidArgumentError, match=r"Input 'x': expected shape \[\?,2\]"
        ):
            run_signature(echo, arrays)


def test_an_unknown_rank_takes_any_shape():
    assert TensorInfo("float32", None).accepts_shape((1, 2, 3))


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
        find_signature(servable, None)
