"""Saves SavedModels in processes that are killed meanwhile: `python -m tests.saving.killed_saves`.

Whenever a process is killed, the place holds the model of before or the new one, whole; the next
save leaves nothing else behind.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import tidefall as tf

_WRITES = ("os.rename", "os.mkdir", "os.link", "os.remove", "os.rmdir", "shutil.rmtree")


class Model(tf.Module):
    """Some variables of one value, and a file."""

    def __init__(self, value: float, words: Path):
        super().__init__()
        self.parts = [tf.Variable(np.full([50, 40], value, np.float32)) for _ in range(8)]
        self.words = tf.saved_model.Asset(str(words))

    @tf.function(input_signature=[])
    def total(self) -> Any:
        return tf.add_n([tf.reduce_mean(part) for part in self.parts]) / 8.0


def exported_model(value: float, words: Path) -> Any:
    """A Keras model of one value; the words are in its vocabulary."""
    layers = tf.keras.layers
    vocabulary = layers.StringLookup(vocabulary=str(words))
    number = tf.keras.Input([1], name="number")
    word = tf.keras.Input([1], dtype="string", name="word")
    parts = [layers.Dense(1, kernel_initializer=tf.keras.initializers.Constant(value))(number)]
    parts.append(tf.keras.ops.cast(vocabulary(word), "float32"))
    return tf.keras.Model([number, word], layers.Concatenate()(parts))


def value_of_exported(folder: Path) -> float:
    """The value of an exported model; its vocabulary has to be that of the value."""
    loaded = tf.saved_model.load(folder)
    (values,) = {float(v.numpy().max()) for v in loaded.variables if v.shape.rank == 2}
    result = loaded.serve([tf.constant([[1.0]]), tf.constant([[str(values)]])])
    assert result.numpy().tolist() == [[values, 1.0]], f"{folder} is a mixture: {result}"
    return values


def value_of(folder: Path) -> float:
    """The value that a saved model has in all of its places."""
    loaded = tf.saved_model.load(folder)
    values = {float(v) for part in loaded.parts for v in np.unique(part.numpy())}
    total = float(loaded.total())
    words = float(Path(loaded.words.asset_path.numpy().decode()).read_text())
    assert values == {total} == {words}, f"{folder} is a mixture: {values}, {total}, {words}"
    return total


class Trial:
    """One place that models are saved to."""

    def __init__(
        self,
        scratch: Path,
        save: Callable[[Any, Path], None],
        make: Callable[[float, Path], Any] = Model,
        value_of: Callable[[Path], float] = value_of,
    ):
        self._scratch = scratch
        self._make = make
        self._value_of = value_of
        self._parent = scratch / "models"
        self._parent.mkdir()
        self.place = self._parent / "model"
        self._save = save
        self.value: float | None = None  # what is saved there
        self.checked = 0.0  # seconds that looking at it took

    def model(self, value: float) -> Any:
        """A model with an asset of the same value."""
        words = self._scratch / str(value) / "words.txt"
        words.parent.mkdir(exist_ok=True)
        words.write_text(str(float(value)))
        return self._make(value, words)

    def kill(self, model: Any, value: float, how: Callable[[int], None], hook: Any = None) -> bool:
        """Save in a child that `how` or `hook` ends; True if the new model is there afterwards."""
        child = os.fork()
        if child == 0:
            if hook is not None:
                sys.addaudithook(hook)
            self._save(model, self.place)
            os._exit(0)
        how(child)
        os.waitpid(child, 0)
        begun = time.monotonic()
        found = self._value_of(self.place) if self.place.exists() else None
        assert found in (self.value, value), f"{found} after {self.value} and {value}"
        self.value = found
        self.checked = time.monotonic() - begun
        return found == value

    def finish(self, value: float) -> None:
        """Save once more, after which nothing else may be left."""
        self._save(self.model(value), self.place)
        assert self._value_of(self.place) == value
        left = sorted(path.name for path in self._parent.iterdir())
        assert left == ["model"], f"left behind: {left}"
        self.value = value


def at_random_points(trial: Trial, count: int) -> int:
    """Kill saves at random times; returns how many had ended by then."""
    model = trial.model(0.5)
    lasted = []
    for _ in range(3):
        begun = time.monotonic()
        trial.kill(model, 0.5, lambda child: os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT))
        lasted.append(time.monotonic() - begun - trial.checked)
    seconds = min(lasted)
    rng = random.Random(0)
    ended = 0
    for number in range(1, count + 1):

        def wait_and_kill(child: int) -> None:
            time.sleep(rng.uniform(0, seconds))
            os.kill(child, signal.SIGKILL)

        ended += trial.kill(trial.model(number), number, wait_and_kill)
    trial.finish(0.25)
    return ended


def at_every_step(trial: Trial) -> int:
    """Kill saves just before each thing they do to the disk; returns how many such there are."""
    step = 0
    while True:
        step += 1
        remaining = [step]

        def hook(event: str, arguments: Any, remaining: list[int] = remaining) -> None:
            writes = (
                event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wx")
            )
            exchanges = event == "ctypes.dlsym" and "rename" in str(arguments[1])
            if writes or exchanges or event in _WRITES:
                remaining[0] -= 1
                if remaining[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        status: list[int] = []

        def wait(child: int, status: list[int] = status) -> None:
            status.append(os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT).si_status)

        trial.kill(trial.model(step), step, wait, hook)
        if status == [0]:
            break
        trial.finish(1000 + step)
    trial.finish(0.125)
    return step - 1


def _export(model: Any, place: Path) -> None:
    model.export(place, verbose=False)


def _save(model: Model, place: Path) -> None:
    tf.saved_model.save(model, place)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=50, help="how many random points")
    parser.add_argument("--export", action="store_true", help="Keras's export of a Keras model")
    options = parser.parse_args()
    kind = (_export, exported_model, value_of_exported) if options.export else (_save,)
    with tempfile.TemporaryDirectory() as temporary:
        for name in ("random", "steps"):
            (Path(temporary) / name).mkdir()
        random_points = Trial(Path(temporary) / "random", *kind)
        ended = at_random_points(random_points, options.count)
        steps = at_every_step(Trial(Path(temporary) / "steps", *kind))
    sys.stdout.write(f"{options.count} random points, {ended} after the end\n{steps} steps\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
