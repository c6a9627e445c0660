"""Programs that are killed while they save checkpoints; run by test_checkpoint_crashes.py.

python crashing.py points FOLDER    killed before each single operation on files
python crashing.py times FOLDER     killed at random times, again and again in one folder
"""

# ruff: noqa: T201 - its output is what the test reads

from __future__ import annotations

import itertools
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import tidefall as tf

OPERATIONS = {"open", "os.rename", "os.remove", "os.link", "os.truncate", "os.mkdir", "os.rmdir"}
SAVES_BEFORE = 3


def program(folder: str, **options: Any) -> tuple[Any, Any]:
    """A checkpoint whose values all tell its number, and its manager."""
    checkpoint = tf.train.Checkpoint(
        a=tf.Variable(np.zeros(300)), b=tf.Variable("0"), n=tf.Variable(0, dtype=tf.int64)
    )
    manager = tf.train.CheckpointManager(checkpoint, folder, max_to_keep=2, **options)
    return checkpoint, manager


def set_number(checkpoint: Any, number: int) -> None:
    """Make a number the value of everything."""
    checkpoint.a.assign(np.full(300, float(number)))
    checkpoint.b.assign(str(number))
    checkpoint.n.assign(number)


def number_of(checkpoint: Any) -> int:
    """The number that all values tell."""
    number = int(checkpoint.n.numpy())
    assert (checkpoint.a.numpy() == number).all(), checkpoint.a
    assert checkpoint.b.numpy() == str(number).encode(), checkpoint.b
    return number


def save(checkpoint: Any, manager: Any, number: int, sharded: bool = False) -> None:
    """Save a number with the manager, and under a name that is always the same."""
    policy = tf.train.experimental.MaxShardSizePolicy(1000) if sharded else None
    options = tf.train.CheckpointOptions(experimental_sharding_callback=policy)
    set_number(checkpoint, number)
    manager.save(options=options)
    checkpoint.write(os.path.join(manager.directory, "same"), options)


def kill_before(operation: int, folder: str) -> None:
    """Have this process killed before a change to a folder's files; they count from now."""
    counter = itertools.count()

    def heard(event: str, args: tuple[Any, ...]) -> None:
        changes = event in OPERATIONS and str(args[0]).startswith(folder)
        if event == "open" and args[1] == "rb":
            return
        if changes and next(counter) == operation:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(heard)


def in_child(action: Callable[[], None]) -> int:
    """Run an action in a process of its own; the signal that ended it, or 0."""
    process = os.fork()
    if not process:
        try:
            action()
        except BaseException:  # noqa: BLE001 - a child ends here
            import traceback

            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(process, 0)
    assert os.WIFSIGNALED(status) or not os.WEXITSTATUS(status), "the child failed"
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


def check(folder: str, at_least: int) -> int:
    """Everything that says it is whole is; returns the number of the latest checkpoint."""
    checkpoint, _ = program(folder)
    state = tf.train.get_checkpoint_state(folder)
    assert state is not None, "no valid state file"
    latest = tf.train.latest_checkpoint(folder)
    assert latest == state.model_checkpoint_path, "the latest checkpoint is not there"
    checkpoint.restore(latest).assert_consumed()
    found = number_of(checkpoint)
    assert found >= at_least, f"{found} after {at_least}"
    for name in os.listdir(folder):
        if name.endswith(".index"):
            checkpoint.read(os.path.join(folder, name.removesuffix(".index"))).expect_partial()
            number_of(checkpoint)
    assert os.path.exists(os.path.join(folder, "same.index")), "what was there before is gone"
    return found


def check_next(folder: str, number: int) -> None:
    """The next program goes on, and leaves nothing of the dead one behind."""
    checkpoint, manager = program(folder)
    manager.restore_or_initialize()
    save(checkpoint, manager, number)
    names = set(os.listdir(folder))
    kept = [os.path.basename(path) for path in manager.checkpoints] + ["same"]
    whole = {f"{name}{end}" for name in kept for end in (".index", ".data-00000-of-00001")}
    rest = names - whole - {"checkpoint"}
    shards = {name for name in rest if name.split(".data-")[0] in kept}
    assert not rest - shards, sorted(rest - shards)
    assert check(folder, number) == number


def points(folder: str) -> None:
    """Kill a program before each of its operations."""
    for sharded in (False, True):
        before = os.path.join(folder, f"{sharded}")
        checkpoint, manager = program(before)
        for number in range(1, SAVES_BEFORE + 1):
            save(checkpoint, manager, number, sharded)
        for operation in itertools.count():
            place = os.path.join(folder, f"{sharded}{operation}")
            shutil.copytree(before, place)

            def run(place: str = place, n: int = operation, sharded: bool = sharded) -> None:
                checkpoint, manager = program(place)
                manager.restore_or_initialize()
                kill_before(n, place)
                save(checkpoint, manager, SAVES_BEFORE + 1, sharded)

            died = in_child(run)
            check(place, SAVES_BEFORE)
            check_next(place, SAVES_BEFORE + 2)
            if not died:
                print(f"killed at {operation} points")
                break


def times(folder: str) -> None:
    """Kill a program that saves all the time, at random times."""
    chance = random.Random(7)
    checkpoint, manager = program(folder)
    save(checkpoint, manager, 1)
    last = 1
    for _ in range(50):
        process = os.fork()
        if not process:
            checkpoint, manager = program(folder)
            manager.restore_or_initialize()
            options = tf.train.CheckpointOptions(enable_async=chance.random() < 0.3)
            for number in itertools.count(number_of(checkpoint) + 1):
                set_number(checkpoint, number)
                manager.save(options=options)
        time.sleep(0.01 + 0.05 * chance.random())
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        last = check(folder, last)
    check_next(folder, last + 1)
    print(f"killed 50 times, {last} checkpoints")


if __name__ == "__main__":
    {"points": points, "times": times}[sys.argv[1]](sys.argv[2])
