"""Universal functions of NumPy over the kernels' loops (native/ufuncs.cc), for eager float32.

A call of one takes as long as one of NumPy's own, a tenth of what a kernel takes that is called
through ctypes; large arrays are shared out among threads.
"""

from __future__ import annotations

import ctypes
import importlib
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from tidefall.base.config import config
from tidefall.native.library import enabled, library_path

Kernel = Callable[..., Any]
_FLOAT = np.dtype(np.float32)


def _numpy_functions() -> Any:
    """NumPy's table of functions for compiled code, in a capsule; None where it lies elsewhere."""
    try:
        module = importlib.import_module("numpy._core._multiarray_umath")
    except ImportError:
        return None
    return getattr(module, "_UFUNC_API", None)


@cache
def ufunc(name: str) -> Any:
    """The universal function of that name; None without native kernels."""
    table = _numpy_functions()
    if table is None or not enabled():
        return None
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    make = ctypes.PyDLL(str(library_path())).tidefall_ufunc  # which keeps Python's lock
    make.restype, make.argtypes = ctypes.c_void_p, [ctypes.c_char_p, ctypes.c_void_p]
    made = make(name.encode(), pointer(table, None))
    if made is None:
        raise ValueError(f"There is no universal function called {name!r} in native/ufuncs.cc.")
    return ctypes.cast(made, ctypes.py_object).value


config.observe("native", lambda _: ufunc.cache_clear())


def of_floats(name: str, otherwise: Kernel, inputs: int = 1) -> Kernel:
    """A host kernel that takes float32 by a universal function.

    Args:
        name: of the function, which gives no warnings.
        otherwise: the kernel for other dtypes, and without native kernels.
        inputs: how many arrays it takes.
    """

    def one(x: Any) -> Any:
        found = ufunc(name) if x.dtype is _FLOAT else None
        return otherwise(x) if found is None else found(x)

    def several(x: Any, *others: Any) -> Any:
        found = ufunc(name) if x.dtype is _FLOAT else None
        return otherwise(x, *others) if found is None else found(x, *others)

    return one if inputs == 1 else several
