# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.profiler.experimental`."""

import tidefall as tf
import types
from typing import Any
from typing import NamedTuple

class Profile:
    """Measure a block: `with tf.profiler.experimental.Profile("logs"): ...`."""
    def __init__(self, logdir: Any, options: Any = None) -> None: ...
    def __enter__(self) -> None: ...
    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: types.TracebackType | None) -> None: ...
class ProfilerOptions(NamedTuple):
    """ProfilerOptions(host_tracer_level, python_tracer_level, device_tracer_level, delay_ms)"""
    host_tracer_level: Any = 2
    python_tracer_level: Any = 0
    device_tracer_level: Any = 1
    delay_ms: Any = None
class Trace:
    """Name a block in the measurements; costs next to nothing while nothing is measured."""
    def __init__(self, name: str, **kwargs: Any) -> None: ...
    def __enter__(self) -> tf.profiler.experimental.Trace: ...
    def set_metadata(self, **kwargs: Any) -> None:
        """Add to what is shown with the block."""
    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: types.TracebackType | None) -> None: ...
def start(logdir: Any, options: Any = None) -> None:
    """Start measuring this process."""
def stop(save: bool = True) -> None:
    """Stop measuring."""
