"""The server under clients that are slow, rude, broken or many: the others never notice."""

import gc
import gzip
import json
import random
import socket
import sys
import threading
import time

import pytest

from tidefall.base import errors
from tidefall.serving import Limits, ModelServer

BODY = b'{"instances": [1.0, 2.0]}'
REPLY = {"predictions": [2.5, 3.0]}
HEAD = b"POST /v1/models/half:predict HTTP/1.1\r\nHost: h\r\n"


def body_of(reply):
    return json.loads(reply[2])


def connections(server) -> int:
    return len(server._http._connections)


def test_one_connection_serves_many_requests(serve, connect):
    client = connect(serve())
    for _ in range(3):
        status, headers, body = client.post(BODY).reply()
        assert (status, json.loads(body)) == (200, REPLY)
        assert headers["content-type"] == "application/json"
        assert headers["connection"] == "keep-alive"
        assert headers["date"].endswith("GMT")


def test_pipelined_requests_are_answered_in_order(serve, connect):
    client = connect(serve())
    for number in range(5):
        client.post(json.dumps({"instances": [number]}).encode())
    client.send(b"GET /v1/models/half HTTP/1.1\r\nHost: h\r\n\r\n")
    for number in range(5):
        assert body_of(client.reply()) == {"predictions": [number / 2 + 2]}
    assert "model_version_status" in body_of(client.reply())


def test_chunked_and_gzipped_bodies(serve, connect):
    client = connect(serve())
    chunks = b"5\r\n" + BODY[:5] + b"\r\n" + b"%x\r\n" % len(BODY[5:]) + BODY[5:] + b"\r\n0\r\n\r\n"
    assert (
        body_of(client.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunks).reply()) == REPLY
    )
    packed = gzip.compress(BODY)
    assert body_of(client.post(packed, "Content-Encoding: gzip").reply()) == REPLY
    status, _, body = client.post(b"junk", "Content-Encoding: gzip").reply()
    assert (status, b"damaged" in body) == (400, True)
    assert body_of(client.post(BODY).reply()) == REPLY


def test_http_1_0_closes_unless_asked_not_to(serve, connect):
    server = serve()
    request = b"GET /v1/models/half HTTP/1.0\r\n"
    client = connect(server).send(request + b"\r\n")
    assert client.reply()[1]["connection"] == "close"
    assert client.is_closed()
    client = connect(server).send(request + b"Connection: keep-alive\r\n\r\n")
    assert client.reply()[1]["connection"] == "keep-alive"
    assert client.send(request + b"\r\n").reply()[0] == 200


def test_head_has_no_body(serve, connect):
    client = connect(serve())
    client.send(b"HEAD /v1/models/half HTTP/1.1\r\nHost: h\r\n\r\n")
    client.send(b"GET /v1/models/half HTTP/1.1\r\nHost: h\r\n\r\n")
    while client.buffer.count(b"\r\n\r\n") < 2:
        client._receive()
    head, _, rest = client.buffer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert rest.startswith(b"HTTP/1.1 200 ")


def test_the_body_may_be_held_back_until_we_ask_for_it(serve, connect):
    client = connect(serve())
    client.send(HEAD + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(BODY))
    assert client.reply()[0] == 100
    assert body_of(client.send(BODY).reply()) == REPLY


def test_a_client_may_end_its_side_and_still_get_the_answer(serve, connect):
    client = connect(serve()).post(BODY)
    client.socket.shutdown(socket.SHUT_WR)
    assert body_of(client.reply()) == REPLY
    assert client.is_closed()


REFUSED = [
    (b"\x16\x03\x01\x00\xa5\x01", 400),
    (b"nonsense\r\n\r\n", 400),
    (HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nhello", 400),
    (HEAD + b"X: " + b"a" * 100_000, 431),
    (HEAD + b"Content-Length: 99999999999\r\n\r\n", 413),
    (b"GET / HTTP/3.0\r\n\r\n", 505),
]


@pytest.mark.parametrize(("data", "status"), REFUSED)
def test_what_is_no_request_is_answered_and_the_connection_closed(serve, connect, data, status):
    server = serve()
    client = connect(server).send(data)
    received, headers, body = client.reply()
    assert received == status
    assert headers["connection"] == "close"
    assert list(json.loads(body)) == ["error"]
    assert client.is_closed()
    assert body_of(connect(server).post(BODY).reply()) == REPLY


def test_a_client_that_is_still_sending_an_oversized_body_gets_the_answer(serve, connect):
    client = connect(serve(limits=Limits(body=1000)))
    client.send(HEAD + b"Content-Length: 3000000\r\n\r\n")
    for _ in range(30):
        client.send(b"x" * 100_000)
    status, _, body = client.reply()
    assert status == 413
    assert json.loads(body) == {"error": "request body exceeds 1000 bytes"}


def test_a_connection_survives_requests_that_are_merely_wrong(serve, connect):
    client = connect(serve())
    for body in (b"", b"{", b'{"instances": ["x"]}', b'{"instances": []}'):
        status, headers, _ = client.post(body).reply()
        assert (status, headers["connection"]) == (400, "keep-alive")
    assert client.post(BODY, path="/v1/models/absent:predict").reply()[0] == 404
    assert body_of(client.post(BODY).reply()) == REPLY


def test_slow_heads_and_slow_bodies_are_cut_off(serve, connect):
    server = serve(head_seconds=0.1, body_seconds=0.1)
    for beginning in (b"GET /v1/mo", HEAD + b"Content-Length: 100\r\n\r\n{"):
        client = connect(server).send(beginning)
        assert client.reply()[0] == 408
        assert client.is_closed()


def test_a_slow_but_steady_body_is_waited_for(serve, connect):
    client = connect(serve(body_seconds=1, least_bytes_per_second=10))
    client.send(HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY))
    for byte in BODY:
        client.send(bytes([byte]))
        time.sleep(0.06)  # In all 1.5 s, more than `body_seconds`.
    assert body_of(client.reply()) == REPLY


