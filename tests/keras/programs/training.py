"""`fit`, `evaluate`, `predict` and their like, in every way a step can be run."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.keras.programs.helpers import (
    classification,
    dense_model,
    fix,
    regression,
    table,
    values,
    weights,
)

PROGRAMS, program = table()


def _trained(keras: Any, epochs: int = 2, **options: Any) -> dict[str, Any]:
    x, y = regression()
    model = dense_model(keras)
    model.compile("sgd", "mse", metrics=["mae"], **options)
    history = model.fit(x, y, batch_size=7, epochs=epochs, shuffle=False, verbose=0)
    return {
        "history": history.history,
        "evaluate": model.evaluate(x, y, batch_size=7, verbose=0, return_dict=True),
        "predict": model.predict(x, batch_size=7, verbose=0),
        "weights": weights(model),
    }


@program
def plain_fit(tf: Any, keras: Any) -> Any:
    return _trained(keras)


@program
def compiled_fit(tf: Any, keras: Any) -> Any:
    return _trained(keras, jit_compile=True)


@program
def uncompiled_fit(tf: Any, keras: Any) -> Any:
    return _trained(keras, jit_compile=False)


@program
def eager_fit(tf: Any, keras: Any) -> Any:
    return _trained(keras, run_eagerly=True)


@program
def several_steps_per_execution(tf: Any, keras: Any) -> Any:
    return {
        f"{steps} {compiled}": _trained(keras, steps_per_execution=steps, jit_compile=compiled)
        for steps, compiled in [(2, True), (3, False), (5, "auto")]
    }


@program
def steps_per_execution_found_by_itself(tf: Any, keras: Any) -> Any:
    return _trained(keras, steps_per_execution=1, auto_scale_loss=False)


@program
def single_batches(tf: Any, keras: Any) -> Any:
    x, y = classification()
    result = {}
    for compiled in (True, False):
        model = dense_model(keras, outputs=3, activation="softmax")
        model.compile(
            keras.optimizers.Adam(0.05),
            "sparse_categorical_crossentropy",
            metrics=["accuracy"],
            jit_compile=compiled,
        )
        result[str(compiled)] = {
            "train": [model.train_on_batch(x[i : i + 8], y[i : i + 8]) for i in (0, 8, 16)],
            "train dict": model.train_on_batch(x, y, return_dict=True),
            "weighted": model.train_on_batch(x, y, sample_weight=np.abs(values(24))),
            "classes": model.train_on_batch(x, y, class_weight={0: 1.0, 1: 0.5, 2: 3.0}),
            "test": model.test_on_batch(x, y),
            "test weighted": model.test_on_batch(x, y, sample_weight=np.abs(values(24))),
            "predict": model.predict_on_batch(x[:3]),
            "weights": weights(model),
        }
    return result


@program
def sample_and_class_weights(tf: Any, keras: Any) -> Any:
    x, y = classification()
    by_row = np.abs(values(24, seed=9))

    def run(**options: Any) -> Any:
        model = dense_model(keras, outputs=3)
        model.compile(
            keras.optimizers.RMSprop(0.01),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
            weighted_metrics=["accuracy"],
        )
        history = model.fit(x, y, epochs=2, batch_size=9, shuffle=False, verbose=0, **options)
        return history.history, weights(model)

    data = tf.data.Dataset.from_tensor_slices((x, y, by_row)).batch(9)
    model = dense_model(keras, outputs=3)
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return {
        "rows": run(sample_weight=by_row),
        "classes": run(class_weight={0: 2.0, 1: 1.0, 2: 0.25}),
        "dataset": model.fit(data, epochs=2, verbose=0).history,
        "evaluate": model.evaluate(x, y, sample_weight=by_row, verbose=0),
    }


@program
def several_inputs_and_outputs(tf: Any, keras: Any) -> Any:
    layers = keras.layers
    a, b = keras.Input([4], name="a"), keras.Input([3], name="b")
    both = layers.Concatenate()([layers.Dense(4)(a), layers.Dense(4, "relu")(b)])
    outputs = {"c": layers.Dense(1, name="c")(both), "d": layers.Dense(2, name="d")(both)}
    model = fix(keras.Model({"a": a, "b": b}, outputs))
    model.compile(
        "adam",
        {"c": "mse", "d": "mae"},
        loss_weights={"c": 1.0, "d": 0.3},
        metrics={"c": ["mae"], "d": ["mse"]},
    )
    x = {"a": values(20, 4), "b": values(20, 3, seed=1)}
    y = {"c": values(20, 1, seed=2), "d": values(20, 2, seed=3)}
    held = {k: v[:5] for k, v in x.items()}, {k: v[:5] for k, v in y.items()}
    history = model.fit(x, y, 6, 2, 0, shuffle=False, validation_data=held)
    return {
        "history": history.history,
        "evaluate": model.evaluate(x, y, verbose=0, return_dict=True),
        "predict": model.predict(x, verbose=0),
        "weights": weights(model),
    }


@program
def custom_train_step(tf: Any, keras: Any) -> Any:
    class Custom(keras.Model):
        def __init__(self, **options: Any):
            super().__init__(**options)
            self.hidden = keras.layers.Dense(6, "relu")
            self.out = keras.layers.Dense(1)
            self.tracker = keras.metrics.Mean(name="tracked")

        def call(self, x: Any, training: bool = False) -> Any:
            return self.out(self.hidden(x))

        @property
        def metrics(self) -> list[Any]:
            return [self.tracker]

        def train_step(self, data: Any) -> Any:
            x, y = data
            with tf.GradientTape() as tape:
                error = tf.abs(self(x, training=True) - y)
                loss = tf.reduce_mean(error * error + 0.1 * error)
            variables = self.trainable_variables
            gradients = tape.gradient(loss, variables)
            norm = tf.linalg.global_norm(gradients)
            self.optimizer.apply_gradients(zip(gradients, variables, strict=True))
            self.tracker.update_state(loss)
            return {"tracked": self.tracker.result(), "norm": norm}

        def test_step(self, data: Any) -> Any:
            x, y = data
            self.tracker.update_state(tf.reduce_mean(tf.abs(self(x) - y)))
            return {"tracked": self.tracker.result()}

        def predict_step(self, data: Any) -> Any:
            return {"twice": 2 * self(data), "x": data}

    x, y = regression()
    result = {}
    for options in ({}, {"jit_compile": True}, {"jit_compile": False}, {"run_eagerly": True}):
        model = Custom()
        model(x[:1])
        fix(model)
        model.compile(optimizer=keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True), **options)
        history = model.fit(
            x, y, batch_size=8, epochs=3, shuffle=False, verbose=0, validation_split=0.25
        )
        result[str(options)] = {
            "history": history.history,
            "evaluate": model.evaluate(x, y, verbose=0),
            "predict": model.predict(x[:4], verbose=0),
            "weights": weights(model),
        }
    return result


@program
def losses_and_metrics_that_layers_add(tf: Any, keras: Any) -> Any:
    class Activity(keras.layers.Layer):
        def call(self, x: Any) -> Any:
            self.add_loss(0.01 * tf.reduce_mean(tf.square(x)))
            return x

    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input([5]),
            layers.Dense(4, kernel_regularizer="l2", bias_regularizer="l1"),
            Activity(),
            layers.Dense(3, activity_regularizer=keras.regularizers.L1L2(0.01, 0.02)),
            layers.Dense(1, kernel_constraint=keras.constraints.MaxNorm(0.5)),
        ]
    )
    fix(model)
    model.compile("sgd", "huber", metrics=["mse", keras.metrics.R2Score()])
    x, y = regression()
    history = model.fit(x, y, batch_size=8, epochs=3, shuffle=False, verbose=0)
    return {"history": history.history, "weights": weights(model)}


@program
def training_loop_by_hand(tf: Any, keras: Any) -> Any:
    model = dense_model(keras, outputs=3)
    optimizer = keras.optimizers.Adam(0.01)
    loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    accuracy = keras.metrics.SparseCategoricalAccuracy()

    @tf.function
    def step(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            logits = model(x, training=True)
            loss = loss_of(y, logits)
        gradients = tape.gradient(loss, model.trainable_weights)
        optimizer.apply(gradients, model.trainable_weights)
        accuracy.update_state(y, logits)
        return loss

    losses, scores = [], []
    data = tf.data.Dataset.from_tensor_slices(classification()).batch(8)
    for _ in range(3):
        losses.append([float(step(x, y)) for x, y in data])
        scores.append(float(accuracy.result()))
        accuracy.reset_state()
    return {"losses": losses, "accuracy": scores, "weights": weights(model)}


@program
def generators_and_sequences(tf: Any, keras: Any) -> Any:
    x, y = regression()

    class Batches(keras.utils.PyDataset):
        def __len__(self) -> int:
            return 4

        def __getitem__(self, index: int) -> Any:
            return x[index * 6 : index * 6 + 6], y[index * 6 : index * 6 + 6]

    def generate() -> Any:
        while True:
            for start in range(0, 24, 6):
                yield x[start : start + 6], y[start : start + 6]

    def model() -> Any:
        made = dense_model(keras)
        made.compile("sgd", "mse")
        return made

    threads = Batches(workers=2, use_multiprocessing=False, max_queue_size=4)
    endless = tf.data.Dataset.from_tensor_slices((x, y)).batch(6).repeat()
    return {
        "sequence": model().fit(Batches(), epochs=2, shuffle=False, verbose=0).history,
        "threads": model().fit(threads, epochs=2, shuffle=False, verbose=0).history,
        "generator": model().fit(generate(), steps_per_epoch=4, epochs=2, verbose=0).history,
        "endless": model().fit(endless, steps_per_epoch=3, epochs=2, verbose=0).history,
        "predict": model().predict(generate(), steps=2, verbose=0),
        "predict sequence": model().predict(Batches(), verbose=0),
        "evaluate": model().evaluate(generate(), steps=3, verbose=0),
        "tensors": model().fit(tf.constant(x), tf.constant(y), shuffle=False, verbose=0).history,
    }


@program
def shuffled_fit(tf: Any, keras: Any) -> Any:
    keras.utils.set_random_seed(7)
    x, y = regression()
    model = dense_model(keras)
    model.compile("sgd", "mse")
    history = model.fit(x, y, batch_size=5, epochs=3, verbose=0, validation_split=0.2)
    return {"history": history.history, "weights": weights(model)}


@program
def weights_from_a_seed(tf: Any, keras: Any) -> Any:
    keras.utils.set_random_seed(3)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input([8, 8, 2]),
            layers.Conv2D(3, 3),
            layers.SeparableConv2D(4, 3, depthwise_initializer="he_normal"),
            layers.Flatten(),
            layers.Dense(3, kernel_initializer="orthogonal"),
            layers.Dense(3, kernel_initializer="lecun_uniform"),
        ]
    )
    return weights(model)


@program
def dropout_and_noise(tf: Any, keras: Any) -> Any:
    layers = keras.layers
    keras.utils.set_random_seed(5)
    model = keras.Sequential(
        [
            keras.Input([5]),
            layers.Dropout(0.4, seed=1),
            layers.Dense(6),
            layers.GaussianNoise(0.1, seed=2),
            layers.AlphaDropout(0.2, seed=3),
            layers.Dense(1),
        ]
    )
    fix(model)
    model.compile("sgd", "mse", jit_compile=False)
    x, y = regression()
    history = model.fit(x, y, batch_size=8, epochs=2, shuffle=False, verbose=0)
    return {"history": history.history, "predict": model.predict(x, verbose=0)}
