"""`tf.profiler.experimental`: measuring programs with XLA's profiler, through jax.

The files are those of TensorFlow's own profiler, for TensorBoard's Profile dashboard:
`plugins/profile/<time>/<host>.xplane.pb` in the log folder.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections import namedtuple
from types import TracebackType
from typing import Any

from tidefall.base.errors import AlreadyExistsError, UnavailableError, UnimplementedError
from tidefall.base.exports import export, export_value
from tidefall.io.file_systems.os_errors import errors_from_os

ProfilerOptions = namedtuple(
    "ProfilerOptions",
    ["host_tracer_level", "python_tracer_level", "device_tracer_level", "delay_ms"],
    defaults=[2, 0, 1, None],
)
export_value(ProfilerOptions, "profiler.experimental.ProfilerOptions")

_lock = threading.Lock()
_session: _Session | None = None


def _jax_profiler() -> Any:
    try:
        from tidefall.runtime.xla.jax_bridge import load_jax

        return load_jax().profiler
    except ImportError:
        raise UnimplementedError(
            None, None, "The profiler is that of jax, which is not installed."
        ) from None


class _Session:
    """One measurement: collected in a folder of its own, moved to the log folder when saved."""

    def __init__(self, logdir: str, options: Any):
        profiler = _jax_profiler()
        try:
            os.makedirs(logdir, exist_ok=True)
            self._folder = tempfile.mkdtemp(prefix=".profile-", dir=logdir)
        except OSError as error:
            raise errors_from_os(error, logdir) from None
        self._logdir = logdir
        settings = profiler.ProfileOptions()
        settings.host_tracer_level = options.host_tracer_level
        settings.python_tracer_level = options.python_tracer_level
        settings.device_tracer_level = options.device_tracer_level
        try:
            profiler.start_trace(self._folder, profiler_options=settings)
        except RuntimeError as error:
            shutil.rmtree(self._folder)
            raise AlreadyExistsError(None, None, f"Another profiler is running: {error}") from error

    def stop(self, save: bool) -> None:
        """Stop; move the files to the log folder, or drop them."""
        try:
            _jax_profiler().stop_trace()
            if save:
                _move(os.path.join(self._folder, "plugins"), os.path.join(self._logdir, "plugins"))
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)


def _move(source: str, target: str) -> None:
    for folder, _, names in os.walk(source):
        into = os.path.join(target, os.path.relpath(folder, source))
        os.makedirs(into, exist_ok=True)
        for name in names:
            os.replace(os.path.join(folder, name), os.path.join(into, name))


@export("profiler.experimental.start")
def start(logdir: Any, options: Any = None) -> None:
    """Start measuring this process.

    Args:
        logdir: the folder for the results, that TensorBoard is shown.
        options: `tf.profiler.experimental.ProfilerOptions`.

    Raises:
        AlreadyExistsError: if a measurement is under way.
        UnimplementedError: if jax, whose profiler this is, is not installed, or for `delay_ms`.
    """
    global _session
    options = ProfilerOptions() if options is None else options
    if getattr(options, "delay_ms", None) is not None:
        raise UnimplementedError(
            None, None, "ProfilerOptions.delay_ms is not implemented in Tidefall yet."
        )
    with _lock:
        if _session is not None:
            raise AlreadyExistsError(None, None, "Another profiler is running.")
        _session = _Session(os.fspath(logdir), options)


@export("profiler.experimental.stop")
def stop(save: bool = True) -> None:
    """Stop measuring.

    Args:
        save: write the results to the log folder; False drops them.

    Raises:
        UnavailableError: if nothing is being measured.
    """
    global _session
    with _lock:
        session, _session = _session, None
    if session is None:
        raise UnavailableError(
            None, None, "Cannot export profiling results. No profiler is running."
        )
    session.stop(save)


@export("profiler.experimental.Profile")
class Profile:
    """Measure a block: `with tf.profiler.experimental.Profile("logs"): ...`.

    Args:
        logdir: the folder for the results.
        options: `tf.profiler.experimental.ProfilerOptions`.
    """

    def __init__(self, logdir: Any, options: Any = None):
        self._logdir = logdir
        self._options = options

    def __enter__(self) -> None:
        start(self._logdir, self._options)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        stop()


@export("profiler.experimental.Trace")
class Trace:
    """Name a block in the measurements; costs next to nothing while nothing is measured.

    Args:
        name: the name of the block.
        **kwargs: what to show with it, such as `step_num`.

    >>> import tidefall as tf
    >>> with tf.profiler.experimental.Trace("train", step_num=1):
    ...     total = tf.add(1, 2)
    """

    def __init__(self, name: str, **kwargs: Any):
        self._annotation: Any = None
        if _session is not None:
            self._annotation = _jax_profiler().TraceAnnotation(name, **kwargs)

    def __enter__(self) -> Trace:
        if self._annotation is not None:
            self._annotation.__enter__()
        return self

    def set_metadata(self, **kwargs: Any) -> None:
        """Add to what is shown with the block.

        Raises:
            UnimplementedError: while measuring; give the values when making the Trace.
        """
        if self._annotation is None:
            return
        if not hasattr(self._annotation, "set_metadata"):
            raise UnimplementedError(
                None, None, "Trace.set_metadata is not offered by this version of jax."
            )
        self._annotation.set_metadata(**kwargs)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._annotation is not None:
            self._annotation.__exit__(kind, error, traceback)
