"""The life of versions: loaded before others are unloaded, never at a request's cost."""

import shutil
import threading

import numpy as np
import pytest

from tidefall.base import errors
from tidefall.serving.models.config import LoadSettings, ModelConfig
from tidefall.serving.models.loading import VersionLoader
from tidefall.serving.models.memory import MemoryBudget
from tidefall.serving.models.model import Model
from tidefall.serving.models.policies import All, Latest, Specific
from tidefall.serving.models.states import State


class Disk:
    """A model's base path, and what was loaded and unloaded from it, in order."""

    def __init__(self, base, numpy_server):
        self.base, self.numpy_server, self.events = base, numpy_server, []
        base.mkdir()

    def write(self, version, **model):
        return self.numpy_server.write_version(self.base, version, **model)

    def remove(self, version):
        shutil.rmtree(self.base / str(version))

    def load(self, folder):
        servable = self.numpy_server.load(folder)
        version = int(folder.name)
        self.events.append(f"load {version}")
        unload = lambda: self.events.append(f"unload {version}")  # noqa: E731
        return self.numpy_server.FunctionServable(servable.signatures, unload)


@pytest.fixture
def disk(tmp_path, numpy_server):
    return Disk(tmp_path / "m", numpy_server)


@pytest.fixture
def model(disk):
    return Model(ModelConfig("m", disk.base), VersionLoader("m", disk.load))


def states(model) -> dict[int, str]:
    try:
        return {status.version: status.state.value for status in model.statuses()}
    except errors.NotFoundError:
        return {}


def served(model) -> int:
    with model.use(None) as loaded:
        return loaded.version


def test_the_latest_version_is_served(model, disk):
    for version in (1, 3, 2):
        disk.write(version)
    model.reconcile()
    assert served(model) == 3
    assert states(model) == {3: "AVAILABLE"}
    with model.use(3) as loaded:
        x = np.float32([1])
        assert loaded.servable.signatures["serving_default"].run({"x": x})["y"] == 2.5


def test_a_new_version_is_loaded_before_the_old_one_is_unloaded(model, disk):
    disk.write(1)
    model.reconcile()
    disk.write(2)
    model.reconcile()
    assert disk.events == ["load 1", "load 2", "unload 1"]
    assert states(model) == {2: "AVAILABLE", 1: "END"}
    assert [status.version for status in model.statuses()] == [2, 1]


def test_a_request_keeps_its_version_until_it_is_done(model, disk):
    disk.write(1)
    model.reconcile()
    with model.use(None) as old:
        disk.write(2)
        model.reconcile()
        assert served(model) == 2
        assert states(model) == {2: "AVAILABLE", 1: "UNLOADING"}
        assert old.servable.signatures
        with pytest.raises(errors.NotFoundError), model.use(1):
            pass
    assert states(model)[1] == "END"
    assert disk.events == ["load 1", "load 2", "unload 1"]


def test_a_broken_new_version_leaves_the_old_one_and_says_why(model, disk):
    disk.write(1)
    model.reconcile()
    disk.write(2, broken="a shard is truncated")
    model.reconcile()
    assert served(model) == 1
    status = model.statuses(2)[0]
    assert (status.state, status.error_code) == (State.END, "DATA_LOSS")
    assert status.error_message == "a shard is truncated"


def test_a_broken_version_is_tried_again_only_when_its_files_change(disk):
    disk.write(1, broken="no")
    attempts = []
    model = Model(
        ModelConfig("m", disk.base),
        VersionLoader("m", lambda path: attempts.append(1) or disk.load(path)),
    )
    model.reconcile()
    model.reconcile()
    assert len(attempts) == 1
    disk.write(1)
    model.reconcile()
    assert len(attempts) == 2
    assert served(model) == 1


def test_a_start_with_a_broken_latest_version_serves_the_one_before(model, disk):
    disk.write(1)
    disk.write(2, broken="no")
    model.reconcile()
    assert served(model) == 1
    assert states(model) == {2: "END", 1: "AVAILABLE"}


