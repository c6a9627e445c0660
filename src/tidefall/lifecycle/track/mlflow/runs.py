"""Experiments, runs, metrics and files of runs, over MLflow's API.

MLflow gives the experiment it begins with the id 0; here that is the one named Default.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tidefall.base import errors
from tidefall.lifecycle.track.artifacts import Artifacts
from tidefall.lifecycle.track.mlflow.fields import (
    as_pairs,
    listed,
    next_page,
    number,
    page,
    pairs,
    text,
    whole,
)
from tidefall.lifecycle.track.records import Experiment, Metric, Records, RunRecord, now_ms
from tidefall.lifecycle.track.search import search_experiments, search_runs

Given = Mapping[str, Any]
_MAX_BATCH = 1000


def _experiment_id(records: Records, given: Any) -> int:
    value = str(given)
    if value == "0":
        assert records.default is not None
        return records.default
    if not value.isdecimal():
        raise errors.NotFoundError(None, None, f"No Experiment with id={value[:100]} exists")
    return int(value)


def _shown_id(records: Records, key: int) -> str:
    return "0" if key == records.default else str(key)


def _shown_experiment(records: Records, experiment: Experiment) -> dict[str, Any]:
    shown = _shown_id(records, experiment.id)
    return {
        "experiment_id": shown,
        "name": experiment.name,
        "artifact_location": f"mlflow-artifacts:/{experiment.id}",
        "lifecycle_stage": "deleted" if experiment.is_deleted else "active",
        "creation_time": experiment.created,
        "last_update_time": experiment.updated,
        "tags": as_pairs(experiment.tags),
    }


def _create_experiment(service: Any, given: Given) -> Given:
    key = service.records.create_experiment(text(given, "name"), pairs(given, "tags"))
    return {"experiment_id": str(key)}


def _get_experiment(service: Any, given: Given) -> Given:
    key = _experiment_id(service.records, text(given, "experiment_id"))
    return {"experiment": _shown_experiment(service.records, service.records.experiment(key))}


def _get_experiment_by_name(service: Any, given: Given) -> Given:
    name = text(given, "experiment_name")
    key = service.records.experiment_named(name)
    if key is None:
        raise errors.NotFoundError(None, None, f"Could not find experiment with name '{name}'")
    return {"experiment": _shown_experiment(service.records, service.records.experiment(key))}


def _search_experiments(service: Any, given: Given) -> Given:
    size, before = page(given)
    view = text(given, "view_type", "ACTIVE_ONLY")
    found = search_experiments(
        service.records, text(given, "filter", ""), listed(given, "order_by"), view
    )[before : before + size]
    shown = [_shown_experiment(service.records, e) for e in found]
    return {"experiments": shown, **next_page(found, size, before)}


def _change_experiment(**fixed: Any) -> Any:
    def change(service: Any, given: Given) -> Given:
        key = _experiment_id(service.records, text(given, "experiment_id"))
        service.records.change_experiment(key, **fixed)
        return {}

    return change


def _rename_experiment(service: Any, given: Given) -> Given:
    key = _experiment_id(service.records, text(given, "experiment_id"))
    service.records.change_experiment(key, name=text(given, "new_name"))
    return {}


def _tag_experiment(service: Any, given: Given) -> Given:
    key = _experiment_id(service.records, text(given, "experiment_id"))
    tags = {text(given, "key"): text(given, "value", "")}
    service.records.change_experiment(key, tags=tags)
    return {}


def _shown_info(records: Records, run: RunRecord) -> dict[str, Any]:
    info = {
        "run_id": run.id,
        "run_uuid": run.id,
        "run_name": run.name,
        "experiment_id": _shown_id(records, run.experiment),
        "user_id": run.tags.get("mlflow.user", ""),
        "status": run.status,
        "start_time": run.start,
        "artifact_uri": f"mlflow-artifacts:/{_folder(run)}",
        "lifecycle_stage": "deleted" if run.is_deleted else "active",
    }
    return info if run.end is None else {**info, "end_time": run.end}


def _folder(run: RunRecord) -> str:
    return f"{run.experiment}/{run.id}/artifacts"


def _shown_metric(metric: Metric) -> dict[str, Any]:
    return {
        "key": metric.name, "value": metric.value, "timestamp": metric.time, "step": metric.step,
    }  # fmt: skip


def _shown_run(records: Records, run: RunRecord) -> dict[str, Any]:
    data = {
        "metrics": [_shown_metric(metric) for metric in run.metrics.values()],
        "params": as_pairs(run.params),
        "tags": as_pairs(run.tags),
    }
    return {"info": _shown_info(records, run), "data": data, "inputs": {}}


def _create_run(service: Any, given: Given) -> Given:
    tags = pairs(given, "tags")
    name = text(given, "run_name", "") or tags.get("mlflow.runName", "")
    own = {"mlflow.runName": name} if name else {}
    user = service.user or text(given, "user_id", "")
    own |= {"mlflow.user": user} if user else {}
    run = service.records.create_run(
        _experiment_id(service.records, text(given, "experiment_id", "0")),
        start=whole(given, "start_time", now_ms()),
        tags={**tags, **own},
    )
    return {"run": _shown_run(service.records, run)}


def _run_id(given: Given) -> str:
    return text(given, "run_id", text(given, "run_uuid", "")) or text(given, "run_id")


def _get_run(service: Any, given: Given) -> Given:
    return {"run": _shown_run(service.records, service.records.run(_run_id(given)))}


def _update_run(service: Any, given: Given) -> Given:
    run_id = _run_id(given)
    end = whole(given, "end_time") if given.get("end_time") is not None else None
    service.records.change_run(run_id, status=given.get("status"), end=end)
    if given.get("run_name"):
        service.records.log(run_id, tags={"mlflow.runName": text(given, "run_name")})
    return {"run_info": _shown_info(service.records, service.records.run(run_id))}


def _set_deleted(is_deleted: bool) -> Any:
    def change(service: Any, given: Given) -> Given:
        service.records.change_run(_run_id(given), is_deleted=is_deleted)
        return {}

    return change


def _metric(given: Given) -> Metric:
    if not isinstance(given, dict):
        raise errors.InvalidArgumentError(None, None, "a metric is no object")
    return Metric(
        text(given, "key"), number(given, "value"), whole(given, "step", 0),
        whole(given, "timestamp", now_ms()),
    )  # fmt: skip


def _log_metric(service: Any, given: Given) -> Given:
    service.records.log(_run_id(given), metrics=[_metric(dict(given))])
    return {}


def _log_param(service: Any, given: Given) -> Given:
    params = {text(given, "key"): text(given, "value", "")}
    service.records.log(_run_id(given), params=params)
    return {}


def _set_tag(service: Any, given: Given) -> Given:
    service.records.log(_run_id(given), tags={text(given, "key"): text(given, "value", "")})
    return {}


def _delete_tag(service: Any, given: Given) -> Given:
    service.records.change_run(_run_id(given), without_tag=text(given, "key"))
    return {}


def _log_batch(service: Any, given: Given) -> Given:
    metrics = [_metric(item) for item in listed(given, "metrics")]
    if len(metrics) > _MAX_BATCH:
        message = f"a batch of {len(metrics)} metrics; {_MAX_BATCH} are the most"
        raise errors.InvalidArgumentError(None, None, message)
    service.records.log(_run_id(given), metrics, pairs(given, "params"), pairs(given, "tags"))
    return {}


def _ignore(service: Any, given: Given) -> Given:
    """Log-model and log-inputs: the client sends what is in the run's files as well."""
    service.records.key_of(_run_id(given))
    return {}


