"""Pieces that the image functions share: checks of shapes, one image or a batch of them."""

from __future__ import annotations

import importlib
import io
import warnings
from typing import Any, NoReturn

import numpy as np

from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.ops.common import known_value
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import Tensor


def open_picture(data: bytes, kind: str) -> Any:
    """A file opened by Pillow; ValueError for one that claims more pixels than Pillow allows."""
    pillow = importlib.import_module("PIL.Image")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return pillow.open(io.BytesIO(data), formats=[kind])
        except pillow.DecompressionBombError as error:
            raise ValueError(str(error)) from error


def no_gradient(op: Any, *grads: Any) -> NoReturn:
    """The gradient of an op that TensorFlow refuses to differentiate."""
    raise LookupError(
        f"No gradient defined for operation of type '{op.type}'. TensorFlow has none for it either."
    )


def image_tensor(image: Any, name: str = "image") -> Any:
    """The argument as a tensor."""
    return convert_to_tensor(image, name=name)


def check_at_least_3d(image: Any, name: str = "image") -> None:
    """Raise ValueError unless a tensor may be images, one or a batch, with pixels."""
    shape = image.shape
    if shape.rank is None:
        return
    if shape.rank < 3:
        raise ValueError(f"'{name}' (shape {shape.as_list()}) must be at least three-dimensional.")
    if 0 in shape.as_list()[-3:]:
        raise ValueError(
            f"inner 3 dims of '{name}.shape' must be > 0: {shape.as_list()}. "
            "Images without any pixel cannot be processed."
        )


def check_3d(image: Any, name: str = "image") -> None:
    """Raise ValueError unless a tensor may be one image that is not empty."""
    shape = image.shape
    if shape.rank is None:
        return
    if shape.rank != 3:
        raise ValueError(f"'{name}' (shape {shape.as_list()}) must be three-dimensional.")
    if 0 in shape.as_list():
        raise ValueError(f"all dims of '{name}.shape' must be > 0: {shape.as_list()}")


def check_rgb(images: Any) -> None:
    """Raise ValueError unless the last dimension may be the three channels of RGB."""
    if images.shape.rank is not None and images.shape.rank < 1:
        raise ValueError("images must have at least one dimension, the channels; got a scalar.")
    last = images.shape[-1] if images.shape.rank else None
    if last not in (None, 3):
        raise ValueError(f"images must have 3 channels last, got shape {images.shape.as_list()}")


def as_batch(image: Any) -> tuple[Any, bool]:
    """A batch of images, and whether it was made of a single one.

    Raises:
        ValueError: unless the rank is 3 or 4, or unknown.
    """
    rank = image.shape.rank
    if rank in (3, None):  # of unknown rank, it is taken for a single one, as in TensorFlow
        batch = raw.ExpandDims(image, 0)
        if rank is None:
            batch.set_shape([1, None, None, None])
        return batch, True
    if rank != 4:
        raise ValueError(f"'images' must have either 3 or 4 dimensions, got {rank}.")
    return image, False


def unbatch(images: Any, single: bool) -> Any:
    """The inverse of `as_batch`."""
    return raw.Squeeze(images, squeeze_dims=[0]) if single else images


def size_of(image: Any, axis: int) -> Any:
    """Length of an axis: a Python integer where it is known, else a scalar int32 tensor."""
    if image.shape.rank is not None and image.shape[axis] is not None:
        return int(image.shape[axis])
    return raw.Shape(image)[axis]


def sizes_of(image: Any) -> tuple[Any, Any, Any]:
    """Height, width and channels, as `size_of` has them."""
    return size_of(image, -3), size_of(image, -2), size_of(image, -1)


def static(value: Any) -> int | None:
    """The integer that an argument is, if it is known while tracing."""
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, Tensor):
        array = known_value(value)
        return None if array is None or array.ndim else int(array)
    return int(value)


def with_shape(tensor: Any, shape: Any) -> Any:
    """The same tensor, in a graph with what is known of its shape."""
    if not tensor.shape.is_fully_defined():
        tensor.set_shape(TensorShape(shape))
    return tensor
