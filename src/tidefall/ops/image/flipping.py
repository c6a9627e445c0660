"""Flips, quarter turns and transposes of images."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.exports import export
from tidefall.base.state import name_scope
from tidefall.op import raw
from tidefall.ops.image.common import as_batch, check_at_least_3d, static, unbatch
from tidefall.ops.random.stateful_functions import uniform
from tidefall.ops.random.stateless_functions import stateless_uniform
from tidefall.tensor.conversion import convert_to_tensor

_VERTICAL, _HORIZONTAL = -3, -2


def _reversed(image: Any, axis: int) -> Any:
    return raw.ReverseV2(image, np.array([axis], np.int32))


def _image(image: Any) -> Any:
    image = convert_to_tensor(image, name="image")
    check_at_least_3d(image)
    if image.shape.rank not in (None, 3, 4):
        raise ValueError(
            f"'image' (shape {image.shape.as_list()}) must have either 3 or 4 dimensions."
        )
    return image


def _flip(image: Any, axis: int, scope: str) -> Any:
    with name_scope(scope):
        return _reversed(_image(image), axis)


@export("image.flip_left_right")
def flip_left_right(image: Any) -> Any:
    """Mirror images, left to right.

    Args:
        image: `[batch, height, width, channels]` or `[height, width, channels]`.

    Returns:
        A tensor of the same shape and dtype.

    Raises:
        ValueError: for another rank, or an empty image.

    >>> import tidefall as tf
    >>> tf.image.flip_left_right([[[1], [2]]])[:, :, 0].numpy()
    array([[2, 1]], dtype=int32)
    """
    return _flip(image, _HORIZONTAL, "flip_left_right")


@export("image.flip_up_down")
def flip_up_down(image: Any) -> Any:
    """Mirror images, upside down.

    Args:
        image: `[batch, height, width, channels]` or `[height, width, channels]`.

    Returns:
        A tensor of the same shape and dtype.

    Raises:
        ValueError: for another rank, or an empty image.

    >>> import tidefall as tf
    >>> tf.image.flip_up_down([[[1]], [[2]]])[:, :, 0].numpy()
    array([[2],
           [1]], dtype=int32)
    """
    return _flip(image, _VERTICAL, "flip_up_down")


def _random_flip(image: Any, axis: int, draw: Any, scope: str) -> Any:
    """Flip each image of a batch on its own, when a number drawn for it says so."""
    with name_scope(scope):
        image = _image(image)
        if image.shape.rank in (3, None):
            chosen = draw(shape=[])
            flip = raw.Less(chosen, np.float32(0.5))
            return raw.SelectV2(flip, _reversed(image, axis), image)
        count: Any = image.shape[0]
        shape = [count] if count is not None else raw.Shape(image)[:1]
        chosen = raw.Reshape(draw(shape=shape), np.array([-1, 1, 1, 1], np.int32))
        flip = raw.Cast(raw.Round(chosen), DstT=dtypes.bool)
        return raw.SelectV2(flip, _reversed(image, axis), image)


@export("image.random_flip_left_right")
def random_flip_left_right(image: Any, seed: int | None = None) -> Any:
    """Mirror each image, left to right, with probability one half.

    Args:
        image: `[batch, height, width, channels]` or `[height, width, channels]`.
        seed: seed of this op; see `tf.random.set_seed`.

    Returns:
        A tensor of the same shape and dtype.

    Raises:
        ValueError: for another rank, or an empty image.

    >>> import tidefall as tf
    >>> tf.image.random_flip_left_right(tf.ones([2, 3, 1])).shape
    TensorShape([2, 3, 1])
    """
    return _random_flip(
        image,
        _HORIZONTAL,
        lambda shape: uniform(shape, 0, 1.0, seed=seed),
        "random_flip_left_right",
    )


@export("image.random_flip_up_down")
def random_flip_up_down(image: Any, seed: int | None = None) -> Any:
    """Turn each image upside down with probability one half.

    Args:
        image: `[batch, height, width, channels]` or `[height, width, channels]`.
        seed: seed of this op; see `tf.random.set_seed`.

    Returns:
        A tensor of the same shape and dtype.

    Raises:
        ValueError: for another rank, or an empty image.

    >>> import tidefall as tf
    >>> tf.image.random_flip_up_down(tf.ones([2, 3, 1])).shape
    TensorShape([2, 3, 1])
    """
    return _random_flip(
        image, _VERTICAL, lambda shape: uniform(shape, 0, 1.0, seed=seed), "random_flip_up_down"
    )


@export("image.stateless_random_flip_left_right")
def stateless_random_flip_left_right(image: Any, seed: Any) -> Any:
    """Mirror each image, left to right, with probability one half, as a seed says.

    Args:
        image: `[batch, height, width, channels]` or `[height, width, channels]`.
        seed: two integers; the same seed gives the same result.

    Returns:
        A tensor of the same shape and dtype.

    Raises:
        ValueError: for another rank, or an empty image.

    >>> import tidefall as tf
    >>> tf.image.stateless_random_flip_left_right([[[1], [2]]], seed=(2, 3))[0, :, 0].numpy()
    array([2, 1], dtype=int32)
    """
    return _random_flip(
        image,
        _HORIZONTAL,
        lambda shape: stateless_uniform(shape, seed),
        "stateless_random_flip_left_right",
    )


@export("image.stateless_random_flip_up_down")
def stateless_random_flip_up_down(image: Any, seed: Any) -> Any:
    """Turn each image upside down with probability one half, as a seed says.

    Args:
        image: `[batch, height, width, channels]` or `[height, width, channels]`.
        seed: two integers; the same seed gives the same result.

    Returns:
        A tensor of the same shape and dtype.

    Raises:
        ValueError: for another rank, or an empty image.

    >>> import tidefall as tf
    >>> tf.image.stateless_random_flip_up_down(tf.ones([2, 3, 1]), seed=(1, 2)).shape
    TensorShape([2, 3, 1])
    """
    return _random_flip(
        image,
        _VERTICAL,
        lambda shape: stateless_uniform(shape, seed),
        "stateless_random_flip_up_down",
    )


# ---- quarter turns ----

_SWAPPED = np.array([0, 2, 1, 3], np.int32)
# By the number of quarter turns: the order of axes, then the axes to reverse.
_ORDERS = np.array([[0, 1, 2, 3], [0, 2, 1, 3], [0, 1, 2, 3], [0, 2, 1, 3]], np.int32)
_REVERSED = np.array([[0, 0, 0, 0], [0, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 0]], np.bool_)


def _turned(images: Any, turns: int) -> Any:
    if turns % 2:
        images = raw.Transpose(images, _SWAPPED)
    axes = np.flatnonzero(_REVERSED[turns]).astype(np.int32)
    return raw.ReverseV2(images, axes) if len(axes) else images


@export("image.rot90")
def rot90(image: Any, k: Any = 1, name: str | None = None) -> Any:
    """Turn images counter-clockwise by quarter turns.

    Args:
        image: `[batch, height, width, channels]` or `[height, width, channels]`.
        k: number of quarter turns: an integer or a scalar int32 tensor.
        name: name scope of the nodes in a graph.

    Returns:
        A tensor of the same dtype, height and width swapped when `k` is odd.

    Raises:
        ValueError: for another rank, an empty image, or a `k` that is not a scalar.

    >>> import tidefall as tf
    >>> tf.image.rot90([[[1], [2]]])[:, :, 0].numpy()
    array([[2],
           [1]], dtype=int32)
    """
    with name_scope(name or "rot90"):
        image = _image(image)
        k = convert_to_tensor(k, dtypes.int32, name="k")
        if k.shape.rank not in (None, 0):
            raise ValueError(f"Shape must be rank 0 but is rank {k.shape.rank} for k of rot90.")
        images, single = as_batch(image)
        known = static(k)
        if known is not None:
            return unbatch(_turned(images, known % 4), single)
        k = raw.FloorMod(k, np.int32(4))
        gather = raw.GatherV2
        axes = raw.Where(gather(_REVERSED, k, 0))[:, 0]
        turned = raw.Transpose(images, gather(_ORDERS, k, 0))
        turned = raw.ReverseV2(turned, raw.Cast(axes, DstT=dtypes.int32))
        known_rank = images.shape.rank is not None
        height, width = images.shape[1:3] if known_rank else (None, None)
        square = height if height == width else None
        if known_rank:
            turned.set_shape([images.shape[0], square, square, images.shape[3]])
        return unbatch(turned, single)


@export("image.transpose")
def transpose(image: Any, name: str | None = None) -> Any:
    """Swap height and width of images.

    Args:
        image: `[batch, height, width, channels]` or `[height, width, channels]`.
        name: name scope of the nodes in a graph.

    Returns:
        A tensor of the same dtype.

    Raises:
        ValueError: for another rank, or an empty image.

    >>> import tidefall as tf
    >>> tf.image.transpose([[[1], [2]], [[3], [4]]])[:, :, 0].numpy()
    array([[1, 3],
           [2, 4]], dtype=int32)
    """
    with name_scope(name or "transpose"):
        images = _image(image)
        if images.shape.rank is None:
            rank = raw.Rank(images)
            others = raw.Range(raw.Sub(rank, 1), rank, 1)
            first = raw.Range(0, raw.Sub(rank, 3), 1)
            swapped = raw.Pack([raw.Sub(rank, 2), raw.Sub(rank, 3)])
            return raw.Transpose(images, raw.ConcatV2([first, swapped, others], 0))
        images, single = as_batch(images)
        return unbatch(raw.Transpose(images, _SWAPPED), single)
