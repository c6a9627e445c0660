"""The two ways to run a native kernel, for tests of both."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tidefall.native.library import call, lowered
from tidefall.runtime.xla.jax_bridge import load_jax


def compiled(kernel: str, inputs: Any, outputs: Any, settings: Any) -> list[np.ndarray]:
    """`library.call`, but inside a compiled program."""
    run = load_jax().jit(lambda *a: lowered(kernel, a, outputs, settings))
    return [np.asarray(v) for v in run(*inputs)]


BOTH = pytest.mark.parametrize("run", [call, compiled], ids=["eager", "compiled"])