def test_idle_connections_are_closed_in_the_end(serve, connect):
    server = serve(idle_seconds=0.5)
    silent, used = connect(server), connect(server)
    assert used.post(BODY).reply()[0] == 200
    assert silent.is_closed()
    assert used.is_closed()


def test_a_client_that_does_not_read_its_reply_is_cut_off(serve, connect, wait_for):
    server = serve(write_seconds=0.2, least_bytes_per_second=1e9)
    client = connect(server)
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.post(json.dumps({"instances": [0.123456] * 700_000}).encode())
    wait_for(lambda: connections(server) == 0)
    assert body_of(connect(server).post(BODY).reply()) == REPLY


def test_a_reply_larger_than_the_buffers_arrives_whole(serve, connect):
    client = connect(serve())
    many = json.dumps({"instances": [0.5] * 300_000}).encode()
    client.post(many).post(BODY)
    assert body_of(client.reply()) == {"predictions": [2.25] * 300_000}
    assert body_of(client.reply()) == REPLY


def test_disconnects_in_every_place_leave_nothing_behind(serve, connect, wait_for):
    server = serve()
    whole = HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
    for cut in range(0, len(whole) + 1, 5):
        connect(server).send(whole[:cut]).socket.close()
    for cut in (10, len(whole) - 3, len(whole)):
        client = connect(server).send(whole[:cut])
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.socket.close()  # Resets the connection.
    wait_for(lambda: connections(server) == 0)
    assert server._http.held == 0
    assert body_of(connect(server).post(BODY).reply()) == REPLY


def test_200_idle_connections_do_not_disturb(serve, connect):
    server = serve()
    idle = [connect(server) for _ in range(200)]
    half_sent = [connect(server).send(HEAD) for _ in range(20)]
    client = connect(server)
    for _ in range(20):
        assert body_of(client.post(BODY).reply()) == REPLY
    assert body_of(idle[77].post(BODY).reply()) == REPLY
    assert body_of(half_sent[7].send(b"Content-Length: 25\r\n\r\n" + BODY).reply()) == REPLY


def test_beyond_the_most_connections_the_longest_idle_gives_way(serve, connect):
    server = serve(connections=3)
    clients = [connect(server) for _ in range(3)]
    for client in clients:
        assert client.post(BODY).reply()[0] == 200
    newcomer = connect(server)
    assert body_of(newcomer.post(BODY).reply()) == REPLY
    assert clients[0].is_closed()
    assert body_of(clients[1].post(BODY).reply()) == REPLY


def test_beyond_the_most_connections_without_an_idle_one_newcomers_are_refused(
    serve, connect, wait_for
):
    server = serve(connections=2)
    for _ in range(2):
        connect(server).send(b"GET")
    reading = lambda: [c for c in server._http._connections if not c.is_idle]  # noqa: E731
    wait_for(lambda: len(reading()) == 2)
    status, headers, _ = connect(server).reply()
    assert (status, headers["retry-after"]) == (503, "1")


def test_requests_that_would_take_too_much_memory_are_refused(serve, connect, wait_for):
    server = serve(held_bytes=100_000)
    hoarder = connect(server).send(HEAD + b"Content-Length: 1000000\r\n\r\n" + b" " * 90_000)
    wait_for(lambda: server._http.held >= 90_000)
    assert body_of(connect(server).post(BODY).reply()) == REPLY
    assert connect(server).post(b" " * 50_000).reply()[0] == 503
    hoarder.socket.close()
    wait_for(lambda: server._http.held == 0)
    assert connect(server).post(b" " * 50_000 + BODY).reply()[0] == 200


