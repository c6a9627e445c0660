"""Objectives, and whether Prometheus and Grafana take what follows from them."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import promql_parser
import pytest
import yaml

from tests.serving import numpy_server
from tidefall.base import errors
from tidefall.lifecycle.slo import cli
from tidefall.lifecycle.slo.generate import check, generated, write
from tidefall.lifecycle.slo.objectives import read_objectives
from tidefall.lifecycle.slo.rules import BURNS
from tidefall.serving import Client, ModelServer

GOOD = """\
models:
  half:
    owner: "#serving"
    errors: {objective: 99.9}
    latency:
      - {seconds: 0.1, objective: 99}
    quality:
      - {metric: accuracy, at_least: 0.85}
    freshness: {labels: 1d, model: 30d}
  taxi:
    errors: {objective: 99}
store: store
monitoring: monitoring
request_log: requests.jsonl
"""


@pytest.fixture
def objectives(tmp_path):
    path = tmp_path / "slo.yaml"
    path.write_text(GOOD)
    return read_objectives(path)


BAD = {
    "percent": ("objective: 99.9", "objective: 100", "4: models.half.errors.objective: expected a"),
    "limit": ("seconds: 0.1", "seconds: 0.2", "6: models.half.latency[0].seconds: expected one of"),
    "quality": (", at_least: 0.85", "", "8: models.half.quality[0].metric: expected at_least"),
    "both": ("0.85", "0.85, at_most: 1", "8: models.half.quality[0].metric: expected at_least"),
    "age": ("labels: 1d", "labels: old", "9: models.half.freshness.labels: expected a time"),
    "nothing": ("errors: {objective: 99}", "owner: me", "11: models.taxi.errors: expected at least"),
    "name": ("taxi:", '"ta\\"xi":', "1: models: expected names of models, received"),
    "window": ("store: store", "window: 1h", "12: window: a week (7d) or more was expected"),
    "key": ("store: store", "stores: store", "12: stores: unknown; expected models, window"),
    "none": (GOOD, "models: {}", "1: models: expected at least one model"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_mistake_is_told_with_file_line_and_key(tmp_path, name):
    old, new, message = BAD[name]
    assert old in GOOD
    path = tmp_path / "slo.yaml"
    path.write_text(GOOD.replace(old, new))
    with pytest.raises(errors.InvalidArgumentError) as caught:
        read_objectives(path)
    assert str(caught.value).startswith(f"{path}:{message}")


def test_budgets_burn_as_the_workbook_says():
    month = 30 * 86_400
    assert [burn.factor(month) for burn in BURNS] == pytest.approx([14.4, 6, 3, 1])
    assert [(burn.long, burn.short) for burn in BURNS] == [
        ("1h", "5m"), ("6h", "30m"), ("1d", "2h"), ("3d", "6h"),
    ]  # fmt: skip


def test_files_are_kept_in_step(tmp_path, objectives, capsys):
    folder = tmp_path / "out"
    names = ["rules.yaml", "executive.json", "on_call.json", "debug.json", "on_call.md"]
    assert check(objectives, folder) == names == write(objectives, folder)
    assert check(objectives, folder) == [] == write(objectives, folder)
    file = str(tmp_path / "slo.yaml")
    assert cli.main(["check", file, "--output", str(folder)]) == 0
    (folder / "on_call.md").write_text("mine")
    (tmp_path / "slo.yaml").write_text(GOOD.replace("objective: 99}", "objective: 98}"))
    assert cli.main(["check", file, "--output", str(folder), "--json"]) == cli.STALE
    stale = json.loads(capsys.readouterr().out)["stale"]
    assert stale == ["rules.yaml", "executive.json", "on_call.md"]
    assert cli.main(["generate", file, "--output", str(folder)]) == 0
    assert cli.main(["check", file, "--output", str(folder)]) == 0


def rules(objectives):
    return yaml.safe_load(generated(objectives)["rules.yaml"])


def boards(objectives):
    files = generated(objectives)
    return {name: json.loads(files[f"{name}.json"]) for name in ("executive", "on_call", "debug")}


def test_every_expression_is_one(objectives):
    found = [rule["expr"] for group in rules(objectives)["groups"] for rule in group["rules"]]
    for board in boards(objectives).values():
        found += [t["expr"] for panel in board["panels"] for t in panel["targets"]]
    assert len(found) > 40
    for expression in found:
        for name, value in (("$__rate_interval", "5m"), ("$model", ".*")):
            expression = expression.replace(name, value)
        promql_parser.parse(expression)


def test_dashboards_have_the_shape_that_grafana_takes(objectives):
    for board in boards(objectives).values():
        panels, taken = board["panels"], set()
        assert len({panel["id"] for panel in panels}) == len(panels)
        assert len({panel["title"] for panel in panels}) == len(panels)
        for panel in panels:
            assert panel["type"] in ("timeseries", "stat")
            assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
            place = panel["gridPos"]
            assert place["x"] + place["w"] <= 24
            cells = {
                (x, y)
                for x in range(place["x"], place["x"] + place["w"])
                for y in range(place["y"], place["y"] + place["h"])
            }
            assert not cells & taken, f"{panel['title']} lies on another panel"
            taken |= cells
        names = {variable["name"] for variable in board["templating"]["list"]}
        used = set(re.findall(r"\$\{?(\w+)\}?", json.dumps(board)))
        assert used - {"__rate_interval", "__range", "__all"} <= names
    uids = {board["uid"] for board in boards(objectives).values()}
    assert len(uids) == 3


def test_the_sheet_has_commands_that_are_taken(objectives):
    from tidefall.__main__ import COMMANDS

    text = generated(objectives)["on_call.md"]
    assert "- At most 0.1 % of the requests fail." in text
    assert "- The model: the newest is at most 30 days old." in text
    commands = re.findall(r"^\$ tidefall (\S+)", text, re.MULTILINE)
    assert set(commands) == {"release", "rollback", "incident"} <= COMMANDS.keys()
    anchors = {line[3:] for line in text.splitlines() if line.startswith("## ")}
    for group in rules(objectives)["groups"]:
        for rule in group["rules"]:
            if "alert" in rule:
                assert rule["annotations"]["runbook"].partition("#")[2] in anchors


@pytest.fixture(scope="module")
def promtool():
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("Prometheus is not installed (Debian's package prometheus)")
    return found


@pytest.mark.process
def test_prometheus_fires_alerts_as_the_budget_burns(tmp_path, objectives, promtool):
    """Debian's promtool evaluates the rules over simulated hours."""
    write(objectives, tmp_path)
    ok, bad = (
        'tidefall_serving_requests_total{model_name="half",status="%s"}' % status
        for status in ("OK", "INTERNAL")
    )
    tests = {
        "rule_files": ["rules.yaml"],
        "evaluation_interval": "1m",
        "tests": [
            {
                "name": name,
                "interval": "1m",
                "input_series": [
                    {"series": ok, "values": "0+1000x400"},
                    {"series": bad, "values": f"0+{per_minute}x60 {60 * per_minute}x340"},
                ],
                "alert_rule_test": [
                    {
                        "eval_time": when,
                        "alertname": "TidefallObjectiveBurns",
                        "exp_alerts": [
                            {
                                "exp_labels": {
                                    "severity": "page", "model_name": "half",
                                    "objective": "errors", "window": window,
                                },
                                "exp_annotations": {
                                    "summary": summary,
                                    "runbook": "on_call.md#half",
                                },
                            }
                            for window, summary in fired
                        ],
                    }
                    for when, fired in expected
                ],
            }
            for name, per_minute, expected in SCENES
        ],
    }  # fmt: skip
    (tmp_path / "tests.yaml").write_text(yaml.safe_dump(tests))
    for command in (["check", "rules", "rules.yaml"], ["test", "rules", "tests.yaml"]):
        done = subprocess.run(
            [promtool, *command], cwd=tmp_path, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stdout + done.stderr


FAST = "1.961% of the requests for half fail; 2 % of the budget went within 1h"
SIX = "1.961% of the requests for half fail; 5 % of the budget went within 6h"
SCENES = [
    # 2 % fail: 20 times the budget of 0.1 %. It ends within the short windows.
    ("burns", 20, [("50m", [("1h", FAST), ("6h", SIX)]), ("120m", [])]),
    # 0.1 % is what was promised.
    ("keeps", 1, [("50m", []), ("120m", [])]),
]


@pytest.mark.process
def test_prometheus_loads_the_rules_and_fires_them_on_a_real_server(tmp_path, objectives):
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("Prometheus is not installed (Debian's package prometheus)")
    write(objectives, tmp_path)
    base = tmp_path / "half"
    numpy_server.write_version(base, 1)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with ModelServer({"half": base}, load=numpy_server.load) as server:
        server.wait_until_available()
        address = server.url.removeprefix("http://")
        config = {
            "global": {"scrape_interval": "200ms", "evaluation_interval": "200ms"},
            "rule_files": [str(tmp_path / "fast.yaml")],
            "scrape_configs": [{"job_name": "t", "static_configs": [{"targets": [address]}]}],
        }
        made = rules(objectives)
        for group in made["groups"]:
            group["interval"] = "200ms"  # The rules as they are, looked at more often.
        (tmp_path / "fast.yaml").write_text(yaml.safe_dump(made))
        (tmp_path / "prometheus.yaml").write_text(yaml.safe_dump(config))
        process = subprocess.Popen(
            [
                program, f"--config.file={tmp_path}/prometheus.yaml",
                f"--storage.tsdb.path={tmp_path}/data", f"--web.listen-address=127.0.0.1:{port}",
            ],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            with Client(server.url, "half") as client:
                alerts = fire(f"http://127.0.0.1:{port}", client)
        finally:
            process.terminate()
            process.wait(20)
    assert alerts == {
        ("TidefallObjectiveBurns", "half", "errors", "page"),
        ("TidefallObjectiveAtRisk", "half", "errors", "ticket"),
    }


def fire(url: str, client: Client) -> set[tuple[str, ...]]:
    """Sends requests that fail until Prometheus tells of it."""
    end = time.monotonic() + 40
    while time.monotonic() < end:
        for _ in range(5):
            with pytest.raises(errors.OpError):
                client.predict([1.0], signature_name="failing")
            client.predict([1.0])
        time.sleep(0.2)
        try:
            with urllib.request.urlopen(f"{url}/api/v1/alerts", timeout=5) as reply:
                found = json.load(reply)["data"]["alerts"]
        except (urllib.error.URLError, ConnectionError):
            continue
        firing = {
            tuple(a["labels"][n] for n in ("alertname", "model_name", "objective", "severity"))
            for a in found
            if a["state"] == "firing"
        }
        if len(firing) == 2:  # A page and a ticket.
            return firing
    raise AssertionError("no alert fired")


def test_quality_and_ages_are_metrics(tmp_path, objectives):
    import numpy as np
    from prometheus_client.parser import text_string_to_metric_families

    from tidefall import monitoring
    from tidefall.lifecycle.slo.exposition import metrics_text

    store = monitoring.open_store(tmp_path / "monitoring")
    scores = np.float64([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3], [0.6, 0.4]] * 50)
    ids = store.add_predictions(
        "half", 3, {"x": np.zeros(200)}, {"p": scores}, times=time.time() - 90.0
    )
    store.add_labels("half", ids, np.tile([0, 1, 1, 0], 50))
    text = metrics_text(objectives, store, None)
    found = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert found["tidefall_quality", "half", "3", "accuracy"] == 0.75
    assert 0 <= found["tidefall_age_seconds", "half", "labels"] < 60


def test_there_is_an_example_that_is_in_step():
    folder = Path(__file__).parents[3] / "deploy" / "slo"
    assert check(read_objectives(folder / "objectives.yaml"), folder) == []
