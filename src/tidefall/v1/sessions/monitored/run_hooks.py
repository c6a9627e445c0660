"""Hooks: what is done before and after each run of a monitored session."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from tidefall.base.errors import OutOfRangeError
from tidefall.base.exports import export
from tidefall.base.logs import get_logger
from tidefall.graph.v1.default_graph import get_default_graph
from tidefall.v1.training.training_steps import get_global_step, get_or_create_global_step


@export("compat.v1.train.SessionRunArgs")
class SessionRunArgs(NamedTuple):
    """What a hook adds to a run.

    Args:
        fetches: a nest of what it wants computed.
        feed_dict: values to give.
        options: accepted.
    """

    fetches: Any
    feed_dict: Any = None
    options: Any = None


@export("compat.v1.train.SessionRunValues")
class SessionRunValues(NamedTuple):
    """What came of what a hook asked for.

    Args:
        results: the values of its fetches.
        options: the options of the run.
        run_metadata: nothing.
    """

    results: Any
    options: Any
    run_metadata: Any


@export("compat.v1.train.SessionRunContext")
class SessionRunContext:
    """A run as its hooks see it.

    Args:
        original_args: the SessionRunArgs of the caller.
        session: the session, without hooks.
    """

    def __init__(self, original_args: SessionRunArgs, session: Any):
        self._original_args = original_args
        self._session = session
        self._stop_requested = False

    @property
    def original_args(self) -> SessionRunArgs:
        """What the caller asked for."""
        return self._original_args

    @property
    def session(self) -> Any:
        """The session, without hooks."""
        return self._session

    @property
    def stop_requested(self) -> bool:
        """Whether a hook asked for a stop."""
        return self._stop_requested

    def request_stop(self) -> None:
        """Let the program's loop end after this run."""
        self._stop_requested = True


@export("compat.v1.train.SessionRunHook")
class SessionRunHook:
    """What is done around the runs of a monitored session; subclasses override what they need."""

    def begin(self) -> None:
        """Called once before the session is made: the graph may still be changed."""

    def after_create_session(self, session: Any, coord: Any) -> None:
        """Called when a session was made; the graph may be changed no longer."""

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs | None:
        """Called before each run; what it returns is computed with it."""
        return None

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """Called after each run that raised no error."""

    def end(self, session: Any) -> None:
        """Called at the end, unless that is an error."""


@export("compat.v1.train.SecondOrStepTimer")
class SecondOrStepTimer:
    """Tells when something that is done every so many seconds or steps is due.

    Args:
        every_secs, every_steps: one of the two.
    """

    def __init__(self, every_secs: float | None = None, every_steps: int | None = None):
        self.reset()
        self._every_secs, self._every_steps = every_secs, every_steps
        if every_secs is None and every_steps is None:
            raise ValueError("Either every_secs or every_steps should be provided.")
        if every_secs is not None and every_steps is not None:
            raise ValueError("Can not provide both every_secs and every_steps.")

    def reset(self) -> None:
        """Forget when it was done last."""
        self._step: int | None = None
        self._time: float | None = None

    def should_trigger_for_step(self, step: int) -> bool:
        """Whether it is due at a step: also if it never was done before."""
        if self._step is None or self._time is None:
            return True
        if self._step == step:
            return False
        if self._every_secs is not None:
            return time.time() >= self._time + self._every_secs
        return step >= self._step + (self._every_steps or 0)

    def update_last_triggered_step(self, step: int) -> tuple[float | None, int | None]:
        """Note that it is done at a step; returns the seconds and steps since it was before."""
        now = time.time()
        if self._step is None or self._time is None:
            elapsed: tuple[float | None, int | None] = (None, None)
        else:
            elapsed = (now - self._time, step - self._step)
        self._time, self._step = now, step
        return elapsed

    def last_triggered_step(self) -> int | None:
        """The step when it was done last."""
        return self._step


class Never(SecondOrStepTimer):
    """A timer by which nothing is ever due."""

    def __init__(self) -> None:
        self.reset()

    def should_trigger_for_step(self, step: int) -> bool:
        """Never."""
        return False


def required_global_step(hook: str) -> Any:
    """The variable that counts the steps.

    Raises:
        RuntimeError: if there is none, naming the hook that needs it.
    """
    found = get_global_step()
    if found is None:
        raise RuntimeError(f"Global step should be created to use {hook}.")
    return found


@export("compat.v1.train.LoggingTensorHook")
class LoggingTensorHook(SessionRunHook):
    """Logs the values of tensors every so many runs or seconds, or at the end.

    Args:
        tensors: tensors or their names, by the words to log them with, or a list of them.
        every_n_iter: log at every so manieth run.
        every_n_secs: log after so many seconds.
        at_end: log at the end.
        formatter: makes the text of a dict of values.
    """

    def __init__(
        self,
        tensors: Any,
        every_n_iter: int | None = None,
        every_n_secs: float | None = None,
        at_end: bool = False,
        formatter: Callable[[dict[str, Any]], str] | None = None,
    ):
        only_at_end = at_end and every_n_iter is None and every_n_secs is None
        if not only_at_end and (every_n_iter is None) == (every_n_secs is None):
            raise ValueError(
                "either at_end and/or exactly one of every_n_iter and every_n_secs must be "
                "provided."
            )
        if every_n_iter is not None and every_n_iter <= 0:
            raise ValueError(f"invalid every_n_iter={every_n_iter}.")
        if not isinstance(tensors, Mapping):
            tensors = {item: item for item in tensors}
        self._tensors = dict(tensors)
        self._formatter = formatter
        self._at_end = at_end
        self._timer = Never() if only_at_end else SecondOrStepTimer(every_n_secs, every_n_iter)

    def begin(self) -> None:
        """Find the tensors in the graph."""
        self._timer.reset()
        self._count = 0
        graph = get_default_graph()
        self._current = {tag: graph.as_graph_element(t) for tag, t in self._tensors.items()}

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs | None:
        """Ask for the values if they are due."""
        self._due = self._timer.should_trigger_for_step(self._count)
        return SessionRunArgs(self._current) if self._due else None

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """Log the values."""
        if self._due:
            self._log(run_values.results)
        self._count += 1

    def end(self, session: Any) -> None:
        """Log the values at the end."""
        if self._at_end:
            self._log(session.run(self._current))

    def _log(self, values: dict[str, Any]) -> None:
        seconds, _ = self._timer.update_last_triggered_step(self._count)
        logger = get_logger()
        if self._formatter is not None:
            logger.info(self._formatter(values))
            return
        with np.printoptions(suppress=True):
            text = ", ".join(f"{_label(tag)} = {values[tag]}" for tag in self._tensors)
        if seconds is not None:
            logger.info("%s (%.3f sec)", text, seconds)
        else:
            logger.info("%s", text)


