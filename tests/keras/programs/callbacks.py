"""Callbacks: what they are told, what they change, what they write."""

from __future__ import annotations

import csv
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from tests.keras.programs.helpers import dense_model, regression, table, weights

PROGRAMS, program = table()


def _fit(keras: Any, callbacks: list[Any], epochs: int = 6, **options: Any) -> Any:
    x, y = regression()
    model = dense_model(keras)
    model.compile(keras.optimizers.SGD(options.pop("rate", 0.1)), "mse", metrics=["mae"])
    history = model.fit(
        x,
        y,
        batch_size=8,
        epochs=epochs,
        shuffle=False,
        verbose=0,
        validation_data=(x[::-1], y),
        callbacks=callbacks,
        **options,
    )
    return model, history


@program
def early_stopping(tf: Any, keras: Any) -> Any:
    result = {}
    for restore in (True, False):
        stop = keras.callbacks.EarlyStopping(
            "val_loss", patience=2, restore_best_weights=restore, min_delta=0.001
        )
        model, history = _fit(keras, [stop], epochs=20)
        result[str(restore)] = {
            "loss": history.history["val_loss"],
            "stopped": stop.stopped_epoch,
            "best": stop.best_epoch,
            "weights": weights(model),
        }
    return result


@program
def rates_that_fall(tf: Any, keras: Any) -> Any:
    falling = keras.callbacks.ReduceLROnPlateau("val_loss", factor=0.5, patience=1, min_lr=0.01)
    _, reduced = _fit(keras, [falling], epochs=8)
    planned = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.8)
    _, scheduled = _fit(keras, [planned], epochs=4)
    return {"reduced": reduced.history, "scheduled": scheduled.history}


@program
def checkpoints_of_the_best(tf: Any, keras: Any) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        at = os.path.join(folder, "at-{epoch:02d}.weights.h5")
        best = os.path.join(folder, "best.keras")
        every = keras.callbacks.ModelCheckpoint(at, save_weights_only=True)
        only = keras.callbacks.ModelCheckpoint(best, monitor="val_loss", save_best_only=True)
        often = keras.callbacks.ModelCheckpoint(os.path.join(folder, "often.keras"), save_freq=5)
        model, _ = _fit(keras, [every, only, often], epochs=4)
        x, _ = regression()
        return {
            "files": sorted(os.listdir(folder)),
            "best": float(only.best),
            "predict": keras.models.load_model(best).predict(x, verbose=0),
            "last": model.predict(x, verbose=0),
        }


@program
def logs_as_csv(tf: Any, keras: Any) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "log.csv")
        _fit(keras, [keras.callbacks.CSVLogger(path)], epochs=2)
        _fit(keras, [keras.callbacks.CSVLogger(path, append=True, separator=",")], epochs=2)
        rows = list(csv.reader(Path(path).read_text().splitlines()))
    return {"header": rows[0], "rows": [[float(v) for v in row] for row in rows[1:]]}


@program
def training_that_is_interrupted(tf: Any, keras: Any) -> Any:
    class Interrupt(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            if epoch == 3:
                raise RuntimeError("interrupted")

    x, y = regression()
    with tempfile.TemporaryDirectory() as folder:

        def run(*more: Any) -> Any:
            model = dense_model(keras)
            model.compile(keras.optimizers.Adam(0.01), "mse")
            backup = keras.callbacks.BackupAndRestore(os.path.join(folder, "backup"))
            history = model.fit(x, y, 8, 6, shuffle=False, verbose=0, callbacks=[backup, *more])
            return model, history

        try:
            run(Interrupt())
        except RuntimeError as error:
            said = str(error)
        model, history = run()
        left = os.path.exists(os.path.join(folder, "backup"))
    return {
        "said": said,
        "epochs": history.epoch,
        "history": history.history,
        "weights": weights(model),
        "left": left,
    }


@program
def events_for_tensorboard(tf: Any, keras: Any) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        board = keras.callbacks.TensorBoard(
            folder, histogram_freq=1, write_graph=True, update_freq=2, write_steps_per_second=True
        )
        _fit(keras, [board], epochs=2)
        found: dict[str, Any] = {}
        for path in sorted(Path(folder).rglob("*tfevents*")):
            run = path.parent.name
            for event in tf.compat.v1.train.summary_iterator(str(path)):
                for value in event.summary.value:
                    found.setdefault(f"{run}: {value.tag}", []).append(_scalar(tf, event, value))
    return {k: v for k, v in found.items() if "per_second" not in k}


def _scalar(tf: Any, event: Any, value: Any) -> Any:
    if value.HasField("tensor"):
        array = tf.make_ndarray(value.tensor)
        if array.dtype.kind == "f" and array.ndim == 0:
            return [int(event.step), float(array)]
        return [int(event.step), str(array.dtype), list(array.shape)]
    return [int(event.step), "other"]


@program
def what_callbacks_are_told(tf: Any, keras: Any) -> Any:
    told: list[str] = []

    class Told(keras.callbacks.Callback):
        def __getattribute__(self, name: str) -> Any:
            found = super().__getattribute__(name)
            if not name.startswith("on_"):
                return found

            def record(*given: Any, logs: Any = None) -> Any:
                *numbers, logs = given if logs is None else (*given, logs)
                told.append(" ".join([name, *map(str, numbers), *sorted(logs or {})]))
                return found(*numbers, logs)

            return record

    model, _ = _fit(keras, [Told()], epochs=2)
    x, y = regression()
    model.evaluate(x, y, batch_size=12, verbose=0, callbacks=[Told()])
    model.predict(x, batch_size=12, verbose=0, callbacks=[Told()])
    return told


@program
def nan_ends_training(tf: Any, keras: Any) -> Any:
    result = {}
    for compiled in (True, False):
        x, y = regression()
        y[9] = np.nan
        model = dense_model(keras)
        model.compile("sgd", "mse", jit_compile=compiled)
        seen: list[int] = []
        note = keras.callbacks.LambdaCallback(
            on_train_batch_end=lambda batch, logs, seen=seen: seen.append(batch)
        )
        history = model.fit(x, y, 4, 3, 0, [keras.callbacks.TerminateOnNaN(), note], shuffle=False)
        result[str(compiled)] = {"epochs": history.epoch, "batches": seen}
    return result


@program
def lines_that_are_printed(tf: Any, keras: Any) -> Any:
    import contextlib
    import io
    import re

    x, y = regression()
    model = dense_model(keras)
    model.compile("sgd", "mse", metrics=["mae"])
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        model.fit(x, y, batch_size=8, epochs=2, shuffle=False, verbose=2)
        model.evaluate(x, y, verbose=2)
        model.summary()
    text = re.sub(r"\d+(ms|s|us)\b(/\w+)?", "TIME", said.getvalue())
    return re.sub(r"sequential\w*|dense\w*", "NAME", text).replace(" ", "").splitlines()[:6]


@program
def configurations(tf: Any, keras: Any) -> Any:
    model = dense_model(keras)
    model.compile("adam", "mse", metrics=["mae"])
    text = json.loads(model.to_json())
    return {"class": text["class_name"], "compiled": sorted(model.get_compile_config())}
