"""Model files: opened by path, and the errors for those that are none."""

from __future__ import annotations

import mmap
import os
import zipfile
from typing import Any

import numpy as np

from tidefall.base import errors


class DamagedModelError(errors.DataLossError, ValueError):
    """A damaged file, which TensorFlow's interpreter refuses with ValueError."""


class InvalidModelError(errors.InvalidArgumentError, ValueError):
    """A file that is no model or a model that cannot be; ValueError in TensorFlow's interpreter."""


def bad_model(error: errors.OpError) -> errors.OpError:
    """The error of a model file as a ValueError as well."""
    kind = DamagedModelError if isinstance(error, errors.DataLossError) else InvalidModelError
    return kind(None, None, error.message)


def read_content(path: Any, content: Any) -> tuple[str, Any]:
    """The name and the bytes of a model, given by path or by content."""
    if path and content:
        raise ValueError("Can't both provide `model_path` and `model_content`")
    if content:
        return "the model", content
    if not path:
        raise ValueError("`model_path` or `model_content` must be specified.")
    path = os.fspath(path)
    try:
        with open(path, "rb") as file:
            if os.fstat(file.fileno()).st_size == 0:
                raise ValueError(f"Could not open '{path}': the file is empty.")
            return path, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as error:
        raise ValueError(f"Could not open '{path}': {error.strerror or error}.") from error


def read_arrays(path: str) -> Any:
    """What is in a `.npy` or `.npz` file.

    Raises:
        ValueError: if it is none, is damaged, or holds Python objects.
        OSError: if it cannot be opened.
    """
    try:
        return np.load(path, allow_pickle=False)
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} cannot be read as a .npy or .npz file of numbers.") from error
