"""The ways to run a native kernel, for tests of all of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tidefall.native import library
from tidefall.native.library import call, lowered
from tidefall.runtime.xla.jax_bridge import load_jax

LEVELS = ("SSE2", "AVX2", "AVX-512", "AVX-512 with VNNI")


def compiled(kernel: str, inputs: Any, outputs: Any, settings: Any) -> list[np.ndarray]:
    """`library.call`, but inside a compiled program."""
    run = load_jax().jit(lambda *a: lowered(kernel, a, outputs, settings))
    return [np.asarray(v) for v in run(*inputs)]


def on_level(level: str) -> Any:
    """`library.call`, with loops that use no more than these instructions."""

    def run(kernel: str, inputs: Any, outputs: Any, settings: Any) -> list[np.ndarray]:
        limit_loops, best = library.status().library.tidefall_limit_loops, library.status().vectors
        limit_loops(LEVELS.index(level))
        try:
            return call(kernel, inputs, outputs, settings)
        finally:
            limit_loops(LEVELS.index(best))

    return run


def _levels_below() -> tuple[str, ...]:
    best = library.status().vectors
    return LEVELS[: LEVELS.index(best)] if best in LEVELS else ()


BOTH = pytest.mark.parametrize("run", [call, compiled], ids=["eager", "compiled"])
ALL = pytest.mark.parametrize(
    "run",
    [call, compiled, *map(on_level, _levels_below())],
    ids=["eager", "compiled", *_levels_below()],
)
"""For kernels with loops of their own, there is a copy for each level of processors."""
