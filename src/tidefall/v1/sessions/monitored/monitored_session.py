"""Sessions that run hooks around each run, start queue runners, and begin anew when lost."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from tidefall.base.errors import AbortedError, OutOfRangeError, UnavailableError
from tidefall.base.exports import export
from tidefall.base.logs import get_logger
from tidefall.graph.v1.default_graph import get_default_graph
from tidefall.v1.graphs.graph_keys import GraphKeys, get_collection
from tidefall.v1.input.queues.coordinator import Coordinator
from tidefall.v1.input.queues.queue_runner import start_queue_runners
from tidefall.v1.sessions.fetches import feeds_of
from tidefall.v1.sessions.monitored.run_hooks import (
    SessionRunArgs,
    SessionRunContext,
    SessionRunHook,
    SessionRunValues,
)
from tidefall.v1.sessions.monitored.saving_hooks import (
    CheckpointSaverHook,
    StepCounterHook,
    SummarySaverHook,
)
from tidefall.v1.sessions.monitored.scaffold import (
    ChiefSessionCreator,
    Scaffold,
    SessionCreator,
    WorkerSessionCreator,
)

_LOST = (AbortedError, UnavailableError)
USE_DEFAULT = object()


class StepContext:
    """What a step function is given.

    Args:
        session: the session, without hooks.
        run_with_hooks_fn: `run` of the session with hooks.
    """

    def __init__(self, session: Any, run_with_hooks_fn: Callable[..., Any]):
        self._session = session
        self._run_with_hooks_fn = run_with_hooks_fn

    @property
    def session(self) -> Any:
        """The session, without hooks."""
        return self._session

    def run_with_hooks(self, *args: Any, **kwargs: Any) -> Any:
        """`MonitoredSession.run`."""
        return self._run_with_hooks_fn(*args, **kwargs)

    def request_stop(self) -> None:
        """End the step function, and the program's loop.

        Raises:
            StopIteration: always.
        """
        raise StopIteration("step_fn has requested the iterations to stop.")


class _Watched:
    """A session, the coordinator of its threads, and the hooks around its runs."""

    def __init__(self, session: Any, hooks: Sequence[SessionRunHook], seconds: float):
        self.session = session
        self.coord = Coordinator(clean_stop_exception_types=[])
        self.stopped = False
        self._hooks = hooks
        self._seconds = seconds
        if get_collection(GraphKeys.QUEUE_RUNNERS):
            start_queue_runners(session, coord=self.coord)
        for hook in hooks:
            hook.after_create_session(session, self.coord)

    def should_stop(self) -> bool:
        """Whether a hook or a thread asked for a stop."""
        return self.stopped or self.coord.should_stop()

    def run(self, fetches: Any, feed_dict: Any, options: Any, run_metadata: Any) -> Any:
        """Run with hooks; the error of a thread counts more than the one it brought about."""
        if self.should_stop():
            self.coord.raise_requested_exception()
            raise RuntimeError("Run called even after should_stop requested.")
        try:
            return self._run(fetches, feed_dict, options, run_metadata)
        except _LOST:
            raise
        except Exception:
            self.coord.raise_requested_exception()
            raise

    def _run(self, fetches: Any, feed_dict: Any, options: Any, run_metadata: Any) -> Any:
        context = SessionRunContext(SessionRunArgs(fetches, feed_dict), self.session)
        wanted: dict[Any, Any] = {"caller": fetches}
        feeds = dict(feed_dict or {})
        by_hooks: set[int] = set()
        for hook in self._hooks:
            asked = hook.before_run(context)
            if asked is None:
                continue
            if asked.fetches is not None:
                wanted[hook] = asked.fetches
            if asked.feed_dict:
                self._check_feeds(asked.feed_dict, feed_dict, by_hooks)
                feeds.update(asked.feed_dict)
        found = self.session.run(wanted, feeds, options, run_metadata)
        for hook in self._hooks:
            hook.after_run(context, SessionRunValues(found.get(hook), options, run_metadata))
        self.stopped = self.stopped or context.stop_requested
        return found["caller"]

    def _check_feeds(self, given: Any, by_user: Any, by_hooks: set[int]) -> None:
        graph = self.session.graph
        keys = set(feeds_of(graph, given))
        if keys & by_hooks:
            raise RuntimeError("Same tensor is fed by two hooks.")
        if keys & set(feeds_of(graph, by_user)):
            raise RuntimeError(
                "Same tensor is fed by a SessionRunHook and user. Conflict(s): "
                f"{sorted(str(key) for key in given)}"
            )
        by_hooks |= keys

    def close(self) -> None:
        """Stop the threads and close the session."""
        self.coord.request_stop()
        try:
            self.coord.join(stop_grace_period_secs=self._seconds, ignore_live_threads=True)
        finally:
            self.session.close()


class _MonitoredSession:
    """What both kinds of monitored sessions do."""

    StepContext = StepContext

    def __init__(
        self,
        creator: SessionCreator,
        hooks: Any,
        should_recover: bool,
        stop_grace_period_secs: float,
    ):
        self._graph = get_default_graph()
        self._hooks = list(hooks or ())
        for hook in self._hooks:
            hook.begin()
        self._creator = creator
        self._recovers = should_recover
        self._seconds = stop_grace_period_secs
        self._watched: _Watched | None = None
        self._watched = self._create()

    def _create(self) -> _Watched:
        while True:
            try:
                with self._graph.as_default():
                    session = self._creator.create_session()
                    return _Watched(session, self._hooks, self._seconds)
            except _LOST as error:
                if not self._recovers:
                    raise
                get_logger().info("The session was lost while it was made, again: %s", error)

    @property
    def graph(self) -> Any:
        """The graph that is run."""
        return self._graph if self._watched is not None else None

    def run(
        self, fetches: Any, feed_dict: Any = None, options: Any = None, run_metadata: Any = None
    ) -> Any:
        """Run nodes, with the hooks around; see `tf.compat.v1.Session.run`.

        Raises:
            RuntimeError: if the session is closed, or a stop was asked for.
        """
        return self._recovering(lambda: self._open().run(fetches, feed_dict, options, run_metadata))

    def _open(self) -> _Watched:
        if self._watched is None:
            raise RuntimeError("Attempted to use a closed session.")
        return self._watched

    def _recovering(self, call: Callable[[], Any]) -> Any:
        """Call, and if the session is lost make another one and call again."""
        while True:
            try:
                if self._watched is None and self._recovers and not self.is_closed():
                    self._watched = self._create()
                return call()
            except _LOST as error:
                if not self._recovers:
                    raise
                get_logger().info("The session was lost, and is made again: %s", error)
                if self._watched is not None:
                    self._watched.close()
                self._watched = self._create()

    def run_step_fn(self, step_fn: Callable[..., Any]) -> Any:
        """Run a function of the session.

        Args:
            step_fn: called with a StepContext, whose `session` runs without hooks and whose
                `run_with_hooks` runs with them.

        Returns:
            What it returns.

        Raises:
            StopIteration: if it asks for a stop; the `with` block of the session ends quietly.
            ValueError: for a function of other parameters.
        """
        names = list(inspect.signature(step_fn).parameters)
        if names != ["step_context"] and names != ["self", "step_context"]:
            raise ValueError(
                "`step_fn` may either have one `step_context` argument, or `self` and "
                f"`step_context` arguments if it's an instance method. Got {names} instead."
            )
        watched = self._open()
        context = StepContext(
            watched.session,
            lambda fetches, feed_dict=None, options=None, run_metadata=None: self.run(
                fetches, feed_dict, options, run_metadata
            ),
        )
        return self._recovering(lambda: step_fn(context))

    def should_stop(self) -> bool:
        """Whether the program's loop should end."""
        return self._watched is None or self._watched.should_stop()

    def is_closed(self) -> bool:
        """Whether the session is closed."""
        return self._watched is None

    _is_closed = is_closed

    def close(self) -> None:
        """End the hooks and close the session."""
        self._close(None)

    def __enter__(self) -> Any:
        return self

    def __exit__(self, kind: Any, value: Any, trace: Any) -> bool:
        if kind in (OutOfRangeError, StopIteration):
            kind = None
        self._close(kind)
        return kind is None

    def _close(self, kind: Any) -> None:
        watched = self._watched
        if watched is None:
            return
        try:
            if kind is None:
                for hook in self._hooks:
                    hook.end(watched.session)
        finally:
            try:
                watched.close()
            finally:
                self._watched = None


