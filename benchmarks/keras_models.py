"""Training and inference of five Keras models: on Tidefall, TensorFlow and JAX.

One process measures one model in one mode, so that its peak memory can be told. Rows of a model:

- `first`: from building the model to the loss of its first training step, as `fit` returns it;
  building, tracing and compiling are in it, importing is not.
- `early`: from building the model to the end of its 20th training step, whatever runs it.
- `step`: one training step as `fit` runs it: the function that `make_train_function` made and
  `fit` has run before, on an iterator that repeats one batch, with Adam and the tracker of the
  loss. The rest of `fit` (callbacks, the next batch of an array) is not in it.
- `memory`: the most memory of the process until then.
- `early_predict`: the first ten calls of the function behind `model.predict`, on the batch, tracing
  and compiling included.
- `predict` and `predict_one`: the function behind `model.predict`, on the batch and on one row.

The MLP has three more, of one row: `call_one` is `model(x)`, `predict_call` is `model.predict(x)`,
and `predict_ratio` is the second over the first.

The modes of Tidefall and TensorFlow are `tf.function` (`jit_compile=False`) and `jit_compile`;
Keras on JAX always compiles (`jit`).
"""

from __future__ import annotations

import importlib
import importlib.metadata
import itertools
import os
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from benchmarks import timing

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

MODELS = ("mlp", "cnn", "transformer", "lstm", "efficientnet")
PARTS = ("first", "early", "step", "memory", "early_predict", "predict", "predict_one")
ONE_ROW_PARTS = ("call_one", "predict_call", "predict_ratio")
ROWS = {f"keras_{model}_{part}": (model, part) for model in MODELS for part in PARTS}
ROWS.update({f"keras_mlp_{part}": ("mlp", part) for part in ONE_ROW_PARTS})
EARLY_STEPS, EARLY_CALLS = 20, 10
WORDS = 1000
CLASSES = 10


def batch(name: str, small: bool) -> tuple[np.ndarray, np.ndarray]:
    """A model's inputs and labels: of the size that is measured, or just two rows of little."""
    generator = np.random.default_rng(0)
    shape = {
        "mlp": (128, 784),
        "cnn": (64, 32, 32, 3),
        "transformer": (32, 64),
        "lstm": (32, 64, 32),
        "efficientnet": (8, 224, 224, 3),
    }[name]
    if small:
        shape = {"mlp": (2, 8), "cnn": (2, 8, 8, 3), "transformer": (2, 8), "lstm": (2, 4, 8)}.get(
            name, (2, 32, 32, 3)
        )
    if name == "transformer":
        x = generator.integers(0, WORDS, shape, dtype="int32")
    else:
        x = generator.standard_normal(shape, dtype="float32")
    return x, generator.integers(0, CLASSES, len(x), dtype="int64")


