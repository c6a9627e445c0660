"""Training in Keras on several replicas: losses, weights and slots after 20 steps.

Run as a program, `python -m tests.oracle.replicas.training tidefall xla '[["mlp-sgd-fit", 2]]'`, it
prints what comes of these runs, as JSON. Replicas 0 is no strategy, 1 is one device of a strategy.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.oracle.replicas import harness

STEPS = 20
BATCH = 8
MODELS = ("mlp", "cnn", "transformer", "lstm")
OPTIMIZERS = ("sgd", "adam", "adamw", "clipped", "ema")
LOOPS = ("eager", "function", "fit")
RUNS = [f"{m}-{o}-{loop}" for m in MODELS for o in OPTIMIZERS for loop in LOOPS]
LOCAL = tuple(f"{model}-clipped-fit" for model in MODELS)
"""Keras clips in each replica what was not summed yet, so these are not what one device makes."""


# ---- what is trained ----
#
# Gradients that are zero but for rounding (biases before a normalization, biases of keys) are left
# out: Adam would make steps of them.


def _mlp(keras: Any) -> Any:
    layers = keras.layers
    return keras.Sequential([keras.Input([5]), layers.Dense(8, "tanh"), layers.Dense(3)])


def _cnn(keras: Any) -> Any:
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input([6, 6, 2]),
            layers.Conv2D(4, 3, padding="same", use_bias=False),
            layers.BatchNormalization(synchronized=True),
            layers.Activation("relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3),
        ]
    )


def _transformer(keras: Any) -> Any:
    layers = keras.layers
    words = keras.Input([6], dtype="int32")
    x = layers.Embedding(11, 8)(words)
    attention = layers.MultiHeadAttention(2, 4, use_bias=False)
    x = layers.LayerNormalization()(x + attention(x, x))
    x = layers.LayerNormalization()(x + layers.Dense(8)(layers.Dense(12, "gelu")(x)))
    return keras.Model(words, layers.Dense(3)(layers.GlobalAveragePooling1D()(x)))


def _lstm(keras: Any) -> Any:
    layers = keras.layers
    return keras.Sequential([keras.Input([7, 4]), layers.LSTM(5), layers.Dense(3)])


_MODELS: dict[str, Callable[[Any], Any]] = {
    "mlp": _mlp,
    "cnn": _cnn,
    "transformer": _transformer,
    "lstm": _lstm,
}


def _optimizer(keras: Any, name: str, loop: str) -> Any:
    optimizers = keras.optimizers
    if name == "sgd":
        return optimizers.SGD(0.1, momentum=0.9)
    if name == "adam":
        return optimizers.Adam(0.01, epsilon=1e-3)
    if name == "adamw":
        return optimizers.AdamW(0.01, weight_decay=0.02, epsilon=1e-3)
    if name == "clipped":
        return optimizers.SGD(0.1, global_clipnorm=0.2 if loop == "fit" else None)
    return optimizers.SGD(0.1, use_ema=True, ema_momentum=0.9)


def data(model: str) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and labels, for all steps."""
    rng = np.random.default_rng(3)
    rows = STEPS * BATCH
    if model == "transformer":
        x = rng.integers(0, 11, (rows, 6)).astype("int32")
    else:
        shape = {"mlp": (5,), "cnn": (6, 6, 2), "lstm": (7, 4)}[model]
        x = rng.normal(size=(rows, *shape)).astype("float32")
    return x, rng.integers(0, 3, rows).astype("int32")


def built(keras: Any, model: str) -> Any:
    """The model, with weights that are the same everywhere."""
    rng = np.random.default_rng(5)
    found = _MODELS[model](keras)
    for weight in found.trainable_weights:
        weight.assign(weight.numpy() + 0.3 * rng.normal(size=weight.shape).astype("float32"))
        if not weight.path.endswith(("gamma", "beta", "bias")):
            weight.assign(0.3 * rng.normal(size=weight.shape).astype("float32"))
    return found


# ---- how it is trained ----


def strategy_of(tf: Any, replicas: int) -> Any:
    """A strategy of so many CPUs; the default one for none."""
    if not replicas:
        return tf.distribute.get_strategy()
    return tf.distribute.MirroredStrategy([f"CPU:{i}" for i in range(replicas)])


