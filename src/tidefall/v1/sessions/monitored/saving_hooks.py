"""Hooks that write: checkpoints, summaries, how many steps a second are made."""

from __future__ import annotations

import os
from typing import Any

from tidefall.base.errors import UnimplementedError
from tidefall.base.exports import export
from tidefall.base.logs import get_logger
from tidefall.graph.v1.default_graph import get_default_graph
from tidefall.io.file_systems.graph_files import write_graph
from tidefall.v1.functions.summaries import FileWriterCache
from tidefall.v1.graphs.graph_keys import GraphKeys, get_collection
from tidefall.v1.sessions.monitored.run_hooks import (
    SecondOrStepTimer,
    SessionRunArgs,
    SessionRunContext,
    SessionRunHook,
    SessionRunValues,
    required_global_step,
)

_START, _CHECKPOINT = 1, 3


def _session_log(status: int, path: str = "") -> Any:
    from tidefall.proto import SessionLog

    return SessionLog(status=status, checkpoint_path=path)


@export("compat.v1.train.CheckpointSaverListener")
class CheckpointSaverListener:
    """What is done around the checkpoints of a CheckpointSaverHook."""

    def begin(self) -> None:
        """Called before the session is made."""

    def before_save(self, session: Any, global_step_value: int) -> None:
        """Called before a checkpoint is written."""

    def after_save(self, session: Any, global_step_value: int) -> bool | None:
        """Called after a checkpoint was written; True stops the program's loop."""

    def end(self, session: Any, global_step_value: int) -> None:
        """Called at the end."""


@export("compat.v1.train.CheckpointSaverHook")
class CheckpointSaverHook(SessionRunHook):
    """Writes checkpoints at the beginning, at the end, and every so many seconds or steps.

    Args:
        checkpoint_dir: the folder.
        save_secs, save_steps: one of the two: when to write one.
        saver: what writes it.
        checkpoint_basename: name of the files.
        scaffold: has the saver, if none is given.
        listeners: CheckpointSaverListeners.
        save_graph_def: write the graph, too.
    """

    def __init__(
        self,
        checkpoint_dir: str,
        save_secs: float | None = None,
        save_steps: int | None = None,
        saver: Any = None,
        checkpoint_basename: str = "model.ckpt",
        scaffold: Any = None,
        listeners: Any = None,
        save_graph_def: bool = True,
    ):
        if saver is not None and scaffold is not None:
            raise ValueError("You cannot provide both saver and scaffold.")
        self._saver, self._scaffold = saver, scaffold
        self._checkpoint_dir = checkpoint_dir
        self._save_path = os.path.join(checkpoint_dir, checkpoint_basename)
        self._timer = SecondOrStepTimer(save_secs, save_steps)
        self._listeners = list(listeners or ())
        self._save_graph_def = save_graph_def

    def begin(self) -> None:
        """Find the variable that counts the steps, and the writer."""
        self._writer = FileWriterCache.get(self._checkpoint_dir)
        self._global_step = required_global_step("CheckpointSaverHook")
        for listener in self._listeners:
            listener.begin()

    def after_create_session(self, session: Any, coord: Any) -> None:
        """Write the graph and the first checkpoint."""
        step = session.run(self._global_step)
        graph = get_default_graph()
        if self._save_graph_def:
            write_graph(graph.as_graph_def(add_shapes=True), self._checkpoint_dir, "graph.pbtxt")
        self._writer.add_graph(graph)
        self._save(session, step)
        self._timer.update_last_triggered_step(step)

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs:
        """Ask for the step."""
        return SessionRunArgs(self._global_step)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """Write a checkpoint if one is due."""
        if not self._timer.should_trigger_for_step(run_values.results + 1):
            return
        step = run_context.session.run(self._global_step)
        if self._timer.should_trigger_for_step(step):
            self._timer.update_last_triggered_step(step)
            if self._save(run_context.session, step):
                run_context.request_stop()

    def end(self, session: Any) -> None:
        """Write the last checkpoint."""
        step = session.run(self._global_step)
        if step != self._timer.last_triggered_step():
            self._save(session, step)
        for listener in self._listeners:
            listener.end(session, step)

    def _save(self, session: Any, step: int) -> bool:
        """Write a checkpoint; whether a listener asks for a stop."""
        get_logger().info("Saving checkpoints for %d into %s.", step, self._save_path)
        for listener in self._listeners:
            listener.before_save(session, step)
        saver = self._find_saver()
        saver.save(
            session, self._save_path, global_step=step, write_meta_graph=self._save_graph_def
        )
        self._writer.add_session_log(_session_log(_CHECKPOINT, self._save_path), step)
        stop = False
        for listener in self._listeners:
            stop = bool(listener.after_save(session, step)) or stop
        return stop

    def _find_saver(self) -> Any:
        if self._saver is None and self._scaffold is not None:
            self._saver = self._scaffold.saver
        if self._saver is None:
            found = get_collection(GraphKeys.SAVERS)
            if not found:
                raise RuntimeError(
                    "No items in collection SAVERS. Please add a saver to the collection or "
                    "provide a saver or scaffold."
                )
            if len(found) > 1:
                raise RuntimeError(
                    "More than one item in collection SAVERS. Please indicate which one to use by "
                    "passing it to the constructor."
                )
            self._saver = found[0]
        return self._saver


