"""Several models, and the thread that watches them."""

import pytest

from tidefall.core import errors
from tidefall.serving.models.manager import ModelManager
from tidefall.serving.models.model import ModelConfig, State


@pytest.fixture
def manage(numpy_server):
    managers = []

    def start(configs, poll_seconds=0.01):
        managers.append(ModelManager(configs, numpy_server.load, poll_seconds))
        managers[-1].start()
        return managers[-1]

    yield start
    for manager in managers:
        manager.stop()


def test_each_model_is_found_by_its_name(manage, numpy_server, tmp_path):
    for name, version in (("a", 1), ("b", 2)):
        numpy_server.write_version(tmp_path / name, version)
    manager = manage([ModelConfig(name, tmp_path / name) for name in "ab"])
    manager.wait_until_available(10)
    with manager.use("b") as loaded:
        assert loaded.version == 2
    with pytest.raises(errors.NotFoundError, match=r"Latest\(c\). Models: a, b"), manager.use("c"):
        pass


def test_new_versions_are_noticed(manage, numpy_server, tmp_path, wait_for):
    numpy_server.write_version(tmp_path, 1)
    manager = manage([ModelConfig("m", tmp_path)])
    manager.wait_until_available(10)
    numpy_server.write_version(tmp_path, 2)
    wait_for(
        lambda: manager.statuses("m")[0].state is State.AVAILABLE and len(manager.statuses("m")) > 1
    )
    with manager.use("m") as loaded:
        assert loaded.version == 2


def test_polling_of_zero_looks_once(manage, numpy_server, tmp_path):
    numpy_server.write_version(tmp_path, 1)
    manager = manage([ModelConfig("m", tmp_path)], poll_seconds=0)
    manager.wait_until_available(10)
    manager._thread.join(10)
    assert not manager._thread.is_alive()


def test_waiting_for_a_model_that_cannot_be_loaded_says_why(manage, numpy_server, tmp_path):
    numpy_server.write_version(tmp_path, 1, broken="bad shard")
    manager = manage([ModelConfig("m", tmp_path)])
    with pytest.raises(errors.FailedPreconditionError, match=r"model m .* version 1: bad shard"):
        manager.wait_until_available(10)


def test_waiting_for_a_model_without_versions_ends(manage, tmp_path):
    manager = manage([ModelConfig("m", tmp_path)])
    with pytest.raises(errors.DeadlineExceededError, match="no versions in"):
        manager.wait_until_available(0.05)


def test_two_models_cannot_share_a_name(tmp_path):
    with pytest.raises(ValueError, match="two models are called 'm'"):
        ModelManager([ModelConfig("m", tmp_path)] * 2, None, 0)


def test_listeners_hear_of_every_change_of_state(base_path, numpy_server, wait_for):
    heard = []

    def listen(name, status):
        heard.append((name, status.version, status.state.value))

    def fail(name, status):
        raise RuntimeError("a listener out of order")

    manager = ModelManager(
        [ModelConfig("half", base_path)],
        numpy_server.load,
        poll_seconds=0,
        listeners=[fail, listen],
    )
    manager.start()
    manager.wait_until_available(10)
    manager.stop()
    states = ["LOADING", "AVAILABLE", "UNLOADING", "END"]
    wait_for(lambda: len(heard) == 4)
    assert heard == [("half", 1, state) for state in states]
