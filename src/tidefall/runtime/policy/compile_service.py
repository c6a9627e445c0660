"""Compiling in the background of calls, and in the first one.

`TieredExecutable` has one thread of the process compile, where there is a processor to spare, and
runs on the host until the program is there; else it compiles in the call that found out that it
pays, which then takes as long as the compiler does. Once `compile_in_background` was called, no
call ever does. `blocking` is for a model that nobody uses yet: it compiles in the first call.
"""

from __future__ import annotations

import atexit
import gc
import logging
import os
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from queue import Empty, Full, Queue
from time import perf_counter
from typing import Any

from tidefall.base.background import background_work
from tidefall.native.processor import usable_processors
from tidefall.runtime.devices.threads import processor_left_by_blas
from tidefall.runtime.xla.jax_bridge import when_loaded

MAX_WAITING = 256
_RUNS = 3
_BLOCK = 1 << 20
_ADVANTAGE = 1.1
"""How many times faster the host must be than the compiled program to be kept."""
_EXIT_SECONDS = 2.0
"""How long the end of the process waits for what is being compiled."""

Run = Callable[[Any], Any]
"""Computes the outputs of a function of the values of its inputs."""
Job = Callable[[], None]

_log = logging.getLogger("tidefall.runtime")
_here = threading.local()


class CompileService:
    """One thread, and the jobs that it does one after the other.

    The thread starts with the first job. A forked process begins without jobs, and gets a thread of
    its own. At the end of the process jobs that wait are dropped, and the one that is being done
    has a moment to come to its end.

    Attributes:
        serves: whether callers of this process must not wait, as those of servers.
    """

    def __init__(self) -> None:
        self.serves = False
        self._is_open = True
        self._lock = threading.Lock()
        self._jobs: Queue[Job | None] | None = None
        self._thread: threading.Thread | None = None

    def submit(self, job: Job) -> bool:
        """Have something done; False if the service has too much to do already, or was closed."""
        with self._lock:
            if not self._is_open:
                return False
            jobs = self._jobs
            if jobs is None:
                jobs = self._jobs = Queue(MAX_WAITING)
                self._thread = threading.Thread(
                    target=self._work, args=(jobs,), name="tidefall-compiler", daemon=True
                )
                self._thread.start()
        try:
            jobs.put_nowait(job)
        except Full:
            return False
        return True

    def close(self, timeout: float = _EXIT_SECONDS) -> None:
        """Drop the jobs that wait, and end the thread.

        Args:
            timeout: seconds to wait for the job that is being done.
        """
        with self._lock:
            jobs, thread = self._jobs, self._thread
            self._jobs = self._thread = None
            self._is_open = False
        if jobs is None or thread is None:
            return
        try:
            while True:
                jobs.get_nowait()
        except Empty:
            jobs.put(None)
        if thread is not threading.current_thread():
            thread.join(timeout)

    def restart_after_fork(self) -> None:
        """In the child of a fork, where the thread is gone and a lock may be held by it."""
        self._lock = threading.Lock()
        self._jobs = self._thread = None

    @staticmethod
    def _work(jobs: Queue[Job | None]) -> None:
        job = jobs.get()
        if job is not None and "jax" not in sys.modules:
            _read_compiler()
        while job is not None:
            try:
                with background_work(), processor_left_by_blas():
                    job()
            except Exception:  # noqa: BLE001 - whatever it is, the function runs on the host.
                _log.exception("compiling a function failed; it stays on the host")
            del job  # Or its values stay in memory until there is another one.
            job = jobs.get()


service = CompileService()
"""The service of this process."""
atexit.register(service.close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=service.restart_after_fork)


def compile_in_background() -> None:
    """Have functions compiled by a thread of their own from now on, for all of this process.

    Importing jax makes 250,000 objects, which take the garbage collector up to 90 ms to look at, in
    which nobody is answered. They are taken out of its sight, with all others there are by then.
    """
    if not service.serves:
        when_loaded(gc.freeze)
        service.serves = True


@cache
def has_spare_processor() -> bool:
    """Whether this process may use more than one processor."""
    return usable_processors() > 1


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
def blocking(enabled: bool = True) -> Generator[None]:
    """Compile in the first call what this thread calls within the block, and keep what is faster.

    Args:
        enabled: False to leave it to how often a function is called, as outside of all blocks.
    """
    before = is_blocking()
    _here.blocking = enabled
    try:
        yield
    finally:
        _here.blocking = before


def is_blocking() -> bool:
    """Whether this thread is within a block of `blocking`."""
    return getattr(_here, "blocking", False)


def faster(host: Run, compiled: Run, values: Any, name: str) -> Run:
    """Which of two ways to compute the same takes less time.

    Args:
        host: runs on the host.
        compiled: runs the compiled program, which has been called before.
        values: what to call them with.
        name: of the function, for the log.

    Returns:
        `host` or `compiled`.
    """
    with blocking(False):
        seconds = [_best(run, values) for run in (host, compiled)]
    if seconds[0] * _ADVANTAGE >= seconds[1]:
        return compiled
    _log.info("%s stays on the host: %.2g s there, %.2g s compiled", name, *seconds)
    return host


def _best(run: Run, values: Any) -> float:
    times: list[float] = []
    for _ in range(_RUNS):
        start = perf_counter()
        for result in run(values):
            if hasattr(result, "block_until_ready"):
                result.block_until_ready()
        times.append(perf_counter() - start)
    return min(times)
