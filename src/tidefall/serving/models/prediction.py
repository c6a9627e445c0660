"""Running one signature of a loaded model: what every protocol of the server goes through."""

from __future__ import annotations

import logging
from collections.abc import Iterable

import numpy as np

from tidefall.base import errors
from tidefall.serving.models.servable import (
    CLASSIFY_METHOD,
    DEFAULT_SIGNATURE,
    PREDICT_METHOD,
    REGRESS_METHOD,
    Arrays,
    Servable,
    Signature,
    TensorInfo,
    format_shape,
)
from tidefall.serving.status import describe, invalid

_logger = logging.getLogger("tidefall.serving")


def find_signature(
    servable: Servable, name: str, method: str = "predict", protocol: str = "rest"
) -> Signature:
    """The signature of that name; `serving_default` for "".

    Args:
        servable: the model.
        name: what the request says.
        method: what is asked of it, as in `inference.Call`.
        protocol: "rest" or "grpc"; TensorFlow Serving's errors differ.

    Raises:
        InvalidArgumentError: the model has no such signature, or it takes no inputs.
        FailedPreconditionError: the same, for Predict over gRPC.
        InternalError: it is not for prediction, and checks that.
    """
    wanted = name or DEFAULT_SIGNATURE
    signature = servable.signatures.get(wanted)
    if signature is None:
        known = ", ".join(sorted(servable.signatures)) or "none"
        raise _not_found(wanted, known, method, protocol)
    if not signature.inputs:
        raise invalid(f"Failed to get input map for signature: {name or 'DEFAULT'}")
    if method == "predict" and signature.checks_method:
        _check_method(signature)
    return signature


def _check_method(signature: Signature) -> None:
    methods = PREDICT_METHOD, CLASSIFY_METHOD, REGRESS_METHOD
    if signature.method_name not in methods:
        message = (
            f"Expected prediction signature method_name to be one of {{{', '.join(methods)}}}. "
            f"Was: {signature.method_name}"
        )
        raise errors.InternalError(None, None, message)


def _not_found(wanted: str, known: str, method: str, protocol: str) -> errors.OpError:
    if method == "predict" and protocol == "grpc":
        message = f'Serving signature key "{wanted}" not found. Signatures: {known}'
        return errors.FailedPreconditionError(None, None, message)
    if method == "predict":
        message = f'Serving signature name: "{wanted}" not found in signature def'
    elif method == "multi_inference":
        message = f"Requested signature not found in model graph: {wanted}"
    else:
        message = f"No signature was found with the name: {wanted}"
    return invalid(f"{message}. Signatures: {known}")


def check_inputs(signature: Signature, arrays: Arrays) -> None:
    """Checks the inputs of a request against the signature, and the data schema if there is one.

    Raises:
        InvalidArgumentError: says which input, what was received and what was expected.
    """
    if arrays.keys() != signature.inputs.keys():
        raise _other_inputs(signature, arrays)
    for name, info in signature.inputs.items():
        if info.refuses(arrays[name].shape):
            raise invalid(_expected(name, info, arrays[name]))
    if signature.contract is not None:
        signature.contract(arrays)


def _other_inputs(signature: Signature, arrays: Arrays) -> errors.OpError:
    """What TensorFlow Serving says where a request has other inputs than a signature."""
    wanted, sent = signature.inputs.keys(), arrays.keys()
    if len(sent) == len(wanted):
        name = min(wanted - sent)
        problem = (
            f"Signature input alias: {name}(feed name: {signature.inputs[name].name}) not found in "
            "request and no default value provided."
        )
    else:
        problem = (
            f"input size does not match signature: {len(sent)}!={len(wanted)} "
            f"len({_set(sent)}) != len({_set(wanted)})."
        )
    return invalid(
        f"{problem} Sent extra: {_set(sent - wanted)}. Missing but required: {_set(wanted - sent)}."
    )


def _set(names: Iterable[str]) -> str:
    return f"{{{','.join(sorted(names))}}}"


def _expected(name: str, info: TensorInfo, array: np.ndarray) -> str:
    return (
        f"Input {name!r}: expected shape {format_shape(info.shape)} ({info.dtype}), "
        f"received shape {format_shape(array.shape)}"
    )


def run_checked(signature: Signature, arrays: Arrays) -> dict[str, np.ndarray]:
    """Runs the model on checked inputs, and returns its outputs in the signature's order.

    Raises:
        InvalidArgumentError: the inputs do not fit the model.
        OpError: whatever the model raised; InternalError where that was no `tf.errors` exception.
    """
    try:
        outputs = signature.run(arrays)
    except Exception as error:
        raise model_failure(error, signature, arrays) from error
    absent = sorted(signature.outputs.keys() - outputs.keys())
    if absent:
        message = f"the model did not return the outputs its signature names: {absent}"
        raise errors.InternalError(None, None, message)
    return {name: outputs[name] for name in signature.outputs}


def model_failure(error: Exception, signature: Signature, arrays: Arrays) -> errors.OpError:
    """The error to answer with when the model raised one."""
    unexpected = [
        _expected(name, info, arrays[name])
        for name, info in signature.inputs.items()
        if not info.matches(arrays[name].shape)
    ]
    if unexpected:
        _, reason = describe(error)
        return invalid(f"{'. '.join(unexpected)}. The model could not use it: {reason}")
    if isinstance(error, errors.OpError):
        return error
    _logger.error("the model failed", exc_info=error)
    message = f"the model failed: {type(error).__name__}: {error}"
    return errors.InternalError(None, None, message)
