"""Models saved in every format, exported, quantized, adapted with LoRA."""

from __future__ import annotations

import os
import tempfile
from typing import Any

import numpy as np

from tests.keras.programs.helpers import dense_model, fix, regression, table, values, weights

PROGRAMS, program = table()


def _picture_model(keras: Any) -> Any:
    layers = keras.layers
    inputs = keras.Input([8, 8, 3])
    x = layers.Conv2D(4, 3, activation="relu")(inputs)
    x = layers.BatchNormalization()(x)
    x = layers.GlobalAveragePooling2D()(x)
    return fix(keras.Model(inputs, layers.Dense(2, "softmax")(x)))


@program
def whole_models(tf: Any, keras: Any) -> Any:
    x, y = values(4, 8, 8, 3), np.eye(2)[[0, 1, 1, 0]]
    result = {}
    for name in ("model.keras", "model.h5"):
        model = _picture_model(keras)
        model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
        model.fit(x, y, epochs=2, shuffle=False, verbose=0)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, name)
            model.save(path)
            again = keras.models.load_model(path)
        before, after = model.predict(x, verbose=0), again.predict(x, verbose=0)
        if name.endswith("h5"):  # its optimizer knows the variables of the model that was saved
            again.compile("adam", "categorical_crossentropy")
        history = again.fit(x, y, epochs=2, shuffle=False, verbose=0)
        result[name] = {
            "same": bool(np.array_equal(before, after)),
            "iterations": int(again.optimizer.iterations),
            "history": history.history,
            "weights": weights(again),
        }
    return result


@program
def only_weights(tf: Any, keras: Any) -> Any:
    result = {}
    for name in ("some.weights.h5",):
        model = _picture_model(keras)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, name)
            model.save_weights(path)
            other = fix(_picture_model(keras), seed=3)
            other.load_weights(path)
        result[name] = all(
            np.array_equal(a, b) for a, b in zip(weights(model), weights(other), strict=True)
        )
    return result


@program
def custom_objects(tf: Any, keras: Any) -> Any:
    @keras.saving.register_keras_serializable(package="programs")
    class Scale(keras.layers.Layer):
        def __init__(self, by: float = 2.0, **options: Any):
            super().__init__(**options)
            self.by = by

        def build(self, shape: Any) -> None:
            self.shift = self.add_weight(shape=(shape[-1],), initializer="ones")

        def call(self, x: Any) -> Any:
            return self.by * x + self.shift

        def get_config(self) -> Any:
            return {**super().get_config(), "by": self.by}

    @keras.saving.register_keras_serializable(package="programs")
    def cubed(y: Any, p: Any) -> Any:
        return keras.ops.mean(keras.ops.abs(y - p) ** 3, -1)

    model = keras.Sequential([keras.Input([5]), Scale(3.0), keras.layers.Dense(1)])
    fix(model)
    model.compile("sgd", cubed)
    x, y = regression()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.keras")
        model.save(path)
        again = keras.models.load_model(path)
    return again.predict(x, verbose=0), again.evaluate(x, y, verbose=0)


@program
def exported(tf: Any, keras: Any) -> Any:
    x = values(3, 8, 8, 3)
    model = _picture_model(keras)
    with tempfile.TemporaryDirectory() as folder:
        model.export(folder, format="tf_saved_model", verbose=False)
        loaded = tf.saved_model.load(folder)
        layer = keras.layers.TFSMLayer(folder, call_endpoint="serve")
        signature = loaded.signatures["serve"]
        named = next(iter(signature(tf.constant(x)).values()))
        result = {
            "served": loaded.serve(x),
            "one row": loaded.serve(x[:1]),
            "signature": named,
            "layer": layer(x),
            "predict": model.predict(x, verbose=0),
            "signatures": sorted(loaded.signatures),
            "variables": len(loaded.variables),
        }
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint(
        "logits",
        fn=lambda pictures: tf.math.log(model(pictures, training=False)),
        input_signature=[tf.TensorSpec([None, 8, 8, 3])],
    )
    with tempfile.TemporaryDirectory() as folder:
        archive.write_out(folder, verbose=False)
        loaded = tf.saved_model.load(folder)
        result["endpoint"] = loaded.logits(x)
    return result


