"""Ragged and sparse inputs, and what else may be given to a model."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.keras.programs.helpers import dense_model, fix, regression, table, values, weights

PROGRAMS, program = table()


def _sparse(tf: Any) -> Any:
    dense = values(12, 6)
    dense[np.abs(dense) < 0.9] = 0
    return tf.sparse.from_dense(dense)


@program
def sparse_inputs(tf: Any, keras: Any) -> Any:
    result = {}
    sparse = _sparse(tf)
    y = values(12, 2, seed=1)
    for options in ({"jit_compile": False}, {"run_eagerly": True}, {}):
        inputs = keras.Input([6], sparse=True)
        hidden = keras.layers.Dense(4, "relu")(inputs)
        model = fix(keras.Model(inputs, keras.layers.Dense(2)(hidden)))
        model.compile("sgd", "mse", **options)
        history = model.fit(sparse, y, batch_size=5, epochs=2, shuffle=False, verbose=0)
        result[str(options)] = {
            "loss": history.history["loss"],
            "predict": model.predict(sparse, verbose=0),
            "weights": weights(model),
            "called": model(sparse),
        }
    return result


@program
def sparse_datasets(tf: Any, keras: Any) -> Any:
    data = tf.data.Dataset.from_tensor_slices((_sparse(tf), values(12, 2, seed=1))).batch(4)
    inputs = keras.Input([6], sparse=True)
    model = fix(keras.Model(inputs, keras.layers.Dense(2)(inputs)))
    model.compile("adam", "mse")
    history = model.fit(data, epochs=2, verbose=0)
    return {"loss": history.history["loss"], "evaluate": model.evaluate(data, verbose=0)}


@program
def ragged_inputs(tf: Any, keras: Any) -> Any:
    tokens = tf.ragged.constant([[1, 2, 3], [4], [2, 2], [5, 1, 1, 2]])
    layers = keras.layers

    class Model(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.embed = layers.Embedding(6, 3)
            self.out = layers.Dense(1)

        def call(self, x: Any) -> Any:
            if isinstance(x, tf.RaggedTensor):
                x = x.to_tensor()
            return self.out(tf.reduce_mean(self.embed(x), 1))

    model = Model()
    model(tokens)
    fix(model)
    model.compile("sgd", "mse", jit_compile=False)
    data = tf.data.Dataset.from_tensor_slices((tokens, values(4, 1))).batch(2)
    history = model.fit(data, epochs=2, verbose=0)
    return {
        "loss": history.history["loss"],
        "predict": model.predict(data, verbose=0),
        "called": model(tokens),
    }


@program
def frames_and_lists(tf: Any, keras: Any) -> Any:
    import pandas as pd

    x, y = regression()
    frame = pd.DataFrame(x, columns=list("abcde"))
    model = dense_model(keras)
    model.compile("sgd", "mse")
    return {
        "frame": model.fit(frame, pd.Series(y[:, 0]), shuffle=False, verbose=0).history,
        "float64": model.fit(x.astype("float64"), y, shuffle=False, verbose=0).history,
        "predict": model.predict(frame, verbose=0),
        "integers": model.predict(np.arange(10).reshape(2, 5), verbose=0),
        "empty metrics": model.evaluate(x, y, batch_size=100, verbose=0),
    }


@program
def dictionaries_in_datasets(tf: Any, keras: Any) -> Any:
    inputs = {k: keras.Input([2], name=k) for k in ("left", "right")}
    both = keras.layers.Concatenate()(list(inputs.values()))
    outputs = {"sum": keras.layers.Dense(1, name="sum")(both)}
    model = fix(keras.Model(inputs, outputs))
    model.compile("sgd", {"sum": "mse"}, metrics={"sum": ["mae"]})
    x = {"left": values(8, 2), "right": values(8, 2, seed=1)}
    data = tf.data.Dataset.from_tensor_slices((x, {"sum": values(8, 1, seed=2)}))
    padded = data.shuffle(8, seed=1).batch(3).prefetch(1)
    history = model.fit(padded, epochs=2, verbose=0, validation_data=data.batch(8))
    return {"history": history.history, "predict": model.predict(data.batch(4), verbose=0)}


def _message(function: Any) -> str:
    try:
        function()
    except Exception as error:  # noqa: BLE001 - the kind of error is the result
        return type(error).__name__
    return "no error"


@program
def wrong_inputs(tf: Any, keras: Any) -> Any:
    x, y = regression()
    model = dense_model(keras)
    model.compile("sgd", "mse")
    bare = dense_model(keras)
    labels = dense_model(keras, outputs=3)
    labels.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return {
        "columns": _message(lambda: model.predict(x[:, :3], verbose=0)),
        "rows": _message(lambda: model.fit(x, y[:5], verbose=0)),
        "targets": _message(lambda: model.fit(x, values(24, 2, 2), verbose=0)),
        "not compiled": _message(lambda: bare.fit(x, y, verbose=0)),
        "words": _message(lambda: model.predict(np.array(["a", "b"]), verbose=0)),
    }
