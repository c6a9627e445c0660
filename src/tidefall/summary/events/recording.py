"""`tf.summary`'s functions for TensorBoard's dashboards: numbers, distributions, text, media.

Eagerly a summary's value is computed with NumPy; in a graph, with ops.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tidefall.base import dtypes
from tidefall.base.errors import InvalidArgumentError
from tidefall.base.exports import export
from tidefall.ops.math.cast import cast
from tidefall.summary.events import graph_values, values
from tidefall.summary.events.buckets import histogram_buckets
from tidefall.summary.events.writer import summary_scope, write
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import EagerTensor


def _write(
    name: str, default: str, plugin: str, make: Callable[[str], Any], step: Any,
    description: str | None, content: bytes = b"",
) -> Any:  # fmt: skip
    metadata = values.plugin_metadata(plugin, description, content)
    with summary_scope(name, default) as (tag, _):
        return write(tag, lambda: make(tag), step=step, metadata=metadata)


def _check_rank(name: str, data: Any, rank: int, dimensions: str) -> None:
    if data.shape.rank not in (None, rank):
        raise ValueError(
            f"Tensor {name!r} must have rank {rank} ({dimensions}). Received rank "
            f"{data.shape.rank}, shape {data.shape}"
        )


def _check_count(max_outputs: Any) -> None:
    if isinstance(max_outputs, int) and max_outputs < 0:
        raise InvalidArgumentError(
            None, None, f"max_outputs must be at least 0. Received: {max_outputs}"
        )


@export("summary.scalar")
def scalar(name: str, data: Any, step: Any = None, description: str | None = None) -> Any:
    """Write a number to the default writer, for the Scalars dashboard.

    Args:
        name: the name in the dashboard, behind the name scopes around the call.
        data: real scalar; written as float32.
        step: int64 scalar; the thread's default step where it is None.
        description: what it means, in Markdown.

    Returns:
        A bool scalar tensor: whether it was written.

    Raises:
        ValueError: if `data` is not a scalar, or there is a writer and no step.

    >>> import tempfile
    >>> import tidefall as tf
    >>> with tf.summary.create_file_writer(tempfile.mkdtemp()).as_default():
    ...     bool(tf.summary.scalar("loss", 0.5, step=1))
    True
    """
    data = convert_to_tensor(data)
    if data.shape.rank not in (None, 0):
        raise ValueError(f"Expected scalar shape, saw shape: {data.shape}.")
    return _write(
        name, "scalar_summary", "scalars", lambda tag: cast(data, dtypes.float32), step, description
    )


@export("summary.histogram")
def histogram(
    name: str, data: Any, step: Any = None, buckets: Any = None, description: str | None = None
) -> Any:
    """Write the distribution of values to the default writer, for the Histograms dashboard.

    Args:
        name: the name in the dashboard, behind the name scopes around the call.
        data: real tensor of any shape.
        step: int64 scalar; the thread's default step where it is None.
        buckets: how many buckets of equal width; 30 by default.
        description: what it means, in Markdown.

    Returns:
        A bool scalar tensor: whether it was written.

    Raises:
        ValueError: if there is a writer and no step.
        TypeError: if `buckets` is not an integer.

    >>> import tempfile
    >>> import tidefall as tf
    >>> with tf.summary.create_file_writer(tempfile.mkdtemp()).as_default(step=1):
    ...     bool(tf.summary.histogram("weights", [1.0, 2.0, 2.5]))
    True
    """
    count = _bucket_count(buckets)

    def make(tag: str) -> Any:
        tensor = cast(data, dtypes.float64)
        if isinstance(tensor, EagerTensor):
            return histogram_buckets(tensor.host_array(), count)
        return graph_values.histogram_buckets(tensor, count)

    return _write(name, "histogram_summary", "histograms", make, step, description)


def _bucket_count(buckets: Any) -> int | None:
    """The number of buckets asked for, as a Python integer."""
    if buckets is None or isinstance(buckets, int):
        return buckets
    tensor = convert_to_tensor(buckets)
    if tensor.dtype not in (dtypes.int32, dtypes.int64) or not isinstance(tensor, EagerTensor):
        raise TypeError(f"buckets must be an integer known now. Received: {buckets!r}")
    return int(tensor)


@export("summary.text")
def text(name: str, data: Any, step: Any = None, description: str | None = None) -> Any:
    """Write text to the default writer, for the Text dashboard.

    Args:
        name: the name in the dashboard, behind the name scopes around the call.
        data: string tensor in UTF-8, read as Markdown; more than one string makes a table.
        step: int64 scalar; the thread's default step where it is None.
        description: what it means, in Markdown.

    Returns:
        A bool scalar tensor: whether it was written.

    Raises:
        TypeError: if `data` is not text.
        ValueError: if there is a writer and no step.

    >>> import tempfile
    >>> import tidefall as tf
    >>> with tf.summary.create_file_writer(tempfile.mkdtemp()).as_default(step=1):
    ...     bool(tf.summary.text("settings", "*batch* 32"))
    True
    """
    data = convert_to_tensor(data)
    if data.dtype != dtypes.string:
        raise TypeError(f"tensor must be of type tf.string; got {data.dtype!r}")
    return _write(name, "text_summary", "text", lambda tag: data, step, description)


@export("summary.image")
def image(
    name: str, data: Any, step: Any = None, max_outputs: Any = 3, description: str | None = None
) -> Any:
    """Write pictures to the default writer, for the Images dashboard.

    Args:
        name: the name in the dashboard, behind the name scopes around the call.
        data: `[batch, height, width, channels]`, channels 1 to 4; floats from 0 to 1, or
            integers that use their whole range.
        step: int64 scalar; the thread's default step where it is None.
        max_outputs: how many pictures of the batch to keep.
        description: what they are, in Markdown.

    Returns:
        A bool scalar tensor: whether it was written.

    Raises:
        ValueError: for another rank, and if there is a writer and no step.
        InvalidArgumentError: for another number of channels, or if `max_outputs` is negative.

    >>> import tempfile
    >>> import tidefall as tf
    >>> with tf.summary.create_file_writer(tempfile.mkdtemp()).as_default(step=1):
    ...     bool(tf.summary.image("digits", tf.zeros([2, 8, 8, 1])))
    True
    """
    data = convert_to_tensor(data)
    _check_rank(name, data, 4, "batch, height, width, channels")
    if data.shape.rank == 4 and data.shape[3] not in (None, 1, 2, 3, 4):
        raise InvalidArgumentError(
            None, None, f"image must have 1, 2, 3, or 4 channels, got {data.shape[3]}"
        )
    _check_count(max_outputs)

    def make(tag: str) -> Any:
        if isinstance(data, EagerTensor):
            return values.image_strings(tag, data.host_array(), int(max_outputs))
        return graph_values.image_strings(data, max_outputs)

    return _write(name, "image_summary", "images", make, step, description)


@export("summary.audio")
def audio(
    name: str,
    data: Any,
    sample_rate: Any,
    step: Any = None,
    max_outputs: Any = 3,
    encoding: str | None = None,
    description: str | None = None,
) -> Any:
    """Write sound to the default writer, for the Audio dashboard.

    Args:
        name: the name in the dashboard, behind the name scopes around the call.
        data: float `[batch, frames, channels]`, from -1 to 1.
        sample_rate: int32 scalar: frames in a second.
        step: int64 scalar; the thread's default step where it is None.
        max_outputs: how many clips of the batch to keep.
        encoding: "wav", the only one there is.
        description: what they are, in Markdown.

    Returns:
        A bool scalar tensor: whether it was written.

    Raises:
        ValueError: for another rank or encoding, and if there is a writer and no step.
        InvalidArgumentError: if `max_outputs` is negative.

    >>> import tempfile
    >>> import tidefall as tf
    >>> with tf.summary.create_file_writer(tempfile.mkdtemp()).as_default(step=1):
    ...     bool(tf.summary.audio("clip", tf.zeros([1, 8000, 1]), sample_rate=8000))
    True
    """
    if encoding not in (None, "wav"):
        raise ValueError(f"Unknown encoding: {encoding!r}")
    data = convert_to_tensor(data)
    _check_rank(name, data, 3, "batch, frames, channels")
    _check_count(max_outputs)

    def make(tag: str) -> Any:
        if isinstance(data, EagerTensor):
            return values.audio_strings(tag, data.host_array(), int(sample_rate), int(max_outputs))
        return graph_values.audio_strings(data, sample_rate, max_outputs)

    return _write(name, "audio_summary", "audio", make, step, description, values.AUDIO_IS_WAV)
