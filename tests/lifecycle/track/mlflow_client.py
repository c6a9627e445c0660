"""What MLflow's own client does with a server; run by a Python that has mlflow.

    python mlflow_client.py http://127.0.0.1:5000

It prints JSON of what it saw, and raises where the client was not answered as it expects.
"""

import json
import logging
import os
import sys
import tempfile
from pathlib import Path

os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] = "1"
import mlflow
from mlflow.entities import Metric, Param, RunTag, ViewType
from mlflow.exceptions import MlflowException

logging.getLogger("mlflow").setLevel(logging.ERROR)


def refused(code, call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except MlflowException as error:
        found = error.error_code
    else:
        found = "no error"
    assert found == code, (call, found)


def fluent(seen):
    mlflow.set_experiment("fluent")
    with mlflow.start_run(run_name="first", tags={"team": "vision"}) as run:
        mlflow.log_param("lr", 0.1)
        mlflow.log_params({"optimizer": "adam", "layers": 3})
        for step in range(5):
            mlflow.log_metric("loss", 1.0 / (step + 1), step=step)
        mlflow.log_metrics({"accuracy": 0.9, "nan": float("nan"), "inf": float("inf")})
        mlflow.log_text("hello", "notes/hello.txt")
        mlflow.log_dict({"a": 1}, "config.json")
    found = mlflow.get_run(run.info.run_id)
    seen["status"] = found.info.status
    seen["params"] = found.data.params
    seen["loss"] = found.data.metrics["loss"]
    seen["special"] = [str(found.data.metrics[k]) for k in ("nan", "inf")]
    seen["artifact"] = mlflow.artifacts.load_text(f"{run.info.artifact_uri}/notes/hello.txt")
    return run.info.run_id


def tracking(client, seen, first):
    names = [f"e{n}" for n in range(2)]
    ids = [client.create_experiment(name, tags={"n": name}) for name in names]
    refused("RESOURCE_ALREADY_EXISTS", client.create_experiment, "e0")
    assert client.get_experiment_by_name("e0").experiment_id == ids[0]
    assert client.get_experiment_by_name("none") is None
    assert client.get_experiment("0").name == "Default"
    client.set_experiment_tag(ids[0], "k", "v")
    assert client.get_experiment(ids[0]).tags == {"n": "e0", "k": "v"}
    client.rename_experiment(ids[1], "renamed")
    client.delete_experiment(ids[1])
    assert client.get_experiment(ids[1]).lifecycle_stage == "deleted"
    assert "renamed" not in [e.name for e in client.search_experiments()]
    client.restore_experiment(ids[1])
    found = client.search_experiments(filter_string="name LIKE 'e%'", order_by=["name ASC"])
    seen["experiments"] = [e.name for e in found]
    runs = []
    for n in range(6):
        run = client.create_run(ids[0], run_name=f"run{n}", tags={"parity": "odd" * (n % 2)})
        client.log_batch(
            run.info.run_id,
            metrics=[Metric("score", n / 10, 1000 + s, s) for s in range(3)],
            params=[Param("p", str(n)), Param("kind", "a" if n < 3 else "b")],
            tags=[RunTag("batch", "yes")],
        )
        client.set_terminated(run.info.run_id, "FAILED" if n == 5 else "FINISHED")
        runs.append(run.info.run_id)

    def search(filter_string, order_by=None, **more):
        found = client.search_runs([ids[0]], filter_string, order_by=order_by, **more)
        return [run.info.run_name for run in found]

    seen["searches"] = {
        text: search(text, ["attributes.run_name ASC"])
        for text in (
            "metrics.score > 0.25",
            "params.kind = 'a' and metrics.score >= 0.1",
            "params.p IN ('1', '4')",
            "tags.parity LIKE 'od%'",
            "attributes.status = 'FAILED'",
            "run_name != 'run0' and params.kind != 'b'",
            "tags.`batch` = 'yes' and attributes.run_name ILIKE 'RUN2'",
        )
    }
    seen["ordered"] = search("", ["metrics.score DESC"])
    page = client.search_runs([ids[0]], order_by=["metrics.score ASC"], max_results=4)
    rest = client.search_runs(
        [ids[0]], order_by=["metrics.score ASC"], max_results=4, page_token=page.token
    )
    seen["pages"] = [[r.info.run_name for r in p] for p in (page, rest)]
    history = client.get_metric_history(runs[3], "score")
    seen["history"] = [(m.step, m.value, m.timestamp) for m in history]
    refused("INVALID_PARAMETER_VALUE", client.log_param, runs[0], "p", "other")
    refused("RESOURCE_DOES_NOT_EXIST", client.get_run, "0" * 32)
    refused("INVALID_PARAMETER_VALUE", client.search_runs, [ids[0]], "metrics.score >")
    client.set_tag(runs[0], "extra", "1")
    client.delete_tag(runs[0], "extra")
    assert "extra" not in client.get_run(runs[0]).data.tags
    client.delete_run(runs[0])
    assert "run0" not in search("")
    deleted = client.search_runs([ids[0]], run_view_type=ViewType.DELETED_ONLY)
    assert [r.info.run_name for r in deleted] == ["run0"]
    client.restore_run(runs[0])
    client.update_run(runs[0], name="renamed")
    assert client.get_run(runs[0]).info.run_name == "renamed"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "weights.bin"
        path.write_bytes(bytes(range(256)) * 4096)
        client.log_artifact(first, str(path), "model")
        listed = client.list_artifacts(first)
        seen["files"] = [(f.path, f.is_dir, f.file_size) for f in listed]
        seen["below"] = [(f.path, f.file_size) for f in client.list_artifacts(first, "model")]
        copy = client.download_artifacts(first, "model/weights.bin", folder)
        assert Path(copy).read_bytes() == path.read_bytes()
    return runs[1]


def registry(client, seen, run_id):
    client.create_registered_model("taxi", tags={"a": "1"}, description="tips")
    refused("RESOURCE_ALREADY_EXISTS", client.create_registered_model, "taxi")
    made = [client.create_model_version("taxi", f"runs:/{run_id}/model", run_id) for _ in range(3)]
    seen["versions"] = [v.version for v in made]
    client.transition_model_version_stage("taxi", "1", "Production")
    client.transition_model_version_stage("taxi", "2", "Production", archive_existing_versions=True)
    seen["stages"] = {
        v.version: v.current_stage for v in client.search_model_versions("name='taxi'")
    }
    client.set_registered_model_alias("taxi", "champion", "2")
    seen["champion"] = client.get_model_version_by_alias("taxi", "champion").version
    seen["aliases"] = client.get_registered_model("taxi").aliases
    client.set_model_version_tag("taxi", "3", "checked", "yes")
    seen["version tags"] = client.get_model_version("taxi", "3").tags
    client.delete_model_version_tag("taxi", "3", "checked")
    client.update_model_version("taxi", "3", "the third")
    assert client.get_model_version("taxi", "3").description == "the third"
    client.update_registered_model("taxi", "about tips")
    client.set_registered_model_tag("taxi", "b", "2")
    client.delete_registered_model_tag("taxi", "a")
    model = client.get_registered_model("taxi")
    assert (model.description, model.tags) == ("about tips", {"b": "2"})
    latest = client.get_latest_versions("taxi", ["Production"])
    seen["latest"] = [v.version for v in latest]
    seen["uri"] = client.get_model_version_download_uri("taxi", "1") == f"runs:/{run_id}/model"
    seen["models"] = [m.name for m in client.search_registered_models("name LIKE 'ta%'")]
    seen["by run"] = len(client.search_model_versions(f"run_id = '{run_id}'"))
    refused("INVALID_STATE", client.delete_model_version, "taxi", "2")
    refused("RESOURCE_DOES_NOT_EXIST", client.get_model_version, "taxi", "9")
    client.delete_registered_model_alias("taxi", "champion")
    client.delete_model_version("taxi", "3")
    seen["after"] = client.create_model_version("taxi", "s3://bucket/m", run_id).version


def main():
    mlflow.set_tracking_uri(sys.argv[1])
    client, seen = mlflow.MlflowClient(), {}
    run_id = tracking(client, seen, fluent(seen))
    registry(client, seen, run_id)
    sys.stdout.write(json.dumps(seen) + "\n")


if __name__ == "__main__":
    main()
