"""CheckpointManager, the state file of a folder, and waiting for checkpoints."""

# ruff: noqa: N801 E501 - scenarios are named like functions; tables read better in long lines

from __future__ import annotations

import os
import re
import shutil
from typing import Any

from tests.oracle.checkpoints.scenario import Run, alone, pair


def _checkpoint(s: Run, value: float = 1.0) -> Any:
    return s.tf.train.Checkpoint(v=s.tf.Variable(value), step=s.tf.Variable(0, dtype=s.tf.int64))


def _names(paths: Any) -> list[str]:
    return [os.path.basename(path) for path in paths]


def state_text(s: Run, folder: str, name: str = "checkpoint") -> str:
    """The state file, times left out."""
    with open(os.path.join(folder, name)) as file:
        return re.sub(r"timestamps?: [\d.e+]+", "timestamp: T", file.read())


def _state(s: Run, label: str, folder: str) -> None:
    s.log(f"{label} text", state_text(s, folder))
    found = s.tf.train.get_checkpoint_state(folder)
    s.log(f"{label} state", [
        found.model_checkpoint_path, list(found.all_model_checkpoint_paths),
        len(found.all_model_checkpoint_timestamps), found.last_preserved_timestamp > 0,
    ])  # fmt: skip


@pair
class rotation:
    def save(s: Run) -> None:
        checkpoint = _checkpoint(s)
        manager = s.tf.train.CheckpointManager(checkpoint, s.path("d"), max_to_keep=3)
        s.log("before", [manager.latest_checkpoint, manager.checkpoints])
        s.log(
            "attributes",
            [manager.directory, manager.checkpoint_interval, manager.checkpoint is checkpoint],
        )
        for i in range(5):
            checkpoint.v.assign(float(i))
            s.log("saved", manager.save())
        s.log("kept", manager.checkpoints)
        s.files("files", "d")
        _state(s, "state", s.path("d"))

    def load(s: Run) -> None:
        checkpoint = _checkpoint(s)
        manager = s.tf.train.CheckpointManager(checkpoint, s.path("d"), max_to_keep=2)
        s.log("taken over", [_names(manager.checkpoints), manager.latest_checkpoint])
        s.log("restored", manager.restore_or_initialize())
        s.log("value", [checkpoint.v, checkpoint.save_counter])
        s.log("saved", manager.save())
        s.log("kept", _names(manager.checkpoints))
        s.files("files", "d")
        _state(s, "state", s.path("d"))


@pair
class moved_folder:
    def save(s: Run) -> None:
        manager = s.tf.train.CheckpointManager(
            _checkpoint(s, 3.0), s.path("old/d"), max_to_keep=None
        )
        manager.save(), manager.save()
        shutil.move(s.path("old"), s.path("new"))

    def load(s: Run) -> None:
        checkpoint = _checkpoint(s)
        s.log("latest", s.tf.train.latest_checkpoint(s.path("new/d")))
        manager = s.tf.train.CheckpointManager(checkpoint, s.path("new/d"), max_to_keep=None)
        s.log("manager", [manager.checkpoints, manager.latest_checkpoint])
        s.log("restored", manager.restore_or_initialize())
        s.log("value", checkpoint.v)
        s.log("saved", manager.save())


@alone
def names_and_numbers(s: Run) -> None:
    checkpoint = _checkpoint(s)
    manager = s.tf.train.CheckpointManager(checkpoint, s.path("d"), 2, checkpoint_name="model")
    step = s.tf.Variable(7, dtype=s.tf.int64)
    s.log("numbers", [manager.save(checkpoint_number=n) for n in (5, step, s.tf.constant(9))])
    s.log("again", [manager.save(checkpoint_number=9), manager.save(), manager.save()])
    s.log("kept", manager.checkpoints)
    s.log("counter", checkpoint.save_counter)
    s.files("files", "d")


@alone
def checkpoint_and_manager_mixed(s: Run) -> None:
    checkpoint = _checkpoint(s)
    checkpoint.save(s.path("d/ckpt"))
    checkpoint.save(s.path("d/ckpt"))
    _state(s, "plain", s.path("d"))
    manager = s.tf.train.CheckpointManager(checkpoint, s.path("d"), 2)
    s.log("taken over", [manager.checkpoints, manager.latest_checkpoint])
    manager.save()
    s.log("kept", manager.checkpoints)
    manager.save()
    s.files("files", "d")
    checkpoint.save(s.path("d/ckpt"))
    s.log("after a plain save", [manager.checkpoints, s.tf.train.latest_checkpoint(s.path("d"))])
    again = s.tf.train.CheckpointManager(checkpoint, s.path("d"), 2)
    s.log("another manager", [again.checkpoints, again.latest_checkpoint])


