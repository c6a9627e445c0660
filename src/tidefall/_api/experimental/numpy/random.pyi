# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.experimental.numpy.random`."""

import tidefall as tf
from tidefall._api._types import DTypeLike
from typing import Any

def poisson(lam: Any = 1.0, size: Any = None) -> tf.Tensor:
    """Draws from the Poisson distribution, as int64."""
def rand(*size: Any) -> tf.Tensor:
    """Draws between 0 and 1."""
def randint(low: Any, high: Any = None, size: Any = None, dtype: DTypeLike = ...) -> tf.Tensor:
    """Integers from the uniform distribution."""
def randn(*args: Any) -> tf.Tensor:
    """Draws from the normal distribution with mean 0 and deviation 1."""
def random(size: Any = None) -> tf.Tensor:
    """Draws between 0 and 1."""
def seed(s: Any) -> None:
    """Set the global seed, as `tf.random.set_seed`."""
def standard_normal(size: Any = None) -> tf.Tensor:
    """Draws from the normal distribution with mean 0 and deviation 1."""
def uniform(low: Any = 0.0, high: Any = 1.0, size: Any = None) -> tf.Tensor:
    """Draws from the uniform distribution."""