def test_a_half_copied_version_is_waited_for(model, disk):
    disk.write(1)
    model.reconcile()
    folder = disk.write(2)
    (folder / "saved_model.pb").unlink()
    model.reconcile()
    status = model.statuses(2)[0]
    assert (status.state, status.error_code) == (State.START, "NOT_FOUND")
    assert "waiting for saved_model.pb" in status.error_message
    assert served(model) == 1
    (folder / "saved_model.pb").touch()
    model.reconcile()
    assert served(model) == 2


def patient(disk, policy=None):
    """A model that waits for files to settle, and the moment when they have."""
    settings = LoadSettings(settle_seconds=30.0)
    config = ModelConfig("m", disk.base, policy or Latest(1))
    model = Model(config, VersionLoader("m", disk.load), settings=settings)

    def settle():
        model._readiness._settle_seconds = 0.0
        model.reconcile()

    return model, settle


@pytest.mark.parametrize(
    ("policy", "first", "then"),
    [
        (Latest(1), {3: "START"}, {3: "AVAILABLE"}),
        (Latest(2), {3: "START", 2: "START"}, {3: "AVAILABLE", 2: "AVAILABLE"}),
        (All(), dict.fromkeys((3, 2, 1), "START"), dict.fromkeys((3, 2, 1), "AVAILABLE")),
        (Specific(frozenset({1, 4})), {4: "START", 1: "START"}, {4: "START", 1: "AVAILABLE"}),
    ],
)
def test_only_versions_that_are_to_be_served_are_named(disk, policy, first, then):
    told = []
    model, settle = patient(disk, policy)
    model._book._listeners = [lambda name, status: told.append(status.version)]
    for version in (1, 2, 3):
        (disk.write(version) / "late").write_text("copied last")
    model.reconcile()
    assert states(model) == first
    settle()
    assert states(model) == then
    assert set(told) == then.keys()


def test_a_version_that_stands_in_for_a_broken_one_is_named_while_it_waits(disk):
    model, _ = patient(disk)
    (disk.write(1) / "late").write_text("copied last")
    disk.write(2, broken="no")
    model.reconcile()
    assert states(model) == {2: "END", 1: "START"}
    assert not model.is_settled()  # It may still come.
    disk.write(2)
    model.reconcile()
    assert states(model) == {2: "AVAILABLE"}


def test_a_version_that_stands_in_for_a_half_copied_one_is_named_once_it_answers(disk):
    model, settle = patient(disk)
    (disk.write(1) / "late").write_text("copied last")
    (disk.write(2) / "saved_model.pb").unlink()
    model.reconcile()
    assert states(model) == {2: "START"}
    settle()
    assert states(model) == {2: "START", 1: "AVAILABLE"}
    (disk.base / "2" / "saved_model.pb").touch()
    model.reconcile()
    assert states(model) == {2: "AVAILABLE", 1: "END"}


def test_versions_the_policy_no_longer_takes_are_not_waited_for(disk):
    model, _ = patient(disk, All())
    for version in (1, 2):
        (disk.write(version) / "late").write_text("copied last")
    model.reconcile()
    assert states(model) == {1: "START", 2: "START"}
    model.configure(ModelConfig("m", disk.base, Latest(1)))
    model.reconcile()
    assert states(model) == {2: "START"}


def test_an_error_without_a_status_code_is_internal(model, disk):
    folder = disk.write(1)
    (folder / "model.json").write_text("{")
    (folder / "saved_model.pb").touch()
    model.reconcile()
    status = model.statuses(1)[0]
    assert status.error_code == "INTERNAL"
    assert status.error_message.startswith("JSONDecodeError: ")


def test_a_version_that_failed_is_tried_again_as_often_as_asked(disk):
    attempts = []

    def load(folder):
        attempts.append(1)
        raise errors.UnavailableError(None, None, "the disk is busy")

    settings = LoadSettings(retries=2, retry_seconds=0.0)
    model = Model(ModelConfig("m", disk.base), VersionLoader("m", load), settings=settings)
    disk.write(1)
    for _ in range(6):
        model.reconcile()
    assert len(attempts) == 3
    assert not model.will_change()
    assert model.statuses()[0].error_message == "the disk is busy"