@program
def checkpoints(tf: Any, keras: Any) -> Any:
    x, y = regression()
    model = dense_model(keras)
    model.compile("adam", "mse")
    model.fit(x, y, shuffle=False, verbose=0)
    with tempfile.TemporaryDirectory() as folder:
        saved = tf.train.Checkpoint(model=model, optimizer=model.optimizer)
        path = saved.save(os.path.join(folder, "at"))
        kept = weights(model)
        model.fit(x, y, epochs=2, shuffle=False, verbose=0)
        saved.restore(path)
    same = [np.array_equal(a, b) for a, b in zip(kept, weights(model), strict=True)]
    return {"same": same, "iterations": int(model.optimizer.iterations), "weights": kept}


@program
def quantized(tf: Any, keras: Any) -> Any:
    layers = keras.layers
    x = values(4, 6)
    tokens = np.array([[0, 2], [3, 1]])
    result = {}
    for mode in ("int8", "int4", "float8"):
        model = keras.Sequential([keras.Input([6]), layers.Dense(8, "relu"), layers.Dense(2)])
        fix(model)
        before = model.predict(x, verbose=0)
        model.quantize(mode)
        after = model.predict(x, verbose=0)
        result[mode] = {
            "before": before,
            "after": after,
            "dtypes": sorted(str(w.dtype) for w in model.weights),
            "scales": [w for w in weights(model) if w.dtype.kind == "f"],
        }
        if mode != "float8":
            model = keras.Sequential([keras.Input([2], dtype="int32"), layers.Embedding(4, 6)])
            fix(model)
            model.quantize(mode)
            result[mode]["embedding"] = model.predict(tokens, verbose=0)
            shared = layers.EinsumDense("ab,bc->ac", 4)
            shared.build([None, 6])
            fix(shared)
            shared.quantize(mode)
            result[mode]["einsum"] = shared(x)
        else:
            model.compile("sgd", "mse", jit_compile=False)
            fitted = model.fit(x, values(4, 2), epochs=2, shuffle=False, verbose=0)
            result[mode]["history"] = fitted.history
    return result


@program
def quantizers(tf: Any, keras: Any) -> Any:
    q = keras.quantizers
    x = values(4, 6)
    packed, shape, size = q.pack_int4(tf.constant([[1, -2], [3, 7], [-8, 5]], tf.int8))
    return {
        "abs max": q.abs_max_quantize(x, axis=-1),
        "kept": q.AbsMaxQuantizer(axis=0)(x),
        "fake": q.fake_quant_with_min_max_vars(x, -1.0, 1.0, num_bits=4),
        "fake per channel": q.fake_quant_with_min_max_vars(
            x, np.full(6, -1.0, "float32"), np.full(6, 2.0, "float32"), axis=1
        ),
        "float8": np.asarray(q.quantize_and_dequantize(x, 0.5, "float8_e4m3fn", "float32")),
        "scale": q.compute_float8_scale(2.0, 1.0, 448.0),
        "history": q.compute_float8_amax_history(x, np.zeros(3, "float32")),
        "packed": packed,
        "unpacked": q.unpack_int4(packed, shape[0]),
        "size": [int(v) for v in shape] + [int(size)],
    }


@program
def low_rank_adaptation(tf: Any, keras: Any) -> Any:
    layers = keras.layers
    x, y = regression()
    result = {}
    for quantize in (False, True):
        model = keras.Sequential([keras.Input([5]), layers.Dense(8, "relu"), layers.Dense(1)])
        fix(model)
        if quantize:
            model.quantize("int8")
        for layer in model.layers:
            layer.enable_lora(2)
            layer.lora_kernel_a.assign(values(*layer.lora_kernel_a.shape, scale=0.3))
            layer.lora_kernel_b.assign(values(*layer.lora_kernel_b.shape, seed=1, scale=0.3))
        model.compile(keras.optimizers.SGD(0.02), "mse", jit_compile=False)
        history = model.fit(x, y, epochs=2, shuffle=False, verbose=0)
        result[str(quantize)] = {
            "trainable": len(model.trainable_variables),
            "history": history.history,
            "predict": model.predict(x[:3], verbose=0),
        }
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "model.keras")
            model.save(path)
            merged = keras.models.load_model(path)
        result[str(quantize)]["merged"] = merged.predict(x[:3], verbose=0)
    table_ = layers.Embedding(6, 4, lora_rank=2)
    table_.build()
    fix(table_)
    result["embedding"] = table_(np.array([1, 5]))
    return result
