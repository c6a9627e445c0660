"""Convolutions whose weights stay the same from call to call (native/prepared.cc)."""

from __future__ import annotations

import ctypes
import weakref
from collections.abc import Sequence

import numpy as np

from tidefall.base.errors import InternalError
from tidefall.native.library import Ints, described, longs, sizes_of, status

_MESSAGE_BYTES = 512
_ARGUMENTS = (
    ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int64
)  # fmt: skip


class PreparedConvolution:
    """A convolution of images of one shape, with weights that were packed once.

    Args:
        arrays: an image, of which only the shape matters, and what native/prepared.cc lists.
        shape: of the output.
        settings: as native/prepared.cc lists them.

    Raises:
        InternalError: if there is no such kernel.
    """

    def __init__(self, arrays: Sequence[np.ndarray], shape: Ints, settings: Ints):
        library = status().library
        given = [np.ascontiguousarray(each) for each in arrays]
        self._shape, self._dtype = shape, given[0].dtype
        made = np.empty(shape, self._dtype)
        sizes, size_made = [sizes_of(each.shape) for each in given], sizes_of(made.shape)
        handle = ctypes.c_void_p()
        message = ctypes.create_string_buffer(_MESSAGE_BYTES)
        failed = library.tidefall_prepare(
            described(given, sizes), ctypes.c_int64(len(given)), described([made], [size_made]),
            longs(settings), ctypes.c_int64(len(settings)), ctypes.byref(handle), message,
            ctypes.c_int64(_MESSAGE_BYTES),
        )  # fmt: skip
        if failed:
            raise InternalError(None, None, f"native kernel: {message.value.decode()}")
        self._handle, self._message = handle, message
        self._run = library.tidefall_run_prepared
        self._run.argtypes = _ARGUMENTS
        weakref.finalize(self, library.tidefall_release_prepared, handle)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """The convolution of an image.

        Args:
            x: `[batch, height, width, channels]`, of the shape that was prepared.
        """
        x = np.ascontiguousarray(x)
        y = np.empty(self._shape, self._dtype)
        failed = self._run(
            self._handle, x.__array_interface__["data"][0], y.__array_interface__["data"][0],
            self._message, _MESSAGE_BYTES,
        )  # fmt: skip
        if failed:
            raise InternalError(None, None, f"native kernel: {self._message.value.decode()}")
        return y
