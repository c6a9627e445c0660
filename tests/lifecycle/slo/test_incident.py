"""What is gathered about a span of time, and what the draft of the post-mortem says of it."""

from __future__ import annotations

import datetime
import json

import numpy as np
import pytest

from tidefall.base import errors
from tidefall.lifecycle.registry.registry import Registry
from tidefall.lifecycle.slo import cli
from tidefall.lifecycle.slo.incident import Sources, collect
from tidefall.serving import Client, ModelServer
from tidefall.serving.operations.settings import OperationsSettings
from tests.serving import numpy_server

TOKEN = "a-token-for-the-admin-api"
NOW = datetime.datetime.now(datetime.UTC)
HOUR = datetime.timedelta(hours=1)


@pytest.fixture
def sources(tmp_path):
    """A server that failed some requests, and a registry that somebody changed."""
    from tidefall import monitoring

    (tmp_path / "token").write_text(f"ann {TOKEN}\n")
    numpy_server.write_version(tmp_path / "half", 1)
    with Registry(tmp_path / "store", user="bob") as registry:
        registry.create_model("half")
        registry.record("release.step", "half", release="half-2-1", step=1, percent=5.0)
        registry.create_model("other")
    store = monitoring.open_store(tmp_path / "monitoring")
    for status in ("OK", "INTERNAL"):
        store.add_predictions("half", 1, {"x": np.zeros(3)}, {}, status=status)
    settings = OperationsSettings(
        admin_token_file=str(tmp_path / "token"), request_log=str(tmp_path / "requests.jsonl")
    )
    server = ModelServer({"half": tmp_path / "half"}, load=numpy_server.load, operations=settings)
    with server:
        server.wait_until_available()
        with Client(server.url, "half") as client:
            for _ in range(7):
                client.predict([1.0])
            for _ in range(3):
                with pytest.raises(errors.OpError):
                    client.predict([1.0], signature_name="failing")
        yield Sources(
            str(tmp_path / "store"), [server.url], TOKEN, "http://127.0.0.1:1",
            str(tmp_path / "monitoring"), str(tmp_path / "requests.jsonl"),
        )  # fmt: skip


def test_everything_about_a_span_is_in_one_folder(tmp_path, sources, wait_for):
    log = tmp_path / "requests.jsonl"
    wait_for(lambda: log.exists() and len(log.read_text().splitlines()) == 10)
    folder = collect("half", NOW - HOUR, NOW + HOUR, tmp_path / "found", sources)
    names = {str(path.relative_to(folder)) for path in folder.rglob("*.*")}
    assert names == {
        "post_mortem.md", "registry_audit.jsonl", "versions.json", "failed_requests.jsonl",
        "failed_rows.jsonl", "server_0/readyz.json", "server_0/models.json",
        "server_0/audit.jsonl", "server_0/metrics.txt",
    }  # fmt: skip
    text = (folder / "post_mortem.md").read_text()
    assert "3 of 10 logged requests failed (30 %)" in text
    assert "- 3 INTERNAL of version 1" in text
    assert "release.step by bob: release half-2-1, step 1, percent 5.0 (registry)" in text
    assert "version.available by server" in text
    assert "Prometheus: " in text.partition("Not in it:")[2]
    entries = (folder / "registry_audit.jsonl").read_text().splitlines()
    assert {json.loads(line)["model"] for line in entries} == {"half"}
    assert len((folder / "failed_rows.jsonl").read_text().splitlines()) == 3


def test_what_is_outside_the_span_stays_out(tmp_path, sources):
    day = datetime.timedelta(days=3)
    folder = collect("half", NOW - day - HOUR, NOW - day, tmp_path / "found", sources)
    assert (folder / "failed_rows.jsonl").read_text() == ""
    assert "*nothing was changed*" in (folder / "post_mortem.md").read_text()


def test_sources_that_are_not_there_are_named(tmp_path):
    sources = Sources(str(tmp_path / "none"), ["http://127.0.0.1:1"], TOKEN)
    folder = collect("half", NOW - HOUR, NOW, tmp_path / "found", sources)
    text = (folder / "post_mortem.md").read_text()
    for words in ("- registry: ", "- request log: not asked for", "- http://127.0.0.1:1 models: "):
        assert words in text


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ([], "give --since or --begin"),
        (["--since", "1h", "--begin", "2026-01-01"], "give --since or --begin"),
        (["--begin", "yesterday"], "--begin 'yesterday': expected a time such as"),
        (["--since", "long"], "'long' is no time"),
        (["--begin", "2026-02-01", "--end", "2026-01-01"], "before it begins"),
    ],
)
def test_a_span_that_is_none_is_refused(tmp_path, capsys, flags, message):
    output = tmp_path / "out"
    assert cli.incident(["half", *flags, "--output", str(output)]) == 1
    assert message in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_there_is_left_alone(tmp_path):
    with pytest.raises(errors.AlreadyExistsError, match="is there already"):
        collect("half", NOW - HOUR, NOW, tmp_path, Sources())
