"""Functions of NumPy's arrays over the kernels' loops (native/functions.cc), for eager code.

A call takes 0.2 us, less than one of NumPy's own; large arrays are shared out among threads.
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

# In the order of `Api` in native/python.h, behind NumPy's table.
_OF_PYTHON = (
    "PyCFunction_NewEx",
    "PyObject_CallFunctionObjArgs",
    "Py_IncRef",
    "Py_DecRef",
    "PyLong_AsLongAndOverflow",
    "PyLong_AsUnsignedLongLongMask",
    "PyFloat_AsDouble",
    "PyList_Size",
    "PyList_GetItem",
    "PyEval_SaveThread",
    "PyEval_RestoreThread",
    "PyErr_NoMemory",
)
_OBJECTS = (int, float, list, None, True)


def _numpy_functions() -> Any:
    """NumPy's table of functions for compiled code, in a capsule; None where it lies elsewhere."""
    try:
        module = importlib.import_module("numpy._core._multiarray_umath")
    except ImportError:
        return None
    return getattr(module, "_ARRAY_API", None)


@cache
def _library() -> Any:
    """The library with Python's and NumPy's functions handed over; None where it is of no use."""
    table = _numpy_functions()
    if table is None or not enabled():
        return None
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    python = [ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p) for name in _OF_PYTHON]
    addresses = [pointer(table, None), *[p.value for p in python], *map(id, _OBJECTS)]
    library = ctypes.PyDLL(str(library_path()))  # which keeps Python's lock
    library.tidefall_use_python.argtypes = [ctypes.c_void_p, ctypes.py_object]
    library.tidefall_function.restype = ctypes.c_void_p
    library.tidefall_function.argtypes = [ctypes.c_char_p, ctypes.py_object]
    functions = (ctypes.c_void_p * len(addresses))(*addresses)
    if not library.tidefall_use_python(functions, np.zeros((2, 3), np.float32)):
        return None
    return library


def native_function(name: str, otherwise: Kernel) -> Kernel:
    """The native function of that name; `otherwise` itself without native kernels.

    Args:
        name: of the function in native/functions.cc.
        otherwise: what it calls with arguments that it does not take.

    Raises:
        ValueError: if there is no such function.
    """
    library = _library()
    if library is None:
        return otherwise
    made = library.tidefall_function(name.encode(), otherwise)
    if made is None:
        raise ValueError(f"There is no function called {name!r} in native/functions.cc.")
    return ctypes.cast(made, ctypes.py_object).value


class Native:
    """A host kernel that is native where there are native kernels, for what they take.

    Short cuts call `run`, which is a native function once it was called and so costs no frame of
    Python; the kernels' library is loaded at the first call of any.

    Attributes:
        otherwise: the kernel for other arguments, and without native kernels.
        run: the function to call.
    """

    __slots__ = ("name", "otherwise", "run")

    def __init__(self, name: str, otherwise: Kernel):
        self.name = name
        self.otherwise = otherwise
        self.run: Kernel = self._first
        _made.append(self)

    def __call__(self, *args: Any) -> Any:
        return self.run(*args)

    def reset(self) -> None:
        """Ask again, at the next call, whether there are native kernels."""
        self.run = self._first

    def _first(self, *args: Any) -> Any:
        self.run = native_function(self.name, self.otherwise)
        return self.run(*args)


_made: list[Native] = []


def _ask_again(_: Any) -> None:
    _library.cache_clear()
    for native in _made:
        native.reset()


config.observe("native", _ask_again)
