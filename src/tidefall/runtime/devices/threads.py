"""`tf.config.threading`: how many threads ops may use.

Three libraries compute on the CPU, and each has its own threads: XLA takes its number when it
starts, the BLAS library behind NumPy and the native kernels at any time.
"""

from __future__ import annotations

import ctypes
import operator
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from tidefall.base.exports import export
from tidefall.native.library import limit_threads
from tidefall.tensor.context import context

_SETTERS = (
    "scipy_openblas_set_num_threads64_",
    "scipy_openblas_set_num_threads",
    "openblas_set_num_threads64_",
    "openblas_set_num_threads",
    "MKL_Set_Num_Threads",
)


@export("config.threading.get_intra_op_parallelism_threads")
def get_intra_op_parallelism_threads() -> int:
    """Threads that one op may use; 0 if that was left to the machine."""
    return _number(context.intra_op_threads)


@export("config.threading.set_intra_op_parallelism_threads")
def set_intra_op_parallelism_threads(num_threads: int | None) -> None:
    """Choose how many threads one op may use.

    XLA's compiled programs, native kernels and NumPy's matrix products keep to it.

    Args:
        num_threads: the number; 0 leaves it to the machine.

    Raises:
        RuntimeError: once something needed a device.

    >>> import tidefall as tf
    >>> tf.config.threading.get_intra_op_parallelism_threads()
    0
    """
    if context.intra_op_threads == num_threads and num_threads is not None:
        return
    if context.initialized:
        raise RuntimeError("Intra op parallelism cannot be modified after initialization.")
    context.intra_op_threads = num_threads
    if isinstance(num_threads, int):
        limit_threads(num_threads)
        if num_threads > 0:
            limit_blas(num_threads)


@export("config.threading.get_inter_op_parallelism_threads")
def get_inter_op_parallelism_threads() -> int:
    """Threads that ops may run on side by side, as it was set; 0 if it was not."""
    return _number(context.inter_op_threads)


@export("config.threading.set_inter_op_parallelism_threads")
def set_inter_op_parallelism_threads(num_threads: int | None) -> None:
    """Choose how many ops may run side by side.

    The host executor runs one op at a time, and XLA chooses for itself: the number is kept, and
    nothing follows from it yet.

    Args:
        num_threads: the number; 0 leaves it to the machine.

    Raises:
        RuntimeError: once something needed a device.
    """
    if context.inter_op_threads == num_threads and num_threads is not None:
        return
    if context.initialized:
        raise RuntimeError("Inter op parallelism cannot be modified after initialization.")
    context.inter_op_threads = num_threads


def _number(value: Any) -> int:
    return 0 if value is None else operator.index(value)


@cache
def _blas() -> ctypes.CDLL | None:
    """The BLAS library that NumPy loaded, if it can be told a number of threads."""
    beside = Path(np.__file__).parent.parent / "numpy.libs"
    inside = Path(np.__file__).parent / ".dylibs"
    for folder in (beside, inside):
        for path in sorted(folder.glob("*blas*")):
            return ctypes.CDLL(str(path))
    return _loaded_blas()


def _loaded_blas() -> ctypes.CDLL | None:
    """The BLAS library among those this process has loaded (Linux tells)."""
    maps = Path("/proc/self/maps")
    if not maps.exists():
        return None
    paths = {line.split()[-1] for line in maps.read_text().splitlines() if "/" in line}
    for path in sorted(paths):
        name = Path(path).name.lower()
        if ".so" in name and ("openblas" in name or "mkl_rt" in name):
            return ctypes.CDLL(path)
    return None


def limit_blas(threads: int) -> bool:
    """Let NumPy's matrix products use that many threads; False if its BLAS cannot be told."""
    library = _blas()
    for name in _SETTERS:
        setter = getattr(library, name, None)
        if setter is not None:
            setter(ctypes.c_int(threads))
            return True
    return False


def blas_threads() -> int | None:
    """How many threads NumPy's matrix products use, if its BLAS can tell."""
    library = _blas()
    for name in _SETTERS:
        getter = getattr(library, name.replace("set_", "get_").replace("Set", "Get_Max"), None)
        if getter is not None:
            return getter()
    return None


@contextmanager
def processor_left_by_blas() -> Generator[None]:
    """Let NumPy's matrix products use one thread less than they do, for as long as this lasts.

    BLAS threads wait for each other by spinning. Where one of them waits for a processor that other
    work keeps, a product takes as long as the system lets that work run: of 32x128 and 128x512,
    50 us become 2 to 10 ms (2026-11, two cores), and one thread needs 50 us as well.
    """
    threads = blas_threads()
    if threads is None or threads < 2:
        yield
        return
    limit_blas(threads - 1)
    try:
        yield
    finally:
        limit_blas(threads)
