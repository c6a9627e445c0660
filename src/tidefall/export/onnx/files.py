"""ONNX files: written whole, and read with an error that names them."""

from __future__ import annotations

import os
from typing import Any

from tidefall.base import errors


def require_onnx() -> None:
    """Raise an error that says what to install where the package `onnx` is missing."""
    try:
        import onnx  # noqa: F401
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "ONNX models take the package onnx: pip install 'tidefall[onnx]'", name="onnx"
        ) from error


def write_model(model: Any, path: Any) -> None:
    """Write a model; the file is there whole or not at all.

    Args:
        model: an `onnx.ModelProto`. Above 2 GB its weights go into `PATH.data` beside it.
        path: the file.
    """
    import onnx

    name = os.fspath(path)
    temporary = f"{name}.partial"
    try:
        if model.ByteSize() >= 2**31 - 1:
            beside = f"{os.path.basename(name)}.data"
            onnx.save_model(
                model, temporary, save_as_external_data=True, location=beside, size_threshold=1024
            )
        else:
            with open(temporary, "wb") as file:
                file.write(model.SerializeToString())
        os.replace(temporary, name)
    except BaseException:
        if os.path.exists(temporary):
            os.remove(temporary)
        raise


def read_model(path: Any) -> Any:
    """Return the ModelProto of a file, or the model itself if it is one, checked.

    Raises:
        tf.errors.NotFoundError: if there is no such file.
        tf.errors.DataLossError: if it is no ONNX model, or breaks ONNX's rules.
    """
    require_onnx()
    import onnx
    from google.protobuf.message import DecodeError

    if isinstance(path, onnx.ModelProto):
        model, name = path, "The model"
    else:
        name = os.fspath(path)
        if not os.path.isfile(name):
            raise errors.NotFoundError(None, None, f"There is no file {name}.")
        try:
            model = onnx.load(name)
        except (DecodeError, OSError, ValueError, onnx.checker.ValidationError) as error:
            raise errors.DataLossError(
                None, None, f"{name} is no ONNX model or is damaged: {error}"
            ) from error
    if not model.graph.node and not model.graph.output:
        raise errors.DataLossError(None, None, f"{name} is no ONNX model: it has no graph.")
    return model
