"""What the page's API tells of a store, and what it refuses."""

import json
import math
import re
import socket

import pytest

from tests.lifecycle.ui.conftest import HOSTILE, RUNS
from tidefall.base import errors
from tidefall.lifecycle.metadata import ArtifactSpec, MetadataStore, publish
from tidefall.lifecycle.registry import Registry, new_key
from tidefall.lifecycle.track import Tracker
from tidefall.lifecycle.ui.server import UiServer

TOKENS = "ann ann-has-a-long-token\nbob bob-has-a-long-token\neve eve-has-a-long-token\n"


# --- runs


def test_experiments_come_in_pages_and_the_chosen_one_with_them(page):
    every = page.get("experiments")["experiments"]
    first = page.get("experiments", size=1)
    assert first["experiments"] == every[:1] and first["has_more"]
    second = page.get("experiments", size=2, first=1)
    assert second["experiments"] == every[1:3]
    oldest = every[-1]["id"]
    chosen = page.get("experiments", **{"size": 1, "with": oldest})
    assert [one["id"] for one in chosen["experiments"]] == [every[0]["id"], oldest]
    assert page.get("experiments", **{"with": oldest})["experiments"] == every
    names = {one["id"]: one["name"] for one in every}
    runs = page.get("runs")["runs"]
    assert runs and all(run["experiment_name"] == names[run["experiment"]] for run in runs)


