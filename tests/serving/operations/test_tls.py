"""TLS, certificates of clients, and keys that change while the server runs."""

import http.client
import json
import socket
import ssl
import threading

import grpc
import pytest
import trustme

from tidefall.base import errors
from tidefall.serving import HttpSettings, Limits, ModelServer
from tidefall.serving.operations.settings import OperationsSettings
from tidefall.serving.operations.tls import Tls

BODY = b'{"instances":[1]}'


class Authority:
    """Signs certificates, and writes an SSLConfig with them."""

    def __init__(self, folder):
        self.folder, self.ca = folder, trustme.CA()
        self.server_ca = self.ca  # Whom its clients trust.

    def write(self, as_files=False, clients=False, **overrides) -> str:
        issued = self.ca.issue_cert("localhost", "127.0.0.1")
        values = {
            "server_key": issued.private_key_pem.bytes().decode(),
            "server_cert": "".join(pem.bytes().decode() for pem in issued.cert_chain_pems),
        }
        if clients:
            values["custom_ca"] = self.ca.cert_pem.bytes().decode()
        if as_files:
            for name, text in values.items():
                (self.folder / f"{name}.pem").write_text(text)
            values = {name: f"{name}.pem" for name in values}
        values |= overrides
        lines = [f"{name}: {json.dumps(value)}" for name, value in values.items()]
        lines += ["client_verify: true"] * clients
        path = self.folder / "ssl_config.txt"
        path.write_text("\n".join(lines))
        return str(path)

    def client(self, with_certificate=False) -> ssl.SSLContext:
        context = ssl.create_default_context()
        self.ca.configure_trust(context)
        if with_certificate:
            self.ca.issue_cert("client@example.com").configure_cert(context)
        return context


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


@pytest.fixture
def secured(base_path, numpy_server, wait_for):
    """Starts a server with an SSLConfig."""
    before = set(threading.enumerate())
    servers = []

    def start(config, **settings) -> ModelServer:
        server = ModelServer(
            {"half": base_path},
            load=numpy_server.load,
            settings=HttpSettings(**settings),
            operations=OperationsSettings(ssl_config_file=config),
        )
        servers.append(server)
        return server.start().wait_until_available(10)

    yield start
    for server in servers:
        server.stop(5)
    wait_for(lambda: set(threading.enumerate()) <= before)


def predict(server, context, body=BODY):
    connection = http.client.HTTPSConnection("localhost", server.port, context=context, timeout=10)
    try:
        connection.request("POST", "/v1/models/half:predict", body)
        reply = connection.getresponse()
        return reply.status, reply.read()
    finally:
        connection.close()


@pytest.mark.parametrize("as_files", [False, True])
def test_rest_over_tls(authority, secured, as_files):
    server = secured(authority.write(as_files))
    assert server.url.startswith("https://")
    status, body = predict(server, authority.client())
    assert (status, json.loads(body)) == (200, {"predictions": [2.5]})


def test_a_client_that_does_not_trust_the_authority_refuses(authority, secured):
    server = secured(authority.write())
    with pytest.raises(ssl.SSLCertVerificationError):
        predict(server, ssl.create_default_context())


def test_clients_must_have_a_certificate_where_that_is_asked(authority, secured, tmp_path):
    server = secured(authority.write(clients=True))
    assert predict(server, authority.client(with_certificate=True))[0] == 200
    stranger = authority.client()
    trustme.CA().issue_cert("client@example.com").configure_cert(stranger)
    for context in (authority.client(), stranger):
        with pytest.raises((ssl.SSLError, ConnectionError, http.client.HTTPException)):
            predict(server, context)
    assert predict(server, authority.client(with_certificate=True))[0] == 200


def test_old_protocols_are_refused(authority, secured):
    server = secured(authority.write())
    context = authority.client()
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        predict(server, context)


