# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat`."""

from collections.abc import Generator
from contextlib import AbstractContextManager
import tidefall as tf
from tidefall._api.compat import v1 as v1
from typing import Any

def as_bytes(bytes_or_text: Any, encoding: str = 'utf-8') -> bytes:
    """Text or bytes as bytes."""
def as_str(bytes_or_text: Any, encoding: str = 'utf-8') -> str:
    """Text or bytes as text."""
def as_str_any(value: Any, encoding: str = 'utf-8') -> str:
    """Anything as text: bytes are decoded, the rest is what `str` gives."""
as_text = tf.compat.as_str
bytes_or_text_types: tuple[Any, ...]
complex_types: tuple[Any, ...]
def dimension_at_index(shape: object, index: int) -> tf.compat.v1.Dimension:
    """A shape's size at an index as a `Dimension`, of unknown size if the rank is unknown."""
def dimension_value(dimension: Any) -> Any:
    """The size of a `Dimension`; anything else is returned as it is."""
def forward_compatibility_horizon(year: int, month: int, day: int) -> AbstractContextManager[None]:
    """A context in which `tf.compat.forward_compatible` answers as on another date."""
def forward_compatible(year: int, month: int, day: int) -> bool:
    """Whether programs may rely on what TensorFlow could do by a date."""
integral_types: tuple[Any, ...]
def path_to_str(path: Any) -> Any:
    """A path object as text; anything else as it is."""
real_types: tuple[Any, ...]
v2 = tf
