"""The library of native kernels: found, loaded at first use, called from eager and compiled code.

A kernel takes arrays and a list of integers, its settings. `call` runs one on NumPy arrays;
`lowered` puts one into a program that is being compiled, as a custom call of XLA.
"""

from __future__ import annotations

import ctypes
import logging
import os
import platform
import struct
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Any

import numpy as np
from ml_dtypes import bfloat16

from tidefall.base.config import config
from tidefall.base.errors import InternalError
from tidefall.native.sources import digest, folder_in_clone
from tidefall.tensor.context import context

_logger = logging.getLogger("tidefall.runtime")

Ints = tuple[int, ...]
Output = tuple[Ints, Any]
"""Shape and dtype of an output."""
Run = Callable[..., list[Any]]
"""`call` or `lowered`."""

FILE = "libtidefall_kernels.so"
ONEDNN = ("onednn-cpu-gomp", "libdnnl.so.3")
"""The distribution that carries oneDNN, and the file."""
TARGET = "tidefall_"
"""What XLA's names of the kernels start with."""
_NUMBERED = (np.float32, bfloat16, np.float16, np.int32, np.int8, np.uint8, np.int64)
_KINDS = {np.dtype(each): number for number, each in enumerate(_NUMBERED)}


@dataclass(frozen=True)
class Status:
    """Whether the kernels are there.

    Attributes:
        library: the loaded library; None without one.
        reason: why there is none; empty with one.
        onednn: version of oneDNN, like "3.2.0"; empty without it.
        processor: the instructions that oneDNN uses here, like "AVX2".
        vectors: those that the kernels' own loops use: "AVX-512", "AVX2" or "SSE2".
    """

    library: Any
    reason: str
    onednn: str = ""
    processor: str = ""
    vectors: str = ""


@cache
def status() -> Status:
    """Load the library, once; says why where that cannot be done."""
    if not config.native:
        return Status(None, "turned off by TIDEFALL_NATIVE=0")
    path = library_path()
    if not path.exists():
        if not supported():
            return Status(None, "not there: they are for x86-64 Linux")
        return Status(None, "not built: that takes a C++ compiler when tidefall is installed")
    try:
        _load_onednn()
        library = open_library(path)
        stale = _why_stale(library)
        if stale:
            _logger.warning("the native kernels are not used: %s", stale)
            return Status(None, f"not used: {stale}")
        if not _reads_arrays(library):
            return Status(None, "not used: arrays of this NumPy lie otherwise than expected")
        library.tidefall_message.restype = ctypes.c_char_p
        library.tidefall_limit_threads.argtypes = [ctypes.c_int64]
        library.tidefall_threads.restype = ctypes.c_int64
        _limit_instructions()
        library.tidefall_onednn_version.restype = ctypes.c_char_p
        library.tidefall_processor.restype = ctypes.c_char_p
        library.tidefall_vectors.restype = ctypes.c_char_p
    except PackageNotFoundError:
        return Status(None, f"not loaded: the package {ONEDNN[0]} is not installed")
    except (OSError, AttributeError) as error:
        return Status(None, f"not loaded: {error}")
    library.tidefall_limit_threads(context.intra_op_threads or 0)
    return Status(
        library,
        "",
        library.tidefall_onednn_version().decode(),
        library.tidefall_processor().decode(),
        library.tidefall_vectors().decode(),
    )


def _reads_arrays(library: Any) -> bool:
    """Whether kernels find the data and the sizes of NumPy's arrays in this Python."""
    probe = np.empty((2, 3, 5), np.float32)
    sizes = struct.pack("3q", *probe.shape)
    data = ctypes.c_void_p(probe.__array_interface__["data"][0])
    return bool(library.tidefall_reads(described([probe]), data, ctypes.c_int64(3), sizes))


@cache
def _limit_instructions() -> None:
    """Have oneDNN and the kernels' loops do with `config.max_isa`. It can be said once."""
    if config.max_isa != "all":
        open_library(library_path()).tidefall_limit_processor(config.max_isa.encode())


config.observe("native", lambda _: status.cache_clear())


def _why_stale(library: Any) -> str:
    """Why a library does not belong to these Python files; "" where it does.

    Its kernels might know nothing of what they are asked for, or take it for something else. Where
    tidefall is installed, both came in one wheel; in a clone, either may have changed since.
    """
    advice = "build it again with: make native"
    if not hasattr(library, "tidefall_sources"):
        return f"the library does not say what it was built from, as old ones do not; {advice}"
    library.tidefall_sources.restype = ctypes.c_char_p
    folder = folder_in_clone()
    if folder is None or library.tidefall_sources().decode() == digest(folder):
        return ""
    return f"the library was built from other sources than those in {folder}; {advice}"


def supported() -> bool:
    """Whether there are kernels for this platform."""
    return sys.platform == "linux" and platform.machine() == "x86_64"


def library_path() -> Path:
    """Where the library lies once it is built."""
    return Path(__file__).parent / FILE


def threads() -> int:
    """How many threads kernels use that eager code calls; 0 without kernels."""
    return status().library.tidefall_threads() if enabled() else 0