def test_experiments_have_counts(page):
    found = {one["name"]: one["runs"] for one in page.get("experiments")["experiments"]}
    assert found == {"Default": 0, "census": RUNS // 2, "taxi": RUNS // 2, HOSTILE: 1}


def test_runs_come_in_pages_newest_first(page):
    first = page.get("runs", size=7)
    second = page.get("runs", size=7, first=7)
    names = [run["name"] for run in first["runs"] + second["runs"]]
    assert names == [HOSTILE, *(f"run {n}" for n in range(RUNS - 1, RUNS - 14, -1))]
    assert first["has_more"] and not page.get("runs", first=RUNS, size=50)["has_more"]


def test_runs_are_found_and_ordered_as_a_tracker_does(page, filled):
    taxi = next(e["id"] for e in page.get("experiments")["experiments"] if e["name"] == "taxi")
    text = "metrics.loss < 0.04 and params.optimizer = 'sgd'"
    found = page.get("runs", experiment=taxi, filter=text, order_by="metrics.loss ASC")["runs"]
    with Tracker(filled.folder) as tracker:
        wanted = tracker.runs("taxi", text, ["metrics.loss ASC"])
    assert [run["id"] for run in found] == [run.id for run in wanted] and wanted
    assert found[0]["params"] == wanted[0].params
    assert found[0]["metrics"]["loss"] == {"value": wanted[0].metrics["loss"].value, "step": 19}


def test_a_run_tells_what_it_read_and_made_and_its_models(page, filled):
    found = page.get("run", id=filled.run)
    assert (found["run"]["name"], found["experiment"]) == (HOSTILE, HOSTILE)
    assert [one["uri"] for one in found["links"]["inputs"]] == ["/data/" + HOSTILE]
    made = {one["type"] for one in found["links"]["outputs"]}
    assert made == {"Model", "tidefall.ModelVersion"}
    assert [(v["model"], v["number"]) for v in found["versions"]] == [("half", "1")]
    assert found["run"]["metrics"]["nan"]["value"] == "NaN"
    assert found["run"]["metrics"]["inf"]["value"] == "Infinity"


def test_a_long_curve_is_gathered_and_keeps_its_bounds(page, filled):
    short = page.get("runs", filter="run_name = 'run 7'")["runs"][0]["id"]
    asked = {"runs": f"{filled.run},{short}", "metric": HOSTILE, "points": 100}
    long, none = page.get("curves", **asked)["curves"]
    assert long["count"] == 3000 and long["is_gathered"] and 90 <= len(long["mean"]) <= 102
    assert long["step"] == sorted(long["step"])
    values = [math.sin(step / 100) for step in range(3000)]
    assert min(long["least"]) == pytest.approx(min(values))
    assert max(long["most"]) == pytest.approx(max(values))
    for mean, least, most in zip(long["mean"], long["least"], long["most"], strict=True):
        assert least <= mean <= most
    assert none["count"] == 0 and none["mean"] == []
    (whole,) = page.get("curves", runs=short, metric="loss")["curves"]
    assert whole["mean"] == [1 / (step + 8) for step in range(20)]
    assert whole["step"] == [*range(20)] and not whole["is_gathered"]


def test_values_that_are_no_numbers_leave_a_gap(page, filled):
    curves = {
        name: page.get("curves", runs=filled.run, metric=name)["curves"][0]["mean"]
        for name in ("nan", "inf")
    }
    assert curves == {"nan": [None], "inf": ["Infinity"]}


def test_files_of_a_run_are_listed_and_shown(page, filled):
    files = {one["name"]: one for one in page.get("files", run=filled.run)["files"]}
    assert set(files) == {"folder", "page.html", "plot.svg", "weights.bin"}
    assert files["folder"]["size"] is None and not files["weights.bin"]["is_shown"]
    status, headers, body = page.ask(files["page.html"]["address"])
    assert status == 200 and b"<p id=told>" in body
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert "sandbox allow-scripts" in headers["Content-Security-Policy"]
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    _, headers, _ = page.ask(files["weights.bin"]["address"])
    assert headers["Content-Disposition"] == "attachment; filename*=UTF-8''weights.bin"
    (inner,) = page.get("files", run=filled.run, path="folder")["files"]
    status, headers, body = page.ask(inner["address"])
    assert (status, body.decode()) == (200, HOSTILE)
    assert headers["Content-Type"].startswith("text/plain")


# --- models


def test_models_tell_of_their_versions(page):
    found = {one["name"]: one for one in page.get("models")["models"]}
    assert set(found) == {"half", "without versions"}
    assert found["half"]["versions"] == 3 and found["half"]["latest"]["number"] == "3"
    assert found["half"]["aliases"] == {"champion": "2"}
    assert found["without versions"] | {"versions": 0, "latest": None} == found["without versions"]
    for wanted, names in (
        ("HAL", ["half"]),
        ("%", []),
        ("without_", []),
        ("ou", ["without versions"]),
    ):
        assert [one["name"] for one in page.get("models", find=wanted)["models"]] == names


def test_versions_come_in_pages(page):
    first = page.get("model", name="half", size=2)
    assert [v["number"] for v in first["versions"]] == ["3", "2"] and first["has_more"]
    last = page.get("model", name="half", size=2, first=2)
    assert [v["number"] for v in last["versions"]] == ["1"] and not last["has_more"]


def test_a_version_tells_its_card_approvals_and_history(page, filled):
    found = page.get("version", name="half", version=2)
    assert found["version"]["stage"] == "Production" and found["aliases"] == ["champion"]
    assert found["approvals"] == [{"user": "bob", "comment": HOSTILE}]
    actions = [(entry["who"], entry["action"]) for entry in found["audit"]]
    assert actions == [
        ("bob", "version.approve"), ("ann", "alias.set"), ("ann", "version.stage"),
        ("ann", "version.register"),
    ]  # fmt: skip
    first = page.get("version", name="half", version=1)
    assert first["version"]["run"] == filled.run and first["version"]["tags"] == {"t": HOSTILE}
    tables = first["card"]["tables"]
    assert ["serving_default", "x: float [?] -> y: float [?]"] in tables["Signatures"]
    assert [HOSTILE, HOSTILE] in tables["Parameters"]
    _, _, body = page.ask(first["card"]["address"])
    assert b"&lt;img" in body and b"<img" not in body
    assert "reference" in page.get("version", name="half", version=3)["card_problem"]


# --- pipelines


def test_pipelines_tell_how_their_last_run_went(page):
    found = {one["name"]: one["last"]["state"] for one in page.get("pipelines")["pipelines"]}
    assert found == {"squares": "complete", "failing": "failed"}


def test_a_run_of_a_pipeline_is_a_graph_of_nodes(page, filled):
    found = page.get("pipeline-run", id=filled.pipeline_run)
    states = {node["name"]: node["state"] for node in found["nodes"]}
    assert states == dict.fromkeys(("Number", "four", "left", "right", "Sum"), "done")
    edges = {(edge["from"], edge["to"]) for edge in found["edges"]}
    assert edges == {("Number", "left"), ("four", "right"), ("left", "Sum"), ("right", "Sum")}
    places = {node["name"]: node["place"] for node in found["nodes"]}
    assert all(places[a][0] < places[b][0] for a, b in edges)
    left = next(node for node in found["nodes"] if node["name"] == "left")
    assert {one["type"] for one in left["outputs"]} == {"Model", "Integer", "Boolean"}


def test_a_node_that_failed_says_why(page):
    (run,) = page.get("pipeline", name="failing")["runs"]
    nodes = {one["name"]: one for one in page.get("pipeline-run", id=run["id"])["nodes"]}
    assert nodes["Failing"]["state"] == "failed"
    assert nodes["Failing"]["error"] == "ValueError: not yet"


# --- artifacts


def test_artifacts_come_by_type(page, filled):
    types = {one["name"]: one for one in page.get("artifact-types")["types"]}
    assert types["ModelEvaluation"] == {"name": "ModelEvaluation", "count": 1, "has_report": True}
    assert not types["tidefall.ModelVersion"]["has_report"]
    found = page.get("artifacts", type="Schema")["artifacts"]
    assert found[0]["uri"] == "s3://bucket/schema" and len(found) == 2
    reports = {one["type"] for one in page.get("artifacts", type="reports")["artifacts"]}
    assert reports == {"ExampleStatistics", "ExampleAnomalies", "Schema", "ModelEvaluation"}


REPORTS = {
    "statistics": ["train", "eval", "&lt;img src=x"],
    "anomalies": ["No anomalies.", "<h2>eval</h2>", "Unexpected string values", "&lt;img src=x"],
    "schema": ["<th scope=\"col\">Presence</th>", "&#x27;a&#x27;, &#x27;b&#x27;"],
    "evaluation": [
        "Overall", "c:&lt;img src=x", "mean_squared_error", "not blessed", "<td>0.1925</td>",
        "<svg", "Calibration",
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", REPORTS)
def test_reports_show_what_the_files_hold_as_text(page, filled, name):
    found = page.get("artifact", id=filled.artifacts[name])
    assert found["made_by"][0]["type"] == "Reports" and not found["problem"]
    status, headers, body = page.ask(found["report"])
    text = body.decode()
    assert status == 200 and headers["Content-Type"].startswith("text/html")
    assert "sandbox allow-scripts" in headers["Content-Security-Policy"]
    for words in REPORTS[name]:
        assert words in text
    assert "<img" not in text


def test_files_of_artifacts_are_shown_too(page, filled):
    files = page.get("artifact", id=filled.artifacts["schema"])["files"]
    assert [one["name"] for one in files] == ["schema.pbtxt"]
    assert b'name: "x"' in page.ask(files[0]["address"])[2]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("elsewhere", "not on this machine"),
        ("outside", "none of the folders"),
        ("gone", "is not there any more"),
    ],
)
def test_what_cannot_be_shown_is_said(page, filled, name, words):
    found = page.get("artifact", id=filled.artifacts[name])
    assert words in found["problem"] and not found["files"] and not found["report"]


def test_lineage_goes_both_ways_or_one(page, filled):
    def types(**given):
        found = page.get("lineage", **given)
        assert all(len(node["place"]) == 2 for node in found["nodes"])
        return sorted(node["type"] for node in found["nodes"])

    assert types(artifact="half/1", direction="backward") == sorted(
        ["tidefall.ModelVersion", "tidefall.Run", "Dataset"]
    )
    (data,) = page.get("run", id=filled.run)["links"]["inputs"]
    forward = types(artifact=data["id"], direction="forward")
    assert forward == sorted(["Dataset", "tidefall.Run", "Model", "tidefall.ModelVersion"])
    assert types(artifact="/models/half", direction="forward") == ["Model"]


def test_a_large_lineage_is_cut(open_page, tmp_path):
    with MetadataStore(tmp_path / "metadata.db") as store:
        whole = {"whole": [ArtifactSpec("Whole", "/whole")]}
        outputs = {"parts": [ArtifactSpec("Part", f"/part/{n}") for n in range(500)]}
        publish(store, "Split", inputs=whole, outputs=outputs)
    page = open_page(tmp_path)
    found = page.get("lineage", artifact="/whole")
    assert found["is_cut"] and len(found["nodes"]) == 400 and len(found["edges"]) == 399
    found = page.get("lineage", artifact="/part/7")
    assert not found["is_cut"] and len(found["nodes"]) == 3


# --- what is refused

_REFUSED = {
    "no such place": ("/api/none", 404, "there is no GET /api/none"),
    "no such page": ("/none", 404, "there is no GET /none"),
    "no such run": ("/api/run?id=none", 404, "no run 'none'"),
    "no id": ("/api/run", 400, "'id'"),
    "no such experiment": ("/api/runs?experiment=9999", 404, "9999"),
    "experiment": ("/api/runs?experiment=x", 400, "'experiment'"),
    "filter": ("/api/runs?filter=metrics.loss%20%3C", 400, "filter"),
    "order": ("/api/runs?order_by=attributes.none", 400, "no such attribute"),
    "size": ("/api/runs?size=100000", 400, "1 to 200"),
    "first": ("/api/runs?first=-1", 400, "from 0 on"),
    "huge": (f"/api/runs?first={10**30}", 400, "from 0 on"),
    "many runs": (f"/api/compare?runs={'a,' * 51}", 400, "51 runs"),
    "no runs": ("/api/compare?runs=,", 400, "0 runs"),
    "no such model": ("/api/model?name=none", 404, "none"),
    "no such version": ("/api/version?name=half&version=99", 404, "no version 99"),
    "version": ("/api/version?name=half&version=x", 400, "'version'"),
    "no such pipeline": ("/api/pipeline?name=none", 404, "none"),
    "no such pipeline run": ("/api/pipeline-run?id=none", 404, "none"),
    "no such artifact": ("/api/artifact?id=99999", 404, "99999"),
    "no lineage": ("/api/lineage?artifact=none", 404, "none"),
    "direction": ("/api/lineage?artifact=1&direction=up", 400, "direction"),
    "way out": ("/api/files?run={run}&path=../../..", 400, "no path below"),
}


@pytest.mark.parametrize("name", _REFUSED)
def test_bad_questions_get_an_answer_that_says_what_was_wrong(page, filled, name):
    path, status, words = _REFUSED[name]
    found, told = page.refused(path.format(run=filled.run))
    assert found == status and words in told


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda address: address.replace("page.html", "plot.svg"), "not given out"),
        (lambda address: re.sub(r"/frame/\w+", "/frame/7fffffff", address), "not given out"),
        (lambda address: "/frame/x", "not given out"),
        (lambda address: "/frame/1.%C3%A9/run/x/y", "not given out"),
    ],
)
def test_documents_open_by_addresses_that_were_given_out(page, filled, change, words):
    files = page.get("files", run=filled.run)["files"]
    address = next(one["address"] for one in files if one["name"] == "page.html")
    status, headers, body = page.ask(change(address))
    assert status == 403 and words in body.decode()
    assert headers["Content-Type"].startswith("text/plain")


