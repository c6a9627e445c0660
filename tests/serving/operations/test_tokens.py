"""Bearer tokens: files of them, and what they guard."""

import json
import os

import pytest

from tidefall.base import errors
from tidefall.serving import ModelServer
from tidefall.serving.http.parser import Request
from tidefall.serving.http.reply import Reply
from tidefall.serving.operations.settings import OperationsSettings
from tidefall.serving.operations.tokens import FailureLimit, Guarded, Tokens
from tidefall.serving.site import Page

TOKEN, OTHER = "a-token-of-some-length", "another-token-of-length"


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "tokens"
    path.write_text(f"# operators\nanna {TOKEN}\n\n{OTHER}\n")
    return path


@pytest.mark.parametrize(
    ("header", "user"),
    [
        (f"Bearer {TOKEN}", "anna"),
        (f"bearer   {TOKEN} ", "anna"),
        (f"Bearer {OTHER}", "token-4"),
        (f"Bearer {TOKEN}x", None),
        (f"Basic {TOKEN}", None),
        (TOKEN, None),
        ("Bearer", None),
        ("Bearer ", None),
        ("", None),
        (None, None),
        ("Bearer t\xf6ken-of-some-length", None),
    ],
)
def test_a_token_says_who_asks(file, header, user):
    assert Tokens(file).user(header) == user


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "holds no token"),
        ("# none\n", "holds no token"),
        ("short\n", "line 1 of .*at least 16 characters"),
        (f"{TOKEN}\na b {TOKEN}\n", "line 2 of "),
        (b"\xff\xfe", "cannot read the tokens"),
        (None, "cannot read the tokens"),
    ],
)
def test_files_that_are_no_use(tmp_path, content, message):
    path = tmp_path / "t"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(errors.InvalidArgumentError, match=message):
        Tokens(path)


def test_a_changed_file_counts_soon(file):
    clock = Clock()
    tokens = Tokens(file, clock)
    file.write_text("bob a-new-token-of-some-length\n")
    assert tokens.user(f"Bearer {TOKEN}") == "anna"
    clock.now = 2
    assert tokens.user(f"Bearer {TOKEN}") is None
    assert tokens.user("Bearer a-new-token-of-some-length") == "bob"


@pytest.mark.parametrize("spoil", [os.unlink, lambda path: path.write_text("oops\n")])
def test_a_spoiled_file_neither_opens_nor_closes(file, spoil):
    clock = Clock()
    tokens = Tokens(file, clock)
    spoil(file)
    clock.now = 2
    assert tokens.user(f"Bearer {TOKEN}") == "anna"
    assert tokens.user("Bearer oops") is None


def test_failures_are_bounded_for_each_address(file):
    clock = Clock()
    tokens = Tokens(file, clock)
    for _ in range(20):
        with pytest.raises(errors.UnauthenticatedError):
            tokens.check("Bearer wrong", "1.2.3.4")
    with pytest.raises(errors.ResourceExhaustedError, match=r"too many failures from 1\.2\.3\.4"):
        tokens.check(f"Bearer {TOKEN}", "1.2.3.4")
    assert tokens.check(f"Bearer {TOKEN}", "5.6.7.8") == "anna"
    clock.now = 61
    assert tokens.check(f"Bearer {TOKEN}", "1.2.3.4") == "anna"


def test_few_addresses_are_remembered():
    limit = FailureLimit(most=1, addresses=3)
    for address in "abcd":
        limit.count(address)
    limit.check("a")
    for address in "bcd":
        with pytest.raises(errors.ResourceExhaustedError):
            limit.check(address)


def ask(application, header=None, peer="p"):
    headers = {} if header is None else {"authorization": header}
    request, replies = Request("GET", "/admin/x", headers, True, peer=peer), []
    application.handle(request, replies.append)
    return request, replies[0]


def test_only_those_with_a_token_reach_what_is_guarded(file):
    guarded = Guarded(Page(lambda request: Reply(200, request.user.encode())), Tokens(file))
    assert ask(guarded, f"Bearer {TOKEN}")[1].body == b"anna"
    _, refused = ask(guarded)
    assert (refused.status, refused.headers) == (
        401,
        (("WWW-Authenticate", 'Bearer realm="tidefall"'),),
    )
    for _ in range(19):
        assert ask(guarded, "Bearer x")[1].status == 401
    assert ask(guarded, f"Bearer {TOKEN}")[1].status == 429


def test_without_tokens_it_is_closed_to_all():
    closed = Guarded(Page(lambda request: Reply(200, b"")), None, "closed; open it with X")
    _, reply = ask(closed, f"Bearer {TOKEN}")
    assert (reply.status, json.loads(reply.body)) == (403, {"error": "closed; open it with X"})


def test_inference_may_ask_for_a_token_while_health_does_not(
    base_path, numpy_server, file, connect
):
    settings = OperationsSettings(inference_token_file=str(file))
    with ModelServer({"half": base_path}, operations=settings, load=numpy_server.load) as server:
        server.wait_until_available(10)
        client = connect(server)
        assert client.post(b'{"instances":[1]}').reply()[0] == 401
        status, _, body = client.post(
            b'{"instances":[1]}', f"Authorization: Bearer {TOKEN}"
        ).reply()
        assert (status, json.loads(body)) == (200, {"predictions": [2.5]})
        assert client.send(b"GET /readyz HTTP/1.1\r\nHost: h\r\n\r\n").reply()[0] == 200
        assert client.send(b"GET /v1/models/half HTTP/1.1\r\nHost: h\r\n\r\n").reply()[0] == 401
