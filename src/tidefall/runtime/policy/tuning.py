"""Kernels are measured beside XLA's own code, in the background of programs that asked for them.

One thread does it, once nothing has been compiled for a while: training goes on meanwhile. What it
finds holds for what is compiled from then on, mostly in later processes (`native/choices.py`).
Servers, whose requests it would disturb, and processes with a single processor measure nothing;
`python -m tidefall.doctor --tune` does it for them. `TIDEFALL_TUNE=0` turns it off.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from time import monotonic, perf_counter
from typing import Any

import numpy as np

from tidefall.base.config import cache_folder, config
from tidefall.native.choices import Candidate, Way, choices, is_anything_pending
from tidefall.runtime.policy import compile_service
from tidefall.runtime.xla.jax_bridge import load_jax, x64_switch

QUIET_SECONDS = 5.0
"""How long nothing must have been compiled."""
_ROUNDS = 9
_EXIT_SECONDS = 2.0

_log = logging.getLogger("tidefall.runtime")


@dataclass(frozen=True)
class Measured:
    """Seconds of the two ways to compute the same.

    Attributes:
        key: kernel and class of shapes.
        native: of the kernel.
        xla: of XLA's own code.
    """

    key: str
    native: float
    xla: float

    @property
    def ratio(self) -> float:
        """The kernel's time over XLA's; below 1 it is faster."""
        return self.native / self.xla


def measure(candidate: Candidate) -> Measured:
    """Compile both ways and time them in turn; the least of several runs counts."""
    jax = load_jax()
    turn_on, turn_back = x64_switch()
    before = turn_on(True)
    try:
        generator = np.random.default_rng(0)
        arrays = [
            jax.device_put((4 * generator.standard_normal(shape)).astype(dtype))
            for shape, dtype in candidate.inputs
        ]
        programs = [_compiled(jax, way, arrays) for way in (candidate.native, candidate.xla)]
        times: list[list[float]] = [[], []]
        for _ in range(_ROUNDS):
            for program, taken in zip(programs, times, strict=True):
                start = perf_counter()
                jax.block_until_ready(program(*arrays))
                taken.append(perf_counter() - start)
        return Measured(candidate.key, min(times[0]), min(times[1]))
    finally:
        turn_back(before)


def _compiled(jax: Any, way: Way, arrays: list[Any]) -> Any:
    program = jax.jit(way).lower(*arrays).compile()
    jax.block_until_ready(program(*arrays))
    return program


def measure_pending() -> Iterator[Measured]:
    """Measure what programs compiled so far asked for, and keep it."""
    for candidate in choices().take_pending():
        try:
            found = measure(candidate)
        except Exception as error:  # noqa: BLE001 - a way that cannot be run alone stays as it is.
            _log.info("%s is not measured: %s", candidate.key, error)
            continue
        choices().record(found.key, found.ratio)
        yield found


class Tuner:
    """The thread that measures; it ends when nothing is left to do."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._ends = threading.Event()
        self._last = 0.0

    def compiled(self) -> None:
        """Told of each program that was compiled: what it asked for is measured some time later."""
        self._last = monotonic()
        if not is_anything_pending() or not self._may_measure():
            return
        with self._lock:
            if self._thread is None and not self._ends.is_set():
                self._thread = threading.Thread(
                    target=self._work, name="tidefall-tuner", daemon=True
                )
                self._thread.start()

    @staticmethod
    def _may_measure() -> bool:
        return bool(
            config.tune
            and not config.op_determinism
            and cache_folder()
            and not compile_service.service.serves
            and compile_service.has_spare_processor()
        )

    def _work(self) -> None:
        while is_anything_pending():
            rest = self._last + QUIET_SECONDS - monotonic()
            if rest > 0:
                if self._ends.wait(rest):
                    return
                continue
            start = perf_counter()
            for found in measure_pending():
                _log.info(
                    "%s: %.3g ms, by XLA %.3g ms", found.key, 1e3 * found.native, 1e3 * found.xla
                )
                # Half of the time is for the program.
                if self._ends.wait(perf_counter() - start):
                    return
                start = perf_counter()
        with self._lock:
            self._thread = None

    def close(self) -> None:
        """End the thread, once what it measures is done."""
        self._ends.set()
        thread = self._thread
        if thread is not None:
            thread.join(_EXIT_SECONDS)

    def restart_after_fork(self) -> None:
        """In the child of a fork, where the thread is gone: it measures nothing."""
        self._lock = threading.Lock()
        self._thread = None
        self._ends.set()


tuner = Tuner()
"""That of this process."""
atexit.register(tuner.close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=tuner.restart_after_fork)
