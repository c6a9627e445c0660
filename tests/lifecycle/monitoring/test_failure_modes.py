"""What goes wrong with served models: provoked, caught by the named signal, on one page."""

import json
import sys
import time
import urllib.error
import urllib.request

import numpy as np
import pytest

from tidefall import monitoring
from tidefall.lifecycle.monitoring.cli import main
from tidefall.lifecycle.monitoring.watch import Rules, read_rules, watch_once

HOUR = 3600.0
START = 1_700_000_000.0
REFERENCE = monitoring.Window(START, START + HOUR, 1)


@pytest.fixture
def store(tmp_path):
    return monitoring.open_store(tmp_path / "store")


def add(store, n, inputs, outputs, labels=None, version=1):
    count = len(next(iter({**inputs, **outputs}.values())))
    times = START + n * HOUR + np.arange(count) * (HOUR / count)
    ids = store.add_predictions("m", version, inputs, outputs, times=times)
    if labels is not None:
        store.add_labels("m", ids, labels, times=times)


def rows(seed, count=1500, fare=10.0):
    draw = np.random.default_rng(seed)
    given = draw.normal(fare, 2, count)
    zone = draw.choice(["north", "south"], count)
    p = 1 / (1 + np.exp(10 - given))
    return {"fare": given, "zone": zone}, {"p": p}, (draw.random(count) < p).astype(float)


def drifted():
    return {"inputs": rows(2, fare=13.0)[0]}


def renamed():
    inputs = rows(2)[0]
    inputs["Fare"] = inputs.pop("fare")
    return {"inputs": inputs}


def retyped():
    inputs = rows(2)[0]
    return {"inputs": {**inputs, "fare": inputs["fare"].astype(str)}}


def emptied():
    inputs = rows(2)[0]
    return {"inputs": {**inputs, "fare": np.where(np.arange(1500) % 3, inputs["fare"], np.nan)}}


def other_unit():
    inputs = rows(2)[0]
    return {"inputs": {**inputs, "fare": inputs["fare"] * 100}}


def quantized():
    """The same inputs, and scores of a model that was quantized badly."""
    return {"outputs": {"p": np.round(rows(2)[1]["p"] * 3) / 3}, "version": 2}


def mislabelled():
    return {"labels": rows(2)[2] + 1}


def flipped():
    return {"labels": 1 - rows(2)[2]}


@pytest.mark.parametrize(
    "spoil, kind, feature",
    [
        (drifted, "input", "input.fare"),
        (renamed, "schema", "input.fare"),
        (retyped, "schema", "input.fare"),
        (emptied, "input", "input.fare"),
        (other_unit, "input", "input.fare"),
        (quantized, "prediction", "output.p"),
        (mislabelled, "label", "label"),
        (flipped, "quality", "auc"),
    ],
)
def test_each_failure_has_its_signal(store, spoil, kind, feature):
    add(store, 0, *rows(0))
    add(store, 1, *rows(1))
    rules = Rules("m", reference=REFERENCE, segments=("input.zone",))
    [calm] = watch_once(store, rules, START + 2 * HOUR)
    assert calm.incident is None
    inputs, outputs, labels = rows(2)
    given = {"inputs": inputs, "outputs": outputs, "labels": labels, **spoil()}
    add(store, 2, **given)
    [found] = watch_once(store, rules, START + 3 * HOUR)
    assert found.is_new and found.incident is not None
    assert (kind, feature) in {(f.kind, f.feature) for f in found.incident.findings}
    if kind == "prediction":  # Inputs are what they were: it is the model.
        assert not [f for f in found.incident.findings if f.kind == "input"]
        assert found.incident.causes[0].feature == "output.p"
    page = (store.folder / "incidents" / f"{found.incident.id}.html").read_text()
    assert feature in page and "http" not in page.replace("http://www.w3.org", "")
    assert found.incident.samples


def test_incidents_are_by_version_and_do_not_repeat(store):
    add(store, 0, *rows(0))
    for n in (2, 3, 60):
        for version in (1, 2):
            add(store, n, *rows(n, fare=14.0), version=version)
    rules = Rules("m", reference=REFERENCE, suppress_seconds=10 * HOUR)
    told = [
        [(w.window.version, w.is_new, w.incident.count) for w in watch_once(store, rules, at)]
        for at in (START + 3 * HOUR, START + 4 * HOUR, START + 61 * HOUR)
    ]
    assert told == [
        [(1, True, 1), (2, True, 1)],
        [(1, False, 2), (2, False, 2)],
        [(1, True, 1), (2, True, 1)],
    ]
    assert len(store.incidents("m")) == 4
    store.silence("m", START + 70 * HOUR, begin=START, feature="input.fare")
    [first, _] = watch_once(store, rules, START + 61 * HOUR)
    assert "input.fare" not in {f.feature for f in first.incident.findings}
    store.silence("m", START + 70 * HOUR, begin=START, reason="planned work")
    assert [w.incident for w in watch_once(store, rules, START + 61 * HOUR)] == [None, None]


def test_hostile_values_are_text_on_the_page(store):
    inputs, outputs, _ = rows(0)
    add(store, 0, inputs, outputs)
    evil = "<script>alert(1)</script>"
    add(store, 1, {**inputs, "zone": np.array([evil] * 1500)}, outputs)
    [found] = watch_once(store, Rules("m", reference=REFERENCE), START + 2 * HOUR)
    page = (store.folder / "incidents" / f"{found.incident.id}.html").read_text()
    assert "<script>" not in page and "&lt;script&gt;" in page
    assert store.incidents("m") == [found.incident]


