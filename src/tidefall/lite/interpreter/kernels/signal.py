"""Fourier transforms."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.lite.interpreter.registry import Kernel, Node, kernel


@kernel("RFFT2D")
def rfft2d(node: Node) -> Kernel:
    def run(x: Any, length: Any) -> Any:
        sizes = tuple(int(each) for each in length)
        return np.fft.rfft2(x, sizes).astype(np.complex64)

    return run
