"""The texts of each orchestrator."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from tidefall.lifecycle.pipelines.compile.kubeflow import kubeflow
from tidefall.lifecycle.pipelines.compile.names import kubernetes_name, task_command, task_names
from tidefall.lifecycle.pipelines.failures import invalid

_START = "2020, 1, 1"
"""Airflow wants a day from which on a schedule holds; runs before today are not made up for."""
_CRON = re.compile(r"@(hourly|daily|weekly|monthly|yearly)|\S+( \S+){4}")
"""Five fields, or a word; what is in the fields, the orchestrators check."""


def argo(pipeline: Any, file: str, image: str, schedule: str = "") -> str:
    """Return an Argo workflow, with a schedule a cron workflow, in JSON, which is YAML too."""
    names = task_names(pipeline)
    tasks, templates = [], []
    for node in pipeline.components:
        options = node.node_execution_options
        task: dict[str, Any] = {"name": names[node.id], "template": names[node.id]}
        upstream = [names[one.id] for one in node.upstream_nodes]
        if upstream:
            task["dependencies"] = upstream
        tasks.append(task)
        template: dict[str, Any] = {
            "name": names[node.id],
            "container": {
                "image": image,
                "command": task_command(file, node.id, "{{workflow.name}}"),
                "volumeMounts": [{"name": "pipeline", "mountPath": pipeline.pipeline_root}],
            },
        }
        if options.max_attempts > 1:
            template["retryStrategy"] = {"limit": str(options.max_attempts - 1)}
        if options.timeout_seconds:
            template["activeDeadlineSeconds"] = int(options.timeout_seconds)
        templates.append(template)
    claim = {"claimName": f"{kubernetes_name(pipeline.id)}-root"}
    name = kubernetes_name(pipeline.id)
    spec: dict[str, Any] = {
        "entrypoint": "pipeline",
        "volumes": [{"name": "pipeline", "persistentVolumeClaim": claim}],
        "templates": [{"name": "pipeline", "dag": {"tasks": tasks}}, *templates],
    }
    workflow = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "CronWorkflow" if schedule else "Workflow",
        "metadata": {"name": name} if schedule else {"generateName": f"{name}-"},
        "spec": spec,
    }
    if schedule:
        # One run of a pipeline goes on at a time.
        workflow["spec"] = {
            "schedules": [schedule], "concurrencyPolicy": "Forbid", "workflowSpec": spec
        }  # fmt: skip
    return json.dumps(workflow, indent=2) + "\n"


def airflow(pipeline: Any, file: str, image: str, schedule: str = "") -> str:
    """Return a module with an Airflow DAG."""
    del image
    names = task_names(pipeline)
    lines = [
        f'"""The pipeline {pipeline.id}, as an Airflow DAG."""',
        "",
        "import datetime",
        "",
        "from airflow.providers.standard.operators.bash import BashOperator",
        "from airflow.sdk import DAG",
        "",
        "with DAG(",
        f"    {kubernetes_name(pipeline.id)!r},",
        f"    schedule={schedule or None!r},",
        f"    start_date=datetime.datetime({_START}, tzinfo=datetime.timezone.utc),",
        "    catchup=False,",
        "    max_active_runs=1,",
        ") as dag:",
        "    tasks = {}",
    ]
    for node in pipeline.components:
        options = node.node_execution_options
        command = " ".join(map(_quoted, task_command(file, node.id, "{{ run_id }}")))
        timeout = options.timeout_seconds
        limit = f"datetime.timedelta(seconds={timeout!r})" if timeout else "None"
        lines += [
            f"    tasks[{node.id!r}] = BashOperator(",
            f"        task_id={names[node.id]!r},",
            f"        bash_command={command!r},",
            f"        retries={options.max_attempts - 1},",
            f"        execution_timeout={limit},",
            "    )",
        ]
    for node in pipeline.components:
        for upstream in node.upstream_nodes:
            lines.append(f"    tasks[{upstream.id!r}] >> tasks[{node.id!r}]")
    return "\n".join(lines) + "\n"


def _quoted(word: str) -> str:
    import shlex

    return f'"{word}"' if "{{" in word else shlex.quote(word)


def ray(pipeline: Any, file: str, image: str, schedule: str = "") -> str:
    """Return a script for `ray job submit`: one task for each node."""
    del image
    if schedule:
        raise invalid("Ray has no schedules; `tidefall pipeline schedule`, Airflow and Argo have")
    nodes = {node.id: [one.id for one in node.upstream_nodes] for node in pipeline.components}
    retries = {n.id: n.node_execution_options.max_attempts - 1 for n in pipeline.components}
    return f'''"""The pipeline {pipeline.id}, as a Ray job."""

import subprocess
import sys
import time

import ray

NODES = {json.dumps(nodes, indent=4)}
RETRIES = {json.dumps(retries, indent=4)}
RUN = sys.argv[1] if len(sys.argv) > 1 else f"ray-{{int(time.time())}}"


@ray.remote(retry_exceptions=True)
def run(node, *upstream):
    command = ["tidefall", "pipeline", "run-node", {file!r}, node, "--run-id", RUN]
    subprocess.run(command, check=True)
    return node


ray.init()
tasks = {{}}
for name, upstream in NODES.items():
    task = run.options(max_retries=RETRIES[name])
    tasks[name] = task.remote(name, *(tasks[one] for one in upstream))
ray.get(list(tasks.values()))
'''


TARGETS: dict[str, Callable[[Any, str, str, str], str]] = {
    "argo": argo, "airflow": airflow, "kubeflow": kubeflow, "ray": ray,
}  # fmt: skip


def compile_pipeline(
    pipeline: Any, target: str, file: str, image: str = "tidefall:latest", schedule: str = ""
) -> str:
    """Return a pipeline as another orchestrator takes it.

    Args:
        pipeline: a `Pipeline`.
        target: "argo", "airflow", "kubeflow" or "ray".
        file: the file that defines the pipeline, where tasks find it.
        image: of containers, for Argo and Kubeflow.
        schedule: when runs begin, as cron says it, such as "0 3 * * *" or "@daily"; for Argo and
            Airflow.

    Returns:
        The text of a workflow, a module or a script.

    Raises:
        InvalidArgumentError: another target, a schedule that is none or that the target has not, or
            names that become the same.
    """
    if target not in TARGETS:
        raise invalid(f"compile knows {sorted(TARGETS)}, got {target!r}")
    if schedule and not _CRON.fullmatch(schedule):
        raise invalid(f"schedule {schedule!r}: five fields or a word, as cron's, were expected")
    return TARGETS[target](pipeline, file, image, schedule)
