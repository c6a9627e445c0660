"""What becomes of a request that fails: nothing of it stays behind."""

import gc
import logging
import weakref

import numpy as np
import pytest

from tidefall.base import errors
from tidefall.serving.inference import Call, Inference
from tidefall.serving.models.manager import ModelManager
from tidefall.serving.models.model import ModelConfig
from tidefall.serving.models.servable import FunctionServable, Signature, TensorInfo


class Body(dict):
    """What a request brought; knows whether anybody still holds it."""


def refuse(signature):
    raise errors.InvalidArgumentError(None, None, "not what it should be")


def refuse_because(signature):
    try:
        refuse(signature)
    except errors.InvalidArgumentError as error:
        raise errors.InternalError(None, None, "it went wrong") from error


def break_down(arrays):
    raise ValueError("the model is broken")


@pytest.fixture
def inference(base_path):
    info = TensorInfo("float32", (None,))
    signature = Signature({"x": info}, {"y": info}, break_down)
    servable = FunctionServable({"serving_default": signature})
    manager = ModelManager([ModelConfig("half", base_path)], lambda path: servable, 0)
    manager.find("half").reconcile()
    return Inference(manager)


@pytest.mark.parametrize(
    ("decode", "model", "code"),
    [
        (refuse, "half", errors.INVALID_ARGUMENT),
        (refuse_because, "half", errors.INTERNAL),
        (lambda signature: {"z": np.zeros(3)}, "half", errors.INVALID_ARGUMENT),
        (lambda signature: {"x": np.zeros(3, np.float32)}, "half", errors.INTERNAL),
        (refuse, "unknown", errors.NOT_FOUND),
    ],
    ids=["refused", "refused for a reason", "wrong inputs", "model fails", "no such model"],
)
def test_a_request_that_failed_is_freed_without_the_garbage_collector(
    inference, decode, model, code, caplog
):
    caplog.set_level(logging.CRITICAL, "tidefall.serving")  # What is logged is held by pytest.
    codes = []

    def ask():
        body = Body(x=1.0)
        inference.run(
            Call(model),
            lambda signature: decode(signature) if body else {},
            lambda outcome: codes.append(outcome.error.error_code),
        )
        return weakref.ref(body)

    gc.collect()
    gc.disable()
    try:
        body = ask()
        assert codes == [code]
        assert body() is None
    finally:
        gc.enable()
