"""Which functions are converted: the user's own, not those of libraries."""

from __future__ import annotations

import sys
from types import FunctionType

LIBRARIES = frozenset(
    {
        "tidefall",
        "tensorflow",
        "tensorflow_probability",
        "tensorflow_datasets",
        "keras",
        "tf_keras",
        "jax",
        "jaxlib",
        "numpy",
        "scipy",
        "pandas",
        "matplotlib",
        "PIL",
        "ml_dtypes",
        "google",
        "absl",
        "h5py",
        "mock",
        "pytest",
        "_pytest",
        "pluggy",
        "hypothesis",
        "IPython",
        "ipykernel",
    }
)
"""Packages whose functions are called as they are; the standard library's are too."""

_GENERATOR = 0x20 | 0x80 | 0x200  # inspect's CO_GENERATOR, CO_COROUTINE, CO_ASYNC_GENERATOR


def is_library(module: str) -> bool:
    """Whether a module belongs to a library whose functions are not converted."""
    root = module.partition(".")[0]
    return root in LIBRARIES or (root in sys.stdlib_module_names and root != "__main__")


def converts(function: FunctionType) -> bool:
    """Whether a function is one that AutoGraph converts when it is called."""
    if function.__code__.co_flags & _GENERATOR:
        return False
    marks = function.__dict__.get("autograph_info__")
    if marks and marks.get("do_not_convert"):
        return False
    # Not __module__: functools.wraps gives wrappers that of the wrapped function.
    return not is_library(function.__globals__.get("__name__") or "")
