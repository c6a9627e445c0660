"""The parameters of batching, and the file they are read from."""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from tidefall.base import errors
from tidefall.serving.status import invalid
from tidefall.serving.text_messages import read_message

PER_MODEL_FILE = "batching_params.pbtxt"

_BOUNDS = {
    "max_batch_size": (1, 1_000_000),
    "batch_timeout_micros": (0, 3_600_000_000),
    "max_enqueued_batches": (1, 1_000_000),
    "num_batch_threads": (1, 1024),
    "max_execution_batch_size": (0, 1_000_000),
}


@dataclass(frozen=True, slots=True)
class BatchingParameters:
    """TensorFlow Serving's `BatchingParameters`, with its defaults.

    Args:
        max_batch_size: rows of a batch at most.
        batch_timeout_micros: how long a request may wait for others.
        max_enqueued_batches: how many full batches may wait, for each signature; what comes beyond
            is refused.
        num_batch_threads: batches run at once, over all models.
        thread_pool_name: the name of the threads.
        allowed_batch_sizes: the sizes batches are padded to, rising; none for any size.
        pad_variable_length_inputs: whether requests that differ in further dimensions share a
            batch, filled up with each tensor's first element.
        enable_large_batch_splitting: whether a request with more rows than fit into a batch is
            spread over several. TensorFlow Serving refuses it unless told otherwise.
        max_execution_batch_size: rows of a batch at most, where `max_batch_size` only says how many
            rows a request may have; 0 for no such difference.

    Raises:
        InvalidArgumentError: the parameters make no sense.
    """

    max_batch_size: int = 1000
    batch_timeout_micros: int = 0
    max_enqueued_batches: int = 10
    num_batch_threads: int = os.cpu_count() or 1
    thread_pool_name: str = "batch_threads"
    allowed_batch_sizes: tuple[int, ...] = ()
    pad_variable_length_inputs: bool = False
    enable_large_batch_splitting: bool = True
    max_execution_batch_size: int = 0

    def __post_init__(self) -> None:
        for name, (least, most) in _BOUNDS.items():
            value = getattr(self, name)
            if not least <= value <= most:
                raise invalid(f"{name} must be {least} to {most}, received {value}")
        sizes = self.allowed_batch_sizes
        if any(b <= a for a, b in pairwise((0, *sizes))):
            raise invalid(f"allowed_batch_sizes must be positive and rise, received {list(sizes)}")
        if self.max_execution_batch_size > self.max_batch_size:
            raise invalid(
                f"max_execution_batch_size ({self.max_execution_batch_size}) must not exceed "
                f"max_batch_size ({self.max_batch_size})"
            )
        if sizes and sizes[-1] != self.batch_rows:
            raise invalid(
                f"the last of allowed_batch_sizes, {sizes[-1]}, must equal the size of the largest "
                f"batch, {self.batch_rows}"
            )

    @property
    def batch_rows(self) -> int:
        """Rows of a batch at most."""
        if self.enable_large_batch_splitting and self.max_execution_batch_size:
            return self.max_execution_batch_size
        return self.max_batch_size

    @property
    def request_rows(self) -> int | None:
        """Rows of a request at most; None for any number."""
        splits = self.enable_large_batch_splitting
        return None if splits and not self.max_execution_batch_size else self.max_batch_size


def read_parameters(path: Path) -> BatchingParameters:
    """Reads a file with a `BatchingParameters` message as text.

    Raises:
        NotFoundError: it cannot be read.
        InvalidArgumentError: it is no such message, or its parameters make no sense.
    """
    message = read_message(path, "BatchingParameters")
    given: dict[str, Any] = {}
    for field, value in message.ListFields():
        if field.name == "allowed_batch_sizes":
            given[field.name] = tuple(value)
        else:
            given[field.name] = value.value if hasattr(value, "value") else value
    try:
        return BatchingParameters(**given)
    except errors.InvalidArgumentError as error:
        raise invalid(f"{path}: {error.message}") from None
