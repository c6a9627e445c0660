"""Partial runs: which nodes run, and from which run the others' outputs are taken."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from typing import Any

from tidefall.base import errors
from tidefall.lifecycle.pipelines.dsl.pipeline import RunOptions
from tidefall.lifecycle.pipelines.failures import invalid
from tidefall.lifecycle.pipelines.orchestration import records as states


def chosen_nodes(pipeline: Any, options: RunOptions | None) -> list[Any]:
    """Return the nodes that run, in order.

    Raises:
        InvalidArgumentError: an option names a node that there is not, or nothing is left.
    """
    nodes = pipeline.components
    if options is None:
        return list(nodes)
    if not isinstance(options, RunOptions):
        raise invalid(f"run_options takes RunOptions, got {options!r}")
    before = {node.id: {one.id for one in node.upstream_nodes} for node in nodes}
    after: dict[str, set[str]] = {node.id: set() for node in nodes}
    for name, upstream in before.items():
        for one in upstream:
            after[one].add(name)
    kept = _reached(pipeline, options.from_nodes, after)
    kept &= _reached(pipeline, options.to_nodes, before)
    if not kept:
        raise invalid(
            f"no node of {pipeline.id} is after {options.from_nodes} and before {options.to_nodes}"
        )
    return [node for node in nodes if node.id in kept]


def _reached(pipeline: Any, names: Collection[str] | None, next: dict[str, set[str]]) -> set[str]:
    if names is None:
        return {*next}
    if isinstance(names, str):
        raise invalid(f"run_options: a list of nodes was expected, got {names!r}")
    found: set[str] = set()
    todo = list(names)
    for name in todo:
        if name not in next:
            close = difflib.get_close_matches(name, next, 1)
            hint = f"did you mean {close[0]!r}?" if close else f"it has {[*next]}"
            raise invalid(f"pipeline {pipeline.id} has no node {name!r}; {hint}")
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += next[name]
    return found


def base_run(
    records: states.Records, needed: Collection[str], options: RunOptions, run_id: str
) -> dict[str, int]:
    """Return the executions, by node, whose outputs a partial run takes.

    Raises:
        NotFoundError: there is no such run.
        FailedPreconditionError: it lacks a node that is needed.
    """
    runs = [name for name, _ in records.runs() if name != run_id]
    if options.base_pipeline_run_id is not None:
        if options.base_pipeline_run_id not in runs:
            message = f"there is no run {options.base_pipeline_run_id!r}; there are {runs[-10:]}"
            raise errors.NotFoundError(None, None, message)
        runs = [options.base_pipeline_run_id]
    lacking = sorted(needed)
    for name in reversed(runs):
        ended = {
            node: execution.id
            for node, (execution, _) in records.executions(name).items()
            if execution.last_known_state in states.FINISHED
        }
        lacking = sorted({*needed} - {*ended})
        if not lacking:
            return {node: ended[node] for node in needed}
    where = f"run {runs[-1]}" if len(runs) == 1 else "no earlier run"
    message = (
        f"a partial run reads what {lacking} made, and {where} has all of that; run them too, by "
        "from_nodes"
    )
    raise errors.FailedPreconditionError(None, None, message)
