"""Compiling beside the calls that go on: for programs whose callers must not wait, as servers are.

`TieredPlan` compiles in the call that found out that it pays, which then takes as long as the
compiler does. Once `compile_beside_calls` was called, it leaves that to one thread of the process,
and runs on the host until the program is there. `at_once` is for a model that nobody uses yet: it
compiles in the first call.
"""

from __future__ import annotations

import gc
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from queue import Full, Queue
from time import perf_counter
from typing import Any

from tidefall.core.background import background_work
from tidefall.runtime.jax_bridge import when_loaded

_MOST_WAITING = 256
_RUNS = 3
_BLOCK = 1 << 20
_ADVANTAGE = 1.1
"""How many times faster the host must be than the compiled program to be kept."""

Way = Callable[[Any], Any]
"""Computes the outputs of a function of the values of its inputs."""

_log = logging.getLogger("tidefall.runtime")
_lock = threading.Lock()
_jobs: Queue[Callable[[], None]] | None = None
_here = threading.local()


def compile_beside_calls() -> None:
    """Have functions compiled by a thread of their own from now on, for all of this process.

    Importing jax makes 250,000 objects, which take the garbage collector up to 90 ms to look at, in
    which nobody is answered. They are taken out of its sight, with all others there are by then.
    """
    global _jobs
    with _lock:
        if _jobs is None:
            when_loaded(gc.freeze)
            _jobs = Queue(_MOST_WAITING)
            threading.Thread(
                target=_work, args=(_jobs,), name="tidefall-compiler", daemon=True
            ).start()


def is_beside() -> bool:
    """Whether `compile_beside_calls` was called."""
    return _jobs is not None


def submit(job: Callable[[], None]) -> bool:
    """Give the compiling thread something to do; False where it has too much already."""
    try:
        _jobs.put_nowait(job)  # type: ignore[union-attr]
    except Full:
        return False
    return True


def _work(jobs: Queue[Callable[[], None]]) -> None:
    job = jobs.get()
    if "jax" not in sys.modules:
        _read_compiler()
    while True:
        try:
            with background_work():
                job()
        except Exception:  # noqa: BLE001 - whatever it is, the function runs on the host.
            _log.exception("compiling a function failed; it stays on the host")
        del job  # Or its values stay in memory until there is another one.
        job = jobs.get()


def _read_compiler() -> None:
    """Has the system read XLA's library from the disk, while the calls go on.

    It is 300 MB large. Importing it holds the interpreter, and so all other threads, until it has
    been read: from a slow disk that takes seconds.
    """
    spec = find_spec("jaxlib")
    folders = spec.submodule_search_locations if spec is not None else None
    block = bytearray(_BLOCK)
    for folder in folders or ():
        for path in Path(folder).rglob("*.so"):
            try:
                with path.open("rb", buffering=0) as file:
                    while file.readinto(block):
                        pass
            except OSError as error:
                _log.info("%s is not read ahead: %s", path, error)


@contextmanager
def at_once(enabled: bool = True) -> Iterator[None]:
    """Compile in the first call what this thread calls within the block, and keep what is faster.

    Args:
        enabled: False to leave it to how often a function is called, as outside of all blocks.
    """
    before = is_at_once()
    _here.at_once = enabled
    try:
        yield
    finally:
        _here.at_once = before


def is_at_once() -> bool:
    """Whether this thread is within a block of `at_once`."""
    return getattr(_here, "at_once", False)


def faster(host: Way, compiled: Way, values: Any, name: str) -> Way:
    """Which of two ways to compute the same takes less time.

    Args:
        host: runs on the host.
        compiled: runs the compiled program, which has been called before.
        values: what to call them with.
        name: of the function, for the log.

    Returns:
        `host` or `compiled`.
    """
    with at_once(False):
        seconds = [_best(way, values) for way in (host, compiled)]
    if seconds[0] * _ADVANTAGE >= seconds[1]:
        return compiled
    _log.info("%s stays on the host: %.2g s there, %.2g s compiled", name, *seconds)
    return host


def _best(run: Way, values: Any) -> float:
    times = []
    for _ in range(_RUNS):
        start = perf_counter()
        for result in run(values):
            if hasattr(result, "block_until_ready"):
                result.block_until_ready()
        times.append(perf_counter() - start)
    return min(times)
