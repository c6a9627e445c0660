# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.debugging.experimental`."""

from tidefall._api._types import DebugEventsWriter
from typing import Any

def disable_dump_debug_info() -> None:
    """Finish the files of `tf.debugging.experimental.enable_dump_debug_info`, if it was called."""
def enable_dump_debug_info(dump_root: str, tensor_debug_mode: str = 'NO_TENSOR', circular_buffer_size: int = 1000, op_regex: str | None = None, tensor_dtypes: Any = None) -> DebugEventsWriter:
    """Write what this thread's program does to files that TensorBoard's debugger reads."""
