"""Every optimizer with its options, every schedule, and how they are used."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.keras.programs.helpers import dense_model, regression, table, values, weights

PROGRAMS, program = table()

NAMES = [
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Lamb",
    "Lion",
    "Muon",
    "Nadam",
    "RMSprop",
    "SGD",
    "ScheduleFreeAdamW",
]
COMPILED = ("Adam", "Lamb", "Muon", "SGD")
OPTIONS = {
    "plain": {},
    "decay": {"weight_decay": 0.01},
    "norm": {"clipnorm": 0.3},
    "global norm": {"global_clipnorm": 0.5},
    "value": {"clipvalue": 0.05},
}


def _steps(keras: Any, tf: Any, optimizer: Any, compiled: bool) -> Any:
    kernel = keras.Variable(values(4, 3), name="kernel")
    bias = keras.Variable(values(3, seed=1), name="bias")
    optimizer.build([kernel, bias])

    def step(number: Any) -> None:
        scale = 1.0 + 0.5 * number
        optimizer.apply([scale * values(4, 3, seed=5), scale * values(3, seed=6)], [kernel, bias])

    step = tf.function(step, jit_compile=compiled, reduce_retracing=True)
    for number in range(4):
        step(tf.constant(float(number)))
    return weights([kernel, bias])


def _of_each(tf: Any, keras: Any, option: str) -> Any:
    result = {}
    for name in NAMES:
        made = getattr(keras.optimizers, name, None)
        if made is None:
            continue
        optimizer = made(learning_rate=0.02, **OPTIONS[option])
        result[name] = _steps(keras, tf, optimizer, compiled=False)
        if option == "plain" and name in COMPILED:
            result[name, "compiled"] = _steps(keras, tf, made(learning_rate=0.02), compiled=True)
    return result


@program
def each_optimizer(tf: Any, keras: Any) -> Any:
    return _of_each(tf, keras, "plain")


@program
def weight_decay(tf: Any, keras: Any) -> Any:
    return _of_each(tf, keras, "decay")


@program
def clipped_norms(tf: Any, keras: Any) -> Any:
    return _of_each(tf, keras, "norm")


@program
def clipped_global_norms(tf: Any, keras: Any) -> Any:
    return _of_each(tf, keras, "global norm")


@program
def clipped_values(tf: Any, keras: Any) -> Any:
    return _of_each(tf, keras, "value")


@program
def options_of_their_own(tf: Any, keras: Any) -> Any:
    o = keras.optimizers
    made = {
        "amsgrad": o.Adam(0.05, amsgrad=True),
        "amsgrad and decay": o.AdamW(0.05, amsgrad=True, weight_decay=0.1),
        "centered": o.RMSprop(0.05, centered=True, momentum=0.5, rho=0.8),
        "nesterov": o.SGD(0.05, momentum=0.9, nesterov=True),
        "momentum": o.SGD(0.05, momentum=0.5),
        "ftrl": o.Ftrl(0.05, l1_regularization_strength=0.01, l2_regularization_strength=0.1),
        "adafactor": o.Adafactor(0.05, relative_step=False),
        "lion": o.Lion(0.01, beta_1=0.8, weight_decay=0.1),
    }
    return {name: _steps(keras, tf, one, compiled=False) for name, one in made.items()}


@program
def schedules(tf: Any, keras: Any) -> Any:
    s = keras.optimizers.schedules
    made = {
        "exponential": s.ExponentialDecay(0.1, 5, 0.5),
        "staircase": s.ExponentialDecay(0.1, 5, 0.5, staircase=True),
        "inverse": s.InverseTimeDecay(0.1, 5, 0.5),
        "polynomial": s.PolynomialDecay(0.1, 10, 0.01, power=2.0),
        "cycle": s.PolynomialDecay(0.1, 6, 0.01, cycle=True),
        "piecewise": s.PiecewiseConstantDecay([3, 8], [0.1, 0.05, 0.01]),
        "cosine": s.CosineDecay(0.1, 10, alpha=0.1),
        "warm up": s.CosineDecay(0.0, 10, warmup_target=0.2, warmup_steps=4),
        "restarts": s.CosineDecayRestarts(0.1, 4, t_mul=2.0, m_mul=0.5),
    }
    steps = range(0, 16, 3)
    rates = {name: [float(one(step)) for step in steps] for name, one in made.items()}
    trained = {
        name: _steps(keras, tf, keras.optimizers.SGD(one), compiled=True)
        for name, one in made.items()
    }
    return {"rates": rates, "trained": trained}


@program
def schedule_while_fitting(tf: Any, keras: Any) -> Any:
    rate = keras.optimizers.schedules.ExponentialDecay(0.1, 4, 0.5)
    x, y = regression()
    result = []
    for compiled in (True, False):
        model = dense_model(keras)
        model.compile(keras.optimizers.Adam(rate, weight_decay=0.01), "mse", jit_compile=compiled)
        history = model.fit(x, y, batch_size=6, epochs=3, shuffle=False, verbose=0).history
        result.append([history, float(model.optimizer.learning_rate), weights(model)])
    return result


@program
def gradients_of_embeddings(tf: Any, keras: Any) -> Any:
    """Sparse gradients: rows that no one looked up."""
    layers = keras.layers
    result = {}
    for name in ("Adam", "SGD", "Adagrad", "RMSprop", "Adamax", "Nadam", "Ftrl", "Lion", "AdamW"):
        for compiled in (False, True) if name in ("Adam", "RMSprop") else (False,):
            table_ = layers.Embedding(10, 3)
            model = keras.Sequential([keras.Input([4], dtype="int32"), table_, layers.Flatten()])
            table_.embeddings.assign(values(10, 3))
            optimizer = getattr(keras.optimizers, name)(0.1)
            model.compile(optimizer, "mse", jit_compile=compiled)
            x = np.array([[1, 2, 2, 5], [5, 5, 0, 1]])
            for _ in range(3):
                model.train_on_batch(x, values(2, 12, seed=3))
            result[name, compiled] = np.asarray(table_.embeddings)[:, 0]
    return result


@program
def frozen_layers_and_excluded_decay(tf: Any, keras: Any) -> Any:
    x, y = regression()
    model = dense_model(keras)
    model.layers[0].trainable = False
    optimizer = keras.optimizers.AdamW(0.05, weight_decay=0.1)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    model.compile(optimizer, "mse")
    first = model.fit(x, y, epochs=2, shuffle=False, verbose=0).history
    between = weights(model)
    model.layers[0].trainable = True
    model.compile(keras.optimizers.AdamW(0.05), "mse")
    second = model.fit(x, y, epochs=2, shuffle=False, verbose=0).history
    return {"first": first, "between": between, "second": second, "weights": weights(model)}


@program
def rates_that_are_set(tf: Any, keras: Any) -> Any:
    model = dense_model(keras)
    model.compile(keras.optimizers.SGD(0.1), "mse")
    x, y = regression()
    losses = [float(model.train_on_batch(x, y))]
    model.optimizer.learning_rate = 0.0
    losses += [float(model.train_on_batch(x, y)) for _ in range(2)]
    model.optimizer.learning_rate.assign(0.2)
    losses += [float(model.train_on_batch(x, y)) for _ in range(2)]
    config = model.optimizer.get_config()
    return {"losses": losses, "rate": float(config["learning_rate"]), "weights": weights(model)}
