"""What a killed process left of a run: steps that ended are taken up, the rest is put away."""

from __future__ import annotations

import os
import shutil
from typing import Any

from tidefall.lifecycle.pipelines.orchestration import records as states
from tidefall.lifecycle.pipelines.orchestration.attempt import Attempt, Group


def recover(pipeline: Any, records: states.Records, run_id: str, nodes: Any) -> dict[str, Group]:
    """Return the outputs of those nodes that a run has finished.

    The caller holds the lock of the run or of the nodes, so that nothing is at work on them. A step
    that had written all of its outputs when it was killed is published now.

    Args:
        pipeline: a `Pipeline`.
        records: its store.
        run_id: the run.
        nodes: the names of nodes.

    Returns:
        Outputs by node and key; also those of the rounds of a loop, which have names of their own.
    """
    done: dict[str, Group] = {}
    found = records.executions(run_id)
    rounds = [name for name in found if "[" in name and name.partition("[")[0] in nodes]
    for node in [*nodes, *rounds]:
        execution, _ = found.get(node, (None, None))
        if execution is not None and execution.last_known_state == states.RUNNING:
            _settle(pipeline, records, run_id, node, execution.id)
            execution = records.executions(run_id)[node][0]
        shutil.rmtree(os.path.join(pipeline.pipeline_root, node, ".system"), ignore_errors=True)
        if execution is not None and execution.last_known_state in states.FINISHED:
            made = records.outputs(execution.id)
            if all(os.path.exists(one.uri) for many in made.values() for one in many):
                done[node] = made
    return done


def _settle(pipeline: Any, records: states.Records, run_id: str, node: str, number: int) -> None:
    attempt = Attempt(pipeline.pipeline_root, node, number)
    whole = attempt.take_up()
    if whole is None:
        attempt.discard()
        told: dict[str, Any] = {"error": "the process was killed"}
        records.publish(number, {}, states.CANCELED, run_id, node, properties=told)
        return
    told = {"wall_seconds": whole.seconds}
    records.publish(number, whole.outputs, states.COMPLETE, run_id, node, whole.key, told)
    attempt.end(whole.key)
