"""The texts of each orchestrator."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from tidefall.lifecycle.pipelines.failures import invalid


def _name(text: str) -> str:
    """A name as Kubernetes takes it."""
    name = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return name[:63].rstrip("-") or "x"


def _names(pipeline: Any) -> dict[str, str]:
    names: dict[str, str] = {}
    for node in pipeline.components:
        name = _name(node.id)
        if name in names.values():
            raise invalid(f"two nodes of {pipeline.id} would both be called {name!r}; rename one")
        names[node.id] = name
    return names


def _words(file: str, node: str, run: str) -> list[str]:
    return ["tidefall", "pipeline", "run-node", file, node, "--run-id", run]


def argo(pipeline: Any, file: str, image: str) -> str:
    """Return an Argo workflow, in JSON, which is YAML too; Kubeflow's clusters run it as well."""
    names = _names(pipeline)
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
                "command": _words(file, node.id, "{{workflow.name}}"),
                "volumeMounts": [{"name": "pipeline", "mountPath": pipeline.pipeline_root}],
            },
        }
        if options.max_attempts > 1:
            template["retryStrategy"] = {"limit": str(options.max_attempts - 1)}
        if options.timeout_seconds:
            template["activeDeadlineSeconds"] = int(options.timeout_seconds)
        templates.append(template)
    claim = {"claimName": f"{_name(pipeline.id)}-root"}
    workflow = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"generateName": f"{_name(pipeline.id)}-"},
        "spec": {
            "entrypoint": "pipeline",
            "volumes": [{"name": "pipeline", "persistentVolumeClaim": claim}],
            "templates": [{"name": "pipeline", "dag": {"tasks": tasks}}, *templates],
        },
    }
    return json.dumps(workflow, indent=2) + "\n"


def airflow(pipeline: Any, file: str, image: str) -> str:
    """Return a module with an Airflow DAG."""
    del image
    names = _names(pipeline)
    lines = [
        f'"""The pipeline {pipeline.id}, as an Airflow DAG."""',
        "",
        "import datetime",
        "",
        "from airflow.providers.standard.operators.bash import BashOperator",
        "from airflow.sdk import DAG",
        "",
        f"with DAG({_name(pipeline.id)!r}, schedule=None, catchup=False) as dag:",
        "    tasks = {}",
    ]
    for node in pipeline.components:
        options = node.node_execution_options
        command = " ".join(map(_quoted, _words(file, node.id, "{{ run_id }}")))
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


def ray(pipeline: Any, file: str, image: str) -> str:
    """Return a script for `ray job submit`: one task for each node."""
    del image
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


TARGETS: dict[str, Callable[[Any, str, str], str]] = {"argo": argo, "airflow": airflow, "ray": ray}


def compile_pipeline(pipeline: Any, target: str, file: str, image: str = "tidefall:latest") -> str:
    """Return a pipeline as another orchestrator takes it.

    Args:
        pipeline: a `Pipeline`.
        target: "argo", "airflow" or "ray".
        file: the file that defines the pipeline, where tasks find it.
        image: of containers, for Argo.

    Returns:
        The text of a workflow, a module or a script.

    Raises:
        InvalidArgumentError: another target, or names that become the same.
    """
    if target not in TARGETS:
        raise invalid(f"compile knows {sorted(TARGETS)}, got {target!r}")
    return TARGETS[target](pipeline, file, image)