# --- a served model, from end to end --------------------------------------------------------------


def _ask(url, x, name):
    body = json.dumps({"inputs": {"x": x}}).encode()
    request = urllib.request.Request(f"{url}/v1/models/half:predict", body, {"x-request-id": name})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)["outputs"]


@pytest.mark.process
def test_from_requests_to_a_report(small_model, tmp_path, capsys):
    import shutil

    from tidefall.serving import ServerProcess

    shutil.copytree(small_model, tmp_path / "half" / "1")
    log, folder = tmp_path / "log", tmp_path / "store"
    draw = np.random.default_rng(0)
    with ServerProcess("half", tmp_path / "half", monitoring_log=log) as server:
        good = draw.normal(size=(40, 10))
        for n, x in enumerate(good):
            _ask(server.url, x.tolist(), f"a{n}")
        time.sleep(0.3)
        middle = time.time()
        for n, x in enumerate(good + 3):
            _ask(server.url, x.tolist(), f"b{n}")
        for _ in range(30):
            with pytest.raises(urllib.error.HTTPError):
                _ask(server.url, ["no number"], "bad")
        end = time.monotonic() + 30
        store = monitoring.open_store(folder)
        while store.ingest(log) or store.count("half") < 830:
            assert time.monotonic() < end
            time.sleep(0.1)
    labels = tmp_path / "labels.csv"
    answers = 0.5 * good + 2
    lines = [f"a{n}/{k},{answers[n, k]}" for n in range(40) for k in range(10)]
    labels.write_text("\n".join(["id,label", *lines]))
    arguments = ["ingest", str(folder), "--labels", str(labels), "--model", "half", "--json"]
    assert main(arguments) == 0
    assert json.loads(capsys.readouterr().out)["labels"] == 400
    windows = ["--reference", f"0,{middle}", "--current", f"{middle},"]
    assert main(["report", str(folder), "half", *windows, "--quality", "--fail", "--json"]) == 3
    found = json.loads(capsys.readouterr().out)
    alerts = {
        (f["kind"], f["feature"])
        for report in found.values()
        for f in report["findings"]
        if f["is_alert"]
    }
    assert {("input", "input.x"), ("prediction", "output.y")} <= alerts
    assert ("errors", "INVALID_ARGUMENT") in alerts
    assert found["quality"]["reference"] is not None


# --- the command ----------------------------------------------------------------------------------


def test_the_command(store, tmp_path, capsys):
    add(store, 0, *rows(0))
    add(store, 1, *rows(1, fare=14.0))
    folder, now = str(store.folder), str(START + 2 * HOUR)
    windows = ["--reference", f"{START},{START + HOUR}", "--current", f"{START + HOUR},{now}"]
    assert main(["report", folder, "m", *windows, "--segment", "input.zone"]) == 0
    assert "likely cause" in capsys.readouterr().out
    rules = tmp_path / "rules.json"
    reference = {"begin": START, "end": START + HOUR}
    rules.write_text(json.dumps({"models": {"m": {"reference": reference}}}))
    assert main(["watch", folder, str(rules), "--now", now]) == 0
    assert capsys.readouterr().out.startswith("new: m version 1: ")
    assert main(["incidents", folder]) == 0
    assert "input.fare" in capsys.readouterr().out
    assert main(["silence", folder, "m", "--for", "2h"]) == 0
    assert main(["delete", folder, "m", "--before", str(START + HOUR)]) == 0
    assert "3000 rows deleted" in capsys.readouterr().out
    assert store.count("m") == 1500


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["report", "nowhere", "m", "--reference", ","], "no monitoring store"),
        (["report", "STORE", "m", "--reference", "x"], "no window"),
        (["report", "STORE", "m", "--reference", "soon,"], "no time"),
        (["report", "STORE", "other", "--reference", ","], "the store has m"),
        (["ingest", "STORE", "--labels", "x.csv"], "needs --model"),
        (["ingest", "STORE", "--log", "nowhere"], "no log"),
        (["ingest", "STORE", "--redact", "x"], "input.NAME"),
        (["watch", "STORE", "nowhere.json", "--once"], "no file of rules"),
        (["watch", "STORE", "RULES", "--once"], "unknown rule"),
        (["silence", "STORE", "m", "--for", "long"], "no span"),
        (["delete", "STORE", "m"], "give ids"),
    ],
)
def test_commands_say_what_is_wrong(store, tmp_path, capsys, arguments, message):
    add(store, 0, *rows(0))
    rules = tmp_path / "rules.json"
    rules.write_text('{"models": {"m": {"treshold": 1}}}')
    given = [{"STORE": str(store.folder), "RULES": str(rules)}.get(a, a) for a in arguments]
    assert main(given) == 1
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    "text",
    [
        "{", "[]", "{}", '{"models": []}', '{"models": {"m": 1}}',
        '{"models": {"m": {"alpha": "x"}}}', '{"models": {"m": {"reference": {"start": 1}}}}',
        '{"models": {"m": {"window_seconds": 0}}}', "\x00",
    ],
)  # fmt: skip
def test_bad_rules_are_refused(tmp_path, text):
    from tidefall.base import errors

    path = tmp_path / "rules.json"
    path.write_text(text)
    with pytest.raises(errors.InvalidArgumentError):
        read_rules(path)


def test_the_import_is_light():
    import subprocess

    heavy = (
        "import tidefall.monitoring, sys; "
        "print([m for m in ('pyarrow', 'duckdb', 'sklearn') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
