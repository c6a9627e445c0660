"""`--tensorflow_session_config_file`, and what it may say of threads and of the GPU's memory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tidefall.base import errors
from tidefall.serving.status import invalid
from tidefall.serving.text_messages import read_message

_UNDERSTOOD = {
    "intra_op_parallelism_threads",
    "inter_op_parallelism_threads",
    "gpu_options.per_process_gpu_memory_fraction",
    "gpu_options.allow_growth",
}


@dataclass(frozen=True, slots=True)
class SessionConfig:
    """What the server takes of TensorFlow's `ConfigProto`.

    Args:
        intra_op_threads: threads that one op may use; 0 for as many as there are.
        inter_op_threads: ops of a request that run at once; has no effect.
        gpu_memory_fraction: how much of the GPU's memory to take; 0 leaves it to XLA.
        gpu_memory_grows: whether to take it as it is needed rather than at the start.
    """

    intra_op_threads: int = 0
    inter_op_threads: int = 0
    gpu_memory_fraction: float = 0.0
    gpu_memory_grows: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.gpu_memory_fraction <= 1:
            received = self.gpu_memory_fraction
            raise invalid(f"per_process_gpu_memory_fraction must be 0 to 1, received {received}")

    def apply_to_gpu(self) -> None:
        """Tells XLA how to take the GPU's memory; it asks when it is loaded."""
        if self.gpu_memory_fraction:
            os.environ["XLA_PYTHON_CLIENT_MEM_FRACTION"] = f"{self.gpu_memory_fraction:g}"
        if self.gpu_memory_grows:
            os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"


def read_session_config(path: str | os.PathLike[str]) -> SessionConfig:
    """Reads a file with a `ConfigProto` message as text.

    Raises:
        NotFoundError: it cannot be read.
        InvalidArgumentError: it is no such message, or makes no sense.
        UnimplementedError: it says what there is no equivalent of.
    """
    message = read_message(Path(path), "ConfigProto")
    unknown = sorted(set(_fields(message)) - _UNDERSTOOD)
    if unknown:
        text = f"{path}: not implemented: {', '.join(unknown)}"
        raise errors.UnimplementedError(None, None, text)
    return SessionConfig(
        message.intra_op_parallelism_threads,
        message.inter_op_parallelism_threads,
        message.gpu_options.per_process_gpu_memory_fraction,
        message.gpu_options.allow_growth,
    )


def _fields(message: Any, prefix: str = "") -> Iterator[str]:
    """The names of all fields that are set; of a message within a message as "outer.inner"."""
    for field, value in message.ListFields():
        name = f"{prefix}{field.name}"
        if field.name == "gpu_options":
            yield from _fields(value, f"{name}.")
        else:
            yield name
