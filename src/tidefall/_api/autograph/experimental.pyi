# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.autograph.experimental`."""

from collections.abc import Callable
import enum
from tidefall._api._types import F
from tidefall._api._types import TensorLike
from typing import Any
from typing import overload

class Feature(enum.Enum):
    """Parts of AutoGraph that can be turned on; here they all are."""
    ALL = 'ALL'
    AUTO_CONTROL_DEPS = 'AUTO_CONTROL_DEPS'
    ASSERT_STATEMENTS = 'ASSERT_STATEMENTS'
    BUILTIN_FUNCTIONS = 'BUILTIN_FUNCTIONS'
    EQUALITY_OPERATORS = 'EQUALITY_OPERATORS'
    LISTS = 'LISTS'
    NAME_SCOPES = 'NAME_SCOPES'
@overload
def do_not_convert(func: F) -> F:
    """Mark a function as one that AutoGraph leaves alone, and what it calls."""
@overload
def do_not_convert() -> Callable[[F], F]:
    """Mark a function as one that AutoGraph leaves alone, and what it calls."""
def set_loop_options(parallel_iterations: Any = ..., swap_memory: Any = ..., maximum_iterations: TensorLike = ..., shape_invariants: Any = ...) -> None:
    """Options of the loop that the call stands in, as one of its first statements."""