def _search_logged_models(service: Any, given: Given) -> Given:
    """Models that MLflow 3 logs beside runs are not kept, so that there are none."""
    return {"models": []}


def _refuse_logged_model(service: Any, given: Given) -> Given:
    message = "MLflow 3's logged models are not done; log the model's files, and register them"
    raise errors.UnimplementedError(None, None, f"logged-models: {message}")


def _search_runs(service: Any, given: Given) -> Given:
    records = service.records
    size, before = page(given)
    view = text(given, "run_view_type", "ACTIVE_ONLY")
    ids = [_experiment_id(records, e) for e in listed(given, "experiment_ids")]
    keys = search_runs(
        records, ids, text(given, "filter", ""), listed(given, "order_by"), size, before, view
    )
    shown = [_shown_run(records, run) for run in records.runs(keys)]
    return {"runs": shown, **next_page(keys, size, before)}


def _history(service: Any, given: Given) -> Given:
    metrics = service.records.history(_run_id(given), text(given, "metric_key"))
    size, before = page({"max_results": 25_000, **given})
    found = metrics[before : before + size]
    return {"metrics": [_shown_metric(m) for m in found], **next_page(found, size, before)}


def _list_files(service: Any, given: Given) -> Given:
    run = service.records.run(_run_id(given))
    path = text(given, "path", "")
    folder = f"{_folder(run)}/{path}".rstrip("/")
    files = file_entries(service.tracker.artifacts, folder, f"{path}/" if path else "")
    return {"root_uri": f"mlflow-artifacts:/{_folder(run)}", "files": files}


def file_entries(artifacts: Artifacts, folder: str, prefix: str) -> list[dict[str, Any]]:
    """Return the entries of a folder, as MLflow lists files."""
    return [
        {"path": f"{prefix}{name}", "is_dir": True}
        if size is None
        else {"path": f"{prefix}{name}", "is_dir": False, "file_size": size}
        for name, size in artifacts.list(folder)
    ]


ENDPOINTS = {
    ("POST", "experiments/create"): _create_experiment,
    ("GET", "experiments/get"): _get_experiment,
    ("GET", "experiments/get-by-name"): _get_experiment_by_name,
    ("POST", "experiments/search"): _search_experiments,
    ("GET", "experiments/search"): _search_experiments,
    ("POST", "experiments/delete"): _change_experiment(is_deleted=True),
    ("POST", "experiments/restore"): _change_experiment(is_deleted=False),
    ("POST", "experiments/update"): _rename_experiment,
    ("POST", "experiments/set-experiment-tag"): _tag_experiment,
    ("POST", "runs/create"): _create_run,
    ("GET", "runs/get"): _get_run,
    ("POST", "runs/update"): _update_run,
    ("POST", "runs/delete"): _set_deleted(True),
    ("POST", "runs/restore"): _set_deleted(False),
    ("POST", "runs/log-metric"): _log_metric,
    ("POST", "runs/log-parameter"): _log_param,
    ("POST", "runs/set-tag"): _set_tag,
    ("POST", "runs/delete-tag"): _delete_tag,
    ("POST", "runs/log-batch"): _log_batch,
    ("POST", "runs/log-model"): _ignore,
    ("POST", "runs/log-inputs"): _ignore,
    ("POST", "runs/search"): _search_runs,
    ("POST", "logged-models"): _refuse_logged_model,
    ("POST", "logged-models/search"): _search_logged_models,
    ("GET", "metrics/get-history"): _history,
    ("GET", "artifacts/list"): _list_files,
}
