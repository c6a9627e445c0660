"""Which folders of the package four calls pass through, found by watching them.

`python -m scripts.docs_site.calls` prints them as JSON: for each call the folders in the order in
which they are first entered.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

CALLS = ("tf.add", "a first tf.function call", "a fit step", "a SavedModel load")


def folders_entered(call: Callable[[], Any], root: Path) -> list[str]:
    """Folders of `root` whose functions run during a call, in the order of their first one.

    What runs because a module is imported does not count.
    """
    entered: dict[str, None] = {}
    importing = 0

    def watch(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal importing
        if frame.f_code.co_name == "<module>":
            importing += {"call": 1, "return": -1}.get(event, 0)
        elif event == "call" and not importing:
            file = frame.f_code.co_filename
            if file.startswith(prefix):
                folder, inside, _ = file[len(prefix) :].partition("/")
                if inside:
                    entered.setdefault(folder)

    prefix = f"{root}/"
    sys.setprofile(watch)
    try:
        call()
    finally:
        sys.setprofile(None)
    return list(entered)


def observe() -> dict[str, list[str]]:
    """The folders of each of the calls."""
    import tidefall as tf

    x = tf.constant([1.0, 2.0])

    @tf.function
    def double(x: Any) -> Any:
        return x + x

    class Doubler(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None])])
        def __call__(self, x: Any) -> Any:
            return x + x

    model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    batch = tf.zeros([4, 2]), tf.zeros([4, 1])
    model.train_on_batch(*batch)
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(Doubler(), folder)
        calls = (
            lambda: tf.add(x, x),
            lambda: double(x),
            lambda: model.fit(*batch, verbose=0),
            lambda: tf.saved_model.load(folder),
        )
        root = Path(tf.__file__ or "").parent
        return {name: folders_entered(call, root) for name, call in zip(CALLS, calls, strict=True)}


if __name__ == "__main__":
    json.dump(observe(), sys.stdout)
