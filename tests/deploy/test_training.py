"""The files in deploy/training: the TF_CONFIG that Kubernetes gives each pod names its place."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

import tidefall as tf
from tidefall.distribute.launch.__main__ import parser

TRAINING = Path(__file__).parents[2] / "deploy" / "training"
JOB_SETS = [
    path for path in sorted(TRAINING.glob("*.yaml")) if "kind: JobSet" in path.read_text("utf-8")
]
INDEX = "metadata.annotations['batch.kubernetes.io/job-completion-index']"
KIND = "metadata.labels['jobset.sigs.k8s.io/replicatedjob-name']"


def pods(path: Path) -> list[tuple[str, int, dict[str, Any], str]]:
    """Kind, index, container and host name of each pod that a JobSet starts."""
    made = yaml.safe_load(path.read_text(encoding="utf-8"))
    name, network = made["metadata"]["name"], made["spec"]["network"]
    assert network["enableDNSHostnames"]
    found = []
    for job in made["spec"]["replicatedJobs"]:
        spec = job["template"]["spec"]
        assert (job["replicas"], spec["completionMode"]) == (1, "Indexed")
        assert spec["parallelism"] == spec["completions"], "all of them run at once"
        (container,) = spec["template"]["spec"]["containers"]
        for index in range(spec["completions"]):
            host = f"{name}-{job['name']}-0-{index}.{network['subdomain']}"
            found.append((job["name"], index, container, host))
    return found


def environment(container: dict[str, Any], kind: str, index: int) -> dict[str, str]:
    """The variables of a pod, those in others put in their places."""
    values: dict[str, str] = {}
    for variable in container["env"]:
        if "valueFrom" in variable:
            path = variable["valueFrom"]["fieldRef"]["fieldPath"]
            values[variable["name"]] = {INDEX: str(index), KIND: kind}[path]
        else:
            values[variable["name"]] = re.sub(
                r"\$\((\w+)\)", lambda found: values[found[1]], variable["value"]
            )
    return values


@pytest.mark.parametrize("path", JOB_SETS, ids=lambda path: path.stem)
def test_each_pod_finds_its_place(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    all_pods = pods(path)
    for kind, index, container, host in all_pods:
        config = environment(container, kind, index)["TF_CONFIG"]
        monkeypatch.setenv("TF_CONFIG", config)
        resolver = tf.distribute.cluster_resolver.TFConfigClusterResolver()
        assert (resolver.task_type, resolver.task_id) == (kind, index)
        cluster = resolver.cluster_spec()
        assert sum(map(cluster.num_tasks, cluster.jobs)) == len(all_pods)
        (port,) = container["ports"]
        assert cluster.task_address(kind, index) == f"{host}:{port['containerPort']}"
        assert json.loads(config)["task"] == {"type": kind, "index": index}


def test_there_is_one_for_workers_and_one_for_parameter_servers() -> None:
    kinds = {path.stem: {kind for kind, *_ in pods(path)} for path in JOB_SETS}
    assert kinds == {
        "multi_worker": {"worker"},
        "parameter_server": {"chief", "ps", "worker"},
    }


def test_the_job_of_ray_asks_for_what_its_cluster_has() -> None:
    job = yaml.safe_load((TRAINING / "ray_job.yaml").read_text(encoding="utf-8"))["spec"]
    python, flag, module, launch, *arguments = shlex.split(job["entrypoint"])
    assert (python, flag, module, launch) == ("python", "-m", "tidefall", "launch")
    flags = parser().parse_args(arguments)
    (group,) = job["rayClusterSpec"]["workerGroupSpecs"]
    (container,) = group["template"]["spec"]["containers"]
    assert (flags.on, flags.workers) == ("ray", group["replicas"])
    assert flags.cpus <= float(container["resources"]["requests"]["cpu"])
    assert job["shutdownAfterJobFinishes"]
