"""The files in deploy/, checked as promtool, Grafana and Kubernetes would: by a real server."""

import json
import re
import time
import urllib.request
from pathlib import Path

import promql_parser
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.serving import numpy_server
from tidefall.base import errors
from tidefall.serving import Client, ModelServer
from tidefall.serving.batching.settings import BatchingSettings
from tidefall.serving.flags import parse_flags
from tidefall.serving.rollout.plan import parse_plans

DEPLOY = Path(__file__).parents[2] / "deploy"
MANIFESTS = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
DASHBOARDS = sorted((DEPLOY / "grafana").glob("*.json"))
RULES = yaml.safe_load((DEPLOY / "prometheus" / "rules.yaml").read_text())

# What Prometheus adds to each sample by itself.
ADDED = {"instance", "job"}


@pytest.fixture(scope="session")
def scraped(tmp_path_factory) -> dict[str, set[str]]:
    """The labels of each metric that a server shows which has answered, failed and refused."""
    base = tmp_path_factory.mktemp("models")
    numpy_server.write_version(base / "half", 1)
    server = ModelServer(
        {"half": base / "half"},
        load=numpy_server.load,
        batching=BatchingSettings(),
        file_system_poll_wait_seconds=0.02,
    )
    with server, Client(server.start().url, "half") as client:
        server.wait_until_available(20)
        client.predict([1.0])
        for options in ({"signature_name": "failing"}, {"inputs": [1.0]}):
            with pytest.raises((errors.OpError, ValueError)):
                client.predict([1.0], **options)
        refused = urllib.request.Request(server.url + "/v1/models/half", method="TRACE")
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(refused)
        caught.value.close()
        numpy_server.write_version(base / "half", 2)
        wanted = (
            'unloads_total{model_name="half"}',
            'requests_total{model_name="half",version="2"',
        )
        text, end = "", time.monotonic() + 20
        while not all(name in text for name in wanted):
            assert time.monotonic() < end, f"the server does not show {wanted}"
            client.predict([1.0])  # The series of version 1 have gone with it.
            with urllib.request.urlopen(server.url + "/metrics") as reply:
                text = reply.read().decode()
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            name = sample.name
            name = name if f"\n{name}" in text else name.removesuffix("_total")
            found.setdefault(name, set()).update(sample.labels)
    return found


def rules(kind: str) -> list[dict]:
    return [rule for group in RULES["groups"] for rule in group["rules"] if kind in rule]


def expressions() -> list[tuple[str, str]]:
    found = [(rule.get("alert") or rule["record"], rule["expr"]) for rule in rules("expr")]
    for path in DASHBOARDS:
        for panel in json.loads(path.read_text())["panels"]:
            found += [(f"{path.stem}: {panel['title']}", t["expr"]) for t in panel["targets"]]
    return found


def parsed(expression: str):
    # What Grafana puts in before Prometheus sees it.
    for name, value in (("$__rate_interval", "5m"), ("$__range", "30d"), ("$model", ".*")):
        expression = expression.replace(name, value)
    return promql_parser.parse(expression)


def selectors(node) -> list:
    """All vector selectors of an expression."""
    if isinstance(node, promql_parser.VectorSelector):
        return [node]
    parts = ("expr", "lhs", "rhs", "vector_selector", "param")
    children = [getattr(node, part, None) for part in parts] + list(getattr(node, "args", []))
    return [s for child in children if child is not None for s in selectors(child)]


@pytest.mark.parametrize(("where", "expression"), expressions())
def test_every_expression_reads_metrics_and_labels_that_there_are(where, expression, scraped):
    recorded = {rule["record"]: {"instance"} for rule in rules("record")}
    tree = parsed(expression)
    found = selectors(tree)
    labels = set(ADDED)
    for selector in found:
        known = scraped.get(selector.name, recorded.get(selector.name))
        assert known is not None, f"{where}: there is no metric {selector.name}"
        labels |= known
        used = {matcher.name for matcher in selector.matchers.matchers}
        assert used <= known | ADDED, f"{where}: {selector.name} has no labels {used - known}"
    assert found, f"{where}: the expression reads nothing"
    by = set(re.findall(r"\w+", " ".join(re.findall(r"\b(?:by|on) \(([^)]*)\)", expression))))
    assert by <= labels, f"{where}: no metric has the labels {by - labels}"


@pytest.mark.parametrize("expression", ["sum(rate(x[5m])", "rate(x)", "a ~ b", "x{a=b}"])
def test_the_parser_refuses_what_prometheus_would(expression):
    with pytest.raises(ValueError):
        promql_parser.parse(expression)


@pytest.mark.parametrize("rule", rules("alert"), ids=lambda rule: rule["alert"])
def test_alerts_say_what_is_wrong_and_where_to_read_on(rule):
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["annotations"].keys() == {"summary", "runbook"}
    path, _, section = rule["annotations"]["runbook"].partition("#")
    text = (DEPLOY.parent / path).read_text()
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    assert section in {title.lower().replace(" ", "-") for title in titles}
    template = re.compile(r"\{\{ \$(value|labels\.\w+)( \| humanize\w*)? \}\}")
    assert "{{" not in template.sub("", rule["annotations"]["summary"])


def test_rules_have_the_shape_that_prometheus_takes():
    names = [group["name"] for group in RULES["groups"]]
    assert len(names) == len(set(names))
    for group in RULES["groups"]:
        assert group.keys() <= {"name", "interval", "rules"}
        for rule in group["rules"]:
            assert ("alert" in rule) != ("record" in rule)
            assert rule.keys() <= {"alert", "record", "expr", "for", "labels", "annotations"}
            for key in ("for", "interval"):
                assert re.fullmatch(r"\d+[smhd]", rule.get(key, "1s"))


