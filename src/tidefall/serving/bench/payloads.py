"""What to send: given bodies, or random inputs made after the model's metadata."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np

from tidefall.base import errors
from tidefall.serving.client import Client
from tidefall.serving.models.servable import DEFAULT_SIGNATURE

_STRING_BYTES = 8
_INTEGERS_BELOW = 8  # Small, since integers are often indices.
_FLOATS = {"DT_FLOAT": "float32", "DT_DOUBLE": "float64", "DT_HALF": "float16"}


def signature_inputs(url: str, model: str, signature_name: str) -> Mapping[str, Any]:
    """The inputs of a model's signature as its REST metadata describes them.

    Raises:
        NotFoundError: the server has no such model, or the model no such signature.
        UnavailableError: the server cannot be reached.
    """
    with Client(url, model) as client:
        metadata = client.metadata()
    signatures = metadata["metadata"]["signature_def"]["signature_def"]
    name = signature_name or DEFAULT_SIGNATURE
    if name not in signatures:
        known = ", ".join(sorted(signatures))
        message = f"model {model} has no signature {name!r}; signatures: {known}"
        raise errors.NotFoundError(None, None, message)
    return signatures[name]["inputs"]


def random_inputs(
    inputs: Mapping[str, Any], rows: int, random: np.random.Generator
) -> dict[str, np.ndarray]:
    """One array per input: `rows` in the first dimension, 1 where a later size is free.

    Args:
        inputs: as `signature_inputs` returns them.
        rows: the size of the first dimension where it is free or 1; a fixed one stays.
        random: makes the values: floats in [0, 1), small integers, booleans, short strings.

    Raises:
        UnimplementedError: an input is of a type that has no random values here.
    """
    return {name: _random_array(name, info, rows, random) for name, info in inputs.items()}


def _random_array(
    name: str, info: Mapping[str, Any], rows: int, random: np.random.Generator
) -> np.ndarray:
    sizes = [int(dim["size"]) for dim in info["tensor_shape"].get("dim", ())]
    if info["tensor_shape"].get("unknown_rank"):
        sizes = [-1]
    shape = [max(size, 1) for size in sizes]
    if sizes and sizes[0] in (-1, 1):
        shape[0] = rows
    dtype = info["dtype"].removesuffix("_REF")
    if dtype in _FLOATS:
        return random.random(shape).astype(_FLOATS[dtype])
    if dtype == "DT_STRING":
        flat = [random.bytes(_STRING_BYTES).hex().encode() for _ in range(int(np.prod(shape)))]
        return np.array(flat, object).reshape(shape)
    if dtype == "DT_BOOL":
        return random.random(shape) < 0.5
    if dtype.startswith(("DT_INT", "DT_UINT")):
        return random.integers(0, _INTEGERS_BELOW, shape).astype(dtype[3:].lower())
    message = f"input {name!r} is {dtype}: give a body with --body_file or --json"
    raise errors.UnimplementedError(None, None, message)


def rest_body(arrays: Mapping[str, np.ndarray], signature_name: str = "") -> bytes:
    """A predict request in row format where all inputs have rows, else in column format."""
    from tidefall.serving.rest.text import dumps

    lists = {name: _plain(array) for name, array in arrays.items()}
    document: dict[str, Any] = {"signature_name": signature_name} if signature_name else {}
    if all(array.ndim for array in arrays.values()):
        if len(lists) == 1:
            rows = next(iter(lists.values()))
        else:
            names = lists.keys()
            rows = [dict(zip(names, r, strict=True)) for r in zip(*lists.values(), strict=True)]
        document["instances"] = rows
    else:
        document["inputs"] = lists
    return dumps(document)


def _plain(array: np.ndarray) -> Any:
    if array.dtype == object:
        flat = [{"b64": base64.b64encode(value).decode()} for value in array.ravel().tolist()]
        nested = np.empty(len(flat), object)
        nested[:] = flat
        return nested.reshape(array.shape).tolist()
    if array.dtype.kind == "f":
        return np.round(array.astype(np.float64), 6).tolist()
    return array.tolist()


def grpc_body(
    arrays: Mapping[str, np.ndarray], model: str, version: int | None, signature_name: str = ""
) -> bytes:
    """A `PredictRequest`, as bytes."""
    from tidefall.proto import serving
    from tidefall.proto.tensors import make_tensor_proto

    request = serving.PredictRequest()
    request.model_spec.name = model
    request.model_spec.signature_name = signature_name
    if version is not None:
        request.model_spec.version.value = version
    for name, array in arrays.items():
        request.inputs[name].CopyFrom(make_tensor_proto(array, content=array.dtype != object))
    return request.SerializeToString()
