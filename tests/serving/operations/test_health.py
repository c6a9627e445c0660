"""Is the process alive, and should requests come here?"""

import json
import threading

import pytest

from tidefall.serving import ModelServer
from tidefall.serving.models.config import ModelConfig
from tidefall.serving.models.manager import ModelManager
from tidefall.serving.operations.health import Health


@pytest.fixture
def managed(tmp_path, numpy_server):
    """A manager of the models that were written, not started."""

    def make(**models):
        configs = []
        for name, versions in models.items():
            (tmp_path / name).mkdir()
            configs.append(ModelConfig(name, tmp_path / name))
            for version, model in versions.items():
                numpy_server.write_version(tmp_path / name, version, **model)
        manager = ModelManager(configs, numpy_server.load, 0)
        for name in models:
            manager.find(name).reconcile()
        return manager

    return make


def read(page) -> tuple[int, dict]:
    reply = page(None)
    return reply.status, json.loads(reply.body)


def test_ready_once_every_model_is_available(managed):
    assert read(Health(managed(a={1: {}}, b={3: {}})).readyz) == (
        200,
        {"ready": True, "settled": True, "draining": False, "unavailable": {}},
    )


def test_not_ready_says_which_models_are_missing_and_why(managed):
    health = Health(managed(a={1: {}}, b={3: {"broken": "a shard is missing"}}, c={}))
    status, page = read(health.readyz)
    assert (status, page["ready"]) == (503, False)
    assert page["unavailable"]["b"] == "version 3: END a shard is missing"
    assert page["unavailable"]["c"].startswith("Could not find any versions of model c")
    assert "a" not in page["unavailable"]


def test_a_failed_version_is_not_the_last_word_while_an_older_one_loads(tmp_path, numpy_server):
    for version, model in {1: {}, 2: {"broken": "a shard is missing"}}.items():
        numpy_server.write_version(tmp_path / "a", version, **model)
    seen = []

    def load(folder):
        seen.append((folder.name, read(health.readyz)[1]["settled"]))
        return numpy_server.load(folder)

    manager = ModelManager([ModelConfig("a", tmp_path / "a")], load, 0)
    health = Health(manager)
    manager.find("a").reconcile()
    assert seen == [("2", False), ("1", False)]
    assert read(health.readyz)[1] == {
        "ready": True,
        "settled": True,
        "draining": False,
        "unavailable": {},
    }


def test_what_was_ready_stays_so_while_any_model_answers(managed):
    manager = managed(a={1: {}}, b={1: {}})
    health = Health(manager)
    assert health.is_ready()
    manager.find("b").close()
    status, page = read(health.readyz)
    assert (status, list(page["unavailable"])) == (200, ["b"])
    manager.find("a").close()
    assert not health.is_ready()


def test_a_draining_server_lives_but_is_not_ready(managed):
    health = Health(managed(a={1: {}}))
    told = []
    health.on_drain(lambda: 1 // 0)
    health.on_drain(lambda: told.append("before"))
    health.drain()
    health.drain()
    health.on_drain(lambda: told.append("after"))
    assert told == ["before", "after"]
    assert read(health.readyz)[0] == 503
    assert read(health.healthz) == (200, {"status": "ok"})


def test_pages_answer_while_all_workers_are_busy(serve, gate, connect, wait_for):
    server = serve(threads=1)
    busy = [connect(server).post(b'{"instances":[1]}') for _ in range(3)]
    wait_for(lambda: server._http.workers.waiting == 2)
    client = connect(server)
    for path in ("/healthz", "/readyz"):
        assert client.send(f"GET {path} HTTP/1.1\r\nHost: h\r\n\r\n".encode()).reply()[0] == 200
    gate.touch()
    assert [client.reply()[0] for client in busy] == [200] * 3


def test_requests_under_way_are_finished_while_draining(serve, gate, connect, wait_for):
    server: ModelServer = serve()
    client = connect(server).post(b'{"instances":[1]}')
    wait_for(lambda: any(loaded.requests for loaded in server._manager.find("half").serving()))
    draining = threading.Event()
    server.operations.health.on_drain(draining.set)
    stopper = threading.Thread(target=server.stop, args=(10,))
    stopper.start()
    assert draining.wait(10)
    gate.touch()
    assert client.reply()[0] == 200
    stopper.join()