def test_plain_text_and_silence_do_not_disturb(authority, secured, wait_for):
    server = secured(authority.write(), head_seconds=0.2)
    for said in (b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01", b""):
        with socket.create_connection(("127.0.0.1", server.port), 10) as client:
            client.sendall(said)
            try:
                while client.recv(4096):
                    pass
            except ConnectionError:
                pass
    assert predict(server, authority.client())[0] == 200


def test_a_handshake_under_way_does_not_hold_up_the_end(authority, secured):
    server = secured(authority.write(), head_seconds=600)
    with socket.create_connection(("127.0.0.1", server.port), 10) as client:
        client.sendall(b"\x16\x03\x01")
        assert predict(server, authority.client())[0] == 200  # So that the other was accepted.
        server.stop(5)


def test_a_refused_request_gets_its_reply_over_tls(authority, secured):
    server = secured(authority.write(), limits=Limits(body=10))
    status, body = predict(server, authority.client())
    assert (status, json.loads(body)) == (413, {"error": "request body exceeds 10 bytes"})


def test_changed_keys_are_used_for_new_connections(authority, secured, tmp_path):
    server = secured(authority.write(as_files=True))
    assert predict(server, authority.client())[0] == 200
    other = Authority(tmp_path)
    other.write(as_files=True)
    server.operations.tls.refresh()
    assert predict(server, other.client())[0] == 200
    with pytest.raises(ssl.SSLCertVerificationError):
        predict(server, authority.client())


def test_a_changed_authority_of_clients_counts_for_new_connections(authority, secured, tmp_path):
    server = secured(authority.write(clients=True))
    assert predict(server, authority.client(with_certificate=True))[0] == 200
    other = Authority(tmp_path)
    other.write(clients=True)
    server.operations.tls.refresh()
    assert predict(server, other.client(with_certificate=True))[0] == 200
    withdrawn = other.client()
    authority.ca.issue_cert("client@example.com").configure_cert(withdrawn)
    for context in (withdrawn, other.client()):
        with pytest.raises((ssl.SSLError, ConnectionError, http.client.HTTPException)):
            predict(server, context)


@pytest.mark.parametrize("clients", [False, True])
def test_whether_clients_are_verified_takes_a_restart(
    authority, secured, tmp_path, clients, caplog
):
    server = secured(authority.write(clients=clients))
    authority.write(clients=not clients)
    server.operations.tls.refresh()
    assert "client_verify" in caplog.text
    assert server.operations.tls.keys.verify_clients == clients
    assert predict(server, authority.client(with_certificate=True))[0] == 200


def test_keys_that_find_no_room_are_tried_again(authority, secured, tmp_path, files_end_at):
    server = secured(authority.write())
    other = Authority(tmp_path)
    other.write()
    files_end_at(1)
    server.operations.tls.refresh()
    files_end_at(None)
    assert predict(server, authority.client())[0] == 200
    server.operations.tls.refresh()
    assert predict(server, other.client())[0] == 200


@pytest.mark.parametrize("spoiled", ["", "nonsense", "-----BEGIN CERTIFICATE-----\nAA\n"])
def test_changed_keys_that_are_no_use_change_nothing(authority, secured, tmp_path, spoiled):
    server = secured(authority.write(as_files=True))
    (tmp_path / "server_cert.pem").write_text(spoiled)
    server.operations.tls.refresh()
    assert predict(server, authority.client())[0] == 200


def test_a_key_that_does_not_fit_yet_is_waited_for(authority, secured, tmp_path):
    """Key and certificate are two files; between the two writes they do not fit."""
    server = secured(authority.write(as_files=True))
    other = Authority(tmp_path)
    certificate = (tmp_path / "server_cert.pem").read_text()
    other.write(as_files=True)
    replaced = (tmp_path / "server_cert.pem").read_text()
    (tmp_path / "server_cert.pem").write_text(certificate)
    server.operations.tls.refresh()
    assert predict(server, authority.client())[0] == 200
    (tmp_path / "server_cert.pem").write_text(replaced)
    server.operations.tls.refresh()
    assert predict(server, other.client())[0] == 200


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"server_key": ""}, "needs both server_key and server_cert"),
        ({"server_cert": "absent.pem"}, "server_cert in .* is neither PEM text nor a file"),
        ({"server_cert": "a\0b"}, "server_cert in .* is neither PEM text nor a file"),
        ({"server_key": "-----BEGIN PRIVATE KEY-----\n"}, "the keys in .* cannot be used"),
        ({"custom_ca": "-----BEGIN CERTIFICATE-----\n"}, "the keys in .* cannot be used"),
    ],
)
def test_an_ssl_config_that_is_wrong_says_so(authority, overrides, message):
    with pytest.raises(errors.InvalidArgumentError, match=message):
        Tls(authority.write(**overrides))


def test_verifying_clients_takes_an_authority(authority):
    path = authority.write()
    with open(path, "a") as file:
        file.write("\nclient_verify: true")
    with pytest.raises(errors.InvalidArgumentError, match="client_verify but no custom_ca"):
        Tls(path)


@pytest.mark.parametrize("clients", [False, True])
def test_grpc_takes_the_same_keys_and_follows_them(authority, tmp_path, clients):
    from concurrent.futures import ThreadPoolExecutor

    tls = Tls(authority.write(clients=clients))
    server = grpc.server(ThreadPoolExecutor(1))
    port = server.add_secure_port("localhost:0", tls.grpc_credentials())
    server.start()

    def connects(authority, with_certificate) -> bool:
        issued = authority.ca.issue_cert("client@example.com")
        pair = {
            "private_key": issued.private_key_pem.bytes(),
            "certificate_chain": issued.cert_chain_pems[0].bytes(),
        }
        credentials = grpc.ssl_channel_credentials(
            authority.server_ca.cert_pem.bytes(), **(pair if with_certificate else {})
        )
        with grpc.secure_channel(f"localhost:{port}", credentials) as channel:
            try:
                channel.unary_unary("/none/None")(b"", timeout=5)
            except grpc.RpcError as error:
                return error.code() is grpc.StatusCode.UNIMPLEMENTED
        return False

    try:
        assert connects(authority, with_certificate=True)
        assert connects(authority, with_certificate=False) != clients
        other = Authority(tmp_path)
        other.write(clients=clients)
        tls.refresh()
        assert connects(other, with_certificate=True)
        assert connects(other, with_certificate=False) != clients
        assert not connects(authority, with_certificate=True)
        authority.server_ca = other.ca  # A client of the authority that was withdrawn.
        assert connects(authority, with_certificate=True) != clients
    finally:
        server.stop(0).wait()