def test_an_address_is_good_for_an_hour(page, filled, monkeypatch):
    files = page.get("files", run=filled.run)["files"]
    address = next(one["address"] for one in files if one["name"] == "page.html")
    assert page.ask(address)[0] == 200
    later = __import__("time").time() + 3700
    monkeypatch.setattr("tidefall.lifecycle.ui.documents.time.time", lambda: later)
    assert page.ask(address)[0] == 403


def test_a_file_behind_a_link_that_leads_out_is_not_shown(open_page, tmp_path):
    store, secret = tmp_path / "store", tmp_path / "secret.txt"
    secret.write_text("secret")
    with Tracker(store) as tracker, tracker.start_run() as run:
        run.log_text("x", "plain.txt")
        folder = store / "artifacts" / "1" / run.id / "artifacts"
    (folder / "link.txt").symlink_to(secret)
    page = open_page(store)
    files = {one["name"]: one for one in page.get("files", run=run.id)["files"]}
    status, _, body = page.ask(files["link.txt"]["address"])
    assert status == 400 and b"secret\n" not in body and b"no path below" in body
    assert page.ask(files["plain.txt"]["address"])[0] == 200


def test_only_requests_that_name_this_machine_are_answered(page):
    for name in ("localhost", "127.0.0.1:80", "[::1]:80", "127.0.0.2", "LOCALHOST:1"):
        assert page.ask("/api/about", headers={"Host": name})[0] == 200
    for name in ("evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "[x]"):
        status, told = page.refused("/api/about", headers={"Host": name})
        assert status == 403 and "localhost only" in told
        assert page.ask("/", headers={"Host": name})[0] == 403


def test_the_page_runs_nothing_but_its_own_scripts(page):
    status, headers, body = page.ask("/")
    assert status == 200 and headers["Content-Type"] == "text/html; charset=utf-8"
    policy = dict(
        part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == "'none'" and policy["script-src"] == "'self'"
    assert policy["style-src"] == policy["connect-src"] == policy["frame-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'" and policy["base-uri"] == "'none'"
    text = body.decode()
    assert "//" not in re.sub(r"<!--.*?-->", "", text)  # Nothing comes from elsewhere.
    for name in re.findall(r'(?:src|href)="(/page/[^"]+)"', text):
        assert page.ask(name)[0] == 200, name
    assert page.refused("/page/../server.py")[0] == 404
    assert page.refused("/", method="DELETE")[0] == 405


# --- changes


@pytest.fixture
def guarded(tmp_path, small_model):
    """A store with one version, roles, and a file of tokens."""
    store = tmp_path / "store"
    with Registry(store, user="ann") as registry:
        registry.register("half", small_model)
    (tmp_path / "tokens").write_text(TOKENS)
    roles = {
        "users": {"ann": ["register", "approve"], "bob": ["approve"], "eve": ["promote"], "*": []},
        "approvals": {"Production": 1},
    }
    (store / "roles.json").write_text(json.dumps(roles))
    return store, str(tmp_path / "tokens")


def test_with_tokens_nobody_else_sees_anything(guarded, open_page):
    store, tokens = guarded
    page = open_page(store, token_file=tokens)
    assert page.refused("/api/models")[0] == 401
    assert page.ask("/")[0] == 200  # The page itself holds nothing.
    page.token = "eve-has-a-long-token"
    about = page.get("about")
    assert (about["user"], about["allowed"]) == ("eve", ["promote"])


def test_changes_are_made_by_those_whose_role_allows_them(guarded, open_page):
    store, tokens = guarded
    page = open_page(store, token_file=tokens)
    version = {"name": "half", "version": 1}

    def change(user, name, **given):
        page.token = f"{user}-has-a-long-token"
        status, _, body = page.ask(f"/api/{name}", {**version, **given})
        return status, json.loads(body)

    assert change("bob", "stage", stage="Production")[0] == 403
    status, told = change("eve", "stage", stage="Production")
    assert status == 400 and "1 are needed for Production" in told["error"]
    assert change("eve", "approve", comment="fine")[0] == 403
    assert change("ann", "approve", comment="mine")[0] == 403  # They registered it.
    status, told = change("bob", "approve", comment="fine")
    assert status == 200 and told["version"]["approvals"] == ["bob"]
    status, told = change("eve", "stage", stage="Production", archive_existing=False)
    assert status == 200 and told["version"]["stage"] == "Production"
    assert change("eve", "alias", alias="champion")[0] == 200
    assert change("eve", "stage", stage="None such")[0] == 400
    with Registry(store) as registry:
        assert registry.version("half", "champion").stage == "Production"
        assert registry.verify() == []
    audit = page.get("version", **version)["audit"]
    assert [entry["who"] for entry in audit[:3]] == ["eve", "eve", "bob"]


@pytest.mark.parametrize("roles", [None, {"users": {"*": ["admin"]}}])
def test_without_a_token_the_page_is_for_reading(tmp_path, small_model, open_page, roles):
    with Registry(tmp_path, user="ann") as registry:
        registry.register("half", small_model)
    if roles:
        (tmp_path / "roles.json").write_text(json.dumps(roles))
    page = open_page(tmp_path)
    assert page.get("about")["allowed"] == []
    for name in ("approve", "stage", "alias"):
        given = {"name": "half", "version": 1, "stage": "Production", "alias": "a"}
        status, told = page.refused(f"/api/{name}", given)
        assert status == 403 and "the page is for reading" in told
    with Registry(tmp_path) as registry:
        assert registry.version("half", 1).stage == "None"


def test_what_was_tampered_with_is_told(tmp_path, small_model, open_page):
    pytest.importorskip("cryptography", reason="cryptography is not installed")
    new_key(tmp_path / "private.pem", tmp_path / "public.pem")
    new_key(tmp_path / "other.pem", tmp_path / "other_public.pem")
    store, asked = tmp_path / "store", {"name": "half", "version": 1}
    with Registry(store, user="ann", signing_key=tmp_path / "private.pem") as registry:
        path = registry.path(registry.register("half", small_model))
        registry.create_model("other")
        registry.reference("other", "s3://bucket/other")
    page = open_page(store)
    assert page.get("check", **asked) == {"problems": [], "signature_checked": False}
    trusting = open_page(store, trusted_keys=tmp_path / "public.pem")
    assert trusting.get("check", **asked) == {"problems": [], "signature_checked": True}
    assert open_page(store, signing_key=tmp_path / "private.pem").get("check", **asked) == {
        "problems": [], "signature_checked": True,
    }  # fmt: skip
    distrusting = open_page(store, trusted_keys=tmp_path / "other_public.pem")
    assert len(distrusting.get("check", **asked)["problems"]) == 2  # The version and the log.
    assert "is a reference" in page.refused("/api/check?name=other&version=1")[1]
    card = path / "assets.extra" / "model_card.json"
    card.chmod(0o644)
    card.write_text(card.read_text().replace("half", "HALF"))
    log = store / "audit.jsonl"
    log.write_text(log.read_text().replace("ann", "eve"))
    problems = page.get("check", **asked)["problems"]
    assert "model_card.json" in problems[0] and "line 1 was changed" in problems[1]


def test_roles_that_cannot_be_read_allow_nothing_and_are_told_of(guarded, open_page):
    store, tokens = guarded
    (store / "roles.json").write_text("{")
    page = open_page(store, "eve-has-a-long-token", token_file=tokens)
    about = page.get("about")
    assert about["allowed"] == [] and "roles.json" in about["problem"]
    assert page.get("version", name="half", version=1)["needed"] == {}
    given = {"name": "half", "version": 1, "stage": "Staging"}
    assert page.refused("/api/stage", given)[0] == 403


@pytest.mark.parametrize(
    ("body", "headers", "words"),
    [
        (b"{", {}, "no JSON"),
        (b"[1]", {}, "no JSON object"),
        (b"name=half", {"Content-Type": "application/x-www-form-urlencoded"}, "application/json"),
        (b'{"name": "half"}', {}, "'version'"),
        (b"[" * 50_000, {}, "no JSON"),
    ],
)
def test_bodies_that_are_none_are_refused(guarded, open_page, body, headers, words):
    store, tokens = guarded
    page = open_page(store, "eve-has-a-long-token", token_file=tokens)
    given = {"Content-Type": "application/json", **headers}
    status, told = page.refused("/api/stage", body, headers=given)
    assert status == 400 and words in told


# --- starting


def test_a_store_that_is_not_there_is_not_made(tmp_path):
    with pytest.raises(errors.NotFoundError, match="no metadata store"):
        UiServer(tmp_path / "none", port=0)
    assert not (tmp_path / "none").exists()


def test_a_port_that_is_taken_is_an_error(filled):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(errors.UnavailableError):
            UiServer(filled.folder, port=taken.getsockname()[1])


def test_an_empty_store_has_an_answer_for_everything(open_page, tmp_path):
    MetadataStore(tmp_path / "metadata.db").close()
    page = open_page(tmp_path)
    for name, key in (("runs", "runs"), ("models", "models"), ("pipelines", "pipelines"),
                      ("artifacts", "artifacts"), ("artifact-types", "types")):  # fmt: skip
        assert page.get(name)[key] == []
    assert [e["name"] for e in page.get("experiments")["experiments"]] == ["Default"]


def test_a_database_file_in_a_folder_and_further_folders_may_be_named(open_page, tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    (root / "note.txt").write_text("noted")
    with MetadataStore(tmp_path / "store" / "metadata.db") as store:
        made = publish(store, "Step", outputs={"note": [ArtifactSpec("Note", f"file://{root}")]})
    key = made.outputs["note"][0]
    place = tmp_path / "store" / "metadata.db"
    assert "none of the folders" in open_page(place).get("artifact", id=key)["problem"]
    page = open_page(place, files=[root])
    (file,) = page.get("artifact", id=key)["files"]
    assert page.ask(file["address"])[2] == b"noted"
    assert page.get("about")["store"] == str(tmp_path / "store")


def test_a_server_database_has_the_same_page(open_page, postgresql_url, tmp_path):
    with Tracker(tmp_path, postgresql_url) as tracker:
        with tracker.start_run("one", params={"p": 1}) as run:
            for step in range(2000):
                run.log_metric("loss", 1 / (step + 1), step)
        with Registry(tmp_path, database=tracker.database) as registry:
            registry.create_model("m")
            registry.reference("m", "s3://bucket/m", run_id=run.id)
    page = open_page(tmp_path, database=postgresql_url)
    assert [one["name"] for one in page.get("runs")["runs"]] == ["one"]
    (found,) = page.get("curves", runs=run.id, metric="loss", points=50)["curves"]
    assert found["count"] == 2000 and 40 <= len(found["mean"]) <= 52
    assert page.get("models", find="M")["models"][0]["latest"]["run"] == run.id
    assert page.get("run", id=run.id)["versions"][0]["model"] == "m"
    assert len(page.get("lineage", artifact="m")["nodes"]) == 2
    assert page.get("pipelines")["pipelines"] == [] and page.get("artifact-types")["types"]