@alone
def intervals(s: Run) -> None:
    checkpoint = _checkpoint(s)
    manager = s.tf.train.CheckpointManager(
        checkpoint, s.path("d"), 10, step_counter=checkpoint.step, checkpoint_interval=3
    )
    saved = []
    for step in range(8):
        checkpoint.step.assign(step)
        saved.append(manager.save())
    s.log("saved", saved)
    s.log("forced", manager.save(check_interval=False))
    s.log("interval", manager.checkpoint_interval)
    checkpoint.step.assign(8)
    s.log("soon after", manager.save())
    again = s.tf.train.CheckpointManager(
        checkpoint, s.path("d"), 10, step_counter=checkpoint.step, checkpoint_interval=3
    )
    s.log("restored", again.restore_or_initialize())
    s.log("then", [again.save(), checkpoint.step])
    checkpoint.step.assign_add(3)
    s.log("and later", again.save())
    last = s.tf.train.CheckpointManager(
        checkpoint, s.path("e"), 10, step_counter=checkpoint.step, checkpoint_interval=3,
        last_checkpoint_step=checkpoint.step.numpy() - 1,
    )  # fmt: skip
    s.log("last step", last.save())
    s.attempt(
        "no counter",
        lambda: s.tf.train.CheckpointManager(checkpoint, s.path("f"), 1, checkpoint_interval=2),
    )
    for keep in (0, -1):
        s.attempt(
            f"keep {keep}", lambda k=keep: s.tf.train.CheckpointManager(checkpoint, s.path("f"), k)
        )


@alone
def initializing(s: Run) -> None:
    checkpoint, called = _checkpoint(s), []
    manager = s.tf.train.CheckpointManager(
        checkpoint, s.path("d"), 1, init_fn=lambda: called.append(checkpoint.v.assign(7.0))
    )
    s.log("first", [manager.restore_or_initialize(), checkpoint.v, len(called)])
    manager.save()
    checkpoint.v.assign(0.0)
    s.log("second", [manager.restore_or_initialize(), checkpoint.v, len(called)])
    bare = s.tf.train.CheckpointManager(checkpoint, s.path("e"), 1)
    s.log("no function", bare.restore_or_initialize())


@alone
def kept_for_hours(s: Run) -> None:
    checkpoint = _checkpoint(s)

    def manager() -> Any:
        return s.tf.train.CheckpointManager(
            checkpoint, s.path("d"), 1, keep_checkpoint_every_n_hours=1e-9
        )

    first = manager()
    for _ in range(3):
        first.save()
    s.log("kept", first.checkpoints)
    s.files("files", "d")
    second = manager()
    second.save()
    s.log("kept later", second.checkpoints)
    s.files("files later", "d")
    _state(s, "state", s.path("d"))


@alone
def missing_files(s: Run) -> None:
    checkpoint = _checkpoint(s)
    manager = s.tf.train.CheckpointManager(checkpoint, s.path("d"), 3)
    manager.save(), manager.save(), manager.save()
    os.unlink(s.path("d/ckpt-2.index"))
    again = s.tf.train.CheckpointManager(checkpoint, s.path("d"), 3)
    s.log("one gone", [again.checkpoints, again.latest_checkpoint])
    os.unlink(s.path("d/ckpt-3.index"))
    s.log("latest", s.tf.train.latest_checkpoint(s.path("d")))
    again = s.tf.train.CheckpointManager(checkpoint, s.path("d"), 3)
    s.log("last gone", [again.checkpoints, again.latest_checkpoint])
    s.attempt("restore", again.restore_or_initialize)
    s.attempt("save", again.save)
    s.log("saved", again.checkpoints)
    os.unlink(s.path("d/checkpoint"))
    s.log("no state", s.tf.train.latest_checkpoint(s.path("d")))
    again = s.tf.train.CheckpointManager(checkpoint, s.path("d"), 3)
    s.log("manager without state", [again.checkpoints, again.latest_checkpoint])