@export("compat.v1.train.StepCounterHook")
class StepCounterHook(SessionRunHook):
    """Writes and logs how many steps are made in a second.

    Args:
        every_n_steps, every_n_secs: one of the two: when.
        output_dir: folder of the event file.
        summary_writer: the FileWriter, instead.
    """

    def __init__(
        self,
        every_n_steps: int | None = 100,
        every_n_secs: float | None = None,
        output_dir: str | None = None,
        summary_writer: Any = None,
    ):
        if (every_n_steps is None) == (every_n_secs is None):
            raise ValueError("exactly one of every_n_steps and every_n_secs should be provided.")
        self._timer = SecondOrStepTimer(every_n_secs, every_n_steps)
        self._writer, self._output_dir = summary_writer, output_dir

    def begin(self) -> None:
        """Find the variable that counts the steps, and the writer."""
        if self._writer is None and self._output_dir:
            self._writer = FileWriterCache.get(self._output_dir)
        self._global_step = required_global_step("StepCounterHook")
        self._tag = f"{self._global_step.op.name}/sec"

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs:
        """Ask for the step."""
        return SessionRunArgs(self._global_step)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """Write the rate if it is due."""
        if not self._timer.should_trigger_for_step(run_values.results + 1):
            return
        step = run_context.session.run(self._global_step)
        if not self._timer.should_trigger_for_step(step):
            return
        seconds, steps = self._timer.update_last_triggered_step(step)
        if seconds is None or steps is None:
            return
        rate = steps / max(seconds, 1e-9)
        if self._writer is not None:
            from tidefall.proto import Summary

            value = Summary.Value(tag=self._tag, simple_value=rate)
            self._writer.add_summary(Summary(value=[value]), step)
        get_logger().info("%s: %g", self._tag, rate)


@export("compat.v1.train.SummarySaverHook")
class SummarySaverHook(SessionRunHook):
    """Writes summaries every so many seconds or steps.

    Args:
        save_steps, save_secs: one of the two: when.
        output_dir: folder of the event file.
        summary_writer: the FileWriter, instead.
        scaffold: has the summaries.
        summary_op: a summary, or a list, instead.
    """

    def __init__(
        self,
        save_steps: int | None = None,
        save_secs: float | None = None,
        output_dir: str | None = None,
        summary_writer: Any = None,
        scaffold: Any = None,
        summary_op: Any = None,
    ):
        if (scaffold is None) == (summary_op is None):
            raise ValueError("Exactly one of scaffold or summary_op must be provided.")
        self._summary_op, self._scaffold = summary_op, scaffold
        self._writer, self._output_dir = summary_writer, output_dir
        self._timer = SecondOrStepTimer(save_secs, save_steps)

    def begin(self) -> None:
        """Find the variable that counts the steps, and the writer."""
        if self._writer is None and self._output_dir:
            self._writer = FileWriterCache.get(self._output_dir)
        self._next_step: int | None = None
        self._global_step = required_global_step("SummarySaverHook")

    def _summaries(self) -> list[Any]:
        found = self._summary_op if self._scaffold is None else self._scaffold.summary_op
        if found is None:
            return []
        return list(found) if isinstance(found, (list, tuple)) else [found]

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs:
        """Ask for the step, and for the summaries if they are due."""
        step = self._next_step
        self._due = step is None or self._timer.should_trigger_for_step(step)
        fetches: dict[str, Any] = {"global_step": self._global_step}
        summaries = self._summaries()
        if self._due and summaries:
            fetches["summary"] = summaries
        return SessionRunArgs(fetches)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """Write the summaries."""
        if self._writer is None:
            return
        step = run_values.results["global_step"] + 1
        if self._next_step is None or self._due:
            step = run_context.session.run(self._global_step)
        if self._next_step is None:
            self._writer.add_session_log(_session_log(_START), step)
        if self._due:
            self._timer.update_last_triggered_step(step)
            for summary in run_values.results.get("summary", ()):
                self._writer.add_summary(summary, step)
        self._next_step = step + 1

    def end(self, session: Any) -> None:
        """Write what is left."""
        if self._writer is not None:
            self._writer.flush()


@export("compat.v1.train.ProfilerHook")
class ProfilerHook(SessionRunHook):
    """Not implemented: sessions collect no RunMetadata. See `tf.profiler.experimental`."""

    def __init__(
        self,
        save_steps: int | None = None,
        save_secs: float | None = None,
        output_dir: str = "",
        show_dataflow: bool = True,
        show_memory: bool = False,
    ):
        raise UnimplementedError(
            None,
            None,
            "tf.compat.v1.train.ProfilerHook is not implemented in Tidefall; "
            "tf.profiler.experimental.start and stop profile a program.",
        )
