"""A pipeline as Kubeflow Pipelines takes it: the pipeline spec, and what Kubernetes adds to it."""

from __future__ import annotations

import json
from typing import Any

from tidefall.lifecycle.pipelines.compile.names import kubernetes_name, task_command, task_names
from tidefall.lifecycle.pipelines.failures import invalid

_RUN = "run_id"
_VALUE = "{{$.inputs.parameters['run_id']}}"
SCHEMA_VERSION = "2.1.0"


def kubeflow(pipeline: Any, file: str, image: str, schedule: str = "") -> str:
    """Return a Kubeflow pipeline: two documents of YAML, written as JSON.

    The first is a `PipelineSpec`, each task of which runs a node in a container. The second mounts
    the claim with the pipeline's root into them.

    Raises:
        InvalidArgumentError: there is a schedule, which Kubeflow keeps with its recurring runs.
    """
    if schedule:
        raise invalid("Kubeflow's schedules are its recurring runs, and not in a pipeline's file")
    names = task_names(pipeline)
    components: dict[str, Any] = {}
    executors: dict[str, Any] = {}
    tasks: dict[str, Any] = {}
    mounts: dict[str, Any] = {}
    claim = f"{kubernetes_name(pipeline.id)}-root"
    for node in pipeline.components:
        name = names[node.id]
        executor = f"exec-{name}"
        # A placeholder has a value only as that of a parameter, not in a command.
        command = task_command(file, node.id, _VALUE)
        executors[executor] = {"container": {"image": image, "command": command}}
        components[f"comp-{name}"] = {
            "executorLabel": executor,
            "inputDefinitions": {"parameters": {_RUN: {"parameterType": "STRING"}}},
        }
        run = {"runtimeValue": {"constant": "{{$.pipeline_job_name}}"}}
        task: dict[str, Any] = {
            "taskInfo": {"name": name},
            "componentRef": {"name": f"comp-{name}"},
            # The pipeline has a cache of its own, by content.
            "cachingOptions": {"enableCache": False},
            "inputs": {"parameters": {_RUN: run}},
        }
        upstream = [names[one.id] for one in node.upstream_nodes]
        if upstream:
            task["dependentTasks"] = upstream
        options = node.node_execution_options
        if options.max_attempts > 1:
            task["retryPolicy"] = {
                "maxRetryCount": options.max_attempts - 1,
                "backoffDuration": f"{options.retry_delay_seconds:g}s",
                "backoffFactor": 2.0,
            }
        tasks[name] = task
        mounts[executor] = {
            "pvcMount": [
                {
                    "constant": claim,
                    "pvcNameParameter": {"runtimeValue": {"constant": claim}},
                    "mountPath": pipeline.pipeline_root,
                }
            ]
        }
        if options.timeout_seconds:
            mounts[executor]["activeDeadlineSeconds"] = int(options.timeout_seconds)
    spec = {
        "pipelineInfo": {"name": kubernetes_name(pipeline.id)},
        "schemaVersion": SCHEMA_VERSION,
        "sdkVersion": "tidefall",
        "root": {"dag": {"tasks": tasks}},
        "components": components,
        "deploymentSpec": {"executors": executors},
    }
    platform = {"platforms": {"kubernetes": {"deploymentSpec": {"executors": mounts}}}}
    return f"{json.dumps(spec, indent=2)}\n---\n{json.dumps(platform, indent=2)}\n"