def limit_threads(count: int) -> None:
    """Let kernels that eager code calls use `count` threads, 0 for as many as there are processors.
    Those in compiled programs use XLA's. What is set before they are loaded is in the context.
    """
    if status.cache_info().currsize and enabled():
        status().library.tidefall_limit_threads(count)


def _load_onednn() -> None:
    """Load oneDNN with its names visible to the kernels, which are not linked to it."""
    distribution, name = ONEDNN
    found = [f for f in files(distribution) or () if f.name == name]
    if not found:
        raise OSError(f"{distribution} is installed, but has no {name}")
    open_library(Path(found[0].locate()), ctypes.RTLD_GLOBAL)


def open_library(path: str | Path, mode: int = ctypes.DEFAULT_MODE) -> Any:
    """Load a shared library.

    Linux ends a process that loads a file which was cut off, so that is checked first: a table of
    its parts, which the header points to, comes last in the file.
    """
    with open(path, "rb") as file:
        header = file.read(64)
        size = file.seek(0, os.SEEK_END)
    if len(header) == 64 and header[:5] == b"\x7fELF\x02":
        (start,) = struct.unpack_from("<Q", header, 40)
        entry, count = struct.unpack_from("<HH", header, 58)
        if size < start + entry * count:
            raise OSError(f"{path} is cut off: {size} of {start + entry * count} bytes")
    return ctypes.CDLL(str(path), mode=mode)


def enabled() -> bool:
    """True when kernels can be called in this process."""
    return status().library is not None


def takes_floats(*arrays: Any) -> bool:
    """True for float32 arrays, or tracers, that have elements, when the kernels are there."""
    return _all_are(np.float32, arrays)


def takes_products(*arrays: Any) -> bool:
    """`takes_floats`, or the same of bfloat16 where the processor multiplies those: for kernels of
    convolutions and products.
    """
    if arrays[0].dtype != bfloat16:
        return takes_floats(*arrays)
    return _all_are(bfloat16, arrays) and bool(status().library.tidefall_has_bfloat16())


def takes_integers(*arrays: Any) -> bool:
    """The same for int8 arrays where the processor adds up their products in int32."""
    return _all_are(np.int8, arrays) and bool(status().library.tidefall_has_int8())


def _all_are(dtype: Any, arrays: Sequence[Any]) -> bool:
    return all(a.dtype == dtype and 0 not in a.shape for a in arrays) and enabled()


@lru_cache(4096)
def header(inputs: int, outputs: int, settings: Ints) -> bytes:
    """How many arrays there are, and the settings, as kernels read them."""
    numbers = (inputs, outputs, len(settings), *settings)
    return struct.pack(f"{len(numbers)}q", *numbers)


@cache
def _packer(count: int) -> Callable[..., bytes]:
    return struct.Struct(f"{count}Q").pack


def described(arrays: Sequence[np.ndarray]) -> bytes:
    """What the kernel is told of arrays, which the caller keeps: where they are, and their kinds.

    A kernel reads the address of the data and the sizes itself; Python takes microseconds for it.
    """
    numbers: list[int] = []
    for array in arrays:
        numbers += (id(array), _KINDS[array.dtype])
    return _packer(len(numbers))(*numbers)


def call(
    kernel: str, inputs: Sequence[np.ndarray], outputs: Sequence[Output], settings: Ints
) -> list[np.ndarray]:
    """Run a kernel on arrays.

    Args:
        kernel: its name.
        inputs: the arrays it reads.
        outputs: shape and dtype of each array it makes.
        settings: its settings.

    Raises:
        InternalError: if it cannot take these.
    """
    given = [np.ascontiguousarray(a) for a in inputs]
    made = [np.empty(shape, dtype) for shape, dtype in outputs]
    numbers = header(len(given), len(made), settings)
    if _function(kernel, "call")(numbers, described([*given, *made])):
        raise failure(kernel)
    return made


def failure(kernel: str) -> InternalError:
    """The error for a kernel that just failed in this thread."""
    message = status().library.tidefall_message().decode(errors="replace")
    return InternalError(
        None,
        None,
        f"native kernel {kernel}: {message}. Set TIDEFALL_NATIVE=0 to do without native kernels, "
        "and report this.",
    )


def lowered(
    kernel: str, inputs: Sequence[Any], outputs: Sequence[Output], settings: Ints
) -> list[Any]:
    """Put a kernel into the program that jax is tracing; arguments as for `call`."""
    register(kernel)
    ffi = sys.modules["jax"].ffi
    types = [sys.modules["jax"].ShapeDtypeStruct(shape, dtype) for shape, dtype in outputs]
    made = ffi.ffi_call(f"{TARGET}{kernel}", types)(*inputs, settings=np.array(settings, np.int64))
    return list(made)


@cache
def register(kernel: str) -> None:
    """Make a kernel known to XLA."""
    ffi = sys.modules["jax"].ffi
    capsule = ffi.pycapsule(_function(kernel, "xla"))
    ffi.register_ffi_target(f"{TARGET}{kernel}", capsule, platform="cpu")


@cache
def _function(kernel: str, way: str) -> Any:
    return getattr(status().library, f"{kernel}_{way}")
