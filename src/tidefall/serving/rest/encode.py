"""The reply to a predict request: output arrays to JSON."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from tidefall.serving.rest.decode import Format
from tidefall.serving.rest.text import dumps, encodable
from tidefall.serving.status import invalid

_BYTES_SUFFIX = "_bytes"


def encode_outputs(outputs: Mapping[str, np.ndarray], layout: Format) -> bytes:
    """The body of the reply, in the layout of the request.

    Raises:
        InvalidArgumentError: an output has no JSON form, or outputs do not agree on a batch size
            and the request came in row format.
    """
    if not outputs:
        raise invalid("Cannot convert empty tensor map to JSON")
    arrays = {name: _narrowed(name, array) for name, array in outputs.items()}
    if layout is Format.ROW:
        _check_batch(arrays)
    finite = all(a.dtype.kind != "f" or bool(np.isfinite(a).all()) for a in arrays.values())
    columns = {name: _json_form(name, array) for name, array in arrays.items()}
    key = "predictions" if layout is Format.ROW else "outputs"
    body: Any = columns
    if len(columns) == 1:
        body = next(iter(columns.values()))
    elif layout is Format.ROW:
        names = columns.keys()
        body = [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return dumps({key: body}, finite=finite)


def _narrowed(name: str, array: Any) -> np.ndarray:
    """The array in a type that JSON can show without loss."""
    array = np.asarray(array)
    if array.dtype.kind in "OSU" or array.dtype.kind in "biu" or array.dtype in _FLOATS:
        return array
    if array.dtype == np.float16 or array.dtype.name == "bfloat16":
        return array.astype(np.float32)
    raise invalid(f"Failed to write JSON value for tensor type: {array.dtype.name} ({name!r})")


_FLOATS = (np.dtype(np.float32), np.dtype(np.float64))


def _check_batch(arrays: Mapping[str, np.ndarray]) -> None:
    batch = None
    for name, array in arrays.items():
        if not array.ndim:
            raise invalid(
                f"Tensor name: {name} has no shape information: a scalar output has no rows. "
                "Send the request in column format ('inputs' instead of 'instances')"
            )
        if batch is not None and len(array) != batch:
            raise invalid(
                f"Tensor name: {name} has inconsistent batch size: {len(array)} expecting: "
                f"{batch}. Send the request in column format ('inputs' instead of 'instances')"
            )
        batch = len(array)


def _json_form(name: str, array: np.ndarray) -> Any:
    if array.dtype.kind not in "OSU":
        return encodable(array)
    write = partial(_base64 if name.endswith(_BYTES_SUFFIX) else _text, name)
    return _nested(array.tolist(), array.ndim, write)


def _nested(value: Any, depth: int, write: Any) -> Any:
    return [_nested(item, depth - 1, write) for item in value] if depth else write(value)


def _base64(name: str, value: Any) -> dict[str, str]:
    return {"b64": base64.b64encode(_as_bytes(name, value)).decode()}


def _text(name: str, value: Any) -> str:
    try:
        return _as_bytes(name, value).decode()
    except UnicodeDecodeError:
        raise invalid(
            f"Failed to write JSON value for tensor {name!r}: it holds bytes that are not UTF-8. "
            f"Outputs whose name ends in {_BYTES_SUFFIX!r} are sent in base64"
        ) from None


def _as_bytes(name: str, value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode()
    raise invalid(
        f"Failed to write JSON value for tensor {name!r}: an element is a {type(value).__name__}"
    )