@export("compat.v1.train.MonitoredSession")
class MonitoredSession(_MonitoredSession):
    """A session that initialises or restores the model, runs hooks, and begins anew when lost.

    Args:
        session_creator: makes the session; a ChiefSessionCreator by default.
        hooks: SessionRunHooks.
        stop_grace_period_secs: how long its threads may take to stop.

    >>> import tidefall as tf
    >>> v1 = tf.compat.v1
    >>> with tf.Graph().as_default():
    ...     step = v1.train.get_or_create_global_step()
    ...     count = v1.assign_add(step, 1)
    ...     with v1.train.MonitoredSession(
    ...         hooks=[v1.train.StopAtStepHook(last_step=3)]
    ...     ) as session:
    ...         while not session.should_stop():
    ...             last = session.run(count)
    >>> int(last)
    3
    """

    def __init__(
        self,
        session_creator: SessionCreator | None = None,
        hooks: Any = None,
        stop_grace_period_secs: float = 120,
    ):
        creator = session_creator or ChiefSessionCreator()
        super().__init__(creator, hooks, True, stop_grace_period_secs)


@export("compat.v1.train.SingularMonitoredSession")
class SingularMonitoredSession(_MonitoredSession):
    """A monitored session that is not made again when it is lost.

    Args:
        hooks: SessionRunHooks.
        scaffold: what the session needs.
        master: empty.
        config: of the session.
        checkpoint_dir: folder of checkpoints, the newest of which is restored.
        stop_grace_period_secs: how long its threads may take to stop.
        checkpoint_filename_with_path: the checkpoint to restore, instead.
    """

    def __init__(
        self,
        hooks: Any = None,
        scaffold: Scaffold | None = None,
        master: str = "",
        config: Any = None,
        checkpoint_dir: str | None = None,
        stop_grace_period_secs: float = 120,
        checkpoint_filename_with_path: str | None = None,
    ):
        creator = ChiefSessionCreator(
            scaffold, master, config, checkpoint_dir, checkpoint_filename_with_path
        )
        super().__init__(creator, hooks, False, stop_grace_period_secs)

    def raw_session(self) -> Any:
        """The session, without hooks."""
        return self._open().session


