"""What browsers are told about pages of other origins."""

import json
import urllib.request

import pytest

from tidefall.serving import ModelServer
from tidefall.serving.http.parser import Request
from tidefall.serving.http.reply import Reply
from tidefall.serving.rest.cors import Cors


class Application:
    def is_quick(self, request):
        return False

    def handle(self, request, respond):
        respond(Reply(200, request.path.encode(), headers=(("X-Kept", "yes"),)))

    def refuse(self, status, message):
        return Reply(status, message.encode())


def ask(method, path, **headers):
    replies = []
    request = Request(method, path, headers, True)
    Cors(Application()).handle(request, replies.append)
    return replies[0].status, dict(replies[0].headers)


def test_models_may_be_used_by_any_page():
    status, headers = ask("GET", "/v1/models/half")
    assert status == 200
    assert headers["X-Kept"] == "yes"
    assert headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"origin": "https://page.example"}, 200), ({}, 400), ({"origin": "null"}, 400)],
)
def test_browsers_ask_for_leave(headers, status):
    found, allowed = ask("OPTIONS", "/v1/models/half:predict", **headers)
    assert found == status
    assert allowed["Access-Control-Allow-Methods"] == "POST, GET"
    assert "Authorization" in allowed["Access-Control-Allow-Headers"]


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_other_pages_of_the_server_are_not_opened(method):
    assert "Access-Control-Allow-Origin" not in ask(method, "/metrics", origin="https://a")[1]


def test_refusals_may_be_read_too():
    reply = Cors(Application()).refuse(429, "busy")
    assert ("Access-Control-Allow-Origin", "*") in reply.headers


def test_it_is_off_unless_asked_for(serve, connect):
    client = connect(serve())
    client.send(b"OPTIONS /v1/models/half HTTP/1.1\r\nHost: h\r\nOrigin: https://a\r\n\r\n")
    status, headers, _ = client.reply()
    assert status == 400
    assert "access-control-allow-origin" not in headers


def test_a_page_of_another_origin_has_a_model_answer(base_path, numpy_server):
    settings = {"load": numpy_server.load, "enable_cors_support": True}
    with ModelServer({"half": base_path}, **settings) as server:
        server.wait_until_available(10)
        headers = {"Origin": "https://page.example", "Content-Type": "application/json"}
        body = json.dumps({"instances": [1.0, 2.0]}).encode()
        request = urllib.request.Request(f"{server.url}/v1/models/half:predict", body, headers)
        with urllib.request.urlopen(request, timeout=10) as reply:
            assert json.load(reply) == {"predictions": [2.5, 3.0]}
            assert reply.headers["Access-Control-Allow-Origin"] == "*"
