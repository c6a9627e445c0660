# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.xla.experimental`."""

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

def compile(computation: Callable[..., Any], inputs: Any = None) -> Any:
    """Run a computation as one compiled program."""
def jit_scope(compile_ops: bool | Callable[[Any], bool] = True, separate_compiled_gradients: bool = False) -> AbstractContextManager[None]:
    """Ask XLA to compile the nodes made inside the block; they are marked with attributes."""