def test_slow_models_do_not_hold_up_status_and_the_queue_is_bounded(serve, connect, gate, wait_for):
    server = serve(threads=1, waiting_requests=1)
    first = connect(server).post(BODY)
    wait_for(lambda: any(c._state.name == "WORKING" for c in server._http._connections))
    wait_for(lambda: server._http.workers.waiting == 0)
    second = connect(server).post(BODY)
    wait_for(lambda: server._http.workers.waiting == 1)
    status, headers, _ = connect(server).post(BODY).reply()
    assert (status, headers["retry-after"]) == (429, "1")
    client = connect(server).send(b"GET /v1/models/half HTTP/1.1\r\nHost: h\r\n\r\n")
    assert client.reply()[0] == 200
    gate.touch()
    assert body_of(first.reply()) == REPLY
    assert body_of(second.reply()) == REPLY


def test_a_request_that_takes_too_long_is_answered_504(serve, connect, gate):
    server = serve(request_seconds=0.1)
    client = connect(server).post(BODY)
    status, _, body = client.reply()
    assert status == 504
    assert json.loads(body) == {"error": "the request took longer than 0.1 s"}
    assert client.is_closed()


def test_good_clients_among_bad_ones(serve, connect, wait_for):
    """Four clients that behave, among twenty that send noise, hang up and lie, all at once."""
    server = serve(threads=4)
    failures, stop = [], threading.Event()

    def good():
        client = connect(server, timeout=30)
        for number in range(50):
            reply = client.post(json.dumps({"instances": [number]}).encode()).reply()
            if reply[0] != 200 or body_of(reply) != {"predictions": [number / 2 + 2]}:
                failures.append(reply)

    def bad(seed):
        noise = random.Random(seed)
        while not stop.is_set():
            try:
                client = connect(server)
                kind = noise.choice(["noise", "hang up", "wrong", "lie", "oversized"])
                if kind == "noise":
                    client.send(noise.randbytes(200))
                elif kind == "hang up":
                    client.send(HEAD + b"Content-Length: 100\r\n\r\nabc")
                elif kind == "wrong":
                    client.post(b'{"instances": [[1], 2]}').reply()
                elif kind == "lie":
                    client.send(HEAD + b"Content-Length: 3\r\n\r\n" + BODY)
                else:
                    client.send(HEAD + b"X: " + b"y" * 50_000)
                client.socket.close()
            except OSError:
                pass

    rude = [threading.Thread(target=bad, args=(seed,)) for seed in range(20)]
    polite = [threading.Thread(target=good) for _ in range(4)]
    for thread in rude + polite:
        thread.start()
    for thread in polite:
        thread.join()
    stop.set()
    for thread in rude:
        thread.join()
    assert not failures
    wait_for(lambda: connections(server) <= 4)


def test_stopping_finishes_the_requests_under_way(serve, connect, gate, wait_for):
    server = serve()
    idle, busy, late = connect(server), connect(server).post(BODY), connect(server)
    late.send(HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY))
    wait_for(lambda: connections(server) == 3 and server._http.held > 0)
    stopping = threading.Thread(target=server.stop)
    stopping.start()
    assert idle.is_closed()
    late.send(BODY)
    gate.touch()
    for client in (busy, late):
        status, headers, body = client.reply()
        assert (status, headers["connection"], json.loads(body)) == (200, "close", REPLY)
    stopping.join(10)
    assert not stopping.is_alive()
    with pytest.raises(ConnectionRefusedError):
        connect(server)


def test_a_client_accepted_while_the_server_stops_is_not_left_open(serve, monkeypatch):
    unclosed = []
    monkeypatch.setattr(sys, "unraisablehook", lambda event: unclosed.append(event.exc_value))
    server = serve()
    http = server._http
    held_up = threading.Event()
    # The loop finds the client and the wish to stop in the same round, in either order.
    http.call_soon(held_up.wait, 10)
    client = socket.create_connection(("127.0.0.1", server.port), 10)
    http.call_soon(http._stop.set)
    held_up.set()
    server.stop()
    client.close()
    gc.collect()
    assert not unclosed


def test_stopping_cuts_off_what_takes_too_long(serve, connect, gate, wait_for):
    server = serve()
    client = connect(server).post(BODY)
    wait_for(lambda: any(c._state.name == "WORKING" for c in server._http._connections))
    server.stop(drain_seconds=0)
    assert client.is_closed()


def test_a_port_in_use_is_one_clear_error(serve, base_path, numpy_server):
    port = serve().port
    second = ModelServer({"half": base_path}, rest_api_port=port, load=numpy_server.load)
    with pytest.raises(errors.UnavailableError, match=f"127.0.0.1:{port}: the port is already in"):
        second.start()
    second.stop()