def _label(tag: Any) -> str:
    return getattr(tag, "name", None) or str(tag)


@export("compat.v1.train.StopAtStepHook")
class StopAtStepHook(SessionRunHook):
    """Stops at a step.

    Args:
        num_steps: after so many steps of this program.
        last_step: when so many steps have been made in all.
    """

    def __init__(self, num_steps: int | None = None, last_step: int | None = None):
        if num_steps is None and last_step is None:
            raise ValueError("One of num_steps or last_step must be specified.")
        if num_steps is not None and last_step is not None:
            raise ValueError("Only one of num_steps or last_step can be specified.")
        self._num_steps, self._last_step = num_steps, last_step

    def begin(self) -> None:
        """Find the variable that counts the steps."""
        self._global_step = required_global_step("StopAtStepHook")

    def after_create_session(self, session: Any, coord: Any) -> None:
        """Find the last step."""
        if self._last_step is None:
            self._last_step = session.run(self._global_step) + self._num_steps

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs:
        """Ask for the step."""
        return SessionRunArgs(self._global_step)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """Stop at the last step."""
        last: Any = self._last_step
        # The step was read before or after the run counted it: look again if it may be the last.
        at_most = run_values.results + 1
        if at_most >= last and run_context.session.run(self._global_step) >= last:
            run_context.request_stop()


@export("compat.v1.train.NanLossDuringTrainingError")
class NanLossDuringTrainingError(RuntimeError):
    """The loss became NaN."""

    def __str__(self) -> str:
        return "NaN loss during training."


@export("compat.v1.train.NanTensorHook")
class NanTensorHook(SessionRunHook):
    """Stops if a loss becomes NaN.

    Args:
        loss_tensor: the loss.
        fail_on_nan_loss: raise an error then.
    """

    def __init__(self, loss_tensor: Any, fail_on_nan_loss: bool = True):
        self._loss_tensor = loss_tensor
        self._fail = fail_on_nan_loss

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs:
        """Ask for the loss."""
        return SessionRunArgs(self._loss_tensor)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """Stop if it is NaN.

        Raises:
            NanLossDuringTrainingError: if that is asked for.
        """
        if not np.isnan(run_values.results):
            return
        message = "Model diverged with loss = NaN."
        if self._fail:
            get_logger().error(message)
            raise NanLossDuringTrainingError
        get_logger().warning(message)
        run_context.request_stop()


@export("compat.v1.train.FinalOpsHook")
class FinalOpsHook(SessionRunHook):
    """Computes something at the end.

    Args:
        final_ops: a nest of what to compute.
        final_ops_feed_dict: values to give for it.
    """

    def __init__(self, final_ops: Any, final_ops_feed_dict: Any = None):
        self._final_ops = final_ops
        self._feed_dict = final_ops_feed_dict
        self._values: Any = None

    @property
    def final_ops_values(self) -> Any:
        """The values."""
        return self._values

    def end(self, session: Any) -> None:
        """Compute them."""
        if self._final_ops is None:
            return
        try:
            self._values = session.run(self._final_ops, feed_dict=self._feed_dict)
        except (OutOfRangeError, StopIteration) as error:
            get_logger().warning(
                "An OutOfRangeError or StopIteration exception is raised by the code in "
                "FinalOpsHook: %s",
                error,
            )
            raise


@export("compat.v1.train.FeedFnHook")
class FeedFnHook(SessionRunHook):
    """Gives values to each run.

    Args:
        feed_fn: a function without arguments that makes the feed_dict.
    """

    def __init__(self, feed_fn: Callable[[], Any]):
        self.feed_fn = feed_fn

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs:
        """Give the values."""
        return SessionRunArgs(fetches=None, feed_dict=self.feed_fn())


@export("compat.v1.train.GlobalStepWaiterHook")
class GlobalStepWaiterHook(SessionRunHook):
    """Waits before the first run until others have made so many steps.

    Args:
        wait_until_step: how many.
    """

    def __init__(self, wait_until_step: int):
        self._wait_until_step = wait_until_step

    def begin(self) -> None:
        """Find the variable that counts the steps."""
        self._waited = False
        self._global_step = get_or_create_global_step()

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs | None:
        """Wait."""
        if not self._waited and self._wait_until_step > 0:
            while run_context.session.run(self._global_step) < self._wait_until_step:
                time.sleep(0.5)
        self._waited = True
        return None
