# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.summary.experimental`."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
import tidefall as tf
from tidefall._api._types import TensorLike
from typing import Any

def get_step() -> Any:
    """The thread's default step: what `set_step` or `as_default(step)` gave, or None."""
def set_step(step: TensorLike | None) -> None:
    """Set the thread's default step."""
def summary_scope(name: str | None, default_name: str = 'summary', values: Any = None) -> AbstractContextManager[tuple[str, str]]:
    """The tag of a summary, and a name scope for the ops that make it."""
def write_raw_pb(tensor: TensorLike, step: TensorLike | None = None, name: str | None = None) -> tf.Tensor:
    """Write serialized `Summary` messages to the default writer."""
