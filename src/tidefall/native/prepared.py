"""Convolutions whose weights stay the same from call to call (native/prepared.cc)."""

from __future__ import annotations

import ctypes
import weakref
from collections.abc import Sequence

import numpy as np

from tidefall.native.library import Ints, described, failure, header, status


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
        handle = ctypes.c_void_p()
        numbers = header(len(given), 1, settings)
        if library.tidefall_prepare(numbers, described([*given, made]), ctypes.byref(handle)):
            raise failure("prepared")
        self._handle, self._run = handle, library.tidefall_run_prepared
        weakref.finalize(self, library.tidefall_release_prepared, handle)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """The convolution of an image.

        Args:
            x: `[batch, height, width, channels]`, of the shape that was prepared.
        """
        x = np.ascontiguousarray(x)
        y = np.empty(self._shape, self._dtype)
        if self._run(self._handle, described([x, y])):
            raise failure("prepared")
        return y