def test_a_version_that_is_still_being_written_is_waited_for(disk):
    settings = LoadSettings(settle_seconds=30.0)
    model = Model(ModelConfig("m", disk.base), VersionLoader("m", disk.load), settings=settings)
    folder = disk.write(1)
    part = folder / "vocabulary.txt"
    part.write_text("half")
    model.reconcile()
    assert states(model) == {1: "START"}
    assert "waiting for vocabulary.txt and the other" in model.statuses()[0].error_message
    assert model.will_change()
    (folder / "saved_model.pb").write_bytes(b"the exporter is done")
    model.reconcile()
    assert served(model) == 1


def test_files_that_came_to_rest_are_loaded(disk):
    model = Model(
        ModelConfig("m", disk.base),
        VersionLoader("m", disk.load),
        settings=LoadSettings(settle_seconds=0.0),
    )
    (disk.write(1) / "late").write_text("but done")
    model.reconcile()
    assert served(model) == 1


def test_parts_of_variables_are_waited_for(model, disk):
    folder = disk.write(1)
    (folder / "variables").mkdir()
    for name, missing in (
        ("variables.data-00001-of-00002", "variables.data-00000-of-00002"),
        ("variables.data-00000-of-00002", "variables.index"),
    ):
        (folder / "variables" / name).touch()
        model.reconcile()
        assert f"waiting for variables/{missing} in" in model.statuses()[0].error_message
    (folder / "variables" / "variables.index").touch()
    (folder / "saved_model.pb").write_bytes(b"")
    model.reconcile()
    assert served(model) == 1


def test_what_changed_while_it_was_loaded_gets_no_requests(disk):
    closed = []

    def load(folder):
        if not closed:
            (folder / "model.json").write_text('{"add": 9.0}')
        return disk.numpy_server.FunctionServable({}, lambda: closed.append(1))

    model = Model(
        ModelConfig("m", disk.base),
        VersionLoader("m", load),
        settings=LoadSettings(settle_seconds=0.0),
    )
    disk.write(1)
    model.reconcile()
    assert states(model) == {1: "START"}
    assert "changed while they were loaded" in model.statuses()[0].error_message
    assert closed
    model.reconcile()
    assert served(model) == 1


def test_a_version_that_would_not_fit_is_refused_with_both_figures(disk):
    budget = MemoryBudget(1000)
    model = Model(ModelConfig("m", disk.base), VersionLoader("m", disk.load), budget=budget)
    disk.write(1)
    model.reconcile()
    folder = disk.write(2)
    (folder / "weights").write_bytes(b"x" * 1100)
    (folder / "saved_model.pb").touch()
    model.reconcile()
    assert served(model) == 1
    status = model.statuses(2)[0]
    assert (status.state, status.error_code) == (State.END, "RESOURCE_EXHAUSTED")
    assert "m version 2 would not fit: it needs about 1.09 KiB" in status.error_message
    assert "of the limit of 1000 bytes for all models 988 bytes are left" in status.error_message
    budget.limit = 5000
    model.reconcile()
    assert served(model) == 2
    assert budget.taken == 1100 + 12
    model.close()
    assert budget.taken == 0


def test_a_failed_load_gives_back_its_memory(disk):
    budget = MemoryBudget(1000)
    model = Model(ModelConfig("m", disk.base), VersionLoader("m", disk.load), budget=budget)
    disk.write(1, broken="no")
    model.reconcile()
    assert budget.taken == 0


def test_specific_versions_are_served_and_missing_ones_named(disk):
    policy = Specific(frozenset({1, 3}))
    model = Model(ModelConfig("m", disk.base, policy), VersionLoader("m", disk.load))
    for version in (1, 2):
        disk.write(version)
    model.reconcile()
    assert states(model) == {3: "START", 1: "AVAILABLE"}
    assert f"waiting for version 3 in {disk.base}" in model.statuses(3)[0].error_message
    disk.write(3)
    model.reconcile()
    assert states(model) == {3: "AVAILABLE", 1: "AVAILABLE"}


