"""Any question gets an answer or a refusal; and the command that serves the page."""

import json
import signal
import subprocess
import sys
import urllib.parse
import urllib.request

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidefall.lifecycle.ui.answers import ENDPOINTS
from tidefall.lifecycle.ui.api import Api
from tidefall.lifecycle.ui.cli import main
from tidefall.lifecycle.ui.documents import Documents
from tidefall.lifecycle.ui.store import Store
from tidefall.serving.http.parser import Request

FIELDS = ("id", "name", "runs", "run", "metric", "path", "filter", "order_by", "experiment", "find",
          "size", "first", "version", "type", "artifact", "hops", "direction", "points", "stage",
          "alias", "comment", "archive_existing")  # fmt: skip
VALUES = st.one_of(
    st.sampled_from(["half", "1", "2", "0", "-1", "loss", "both", "reports", "Schema", "RUN", "",
                     "RUN,RUN", "squares", "..", "/etc", "folder", "metrics.loss < 1", "Production",
                     "metrics.loss DESC", "params.`x", str(10**30), str(2**63), "1e3", "NaN"]),
    st.text(max_size=20),
    st.integers().map(str),
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | VALUES, st.lists, max_leaves=5
)


@pytest.fixture(scope="module")
def ask(filled):
    """Asks the API, without a server; gives the status and the answer."""
    store = Store(filled.folder)
    api = Api(store, Documents(store), ENDPOINTS)

    def call(method, name, query="", body=b"", user=""):
        replies = []
        query = query.replace("RUN", filled.run)
        headers = {"content-type": "application/json"}
        request = Request(method, f"/api/{name}", headers, True, query=query, body=body)
        request.user = user
        api.handle(request, replies.append)
        (reply,) = replies
        return reply.status, json.loads(reply.body)

    yield call
    store.close()


@given(st.data())
def test_questions_are_answered_or_refused(ask, data):
    name = data.draw(st.sampled_from([name for method, name in ENDPOINTS if method == "GET"]))
    fields = data.draw(st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=5))
    status, answer = ask("GET", name, urllib.parse.urlencode(fields, errors="surrogatepass"))
    assert (status == 200) != ("error" in answer), (name, fields, answer)
    assert status in (200, 400, 403, 404), (name, fields, answer)


@given(st.data())
def test_changes_that_nobody_may_make_are_refused(ask, data):
    name = data.draw(st.sampled_from([name for method, name in ENDPOINTS if method == "POST"]))
    fields = data.draw(st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=5))
    status, answer = ask("POST", name, body=json.dumps(fields).encode(), user="ann")
    assert status in (400, 403), (name, fields, answer)
    assert ask("GET", "version", "name=half&version=2")[1]["version"]["stage"] == "Production"


@pytest.mark.process
def test_the_command_serves_until_it_is_interrupted(filled):
    command = [sys.executable, "-m", "tidefall", "ui", "--port=0", "--json"]
    with subprocess.Popen(
        [*command, "--store", str(filled.folder)], stdout=subprocess.PIPE, text=True
    ) as process:
        url = json.loads(process.stdout.readline())["url"]
        assert url.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(f"{url}/api/about", timeout=60) as reply:
            assert json.load(reply)["store"] == str(filled.folder)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0


def test_the_command_says_where_there_is_no_store(tmp_path, capsys):
    assert main(["--store", str(tmp_path / "none")]) == 1
    assert f"no metadata store at {tmp_path / 'none'}" in capsys.readouterr().err
    (tmp_path / "metadata.db").write_text("no database, but a text of some length" * 30)
    assert main(["--store", str(tmp_path)]) == 1
    assert "not a database" in capsys.readouterr().err
