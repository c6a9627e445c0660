"""Eager ops that are worth compiling: NumPy first, the lowering once a shape has cost enough.

NumPy convolves by gathering patches, and takes exponentials on one core; XLA needs a fraction of
that time, but the first call for a shape compiles. So an op starts on its host kernel and moves,
shape by shape, when it has spent there what a compilation takes. It moves back if that did not pay.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from time import perf_counter
from typing import Any

from tidefall.base.services import services
from tidefall.op.definition import Attrs
from tidefall.op.op import Op

COMPILE_SECONDS = 0.1
"""About what it takes to compile one op."""
WORTH_SECONDS = 3e-4
"""A call that takes less than this on the host stays there: handing arrays over costs as much."""
LARGE = 1 << 17
"""Elements above which an elementwise op may move: with fewer, NumPy keeps up."""
_TRIALS = 4
_HOPELESS = 2.0
"""A compiled call that takes so many times what the host takes is the last one."""
_MAX_SHAPES = 1024

_log = logging.getLogger("tidefall.runtime")


class _Shape:
    """What calls with one set of shapes have cost."""

    __slots__ = ("best_compiled", "best_host", "is_compiled", "seconds", "trials")

    def __init__(self) -> None:
        self.seconds = 0.0
        self.best_host = self.best_compiled = float("inf")
        self.is_compiled = False
        self.trials = 0


class _Tiers:
    """One op, and what it has cost so far, by dtypes and shapes of its inputs."""

    def __init__(self, op: Op, elements: int):
        self._op = op
        self._elements = elements
        self._host_run = op.run
        self._shapes: dict[Any, _Shape] = {}

    def run(self, tensors: Sequence[Any], attrs: Attrs) -> list[Any]:
        """What `Op.run` does, by the cheaper way."""
        if self._elements and tensors[0].storage.size <= self._elements:
            return self._host_run(tensors, attrs)
        key = tuple([(t.dtype, t.storage.shape) for t in tensors])
        shape = self._shapes.get(key)
        if shape is not None and shape.is_compiled and services.may_compile_eagerly():
            if shape.trials > _TRIALS:
                return self._op.run_lowering(tensors, attrs)
            return self._try_compiled(shape, tensors, attrs)
        start = perf_counter()
        outputs = self._host_run(tensors, attrs)
        took = perf_counter() - start
        if took > WORTH_SECONDS and services.may_compile_eagerly():
            self._spend(key, took)
        return outputs

    def _spend(self, key: Any, took: float) -> None:
        if len(self._shapes) >= _MAX_SHAPES:
            self._shapes.clear()
        shape = self._shapes.setdefault(key, _Shape())
        shape.seconds += took
        shape.best_host = min(shape.best_host, took)
        if shape.seconds > COMPILE_SECONDS and not shape.trials:
            _log.info(
                "eager %s moves to XLA for %s: it took %.2f s", self._op.name, key, shape.seconds
            )
            shape.is_compiled = True

    def _try_compiled(self, shape: _Shape, tensors: Sequence[Any], attrs: Attrs) -> list[Any]:
        """Runs the lowering and times it, but for the first call, which compiles."""
        start = perf_counter()
        outputs = self._op.run_lowering(tensors, attrs)
        took = perf_counter() - start
        if shape.trials:
            shape.best_compiled = min(shape.best_compiled, took)
        shape.trials += 1
        if shape.trials > 1 and took > _HOPELESS * shape.best_host:
            shape.trials = _TRIALS + 1
        if shape.trials > _TRIALS and shape.best_compiled > shape.best_host:
            _log.info("eager %s moves back to the host: it is faster there", self._op.name)
            shape.is_compiled = False
        return outputs


def prefer_compiled(*ops: Op, elements: int = 0) -> None:
    """Let eager calls of ops move to their lowerings when that pays.

    Args:
        *ops: ops that have a host kernel and a lowering.
        elements: calls whose first input has no more elements than this stay on the host.
    """
    for op in ops:
        # On the op itself, so that running an op without tiers takes no question.
        op.run = _Tiers(op, elements).run  # type: ignore[method-assign]