def train(tf: Any, run: str, replicas: int) -> dict[str, Any]:
    """Train for all steps.

    Args:
        tf: TensorFlow, or Tidefall.
        run: one of `RUNS`.
        replicas: on how many replicas.

    Returns:
        The loss of each step, and the values of all variables.
    """
    model_name, optimizer_name, loop = run.split("-")
    keras = tf.keras
    keras.backend.clear_session()
    strategy = strategy_of(tf, replicas)
    with strategy.scope():
        model = built(keras, model_name)
        optimizer = _optimizer(keras, optimizer_name, loop)
        optimizer.build(model.trainable_variables)
    x, y = data(model_name)
    dataset = tf.data.Dataset.from_tensor_slices((x, y)).batch(BATCH)
    if loop == "fit":
        with strategy.scope():
            loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
            model.compile(optimizer, loss, metrics=["accuracy"])
        losses = _fit(keras, model, dataset)
    else:
        step = _step(tf, strategy, model, optimizer, optimizer_name == "clipped")
        if loop == "function":
            step = tf.function(step)
        batches = strategy.experimental_distribute_dataset(dataset)
        losses = [float(step(*batch)) for batch in batches]
    values = [v for v in model.variables if "seed" not in v.name]
    variables = {f"{i} {v.name}": v.numpy() for i, v in enumerate(values)}
    own = optimizer.variables
    variables |= {f"slot {i}": v.numpy() for i, v in enumerate(own)}
    return {"losses": losses, "variables": {k: np.ravel(v).tolist() for k, v in variables.items()}}


def _fit(keras: Any, model: Any, dataset: Any) -> list[float]:
    losses: list[float] = []

    class Losses(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            losses.append(float(logs["loss"]))

    model.fit(dataset, epochs=1, verbose=0, callbacks=[Losses()], shuffle=False)
    return losses


def _step(tf: Any, strategy: Any, model: Any, optimizer: Any, clipped: bool) -> Any:
    replicas = strategy.num_replicas_in_sync

    def replica(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            each = tf.nn.sparse_softmax_cross_entropy_with_logits(y, model(x, training=True))
            loss = tf.nn.compute_average_loss(each, global_batch_size=BATCH)
        weights = model.trainable_variables
        gradients = tape.gradient(loss, [w.value for w in weights])
        if clipped:
            context = tf.distribute.get_replica_context()
            gradients = [tf.convert_to_tensor(g) for g in gradients]
            gradients = context.all_reduce("SUM", gradients)
            gradients, _ = tf.clip_by_global_norm(gradients, 0.2)
            gradients = [g / replicas for g in gradients]  # the optimizer sums them again
        optimizer.apply(gradients, weights)
        return loss

    def step(x: Any, y: Any) -> Any:
        return strategy.reduce("SUM", strategy.run(replica, args=(x, y)), axis=None)

    return step


# ---- what came of it ----


def difference(found: dict[str, Any], wanted: dict[str, Any]) -> float:
    """The largest difference between two results, relative to numbers larger than 1."""
    if found["variables"].keys() != wanted["variables"].keys():
        raise ValueError(f"{sorted(found['variables'])} are not {sorted(wanted['variables'])}")
    pairs = [(found["losses"], wanted["losses"])]
    pairs += [(v, wanted["variables"][name]) for name, v in found["variables"].items()]
    return max(
        abs(a - b) / max(1.0, abs(b))
        for own, other in pairs
        for a, b in zip(own, other, strict=True)
    )


def digest(result: dict[str, Any]) -> dict[str, Any]:
    """A result in few numbers: of each variable the norm and the sum with weights."""

    def short(values: list[float]) -> list[float]:
        weighted = sum(math.cos(i) * v for i, v in enumerate(values))
        size = math.sqrt(max(len(values), 1))
        return [float(f"{v / size:.8g}") for v in (math.hypot(*values), weighted)]

    losses = [float(f"{v:.8g}") for v in result["losses"]]
    variables = [short(v) for v in result["variables"].values()]
    return {"losses": losses, "variables": {str(i): v for i, v in enumerate(variables)}}


def main() -> None:
    module, tier, wanted = sys.argv[1:]
    tf = harness.start(module)
    if tier:
        tf.config.experimental.set_execution_tier(tier)
    found = {f"{run} {replicas}": train(tf, run, replicas) for run, replicas in json.loads(wanted)}
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
