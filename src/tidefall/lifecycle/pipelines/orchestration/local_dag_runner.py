"""`LocalDagRunner`: the nodes of a pipeline in this process, as soon as what they read is there."""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tidefall.base import errors
from tidefall.lifecycle.pipelines.failures import invalid
from tidefall.lifecycle.pipelines.orchestration import records as states
from tidefall.lifecycle.pipelines.orchestration.launcher import Group, Launcher, Skipped
from tidefall.lifecycle.pipelines.orchestration.view import View


@dataclass
class RunResult:
    """How a run went.

    Attributes:
        run_id: its name in the store.
        states: of each node: "done", "cached", "resumed" or "skipped".
        outputs: of each node that ran, its artifacts by key.
        seconds: how long it took.
    """

    run_id: str
    states: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, Group] = field(default_factory=dict)
    seconds: float = 0.0


def _definition(pipeline: Any) -> str:
    parts = [
        (
            node.id,
            type(node).__qualname__,
            sorted((k, str(v)) for k, v in node.exec_properties.items()),
        )
        for node in pipeline.components
    ]
    return hashlib.sha256(repr(parts).encode()).hexdigest()


@contextmanager
def _only_run(pipeline: Any) -> Iterator[None]:
    import fcntl

    os.makedirs(pipeline.pipeline_root, exist_ok=True)
    path = os.path.join(pipeline.pipeline_root, ".run.lock")
    with open(path, "w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise errors.FailedPreconditionError(
                None, None, f"pipeline {pipeline.id} runs already in {pipeline.pipeline_root}; "
                "wait for that run, or give this one another pipeline_root",
            ) from None  # fmt: skip
        yield


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
            run_options: not supported.
            parameters: values of `RuntimeParameter`s by name.

        Returns:
            A `RunResult`.

        Raises:
            FailedPreconditionError: it is running already.
            Exception: what the first node that failed raised, with a note that names it.
        """
        if run_options is not None:
            raise invalid("run_options: partial runs are not supported; the cache does that work")
        started = time.monotonic()
        connection = pipeline.metadata_connection_config
        with _only_run(pipeline):
            records = states.Records(getattr(connection, "url", connection), pipeline.id)
            try:
                result = self._run(pipeline, records, parameters)
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
        """
        by_id = {node.id: node for node in pipeline.components}
        if node_id not in by_id:
            raise invalid(f"pipeline {pipeline.id} has no node {node_id!r}; it has {[*by_id]}")
        connection = pipeline.metadata_connection_config
        records = states.Records(getattr(connection, "url", connection), pipeline.id)
        try:
            done: dict[str, Group | None] = {}
            for name, (execution, _) in records.executions(run_id).items():
                if execution.last_known_state in (states.COMPLETE, states.CACHED):
                    done[name] = records.outputs(execution.id)
            if node_id in done:
                return "resumed"
            launcher = Launcher(pipeline, records, run_id, parameters)
            return launcher.run(by_id[node_id], done)[0]
        except Skipped:
            return "skipped"
        finally:
            records.close()

    def _run(self, pipeline: Any, records: states.Records, parameters: Any) -> RunResult:
        definition = _definition(pipeline)
        killed = self._killed_run(records, definition)
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f")
        result = RunResult(killed or f"{pipeline.id}.{stamp}")
        view = View([node.id for node in pipeline.components], self._style)
        done: dict[str, Group | None] = {}
        if killed:
            self._clean(pipeline, records, killed, done)
        for node_id in done:
            result.states[node_id] = "resumed"
            view.set(node_id, "resumed", seconds=0.0)
        records.put_run(result.run_id, "RUNNING", definition)
        launcher = Launcher(pipeline, records, result.run_id, parameters)
        try:
            self._schedule(pipeline, launcher, done, result, view)
        except BaseException as error:
            state = "CANCELED" if isinstance(error, KeyboardInterrupt) else "FAILED"
            records.put_run(result.run_id, state, definition)
            raise
        finally:
            view.end()
        records.put_run(result.run_id, "COMPLETE", definition)
        result.outputs = {name: made for name, made in done.items() if made is not None}
        return result

    def _killed_run(self, records: states.Records, definition: str) -> str:
        """The last run, if it neither ended nor goes on: the lock is ours."""
        last = next(reversed(records.runs()), None)
        if last is None or last[1]["state"] != "RUNNING":
            return ""
        if self._resume and last[1]["definition"] == definition:
            return last[0]
        records.put_run(last[0], "CANCELED", last[1]["definition"])
        return ""

    def _clean(
        self, pipeline: Any, records: states.Records, run_id: str, done: dict[str, Group | None]
    ) -> None:
        """Take what a killed run finished; put away what it had begun."""
        for node_id, (execution, _) in records.executions(run_id).items():
            if execution.last_known_state in (states.COMPLETE, states.CACHED):
                made = records.outputs(execution.id)
                if all(os.path.exists(one.uri) for many in made.values() for one in many):
                    done[node_id] = made
            elif execution.last_known_state == states.RUNNING:
                base = os.path.join(pipeline.pipeline_root, node_id)
                for name in os.listdir(base) if os.path.isdir(base) else ():
                    shutil.rmtree(os.path.join(base, name, str(execution.id)), ignore_errors=True)
                told = {"error": "the process was killed"}
                records.publish(execution.id, {}, states.CANCELED, run_id, node_id, properties=told)

    def _schedule(
        self, pipeline: Any, launcher: Launcher, done: dict[str, Group | None], result: RunResult,
        view: View,
    ) -> None:  # fmt: skip
        waiting = [node for node in pipeline.components if node.id not in done]
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
