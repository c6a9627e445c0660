"""`LocalDagRunner`: the nodes of a pipeline in this process, as soon as what they read is there."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tidefall.lifecycle.pipelines.failures import invalid
from tidefall.lifecycle.pipelines.orchestration import records as states
from tidefall.lifecycle.pipelines.orchestration.launcher import Group, Launcher, Skipped
from tidefall.lifecycle.pipelines.orchestration.locks import only_node, only_run
from tidefall.lifecycle.pipelines.orchestration.partial_run import base_run, chosen_nodes
from tidefall.lifecycle.pipelines.orchestration.recovery import recover
from tidefall.lifecycle.pipelines.orchestration.view import View


@dataclass
class RunResult:
    """How a run went.

    Attributes:
        run_id: its name in the store.
        states: of each node: "done", "cached", "resumed", "skipped", or "reused" in a partial run.
        outputs: of each node that ran, its artifacts by key.
        seconds: how long it took.
    """

    run_id: str
    states: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, Group] = field(default_factory=dict)
    seconds: float = 0.0


def _definition(pipeline: Any, options: Any = None) -> str:
    parts = [
        (
            node.id,
            type(node).__qualname__,
            *(["each", repr(node.loop.source)] if node.loop is not None else []),
            sorted((k, str(v)) for k, v in node.exec_properties.items()),
        )
        for node in pipeline.components
    ]
    return hashlib.sha256(repr((parts, options)).encode()).hexdigest()


class LocalDagRunner:
    """Runs a pipeline on this machine.

    Nodes run beside each other where they do not wait for each other. A run that was killed is
    taken up by the next one of the same pipeline: what it finished is not done again.

    Args:
        max_parallel: how many nodes run at once; by default as many as there are cores.
        view: "auto", "lines", "json" or "none".
        resume: take up a run that was killed.
    """

    def __init__(self, max_parallel: int | None = None, view: str = "auto", resume: bool = True):
        self._parallel = max_parallel or max(2, os.cpu_count() or 2)
        self._style, self._resume = view, resume

    def run(
        self, pipeline: Any, run_options: Any = None, parameters: Mapping[str, Any] | None = None
    ) -> RunResult:
        """Run all nodes.

        Args:
            pipeline: a `Pipeline`.
            run_options: `RunOptions`: which nodes; all by default.
            parameters: values of `RuntimeParameter`s by name.

        Returns:
            A `RunResult`.

        Raises:
            FailedPreconditionError: it is running already.
            Exception: what the first node that failed raised, with a note that names it.
        """
        chosen = chosen_nodes(pipeline, run_options)
        started = time.monotonic()
        connection = pipeline.metadata_connection_config
        with only_run(pipeline):
            records = states.Records(getattr(connection, "url", connection), pipeline.id)
            try:
                result = self._run(pipeline, records, parameters, chosen, run_options)
            finally:
                records.close()
        result.seconds = time.monotonic() - started
        return result

    def run_node(
        self,
        pipeline: Any,
        node_id: str,
        run_id: str,
        parameters: Mapping[str, Any] | None = None,
    ) -> str:
        """Run one node of a run whose earlier nodes ran, here or elsewhere: a cluster's task.

        Args:
            pipeline: a `Pipeline`.
            node_id: which node.
            run_id: the run's name, the same for all its nodes.
            parameters: values of `RuntimeParameter`s by name.

        Returns:
            "done", "cached", "resumed" or "skipped".

        Raises:
            InvalidArgumentError: there is no such node.
            FailedPreconditionError: the node runs already, or the whole pipeline.
        """
        by_id = {node.id: node for node in pipeline.components}
        if node_id not in by_id:
            raise invalid(f"pipeline {pipeline.id} has no node {node_id!r}; it has {[*by_id]}")
        connection = pipeline.metadata_connection_config
        with only_node(pipeline, node_id):
            records = states.Records(getattr(connection, "url", connection), pipeline.id)
            try:
                return self._run_node(pipeline, records, by_id[node_id], run_id, parameters)
            finally:
                records.close()

    @staticmethod
    def _run_node(
        pipeline: Any, records: states.Records, node: Any, run_id: str, parameters: Any
    ) -> str:
        if node.id in recover(pipeline, records, run_id, [node.id]):
            return "resumed"
        done: dict[str, Group | None] = {
            name: records.outputs(execution.id)
            for name, (execution, _) in records.executions(run_id).items()
            if execution.last_known_state in states.FINISHED
        }
        try:
            return Launcher(pipeline, records, run_id, parameters).run(node, done)[0]
        except Skipped:
            return "skipped"

    def _run(
        self, pipeline: Any, records: states.Records, parameters: Any, chosen: list[Any],
        options: Any,
    ) -> RunResult:  # fmt: skip
        definition = _definition(pipeline, options)
        killed, done = self._killed_run(pipeline, records, definition)
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f")
        result = RunResult(killed or f"{pipeline.id}.{stamp}")
        running = {node.id for node in chosen}
        needed = {one.id: one for node in chosen for one in node.upstream_nodes}
        taken = {name: node for name, node in needed.items() if name not in {*running, *done}}
        view = View([n.id for n in pipeline.components if n.id in running | {*taken}], self._style)
        ended = [node.id for node in pipeline.components if node.id in done]
        for node_id in ended:
            result.states[node_id] = "resumed"
            view.set(node_id, "resumed", seconds=0.0)
        records.put_run(result.run_id, "RUNNING", definition)
        launcher = Launcher(pipeline, records, result.run_id, parameters)
        try:
            if taken:
                for name, execution in base_run(records, taken, options, result.run_id).items():
                    done[name] = launcher.reuse(taken[name], execution)
                    result.states[name] = "reused"
                    view.set(name, "reused", seconds=0.0)
            self._schedule(chosen, launcher, done, result, view)
        except BaseException as error:
            state = "CANCELED" if isinstance(error, KeyboardInterrupt) else "FAILED"
            records.put_run(result.run_id, state, definition)
            raise
        finally:
            view.end()
        records.put_run(result.run_id, "COMPLETE", definition)
        result.outputs = {
            node.id: made for node in pipeline.components if (made := done.get(node.id)) is not None
        }
        return result

    def _killed_run(
        self, pipeline: Any, records: states.Records, definition: str
    ) -> tuple[str, dict[str, Group | None]]:
        """The last run, if it neither ended nor goes on, since the lock is ours; what it made."""
        last = next(reversed(records.runs()), None)
        if last is None or last[1]["state"] != "RUNNING":
            return "", {}
        done = recover(pipeline, records, last[0], [node.id for node in pipeline.components])
        if self._resume and last[1]["definition"] == definition:
            return last[0], {**done}
        records.put_run(last[0], "CANCELED", last[1]["definition"])
        return "", {}

    def _schedule(
        self, chosen: list[Any], launcher: Launcher, done: dict[str, Group | None],
        result: RunResult, view: View,
    ) -> None:  # fmt: skip
        waiting = [node for node in chosen if node.id not in done]
        running: dict[Future[Any], tuple[Any, float]] = {}
        lock = threading.Lock()
        failed: BaseException | None = None
        with ThreadPoolExecutor(self._parallel, thread_name_prefix="pipeline") as pool:
            while running or (waiting and failed is None):
                ready = [n for n in waiting if all(u.id in done for u in n.upstream_nodes)]
                for node in ready[: self._parallel - len(running)] if failed is None else ():
                    waiting.remove(node)
                    with lock:
                        known = dict(done)
                    running[pool.submit(launcher.run, node, known)] = node, time.monotonic()
                    view.set(node.id, "running")
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    node, began = running.pop(future)
                    error = self._finish(node, future, began, done, result, view)
                    failed = failed or error
        if failed is not None:
            raise failed

    @staticmethod
    def _finish(
        node: Any, future: Future[Any], began: float, done: dict[str, Group | None],
        result: RunResult, view: View,
    ) -> BaseException | None:  # fmt: skip
        seconds = time.monotonic() - began
        error = future.exception()
        if isinstance(error, Skipped):
            done[node.id], result.states[node.id] = None, "skipped"
            view.set(node.id, "skipped", str(error), seconds)
        elif error is not None:
            view.set(node.id, "failed", f"{type(error).__name__}: {error}"[:200], seconds)
            return error
        else:
            result.states[node.id], done[node.id] = future.result()
            view.set(node.id, result.states[node.id], "", seconds)
        return None


BeamDagRunner = LocalDagRunner  # by its name in pipelines that ran on Beam