@export("compat.v1.train.MonitoredTrainingSession")
def MonitoredTrainingSession(
    master: str = "",
    is_chief: bool = True,
    checkpoint_dir: str | None = None,
    scaffold: Scaffold | None = None,
    hooks: Any = None,
    chief_only_hooks: Any = None,
    save_checkpoint_secs: Any = USE_DEFAULT,
    save_summaries_steps: Any = USE_DEFAULT,
    save_summaries_secs: Any = USE_DEFAULT,
    config: Any = None,
    stop_grace_period_secs: float = 120,
    log_step_count_steps: int | None = 100,
    max_wait_secs: float = 7200,
    save_checkpoint_steps: Any = USE_DEFAULT,
    summary_dir: str | None = None,
    save_graph_def: bool = True,
) -> MonitoredSession:
    """A monitored session that saves what training needs.

    Args:
        master: empty.
        is_chief: whether it initialises the model, and writes.
        checkpoint_dir: folder of the checkpoints, the newest of which is restored.
        scaffold: what the session needs.
        hooks: SessionRunHooks.
        chief_only_hooks: hooks of the chief.
        save_checkpoint_secs, save_checkpoint_steps: when to write a checkpoint; every 600 s by
            default.
        save_summaries_steps, save_summaries_secs: when to write summaries; every 100 steps by
            default.
        config: of the session.
        stop_grace_period_secs: how long its threads may take to stop.
        log_step_count_steps: how often to write how many steps are made in a second.
        max_wait_secs: how long others wait for the chief.
        summary_dir: folder of the summaries; `checkpoint_dir` by default.
        save_graph_def: write the graph with the first checkpoint.
    """
    if save_summaries_steps is USE_DEFAULT and save_summaries_secs is USE_DEFAULT:
        save_summaries_steps = 100
    if save_checkpoint_secs is USE_DEFAULT and save_checkpoint_steps is USE_DEFAULT:
        save_checkpoint_secs = 600
    summary_steps, summary_secs, checkpoint_steps, checkpoint_secs = (
        None if value is USE_DEFAULT else value
        for value in (
            save_summaries_steps,
            save_summaries_secs,
            save_checkpoint_steps,
            save_checkpoint_secs,
        )
    )
    scaffold = scaffold or Scaffold()
    if not is_chief:
        worker = WorkerSessionCreator(scaffold, master, config, max_wait_secs)
        return MonitoredSession(worker, hooks, stop_grace_period_secs)
    found = list(chief_only_hooks or ())
    summary_dir = summary_dir or checkpoint_dir
    if summary_dir:
        if log_step_count_steps and log_step_count_steps > 0:
            found.append(StepCounterHook(log_step_count_steps, output_dir=summary_dir))
        if (summary_steps or 0) > 0 or (summary_secs or 0) > 0:
            found.append(
                SummarySaverHook(summary_steps, summary_secs, summary_dir, scaffold=scaffold)
            )
    if checkpoint_dir and ((checkpoint_secs or 0) > 0 or (checkpoint_steps or 0) > 0):
        found.append(
            CheckpointSaverHook(
                checkpoint_dir,
                checkpoint_secs,
                checkpoint_steps,
                scaffold=scaffold,
                save_graph_def=save_graph_def,
            )
        )
    found.extend(hooks or ())
    creator = ChiefSessionCreator(scaffold, master, config, checkpoint_dir)
    return MonitoredSession(creator, found, stop_grace_period_secs)
