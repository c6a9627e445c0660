"""`tf.train.Coordinator`: threads that stop together."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tidefall.base.errors import OutOfRangeError
from tidefall.base.exports import export
from tidefall.base.logs import get_logger


@export("train.Coordinator")
class Coordinator:
    """Lets several threads stop together, and hands on the error that one of them stopped with.

    Args:
        clean_stop_exception_types: kinds of errors that are a plain end rather than a failure;
            `(tf.errors.OutOfRangeError,)` by default.

    >>> import threading
    >>> import tidefall as tf
    >>> coord, found = tf.train.Coordinator(), []
    >>> def work():
    ...     while not coord.should_stop():
    ...         found.append(len(found))
    ...         if len(found) == 3:
    ...             coord.request_stop()
    >>> thread = threading.Thread(target=work)
    >>> thread.start()
    >>> coord.join([thread])
    >>> found
    [0, 1, 2]
    """

    def __init__(self, clean_stop_exception_types: Any = None):
        if clean_stop_exception_types is None:
            clean_stop_exception_types = (OutOfRangeError,)
        self._clean = tuple(clean_stop_exception_types)
        self._lock = threading.Lock()
        self._stop_event = threading.Event()
        self._error: BaseException | None = None
        self._joined = False
        self._registered: set[Any] = set()

    def request_stop(self, ex: Any = None) -> None:
        """Ask the threads to stop.

        Args:
            ex: the error, or what `sys.exc_info()` gives, to raise in `join`. Those of
                `clean_stop_exception_types` are not.

        Raises:
            ValueError, TypeError: for something that is no error.
        """
        with self._lock:
            error = self._as_error(ex)
            if self._joined:
                if error is not None and not isinstance(error, self._clean):
                    get_logger().info(
                        "Error reported to Coordinator after join() called: %s", error
                    )
                    raise error
                return
            if self._stop_event.is_set():
                return
            if error is not None:
                get_logger().info("Error reported to Coordinator: %s, %s", type(error), error)
                if not isinstance(error, self._clean):
                    self._error = error
            self._stop_event.set()

    @staticmethod
    def _as_error(ex: Any) -> BaseException | None:
        if isinstance(ex, tuple):
            if len(ex) != 3:
                raise ValueError(f"ex must be a tuple or sys.exc_info. Instead got {ex}")
            if not isinstance(ex[1], (BaseException, type(None))):
                raise ValueError(f"ex must be a tuple or sys.exc_info. Instead got {ex}")
            return ex[1]
        if ex is None or isinstance(ex, BaseException):
            return ex
        raise TypeError(f"ex must be an exception, or what sys.exc_info() gives, but is {ex!r}")

    def clear_stop(self) -> None:
        """Forget that a stop was asked for, and the error."""
        with self._lock:
            self._joined = False
            self._error = None
            self._stop_event.clear()

    def should_stop(self) -> bool:
        """Whether a stop was asked for."""
        return self._stop_event.is_set()

    @contextlib.contextmanager
    def stop_on_exception(self) -> Iterator[None]:
        """Ask for a stop with the error if the block raises one, which ends there."""
        try:
            yield
        except Exception:  # noqa: BLE001 - `join` raises it
            self.request_stop(ex=sys.exc_info())

    def wait_for_stop(self, timeout: float | None = None) -> bool:
        """Wait until a stop is asked for.

        Args:
            timeout: how many seconds at most.

        Returns:
            Whether it was.
        """
        return self._stop_event.wait(timeout)

    def register_thread(self, thread: Any) -> None:
        """Let `join` wait for a thread, too."""
        with self._lock:
            self._registered.add(thread)

    def join(
        self,
        threads: Sequence[Any] | None = None,
        stop_grace_period_secs: float = 120,
        ignore_live_threads: bool = False,
    ) -> None:
        """Wait until the threads have ended.

        Args:
            threads: threads to wait for beside the registered ones.
            stop_grace_period_secs: how long they may take after a stop was asked for.
            ignore_live_threads: do not raise an error if some take longer.

        Raises:
            RuntimeError: if threads take longer.
            Exception: the one that the stop was asked for with.
        """
        with self._lock:
            waiting = list(self._registered.union(threads or ()))
        while any(thread.is_alive() for thread in waiting) and not self.wait_for_stop(0.05):
            pass
        alive = self._outlive(waiting, stop_grace_period_secs)
        with self._lock:
            self._joined = True
            self._registered = set()
            error = self._error
        if error is not None:
            raise error
        if alive:
            text = " ".join(thread.name for thread in alive)
            if not ignore_live_threads:
                raise RuntimeError(f"Coordinator stopped with threads still running: {text}")
            get_logger().info("Coordinator stopped with threads still running: %s", text)

    @staticmethod
    def _outlive(threads: list[Any], seconds: float) -> list[Any]:
        """Wait for threads; those that take longer."""
        end = time.monotonic() + seconds
        for thread in threads:
            thread.join(max(0.0, end - time.monotonic()))
        return [thread for thread in threads if thread.is_alive()]

    @property
    def joined(self) -> bool:
        """Whether `join` has returned."""
        return self._joined

    def raise_requested_exception(self) -> None:
        """Raise the error that the stop was asked for with, if any."""
        with self._lock:
            error = self._error
        if error is not None:
            raise error


@export("compat.v1.train.LooperThread")
class LooperThread(threading.Thread):
    """A thread that does something again and again until a coordinator stops.

    Args:
        coord: the coordinator.
        timer_interval_secs: seconds between the beginnings of two turns; None for no wait.
        target: what to do; by default subclasses override `run_loop`.
        args, kwargs: arguments of `target`.
    """

    def __init__(
        self,
        coord: Coordinator,
        timer_interval_secs: float | None,
        target: Callable[..., Any] | None = None,
        args: Any = None,
        kwargs: Any = None,
    ):
        if not isinstance(coord, Coordinator):
            raise ValueError(f"'coord' argument must be a Coordinator: {coord}")
        super().__init__(daemon=True)
        self._coord = coord
        self._timer_interval_secs = timer_interval_secs
        self._call = target
        self._call_args, self._call_kwargs = args or (), kwargs or {}
        if target is None and (args or kwargs):
            raise ValueError("'args' and 'kwargs' argument require that you also pass 'target'")
        coord.register_thread(self)

    @staticmethod
    def loop(
        coord: Coordinator,
        timer_interval_secs: float | None,
        target: Callable[..., Any],
        args: Any = None,
        kwargs: Any = None,
    ) -> LooperThread:
        """A started thread that calls `target` until the coordinator stops."""
        thread = LooperThread(coord, timer_interval_secs, target, args, kwargs)
        thread.start()
        return thread

    def run(self) -> None:
        """What the thread does."""
        with self._coord.stop_on_exception():
            self.start_loop()
            if self._timer_interval_secs is None:
                while not self._coord.should_stop():
                    self.run_loop()
            else:
                self._run_by_clock(self._timer_interval_secs)
            self.stop_loop()

    def _run_by_clock(self, interval: float) -> None:
        next_time = time.monotonic()
        while not self._coord.wait_for_stop(max(0.0, next_time - time.monotonic())):
            next_time += interval
            self.run_loop()

    def start_loop(self) -> None:
        """Called once in the thread before the first turn."""

    def stop_loop(self) -> None:
        """Called once in the thread after the last turn."""

    def run_loop(self) -> None:
        """One turn."""
        if self._call is not None:
            self._call(*self._call_args, **self._call_kwargs)