def test_removing_the_latest_version_goes_back_to_the_one_before(model, disk):
    disk.write(1)
    disk.write(2)
    model.reconcile()
    disk.remove(2)
    model.reconcile()
    assert disk.events == ["load 2", "load 1", "unload 2"]
    assert served(model) == 1


def test_what_is_served_survives_the_loss_of_its_files(model, disk):
    disk.write(1)
    model.reconcile()
    disk.remove(1)
    model.reconcile()
    assert served(model) == 1
    shutil.rmtree(disk.base)
    model.reconcile()
    assert served(model) == 1


def test_a_broken_version_that_is_removed_is_forgotten(model, disk):
    disk.write(1)
    disk.write(2, broken="no")
    model.reconcile()
    disk.remove(2)
    model.reconcile()
    assert states(model) == {1: "AVAILABLE"}


def test_several_versions_may_be_served(disk):
    model = Model(ModelConfig("m", disk.base, Latest(2)), VersionLoader("m", disk.load))
    for version in (1, 2, 3):
        disk.write(version)
    model.reconcile()
    assert states(model) == {3: "AVAILABLE", 2: "AVAILABLE"}
    disk.write(4)
    model.reconcile()
    assert states(model) == {4: "AVAILABLE", 3: "AVAILABLE", 2: "END"}
    with model.use(3) as loaded:
        assert loaded.version == 3


def test_a_request_during_the_first_load_is_told_to_come_back(disk):
    seen = []

    def load(folder):
        for version in (None, 1):
            with pytest.raises(errors.UnavailableError, match="still loading"), model.use(version):
                pass
        seen.append(states(model))
        return disk.load(folder)

    model = Model(ModelConfig("m", disk.base), VersionLoader("m", load))
    disk.write(1)
    model.reconcile()
    assert seen == [{1: "LOADING"}]


def test_unknown_versions(model, disk):
    with pytest.raises(errors.NotFoundError, match="Could not find any versions of model m"):
        model.statuses()
    disk.write(1)
    model.reconcile()
    with pytest.raises(errors.NotFoundError, match="Could not find version 2 of model m"):
        model.statuses(2)


def test_a_lost_base_path_shows_in_the_status_of_a_model_without_versions(model, disk):
    disk.base.rmdir()
    model.reconcile()
    with pytest.raises(errors.NotFoundError, match="Could not find base path"):
        model.statuses()


def test_many_swaps_under_requests_lose_none_and_leak_none(model, disk):
    disk.write(1)
    model.reconcile()
    done, failures, answers = threading.Event(), [], []

    def ask():
        while not done.is_set():
            try:
                with model.use(None) as loaded:
                    x = np.float32([1])
                    answers.append(loaded.servable.signatures["serving_default"].run({"x": x}))
            except Exception as error:  # noqa: BLE001 - whatever it is, it fails the test.
                failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for version in range(2, 120):
        disk.write(version)
        model.reconcile()
        disk.remove(version - 1)
    done.set()
    for thread in threads:
        thread.join()
    assert not failures
    assert answers
    assert disk.events.count("unload 118") == 1
    assert sum(event.startswith("unload") for event in disk.events) == 118
    assert len(model.statuses()) <= 66


def test_closing_unloads_everything(model, disk):
    disk.write(1)
    model.reconcile()
    model.close()
    assert disk.events == ["load 1", "unload 1"]
    with pytest.raises(errors.NotFoundError), model.use(None):
        pass


def test_a_failure_to_unload_is_reported(disk, caplog):
    def load(folder):
        def unload():
            raise RuntimeError("stuck")

        return disk.numpy_server.FunctionServable({}, unload)

    model = Model(ModelConfig("m", disk.base), VersionLoader("m", load))
    disk.write(1)
    model.reconcile()
    model.close()
    status = model.statuses(1)[0]
    assert (status.state, status.error_message) == (State.END, "RuntimeError: stuck")
