# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.autograph`."""

from tidefall._api.autograph import experimental as experimental
from typing import Any

def set_verbosity(level: int, alsologtostdout: bool = False) -> None:
    """How much AutoGraph tells about its work."""
def to_code(entity: Any, recursive: bool = True, experimental_optional_features: Any = None) -> str:
    """The code AutoGraph makes of a function."""
def to_graph(entity: Any, recursive: bool = True, experimental_optional_features: Any = None) -> Any:
    """A function converted by AutoGraph, to be called while a graph is built."""
def trace(*args: Any) -> None:
    """Print values while a function is traced."""
