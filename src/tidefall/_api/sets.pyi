# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.sets`."""

from collections.abc import Sequence
import tidefall as tf
from tidefall._api._types import TensorLike
from typing import Any

def difference(a: Any, b: Any, aminusb: bool = True, validate_indices: bool = True) -> tf.SparseTensor:
    """The elements in the sets of one tensor that are not in those of another."""
def intersection(a: Any, b: Any, validate_indices: bool = True) -> tf.SparseTensor:
    """The elements that the sets of two tensors have in common."""
def size(a: Any, validate_indices: bool = True) -> tf.Tensor:
    """How many different elements each set of a sparse tensor has."""
def union(a: Any, b: Any, validate_indices: bool = True) -> tf.SparseTensor:
    """The elements in either of the sets of two tensors."""
