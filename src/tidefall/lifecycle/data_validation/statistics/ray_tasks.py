"""Shards read on the machines of a Ray cluster.

A shard travels to a machine as it is: with its bytes, or, if it is a row group of a Parquet file,
with the name of that. Back comes what an accumulator says of itself in `state`, so that merging,
order and result are those of threads.
"""

# Ray is an extra.
# pyright: reportMissingImports=false
from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

from tidefall.base.errors import FailedPreconditionError, OpError, UnavailableError


class RayTasks(Executor):
    """Runs functions as tasks of the Ray cluster that this process belongs to, or of one it starts.

    Attributes:
        slots: how many can run at once.

    Raises:
        FailedPreconditionError: Ray is not installed.
    """

    def __init__(self) -> None:
        try:
            import ray
        except ImportError as error:
            raise FailedPreconditionError(
                None, None, "statistics on Ray need it: pip install 'tidefall[ray]'"
            ) from error
        self._ray: Any = ray
        self._started = not ray.is_initialized()
        if self._started:
            ray.init(log_to_driver=False, logging_level="error")
        self._run = ray.remote(num_cpus=1)(_outcome)
        self.slots = max(1, int(ray.cluster_resources().get("CPU", 1)))

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Start a task. One whose machine is lost is run again elsewhere, up to three times."""
        answer, result = self._run.remote(fn, args, kwargs).future(), Future()

        def settle(done: Future[Any]) -> None:
            error = done.exception()
            if isinstance(error, self._ray.exceptions.RayError):
                what = str(error).strip().splitlines()[-1]
                error = UnavailableError(None, None, f"a task of the Ray cluster failed: {what}")
            found = None if error is not None else done.result()
            if error is None and not isinstance(found, _Failed):
                result.set_result(found)
            else:
                result.set_exception(error or found.error)

        answer.add_done_callback(settle)
        return result

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Leave the cluster; one that was started here ends, and its tasks with it."""
        if self._started and self._ray.is_initialized():
            self._ray.shutdown()


class _Failed:
    """What a task raised. Ray would show its own stack in place of the message."""

    def __init__(self, error: Exception):
        self.error = error


def _outcome(fn: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    try:
        return fn(*args, **kwargs)
    except OpError as error:
        return _Failed(error)
