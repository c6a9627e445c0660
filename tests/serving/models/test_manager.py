"""Several models, and the thread that watches them."""

import threading
from dataclasses import replace

import numpy as np
import pytest

from tidefall.base import errors
from tidefall.serving.models.config import LoadSettings, ModelConfig
from tidefall.serving.models.manager import ModelManager
from tidefall.serving.models.policies import All, Latest, Specific
from tidefall.serving.models.states import State


@pytest.fixture
def manage(numpy_server):
    managers = []

    def start(configs, poll_seconds=0.01, load=numpy_server.load, settings=None):
        managers.append(ModelManager(configs, load, poll_seconds, settings=settings))
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
    looks = []
    for model in manager._looks:
        model.reconcile = lambda: looks.append(1)
    manager._look()
    assert not looks


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
    with pytest.raises(errors.InvalidArgumentError, match="list model m multiple times"):
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


# --- changes of the configuration ---------------------------------------------------------------


@pytest.fixture
def two(tmp_path, numpy_server):
    """Configurations of the models a and b, each with version 1."""
    for name in "ab":
        numpy_server.write_version(tmp_path / name, 1)
    return [ModelConfig(name, tmp_path / name) for name in "ab"]


def answer(manager, name, version=None, label=None) -> float:
    with manager.use(name, version, label) as loaded:
        x = np.float32([0])
        return float(loaded.servable.signatures["serving_default"].run({"x": x})["y"][0])


def test_models_are_added_and_removed(manage, two, wait_for):
    manager = manage(two[:1])
    manager.wait_until_available(10)
    manager.reload(two[1:])
    manager.wait_until_available(10)
    assert answer(manager, "b") == 2.0
    with pytest.raises(errors.NotFoundError, match="Models: b"):
        manager.find("a")
    assert manager.configs() == two[1:]


def test_a_removed_model_finishes_its_requests(manage, two, wait_for):
    manager = manage(two)
    manager.wait_until_available(10)
    model = manager.find("a")
    with manager.use("a") as loaded:
        manager.reload(two[1:])
        assert loaded.servable.signatures
        assert model.statuses()[0].state is State.UNLOADING
    wait_for(lambda: model.statuses()[0].state is State.END)


def test_a_model_may_move_to_another_folder_without_a_gap(manage, two, numpy_server, wait_for):
    numpy_server.write_version(two[1].base_path, 1, add=7.0)
    manager = manage(two[:1])
    manager.wait_until_available(10)
    with manager.use("a") as before:
        manager.reload([ModelConfig("a", two[1].base_path)])
        wait_for(lambda: answer(manager, "a") == 7.0)
        assert manager.statuses("a")[0].state is State.AVAILABLE
        assert before.servable.signatures["serving_default"].run({"x": np.float32([0])})["y"] == 2.0
    wait_for(lambda: manager.budget.taken == needed(two[1].base_path))
    assert manager.statuses("a")[0].state is State.AVAILABLE


def needed(base_path) -> int:
    return sum(file.stat().st_size for file in base_path.rglob("*") if file.is_file())


def test_another_policy_loads_and_unloads(manage, two, numpy_server, wait_for):
    base = two[0].base_path
    for version in (2, 3):
        numpy_server.write_version(base, version)
    manager = manage(two[:1], poll_seconds=0)
    manager.wait_until_available(10)
    model = manager.find("a")
    for policy, versions in ((All(), [1, 2, 3]), (Specific(frozenset({1})), [1]), (Latest(), [3])):
        manager.reload([ModelConfig("a", base, policy)])
        wait_for(lambda: model.available_versions() == versions)  # noqa: B023 - used at once


@pytest.mark.parametrize(
    ("change", "kind", "message"),
    [
        (lambda a: [a, a], errors.InvalidArgumentError, "list model a multiple times"),
        (lambda a: [a, ModelConfig("", a.base_path)], errors.InvalidArgumentError, "has none"),
        (
            lambda a: [ModelConfig("new", a.base_path / "absent")],
            errors.NotFoundError,
            "Could not find base path",
        ),
        (
            lambda a: [ModelConfig("new", a.base_path / "1")],
            errors.InvalidArgumentError,
            "holds saved_model.pb itself",
        ),
        (
            lambda a: [replace(a, version_labels={"stable": 5})],
            errors.FailedPreconditionError,
            r"label to version 5 of model a, which is not currently .*'stable'; available .*\[1\]",
        ),
    ],
)
def test_a_bad_configuration_leaves_all_as_it_was(manage, two, change, kind, message):
    manager = manage(two)
    manager.wait_until_available(10)
    with pytest.raises(kind, match=message):
        manager.reload(change(two[0]))
    assert manager.configs() == two
    assert [answer(manager, name) for name in "ab"] == [2.0, 2.0]


# --- labels ---------------------------------------------------------------------------------------


def labelled(config, **labels) -> ModelConfig:
    return replace(config, version_policy=All(), version_labels=labels)


def test_labels_lead_to_versions(manage, two, numpy_server, wait_for):
    numpy_server.write_version(two[0].base_path, 2, add=5.0)
    manager = manage([labelled(two[0], stable=1, canary=2)])
    wait_for(lambda: manager.find("a").available_versions() == [1, 2])
    assert answer(manager, "a", label="stable") == 2.0
    assert answer(manager, "a", label="canary") == 5.0
    manager.reload([labelled(two[0], stable=2)])
    assert answer(manager, "a", label="stable") == 5.0
    with pytest.raises(errors.InvalidArgumentError, match=r"Unrecognized .* label: canary"):
        answer(manager, "a", label="canary")


def test_a_label_whose_version_is_not_there_says_so(manage, two):
    manager = manage([labelled(two[0], next=9)])
    manager.wait_until_available(10)
    with pytest.raises(errors.NotFoundError, match=r"Specific\(a, 9\)"):
        answer(manager, "a", label="next")


def test_new_labels_may_wait_for_their_version_where_that_is_allowed(manage, two):
    manager = manage([labelled(two[0], stable=1)], settings=LoadSettings(labels_may_wait=True))
    manager.wait_until_available(10)
    manager.reload([labelled(two[0], stable=1, next=9)])
    with pytest.raises(errors.FailedPreconditionError, match="label to version 9"):
        manager.reload([labelled(two[0], stable=9, next=9)])


# --- threads --------------------------------------------------------------------------------------


def test_a_model_that_loads_for_long_holds_up_no_other(manage, two, numpy_server):
    begun, go = threading.Event(), threading.Event()

    def load(folder):
        if folder.parent.name == "a":
            begun.set()
            assert go.wait(20)
        return numpy_server.load(folder)

    manager = manage(two, load=load)
    manager.wait_until_available(10, ["b"])
    assert begun.wait(10)
    assert answer(manager, "b") == 2.0
    with pytest.raises(errors.UnavailableError, match="still loading"):
        answer(manager, "a")
    go.set()
    manager.wait_until_available(10)


def test_no_more_models_load_at_once_than_there_are_threads(manage, tmp_path, numpy_server):
    names, loading, most, lock = "abcdef", [], [], threading.Lock()
    for name in names:
        numpy_server.write_version(tmp_path / name, 1)

    def load(folder):
        with lock:
            loading.append(folder)
            most.append(len(loading))
        servable = numpy_server.load(folder)
        with lock:
            loading.remove(folder)
        return servable

    configs = [ModelConfig(name, tmp_path / name) for name in names]
    manage(configs, load=load, settings=LoadSettings(load_threads=2)).wait_until_available(10)
    assert max(most) <= 2