def test_burn_rates_look_at_a_long_and_a_short_window():
    burns = [rule["expr"] for rule in rules("alert") if "Burn" in rule["alert"]]
    windows = [re.findall(r"rate(\w+) > (?:([\d.]+) \* )?0\.001", expr) for expr in burns]
    assert windows == [
        [("1h", "14.4"), ("5m", "14.4")],
        [("6h", "6"), ("30m", "6")],
        [("3d", ""), ("6h", "")],
    ]


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_dashboards_have_the_shape_that_grafana_takes(path):
    board = json.loads(path.read_text())
    assert board["uid"].startswith("tidefall-")
    assert re.fullmatch(r"now-\d+[hdm]", board["time"]["from"])
    panels = board["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len({panel["title"] for panel in panels}) == len(panels)
    taken = set()
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
        assert [target["refId"] for target in panel["targets"]] == list("ABCD")[
            : len(panel["targets"])
        ]
    names = {variable["name"] for variable in board["templating"]["list"]}
    used = set(re.findall(r"\$\{?(\w+)\}?", json.dumps(board))) - {"__rate_interval", "__range"}
    assert used - {"__all"} <= names


def test_there_is_a_dashboard_for_each_reader():
    assert [path.stem for path in DASHBOARDS] == ["debug", "executive", "on_call"]


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.stem)
def test_manifests_are_what_kubernetes_takes(path):
    validate = pytest.importorskip("kubernetes_validate", reason="100 MB; not in the test extra")
    validate.validate(yaml.safe_load(path.read_text()), "1.29", strict=True)


@pytest.fixture(scope="module")
def manifests() -> dict[str, dict]:
    documents = [yaml.safe_load(path.read_text()) for path in MANIFESTS]
    return {document["kind"]: document for document in documents}


def test_manifests_name_each_other(manifests):
    deployment = manifests["Deployment"]
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    name = deployment["metadata"]["name"]
    assert deployment["spec"]["selector"]["matchLabels"].items() <= labels.items()
    assert manifests["Service"]["spec"]["selector"].items() <= labels.items()
    budget = manifests["PodDisruptionBudget"]["spec"]
    assert budget["selector"]["matchLabels"].items() <= labels.items()
    assert manifests["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"] == {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "name": name,
    }
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    volumes = {
        volume["name"]: volume for volume in deployment["spec"]["template"]["spec"]["volumes"]
    }
    assert {mount["name"] for mount in container["volumeMounts"]} == volumes.keys()
    assert volumes["config"]["configMap"]["name"] == manifests["ConfigMap"]["metadata"]["name"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    for port in manifests["Service"]["spec"]["ports"]:
        assert port["targetPort"] in ports
    probes = {
        probe: container[f"{probe}Probe"]["httpGet"]
        for probe in ("startup", "liveness", "readiness")
    }
    assert all(probe["port"] in ports for probe in probes.values())
    # A server that is not ready is left alone; one that does not live is started again.
    assert {name: probe["path"] for name, probe in probes.items()} == {
        "startup": "/healthz",
        "liveness": "/healthz",
        "readiness": "/readyz",
    }


def test_the_flags_in_the_manifest_are_taken(manifests):
    spec = manifests["Deployment"]["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    flags = parse_flags(container["args"])
    mounts = [mount["mountPath"] for mount in container["volumeMounts"]]
    files = (
        flags.model_config_file,
        flags.monitoring_config_file,
        flags.rollout_config_file,
        flags.admin_token_file,
    )
    for path in files:
        assert any(path.startswith(mount + "/") for mount in mounts)
    needed = flags.shutdown_delay_seconds + flags.drain_seconds
    assert needed < spec["terminationGracePeriodSeconds"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [("models.config", "ModelServerConfig"), ("monitoring.config", "MonitoringConfig")],
)
def test_the_settings_in_the_config_map_are_read(manifests, tmp_path, name, kind):
    from tidefall.serving.text_messages import read_message

    (tmp_path / name).write_text(manifests["ConfigMap"]["data"][name])
    assert read_message(tmp_path / name, kind).ByteSize()


def test_the_rollouts_in_the_config_map_are_read(manifests):
    assert parse_plans(json.loads(manifests["ConfigMap"]["data"]["rollouts.json"])) == {}


def test_the_autoscaler_alone_says_how_many_servers_there_are(manifests):
    assert "replicas" not in manifests["Deployment"]["spec"]
    assert manifests["HorizontalPodAutoscaler"]["spec"]["minReplicas"] == 3


def test_the_image_is_built_from_what_the_package_needs():
    lines = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    taken = {rule[1:] for rule in rules if rule.startswith("!")}
    assert taken == {"LICENSE", "README.md", "pyproject.toml", "native", "src"}
    assert all((DEPLOY.parent / name).exists() for name in taken)


def test_the_image_runs_the_server_and_not_as_root():
    text = (DEPLOY / "Dockerfile").read_text()
    lines = text.replace("\\\n", "").splitlines()
    words = [line.split(None, 1) for line in lines if line and line[0].isupper()]
    last = dict(words)
    assert last["USER"].isdigit()
    assert int(last["USER"]) > 0
    entry = json.loads(last["ENTRYPOINT"])
    assert entry[:3] == ["python", "-m", "tidefall.serving"]
    flags = parse_flags([*entry[3:], *json.loads(last["CMD"])])
    assert flags.host == ""
    assert f"{flags.port} {flags.rest_api_port}" == last["EXPOSE"]
    assert f":{flags.rest_api_port}/healthz" in last["HEALTHCHECK"]
    sources = [line for line in lines if line.startswith("COPY --from=")]
    assert len(sources) == 1
