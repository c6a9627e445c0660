"""Mixed precision, gradient accumulation, moving averages of weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.keras.programs.helpers import dense_model, fix, regression, table, values, weights

PROGRAMS, program = table()


def _policy(keras: Any, policy: str, initial_scale: float = 0.0, **options: Any) -> Any:
    keras.config.set_dtype_policy(policy)
    try:
        layers = keras.layers
        model = keras.Sequential(
            [
                keras.Input([5]),
                layers.Dense(8, activation="relu"),
                layers.LayerNormalization(),
                layers.Dense(8, activation="tanh"),
                layers.Dense(1, dtype="float32"),
            ]
        )
        fix(model)
        optimizer = keras.optimizers.Adam()
        if initial_scale:
            optimizer = keras.optimizers.LossScaleOptimizer(optimizer, initial_scale)
        model.compile(optimizer, "mse", **options)
        x, y = regression()
        history = model.fit(x, y, batch_size=8, epochs=3, shuffle=False, verbose=0)
        scale = getattr(model.optimizer, "dynamic_scale", None)
        return {
            "history": history.history,
            "predict": model.predict(x[:5], verbose=0),
            "weights": weights(model),
            "dtypes": [str(w.dtype) for w in model.weights],
            "compute": [layer.compute_dtype for layer in model.layers],
            "hidden": str(model.layers[0](x[:1]).dtype),
            "optimizer": type(model.optimizer).__name__,
            "scale": None if scale is None else float(scale),
        }
    finally:
        keras.config.set_dtype_policy("float32")


@program
def mixed_bfloat16(tf: Any, keras: Any) -> Any:
    return _policy(keras, "mixed_bfloat16", jit_compile=False)


@program
def mixed_float16(tf: Any, keras: Any) -> Any:
    return _policy(keras, "mixed_float16", jit_compile=False)


@program
def mixed_float16_compiled(tf: Any, keras: Any) -> Any:
    return _policy(keras, "mixed_float16", jit_compile=True, initial_scale=1024.0)


@program
def mixed_bfloat16_compiled(tf: Any, keras: Any) -> Any:
    return _policy(keras, "mixed_bfloat16", jit_compile=True)


@program
def mixed_float16_eager(tf: Any, keras: Any) -> Any:
    return _policy(keras, "mixed_float16", run_eagerly=True)


@program
def float64_and_pure_float16(tf: Any, keras: Any) -> Any:
    result = {}
    for policy in ("float64", "float16", "bfloat16"):
        keras.config.set_dtype_policy(policy)
        try:
            model = dense_model(keras)
            model.compile("sgd", "mse", jit_compile=False)
            x, y = regression()
            result[policy] = model.fit(x, y, shuffle=False, verbose=0, epochs=2).history
            result[policy, "dtypes"] = [str(w.dtype) for w in model.weights]
            result[policy, "out"] = str(model.predict(x[:2], verbose=0).dtype)
        finally:
            keras.config.set_dtype_policy("float32")
    return result


@program
def loss_scale_after_overflow(tf: Any, keras: Any) -> Any:
    """Steps whose gradients overflow change nothing but the scale, which then grows again."""

    def run(compiled: bool) -> Any:
        inner = keras.optimizers.SGD(0.1)
        optimizer = keras.optimizers.LossScaleOptimizer(
            inner, initial_scale=1024.0, dynamic_growth_steps=2
        )
        variable = keras.Variable(np.ones(3, "float32"))
        optimizer.build([variable])

        def step(gradient: Any) -> Any:
            scaled = optimizer.scale_loss(gradient)
            optimizer.apply([scaled], [variable])

        step = tf.function(step, jit_compile=compiled)
        seen = []
        for gradient in (1.0, np.inf, 2.0, np.nan, 1.0, 1.0, 1.0, 1.0, -np.inf, 0.5):
            step(tf.fill([3], np.float32(gradient)))
            seen.append(
                [
                    float(optimizer.dynamic_scale),
                    int(optimizer.step_counter),
                    int(optimizer.iterations),
                    int(inner.iterations),
                    float(variable[0]),
                ]
            )
        return seen

    return {"compiled": run(True), "host": run(False)}


@program
def overflow_while_training(tf: Any, keras: Any) -> Any:
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = dense_model(keras)
        optimizer = keras.optimizers.LossScaleOptimizer(
            keras.optimizers.SGD(0.001), initial_scale=2.0**24, dynamic_growth_steps=3
        )
        model.compile(optimizer, "mse", jit_compile=False)
        x, y = regression()
        before = weights(model)
        scales = []
        for _ in range(12):
            loss = model.train_on_batch(x, y)
            scales.append([float(optimizer.dynamic_scale), float(loss)])
        same = [np.array_equal(a, b) for a, b in zip(before, weights(model), strict=True)]
        return {"scales": scales, "weights": weights(model), "same": same}
    finally:
        keras.config.set_dtype_policy("float32")


@program
def gradients_accumulated(tf: Any, keras: Any) -> Any:
    def run(compiled: bool, **options: Any) -> Any:
        model = dense_model(keras)
        optimizer = keras.optimizers.Adam(0.05, gradient_accumulation_steps=3, **options)
        model.compile(optimizer, "mse", jit_compile=compiled)
        x, y = regression()
        after = []
        for start in range(0, 24, 4):
            loss = model.train_on_batch(x[start : start + 4], y[start : start + 4])
            after.append([float(loss), float(model.layers[0].kernel[0, 0])])
        return {"steps": after, "weights": weights(model), "count": int(optimizer.iterations)}

    return {
        "compiled": run(True),
        "host": run(False),
        "clipped": run(False, clipnorm=0.1),
        "fit": _fitted(keras, keras.optimizers.SGD(0.1, gradient_accumulation_steps=2)),
    }


def _fitted(keras: Any, optimizer: Any, **options: Any) -> Any:
    model = dense_model(keras)
    model.compile(optimizer, "mse", **options)
    x, y = regression()
    history = model.fit(x, y, batch_size=5, epochs=3, shuffle=False, verbose=0)
    return {"history": history.history, "weights": weights(model)}


@program
def moving_averages(tf: Any, keras: Any) -> Any:
    Adam, SGD = keras.optimizers.Adam, keras.optimizers.SGD
    ema = {"use_ema": True, "ema_momentum": 0.8}
    return {
        "plain": _fitted(keras, Adam(0.05, **ema)),
        "host": _fitted(keras, Adam(0.05, **ema), jit_compile=False),
        "overwritten": _fitted(keras, SGD(0.05, ema_overwrite_frequency=2, **ema)),
        "overwritten on host": _fitted(
            keras, SGD(0.05, ema_overwrite_frequency=2, **ema), jit_compile=False
        ),
        "accumulated": _fitted(
            keras,
            SGD(0.05, ema_overwrite_frequency=2, gradient_accumulation_steps=2, **ema),
            jit_compile=False,
        ),
        "swapped": _swapped(keras),
    }


def _swapped(keras: Any) -> Any:
    model = dense_model(keras)
    model.compile(keras.optimizers.SGD(0.05, use_ema=True, ema_momentum=0.5), "mse")
    x, y = regression()
    swap = keras.callbacks.SwapEMAWeights(swap_on_epoch=True)
    history = model.fit(x, y, epochs=3, verbose=0, shuffle=False, callbacks=[swap])
    return {"history": history.history, "weights": weights(model)}


@program
def policies_of_single_layers(tf: Any, keras: Any) -> Any:
    layers = keras.layers
    x = values(2, 6, 6, 3)
    result = {}
    for policy in ("mixed_float16", "mixed_bfloat16"):
        for layer in (
            layers.Conv2D(2, 3, dtype=policy),
            layers.BatchNormalization(dtype=policy),
            layers.MaxPool2D(dtype=policy),
            layers.Flatten(dtype=policy),
        ):
            layer.build(x.shape)
            fix(layer)
            out = layer(x, training=True) if "batch" in layer.name else layer(x)
            kind = type(layer).__name__
            result[policy, kind] = [str(out.dtype), np.asarray(tf.cast(out, tf.float32))]
    sequence = values(2, 5, 4)
    for layer in (layers.LSTM(3, dtype="mixed_float16"), layers.GRU(3, dtype="mixed_float16")):
        layer.build(sequence.shape)
        fix(layer)
        out = layer(sequence)
        result[type(layer).__name__] = [str(out.dtype), np.asarray(out, "float32")]
    return result