@alone
def relative_paths(s: Run) -> None:
    before = os.getcwd()
    os.chdir(s.folder)
    try:
        checkpoint = _checkpoint(s)
        for folder in ("d", "./e", "."):
            manager = s.tf.train.CheckpointManager(checkpoint, folder, 2)
            s.log(f"{folder} saved", [manager.save(), manager.save(), manager.save()])
            s.log(f"{folder} kept", manager.checkpoints)
            _state(s, folder, folder)
            s.log(f"{folder} latest", s.tf.train.latest_checkpoint(folder))
        s.log("plain", checkpoint.save("plain"))
        s.log("folder", checkpoint.save("new/folder/plain"))
        s.log(
            "latest",
            [s.tf.train.latest_checkpoint("."), s.tf.train.latest_checkpoint("new/folder")],
        )
        s.attempt("restore", lambda: checkpoint.restore(s.tf.train.latest_checkpoint("d")))
        checkpoint.write("bare")
        s.attempt("bare", lambda: checkpoint.read("bare"))
    finally:
        os.chdir(before)


@alone
def state_files(s: Run) -> None:
    tf = s.tf
    checkpoint = _checkpoint(s)
    checkpoint.write(s.path("a")), checkpoint.write(s.path("b"))
    texts = {
        "absolute": f'model_checkpoint_path: "{s.path("a")}"\nall_model_checkpoint_paths: "{s.path("b")}"\n',
        "relative": 'model_checkpoint_path: "a"\nall_model_checkpoint_paths: "b"\n',
        "missing": 'model_checkpoint_path: "nope"\n',
        "not text": "\x00\x01",
        "another field": 'something: "a"\n',
        "a number": "model_checkpoint_path: 3\n",
        "a comment": '# made by hand\nmodel_checkpoint_path: "a"\n',
        "escaped": 'model_checkpoint_path: "\\141"\n',
    }
    for name, text in texts.items():
        with open(s.path("checkpoint"), "w") as file:
            file.write(text)
        latest = s.attempt(f"{name} latest", lambda: tf.train.latest_checkpoint(s.folder))
        s.log(f"{name} latest", latest)
        found = s.attempt(f"{name} state", lambda: tf.train.get_checkpoint_state(s.folder))
        s.log(
            f"{name} state",
            found and [found.model_checkpoint_path, list(found.all_model_checkpoint_paths)],
        )
    os.rename(s.path("checkpoint"), s.path("other"))
    s.log(
        "no file",
        [tf.train.latest_checkpoint(s.folder), tf.train.get_checkpoint_state(s.path("nope"))],
    )
    s.log("other name", tf.train.latest_checkpoint(s.folder, "other"))
    tf.compat.v1.train.update_checkpoint_state(s.folder, s.path("b"), [s.path("a"), s.path("b")])
    s.log("updated", state_text(s, s.folder))
    tf.compat.v1.train.update_checkpoint_state(s.folder, s.path("a"), None, "named")
    s.log("named", state_text(s, s.folder, "named"))
    made = tf.compat.v1.train.generate_checkpoint_state_proto(
        s.folder, s.path("a"), [s.path("b"), s.path("a")]
    )
    s.log("generated", [made.model_checkpoint_path, list(made.all_model_checkpoint_paths)])


@alone
def waiting(s: Run) -> None:
    checkpoint = _checkpoint(s)
    manager = s.tf.train.CheckpointManager(checkpoint, s.path("d"), 5)
    s.log("none", list(s.tf.train.checkpoints_iterator(s.path("d"), timeout=0)))
    manager.save()
    found = []
    for path in s.tf.train.checkpoints_iterator(s.path("d"), timeout=0, min_interval_secs=0):
        found.append(path)
        if len(found) < 3:
            manager.save()
    s.log("found", found)
    calls: list[int] = []

    def over() -> bool:
        calls.append(len(calls))
        return len(calls) > 2

    rest = s.tf.train.checkpoints_iterator(s.path("d"), timeout=0.1, timeout_fn=over)
    s.log("with a function", [list(rest), calls])


@alone
def errors_while_saving(s: Run) -> None:
    class Broken(s.tf.train.experimental.PythonState):
        broken = False

        def serialize(self) -> str:
            if self.broken:
                raise RuntimeError("no")
            return "state"

        def deserialize(self, string_value: Any) -> None:
            pass

    state = Broken()
    checkpoint = s.tf.train.Checkpoint(v=s.tf.Variable(1.0), state=state)
    manager = s.tf.train.CheckpointManager(checkpoint, s.path("d"), 1)
    path = manager.save()
    state.broken = True
    s.attempt("broken", manager.save, "no")
    s.log("latest", [s.tf.train.latest_checkpoint(s.path("d")) == path, manager.latest_checkpoint])
    s.attempt("restore", lambda: checkpoint.restore(path))
    s.files("files", "d")
    state.broken = False
    s.log("next", manager.save())
    with open(s.path("file"), "w"):
        pass
    s.attempt("a file in the way", lambda: checkpoint.save(s.path("file/ckpt")))