def build(keras: Any, name: str, shape: tuple[int, ...]) -> Any:
    """The model of a name, for inputs of a shape; it ends in the logits of ten classes."""
    layers = keras.layers
    if name == "efficientnet":
        return keras.applications.EfficientNetB0(
            weights=None, input_shape=shape, classes=CLASSES, classifier_activation=None
        )
    x = inputs = keras.Input(shape, dtype="int32" if name == "transformer" else "float32")
    if name == "mlp":
        x = layers.Dense(512, activation="relu")(x)
        x = layers.Dense(512, activation="relu")(x)
    elif name == "cnn":
        x = layers.Conv2D(32, 3, padding="same", activation="relu")(x)
        x = layers.Conv2D(64, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D()(x)
        x = layers.Conv2D(128, 3, padding="same", activation="relu")(x)
        x = layers.Flatten()(layers.MaxPooling2D()(x))
    elif name == "transformer":
        x = layers.Embedding(WORDS, 128)(x)
        for _ in range(2):
            attended = layers.MultiHeadAttention(4, 32)(x, x)
            x = layers.LayerNormalization()(layers.Add()([x, attended]))
            hidden = layers.Dense(512, activation="relu")(x)
            x = layers.LayerNormalization()(layers.Add()([x, layers.Dense(128)(hidden)]))
        x = layers.GlobalAveragePooling1D()(x)
    else:
        x = layers.LSTM(128)(x)
    return keras.Model(inputs, layers.Dense(CLASSES)(x))


class Trained(Protocol):
    """A model that has made its first training step, in some library."""

    loss: float
    """The loss of the first step."""

    def step(self) -> Any:
        """One more training step; `wait` waits for what it returns."""
        ...

    def predict(self, x: np.ndarray) -> Callable[[], Any]:
        """What the library does to predict rows, made ready."""
        ...

    def call_one(self, x: np.ndarray) -> Callable[[], Any]:
        """What `model(x)` does."""
        ...

    def predict_call(self, x: np.ndarray) -> Callable[[], Any]:
        """What `model.predict(x)` does."""
        ...

    @staticmethod
    def wait(result: Any) -> None:
        """Returns when a result is there."""
        ...


class TensorFlowApi:
    """Keras on Tidefall or on TensorFlow."""

    def __init__(self, module: str, name: str, mode: str, x: np.ndarray, y: np.ndarray):
        self.tf = tf = importlib.import_module(module)
        keras = tf.keras
        data = tf.data.Dataset.from_tensors((x, y)).repeat()
        self.model = build(keras, name, x.shape[1:])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        self.model.compile("adam", loss, jit_compile=mode == "jit_compile")
        history = self.model.fit(data, steps_per_epoch=1, shuffle=False, verbose=0).history
        self.loss = history["loss"][0]
        self.batches = iter(data)

    def step(self) -> Any:
        return self.model.train_function(self.batches)["loss"]

    def predict(self, x: np.ndarray) -> Callable[[], Any]:
        self.model.make_predict_function()
        function, data = self.model.predict_function, [(self.tf.constant(x),)]
        return lambda: function(data)

    def call_one(self, x: np.ndarray) -> Callable[[], Any]:
        model, tensor = self.model, self.tf.constant(x)
        return lambda: model(tensor)

    def predict_call(self, x: np.ndarray) -> Callable[[], Any]:
        model = self.model
        return lambda: model.predict(x, verbose=0)

    @staticmethod
    def wait(result: Any) -> None:
        result.numpy()


class Jax:
    """Keras on JAX. Its functions take the state of the model and give the next one."""

    def __init__(self, name: str, x: np.ndarray, y: np.ndarray):
        import jax
        import keras

        self.model = build(keras, name, x.shape[1:])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        self.model.compile("adam", loss, jit_compile=True)
        history = self.model.fit(x, y, batch_size=len(x), shuffle=False, verbose=0).history
        self.loss = history["loss"][0]
        self.batches = itertools.repeat((jax.numpy.asarray(x), jax.numpy.asarray(y)))
        model = self.model
        self.variables = [
            model.trainable_variables,
            model.non_trainable_variables,
            model.optimizer.variables,
            model.metrics_variables,
        ]
        self.state = self._values(self.variables)

    @staticmethod
    def _values(groups: list[Any]) -> Any:
        # A step gives its arguments' memory to its results, so the variables must not need it.
        return tuple([v.value.copy() for v in group] for group in groups)

    def step(self) -> Any:
        logs, self.state = self.model.train_function(self.state, self.batches)
        return logs["loss"]

    def predict(self, x: np.ndarray) -> Callable[[], Any]:
        import jax

        self.model.make_predict_function()
        function, data = self.model.predict_function, itertools.repeat((jax.numpy.asarray(x),))
        state = self._values(self.variables[:2])

        def once() -> Any:
            nonlocal state
            result, state = function(state, data)
            return result

        return once

    def call_one(self, x: np.ndarray) -> Callable[[], Any]:
        import jax

        model, array = self.model, jax.numpy.asarray(x)
        return lambda: model(array)

    def predict_call(self, x: np.ndarray) -> Callable[[], Any]:
        model = self.model
        return lambda: model.predict(x, verbose=0)

    @staticmethod
    def wait(result: Any) -> None:
        result.block_until_ready()


class Figures:
    """The figures of one model in one mode, each measured when it is first asked for."""

    def __init__(self, start: Callable[[np.ndarray, np.ndarray], Trained], name: str, small: bool):
        self.start, self.data = start, batch(name, small)
        self.model: Trained | None = None
        self.known: dict[str, float] = {}
        self.error: Exception | None = None

    def figure(self, part: str, clock: timing.Clock) -> float:
        """Seconds, bytes of a part that is called memory, or a ratio."""
        if part not in self.known:
            self.known[part] = getattr(self, f"_{part}")(clock)
        return self.known[part]

    def _trained(self, clock: timing.Clock) -> Trained:
        self.figure("first", clock)
        assert self.model is not None
        return self.model

    def _first(self, clock: timing.Clock) -> float:
        if self.error:  # of a model that cannot start, as the first row found
            raise self.error
        try:
            seconds, self.model = timing.seconds_of(lambda: self.start(*self.data))
        except Exception as error:
            self.error = error
            raise
        if not np.isfinite(self.model.loss):
            raise ValueError(f"the loss of the first step is {self.model.loss}")
        return seconds

    def _early(self, clock: timing.Clock) -> float:
        model = self._trained(clock)

        def steps() -> None:
            for _ in range(EARLY_STEPS - 1):
                model.wait(model.step())

        return self.figure("first", clock) + timing.seconds_of(steps)[0]

    def _step(self, clock: timing.Clock) -> float:
        self.figure("early", clock)
        model = self._trained(clock)
        return clock.statement("step()", {"step": model.step}, model.wait)

    def _memory(self, clock: timing.Clock) -> float:
        self.figure("step", clock)
        return timing.peak_bytes()

    def _early_predict(self, clock: timing.Clock) -> float:
        # Training is over by then: its memory is told first.
        self.figure("memory", clock)
        model = self._trained(clock)

        def calls() -> None:
            predict = model.predict(self.data[0])
            for _ in range(EARLY_CALLS):
                model.wait(predict())

        return timing.seconds_of(calls)[0]

    def _predict(self, clock: timing.Clock, rows: int | None = None) -> float:
        self.figure("early_predict", clock)
        model = self._trained(clock)
        names = {"predict": model.predict(self.data[0][:rows])}
        return clock.statement("predict()", names, model.wait)

    def _predict_one(self, clock: timing.Clock) -> float:
        return self._predict(clock, 1)

    def _call_one(self, clock: timing.Clock) -> float:
        self.figure("memory", clock)
        model = self._trained(clock)
        return clock.statement("f()", {"f": model.call_one(self.data[0][:1])}, model.wait)

    def _predict_call(self, clock: timing.Clock) -> float:
        self.figure("memory", clock)
        predict = self._trained(clock).predict_call(self.data[0][:1])
        return clock.statement("f()", {"f": predict})

    def _predict_ratio(self, clock: timing.Clock) -> float:
        return self.figure("predict_call", clock) / self.figure("call_one", clock)


def rows(
    start: Callable[[str, np.ndarray, np.ndarray], Trained], mode: str, small: bool
) -> dict[str, timing.Case]:
    """A case for each row; those of one model share what was measured."""
    figures = {
        name: Figures(lambda x, y, name=name: start(name, x, y), name, small) for name in MODELS
    }

    def case(name: str, part: str) -> timing.Case:
        def measure(clock: timing.Clock) -> dict[str, float]:
            # A step may take a second: fewer of them will do, but a step of 1 ms needs many.
            clock.batches = min(clock.batches, 5)
            if not clock.quick:
                clock.batch_seconds, clock.warm_seconds = 0.2, 1.0
            return {mode: figures[name].figure(part, clock)}

        return measure

    return {row: case(name, part) for row, (name, part) in ROWS.items()}


def main() -> None:
    parser = timing.parser()
    parser.add_argument("--module", default="tidefall", choices=["tidefall", "tensorflow", "jax"])
    parser.add_argument("--mode", choices=["tf.function", "jit_compile", "jit"], required=True)
    arguments = parser.parse_args()
    module, mode = arguments.module, arguments.mode
    os.environ["KERAS_BACKEND"] = "jax" if module == "jax" else "tensorflow"

    def start(name: str, x: np.ndarray, y: np.ndarray) -> Trained:
        return Jax(name, x, y) if module == "jax" else TensorFlowApi(module, name, mode, x, y)

    # What is imported is in the rows about imports, not in these.
    library = importlib.import_module(module)
    _ = importlib.import_module("keras").Model if module == "jax" else library.keras.Model
    versions = {module: library.__version__, "keras": importlib.metadata.version("keras")}
    timing.main(versions, rows(start, mode, arguments.quick), arguments)


if __name__ == "__main__":
    main()
