"""Plans tried on recorded traffic, and what is written for clusters."""

from __future__ import annotations

import json

import promql_parser
import pytest
import yaml

from tidefall.base import errors
from tidefall.lifecycle.release import cli
from tidefall.lifecycle.release.manifests import manifests
from tidefall.lifecycle.release.plan import read_plan
from tidefall.lifecycle.release.whatif import what_if

LATENCY = {"latency": {"ratio": 50.0}}


def try_out(place, candidate, requests, rate=None, **canary):
    place.servers = []
    canary = {"steps": [20, 50], "seconds": 30, "requests": 50, "patience": 10_000, **canary}
    plan = read_plan(
        place.plan(servers=["http://h:1"], canary=canary, guardrails={**LATENCY})
    )
    folders = {1: place.exports["good"], 2: place.exports[candidate]}
    return what_if(plan, place.record(requests), folders, 1, 2, rate=rate)


def test_a_good_version_would_have_gone_out_and_so_long_it_would_have_taken(place):
    found = try_out(place, "better", 900)
    assert (found.ended, found.reason) == ("promoted", "passed all steps")
    first, second = found.steps
    # A request a second came: 50 of a fifth take about 250 seconds, 50 of a half about 100.
    assert 180 < first.seconds < 360
    assert 70 < second.seconds < 150
    assert first.candidate_requests >= 50
    assert try_out(place, "better", 900) == found


def test_a_bad_version_would_have_gone_back_after_so_many_failures(place):
    found = try_out(place, "failing", 900)
    assert found.ended == "rolled back"
    assert found.reason.startswith("error rate: ")
    assert 3 < found.steps[-1].failed < 30


def test_a_recording_that_ends_before_decides_nothing(place):
    found = try_out(place, "better", 40)
    assert found.ended == "undecided"
    assert found.reason.startswith("the recording ended at step 1: ")
    assert try_out(place, "better", 900, rate=1000.0).ended == "undecided"


def test_the_command_asks_the_registry_for_the_versions(place, capsys):
    version = place.register("better")
    place.record(50)
    plan = place.plan(servers=["http://h:1"])
    recording = place.folder / "recordings" / "day.tfrecord"
    assert cli.main(["what-if", str(plan), str(recording), str(version), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ended"] == "undecided"
    assert cli.main(["what-if", str(plan), "nowhere", str(version)]) == 1
    assert "nowhere" in capsys.readouterr().err


@pytest.fixture
def cluster_plan(tmp_path):
    path = tmp_path / "plan.yaml"
    path.write_text(
        "model: taxi\nservers: [dns+http://tidefall-serving-pods:8501]\nstore: store\n"
        "canary: {steps: [10, 50], seconds: 5m}\n"
    )
    return path


@pytest.mark.parametrize("target", ["kubernetes", "kserve", "argo"])
def test_files_for_clusters_hold_what_the_plan_says(cluster_plan, target):
    plan = read_plan(cluster_plan)
    documents = list(
        yaml.safe_load_all(manifests(plan, cluster_plan, target, 4, 3, "tidefall:1"))
    )
    kinds = {document["kind"]: document for document in documents}
    for document in documents:
        assert document.keys() <= {"apiVersion", "kind", "metadata", "spec", "data"}
        assert len(document["metadata"]["name"]) <= 63
    if target == "kubernetes":
        spec = kinds["Job"]["spec"]["template"]["spec"]
        assert spec["containers"][0]["args"] == ["release", "run", "/plan/plan.yaml", "4", "--stable=3"]
        path = cluster_plan.parent / "inner.yaml"
        path.write_text(kinds["ConfigMap"]["data"]["plan.yaml"])
        assert read_plan(path).canary == plan.canary
        volumes = {volume["name"] for volume in spec["volumes"]}
        assert {m["name"] for m in spec["containers"][0]["volumeMounts"]} == volumes
    elif target == "kserve":
        predictor = kinds["InferenceService"]["spec"]["predictor"]
        assert predictor["canaryTrafficPercent"] == 10
        assert predictor["containers"][0]["name"] == "kserve-container"
    else:
        canary = kinds["Rollout"]["spec"]["strategy"]["canary"]
        assert [step.get("setWeight") for step in canary["steps"]] == [10, None, 50, None]
        for metric in kinds["AnalysisTemplate"]["spec"]["metrics"]:
            query = metric["provider"]["prometheus"]["query"]
            promql_parser.parse(query.replace("{{args.version}}", "4"))


def test_the_served_version_is_the_candidate_alone(cluster_plan, tmp_path):
    from tidefall.serving.text_messages import read_message

    text = manifests(read_plan(cluster_plan), cluster_plan, "argo", 4, 3, "tidefall:1")
    config = next(iter(yaml.safe_load_all(text)))
    (tmp_path / "models.config").write_text(config["data"]["models.config"])
    message = read_message(tmp_path / "models.config", "ModelServerConfig")
    policy = message.model_config_list.config[0].model_version_policy
    assert list(policy.specific.versions) == [4]


def test_files_are_what_kubernetes_takes(cluster_plan):
    validate = pytest.importorskip("kubernetes_validate", reason="100 MB; not in the test extra")
    for document in yaml.safe_load_all(
        manifests(read_plan(cluster_plan), cluster_plan, "kubernetes", 4, 3, "tidefall:1")
    ):
        validate.validate(document, "1.29", strict=True)


def test_a_plan_for_this_machine_is_none_for_a_cluster(cluster_plan):
    cluster_plan.write_text(cluster_plan.read_text().replace("tidefall-serving-pods", "localhost"))
    with pytest.raises(errors.InvalidArgumentError, match="is this machine"):
        manifests(read_plan(cluster_plan), cluster_plan, "kubernetes", 4, 3, "tidefall:1")
    with pytest.raises(errors.InvalidArgumentError, match="expected kubernetes, kserve, argo"):
        manifests(read_plan(cluster_plan), cluster_plan, "nomad", 4, 3, "tidefall:1")
