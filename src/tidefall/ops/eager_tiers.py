"""Eager ops that are worth compiling: NumPy first, the lowering once a shape has cost enough.

NumPy convolves by gathering patches; XLA's kernels take a tenth of that time, but the first call
for a shape compiles. So an op starts on its host kernel and moves, shape by shape, when it has
spent there what a compilation takes.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from time import perf_counter
from typing import Any

from tidefall.core.op import Attrs, Op, compiler

COMPILE_SECONDS = 0.1
"""About what it takes to compile one op."""
WORTH_SECONDS = 3e-4
"""A call that takes less than this on the host stays there: handing arrays over costs as much."""
_MOST_SHAPES = 1024

_log = logging.getLogger("tidefall.runtime")


class _Tiers:
    """What one op has cost on the host so far, by dtypes and shapes of its inputs."""

    def __init__(self, op: Op):
        self._op = op
        self._host_run = op.run
        self._seconds: dict[Any, float] = {}
        self._compiled: set[Any] = set()

    def run(self, tensors: Sequence[Any], attrs: Attrs) -> list[Any]:
        """What `Op.run` does, by the cheaper way."""
        key = tuple([(t.dtype, t._value.shape) for t in tensors])
        if key in self._compiled and compiler.may_replace_host():
            return self._op._run_without_host(tensors, attrs)
        start = perf_counter()
        outputs = self._host_run(tensors, attrs)
        took = perf_counter() - start
        if took > WORTH_SECONDS and compiler.may_replace_host():
            self._spend(key, took)
        return outputs

    def _spend(self, key: Any, seconds: float) -> None:
        if len(self._seconds) >= _MOST_SHAPES:
            self._seconds.clear()
            self._compiled.clear()
        spent = self._seconds[key] = self._seconds.get(key, 0.0) + seconds
        if spent > COMPILE_SECONDS:
            _log.info("eager %s moves to XLA for %s: it took %.2f s", self._op.name, key, spent)
            self._compiled.add(key)


def prefer_compiled(*ops: Op) -> None:
    """Let eager calls of ops move to their lowerings when that pays."""
    for op in ops:
        op.run = _Tiers(op).run  # type: ignore[method-assign]
