"""Files for Kubernetes: a job that runs a plan, or what KServe and Argo Rollouts make of it.

The job steers the servers of `deploy/kubernetes` through their admin API and needs no operator.
KServe and Argo Rollouts know steps, pauses and Prometheus queries; what they cannot know (replays,
sequential tests, labels) is left out, and said at the top of the file.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tidefall.base import errors
from tidefall.lifecycle.release.plan import ReleasePlan
from tidefall.serving.rollout.plan import Guardrails

_BLAMED = "INTERNAL|UNKNOWN|UNAVAILABLE|DATA_LOSS|DEADLINE_EXCEEDED|RESOURCE_EXHAUSTED"
_STORE, _TOKEN = "/store", "/secrets/admin"


def manifests(
    plan: ReleasePlan, path: Path, target: str, version: int, stable: int | None, image: str
) -> str:
    """Return the YAML documents that release a version.

    Args:
        plan: the plan.
        path: its file, whose text the job gets.
        target: "kubernetes", "kserve" or "argo".
        version: the candidate.
        stable: the version that answers now; needed where nobody else knows.
        image: the image with Tidefall in it.

    Raises:
        InvalidArgumentError: an unknown target, or one that cannot do what the plan asks.
    """
    import yaml

    makers = {"kubernetes": _job, "kserve": _kserve, "argo": _argo}
    if target not in makers:
        message = f"target {target!r}: expected {', '.join(makers)}"
        raise errors.InvalidArgumentError(None, None, message)
    head, documents = makers[target](plan, path, version, stable, image)
    text = yaml.safe_dump_all(documents, sort_keys=False, width=100)
    return "".join(f"# {line}\n" for line in head) + text


def _name(model: str, suffix: str) -> str:
    """A name that Kubernetes takes: RFC 1123."""
    name = re.sub(r"[^a-z0-9-]+", "-", f"{model}-{suffix}".lower()).strip("-")
    return name[:63].strip("-")


def _labels(plan: ReleasePlan) -> dict[str, str]:
    return {
        "app.kubernetes.io/name": "tidefall-release",
        "app.kubernetes.io/instance": _name(plan.model, "")[:63],
    }


_SECURITY = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
_POD_SECURITY = {
    "runAsNonRoot": True,
    "runAsUser": 10001,
    "runAsGroup": 10001,
    "fsGroup": 10001,
    "seccompProfile": {"type": "RuntimeDefault"},
}


def _job(
    plan: ReleasePlan, path: Path, version: int, stable: int | None, image: str
) -> tuple[list[str], list[dict[str, Any]]]:
    import yaml

    for url in plan.servers:
        host = urlsplit(url.removeprefix("dns+")).hostname
        if host in ("localhost", "127.0.0.1", "::1"):
            message = (
                f"servers: {url} is this machine; in a cluster name the servers' headless service, "
                "such as dns+http://tidefall-serving-pods:8501"
            )
            raise errors.InvalidArgumentError(None, None, message)
    name = _name(plan.model, f"release-{version}")
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    document |= {"store": _STORE, "token_file": f"{_TOKEN}/tokens"}
    command = ["release", "run", "/plan/plan.yaml", str(version)]
    if stable is not None:
        command.append(f"--stable={stable}")
    labels = _labels(plan)
    container = {
        "name": "release",
        "image": image,
        "command": ["python", "-m", "tidefall"],
        "args": command,
        "securityContext": _SECURITY,
        "resources": {
            "requests": {"cpu": "100m", "memory": "256Mi"},
            "limits": {"memory": "1Gi"},
        },
        "volumeMounts": [
            {"name": "plan", "mountPath": "/plan", "readOnly": True},
            {"name": "store", "mountPath": _STORE},
            {"name": "admin-token", "mountPath": _TOKEN, "readOnly": True},
        ],
    }
    pod = {
        # The job follows a pod that is killed by one that goes on.
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "securityContext": _POD_SECURITY,
        "containers": [container],
        "volumes": [
            {"name": "plan", "configMap": {"name": name}},
            {"name": "store", "persistentVolumeClaim": {"claimName": "tidefall-store"}},
            {"name": "admin-token", "secret": {"secretName": "tidefall-admin-token"}},
        ],
    }
    failure = {
        "rules": [
            {
                # The release went back: that is an end, and no reason to try again.
                "action": "FailJob",
                "onExitCodes": {"containerName": "release", "operator": "In", "values": [3]},
            }
        ]
    }
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "tidefall-serving-pods"},
        "spec": {
            "clusterIP": "None",
            # Servers that are not ready must go back, too.
            "publishNotReadyAddresses": True,
            "selector": {"app.kubernetes.io/name": "tidefall-serving"},
            "ports": [{"name": "rest", "port": 8501, "targetPort": "rest"}],
        },
    }
    config = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "labels": labels},
        "data": {"plan.yaml": yaml.safe_dump(document, sort_keys=False)},
    }
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "backoffLimit": 10,
            "podFailurePolicy": failure,
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }
    head = [
        f"Releases version {version} of {plan.model} on the servers of deploy/kubernetes.",
        "tidefall-store is the claim with the registry; tidefall-admin-token the servers' secret.",
    ]
    return head, [service, config, job]


def _left_out(plan: ReleasePlan) -> list[str]:
    rails = plan.guardrails
    given = {
        "replay": plan.replay,
        "approvals": plan.approvals.needed,
        "guardrails.prediction_shift": rails.prediction_shift,
        "guardrails.slices": rails.slices,
        "guardrails.business": rails.business,
    }
    names = ", ".join(name for name, value in given.items() if value)
    return [f"Not in it, since it has no such thing: {names}."] if names else []


def _models_config(plan: ReleasePlan, version: int) -> str:
    return (
        "model_config_list {\n  config {\n"
        f'    name: "{plan.model}"\n    model_platform: "tensorflow"\n'
        f'    base_path: "{_STORE}/models/{plan.model}"\n'
        f"    model_version_policy {{ specific {{ versions: {version} }} }}\n  }}\n}}\n"
    )


def _server(image: str) -> dict[str, Any]:
    return {
        "name": "server",
        "image": image,
        "args": ["--model_config_file=/config/models.config", "--host="],
        "ports": [{"name": "rest", "containerPort": 8501}],
        "securityContext": _SECURITY,
        "resources": {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"memory": "2Gi"}},
        "readinessProbe": {"httpGet": {"path": "/readyz", "port": "rest"}},
        "livenessProbe": {"httpGet": {"path": "/healthz", "port": "rest"}},
        "volumeMounts": [
            {"name": "config", "mountPath": "/config", "readOnly": True},
            {"name": "store", "mountPath": _STORE, "readOnly": True},
            {"name": "tmp", "mountPath": "/tmp"},
        ],
    }


def _server_volumes(config: str) -> list[dict[str, Any]]:
    return [
        {"name": "config", "configMap": {"name": config}},
        {
            "name": "store",
            "persistentVolumeClaim": {"claimName": "tidefall-store", "readOnly": True},
        },
        {"name": "tmp", "emptyDir": {}},
    ]


def _config_map(plan: ReleasePlan, version: int) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        # By version: another version is another revision.
        "metadata": {"name": _name(plan.model, f"v{version}"), "labels": _labels(plan)},
        "data": {"models.config": _models_config(plan, version)},
    }


def _kserve(
    plan: ReleasePlan, path: Path, version: int, stable: int | None, image: str
) -> tuple[list[str], list[dict[str, Any]]]:
    config = _config_map(plan, version)
    name = config["metadata"]["name"]
    server = _server(image) | {"name": "kserve-container"}
    server["ports"] = [{"containerPort": 8501, "protocol": "TCP"}]
    for probe in ("readinessProbe", "livenessProbe"):
        server[probe] = {"httpGet": {**server[probe]["httpGet"], "port": 8501}}
    service = {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {"name": _name(plan.model, ""), "labels": _labels(plan)},
        "spec": {
            "predictor": {
                "canaryTrafficPercent": round(plan.canary.steps[0]),
                "securityContext": _POD_SECURITY,
                "containers": [server],
                "volumes": _server_volumes(name),
            }
        },
    }
    shown = ", ".join(f"{step:g}" for step in (*plan.canary.steps, 100))
    head = [
        f"Version {version} of {plan.model} beside the revision before it, as KServe's canary.",
        f"KServe knows no plan: set canaryTrafficPercent to {shown} in turn, or to 0 to go back.",
        *_left_out(plan),
    ]
    return head, [config, service]


def _argo(
    plan: ReleasePlan, path: Path, version: int, stable: int | None, image: str
) -> tuple[list[str], list[dict[str, Any]]]:
    config = _config_map(plan, version)
    name, app = config["metadata"]["name"], _name(plan.model, "")
    rails = plan.server_guardrails()
    template = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AnalysisTemplate",
        "metadata": {"name": _name(plan.model, "guardrails"), "labels": _labels(plan)},
        "spec": {
            "args": [{"name": "version", "value": str(version)}],
            "metrics": _argo_metrics(plan, rails),
        },
    }
    steps: list[dict[str, Any]] = []
    for share in plan.canary.steps:
        steps += [
            {"setWeight": round(share)},
            {"pause": {"duration": f"{round(plan.canary.seconds)}s"}},
        ]
    selector = {"app.kubernetes.io/name": "tidefall-serving", "app.kubernetes.io/instance": app}
    rollout = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Rollout",
        "metadata": {"name": app, "labels": _labels(plan)},
        "spec": {
            "replicas": 3,
            "revisionHistoryLimit": 3,
            "selector": {"matchLabels": selector},
            "strategy": {
                "canary": {
                    "analysis": {"templates": [{"templateName": template["metadata"]["name"]}]},
                    "steps": steps,
                }
            },
            "template": {
                "metadata": {
                    "labels": selector,
                    "annotations": {
                        "prometheus.io/scrape": "true",
                        "prometheus.io/port": "8501",
                        "prometheus.io/path": "/metrics",
                    },
                },
                "spec": {
                    "automountServiceAccountToken": False,
                    "securityContext": _POD_SECURITY,
                    "containers": [_server(image)],
                    "volumes": _server_volumes(name),
                },
            },
        },
    }
    head = [
        f"Version {version} of {plan.model} as a canary of Argo Rollouts, judged by Prometheus.",
        "Its analyses compare at fixed times, without a bound on how often they err together.",
        *_left_out(plan),
    ]
    return head, [config, template, rollout]


def _argo_metrics(plan: ReleasePlan, rails: Guardrails) -> list[dict[str, Any]]:
    ours = f'model_name="{plan.model}",version="{{{{args.version}}}}"'
    others = f'model_name="{plan.model}",version!="{{{{args.version}}}}"'

    def share(labels: str) -> str:
        failed = f'sum(rate(tidefall_serving_requests_total{{{labels},status=~"{_BLAMED}"}}[5m]))'
        return f"(({failed} or vector(0)) / sum(rate(tidefall_serving_requests_total{{{labels}}}[5m])))"

    def quantile(labels: str) -> str:
        buckets = f"rate(tidefall_serving_request_duration_seconds_bucket{{{labels}}}[5m])"
        return f"histogram_quantile({rails.latency_quantile:g}, sum by (le) ({buckets}))"

    def metric(name: str, query: str, limit: float) -> dict[str, Any]:
        return {
            "name": name,
            "interval": "1m",
            "failureLimit": 2,
            # Without requests there is no answer, and nothing is decided by it.
            "successCondition": f"len(result) == 0 || isNaN(result[0]) || result[0] <= {limit:g}",
            "provider": {
                "prometheus": {"address": "http://prometheus:9090", "query": query}
            },
        }

    return [
        metric("error-rate", f"{share(ours)} - {share(others)}", rails.error_rate),
        metric("latency", f"{quantile(ours)} / {quantile(others)}", rails.latency_ratio),
    ]
