"""Keras models of every family of layers, small, with random weights that mean something.

Each maker returns a built model whose batch is free. `MODELS` lists them by name.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np

with contextlib.suppress(ModuleNotFoundError):  # real TensorFlow, which records, goes without
    import tidefall as tf

import keras
from keras import layers, ops

Maker = Callable[[], Any]
MODELS: dict[str, Maker] = {}


def model(make: Maker) -> Maker:
    MODELS[make.__name__] = make
    return make


def listed(name: str, make: Maker) -> None:
    MODELS[name] = make


def chain(shape: tuple[int | None, ...], *rest: Any, dtype: str = "float32") -> Any:
    """A model of one layer after another."""
    return keras.Sequential([keras.Input(shape, dtype=dtype), *rest])


def stirred(made: Any, seed: int = 0) -> Any:
    """A model whose weights are all random, those of normalizations included."""
    rng = np.random.default_rng(seed)
    values = []
    for w in made.weights:
        v = rng.standard_normal(w.shape).astype("float32")
        if not np.issubdtype(np.dtype(w.dtype), np.floating):
            values.append(w.numpy())
        elif "variance" in w.path:
            values.append(np.abs(v) * 0.3 + 0.5)
        elif "gamma" in w.path or "scale" in w.path:
            values.append(1 + 0.2 * v)
        elif v.ndim < 2:
            values.append(0.2 * v)
        else:
            values.append(v / np.sqrt(max(np.prod(w.shape[:-1]), 1)))
    made.set_weights(values)
    return made


def samples(made: Any, batch: int = 3, seed: int = 1, length: int = 5) -> list[np.ndarray]:
    """Arrays for the inputs of a model; free sizes are `length`."""
    rng = np.random.default_rng(seed)
    found = []
    for x in made.inputs:
        shape = [batch, *(length if d is None else d for d in x.shape[1:])]
        dtype = np.dtype(str(x.dtype))
        if dtype.kind == "b":
            found.append(rng.random(shape) > 0.3)
        elif dtype.kind in "iu":
            found.append(rng.integers(0, 10, shape).astype(dtype))
        else:
            found.append(rng.standard_normal(shape).astype(dtype))
    return found


# ---- dense and activations ----

for _name in (
    "relu", "relu6", "sigmoid", "tanh", "softmax", "softplus", "softsign", "elu", "selu", "gelu",
    "silu", "leaky_relu", "hard_sigmoid", "hard_silu", "exponential", "log_softmax", "mish",
    "celu", "hard_tanh", "hard_shrink", "soft_shrink", "sparse_plus", "squareplus",
    "tanh_shrink", "log_sigmoid",
):  # fmt: skip
    listed(
        f"dense_{_name}",
        lambda n=_name: chain((6,), layers.Dense(8, activation=n), layers.Dense(3)),
    )

listed("prelu", lambda: chain((5, 4), layers.PReLU(shared_axes=[1])))
listed("prelu_full", lambda: chain((5, 4), layers.PReLU()))
listed(
    "gelu_tanh",
    lambda: chain((6,), layers.Activation(lambda x: keras.activations.gelu(x, approximate=True))),
)
listed(
    "relu_capped",
    lambda: chain((6,), layers.ReLU(max_value=4.0, negative_slope=0.1, threshold=0.5)),
)
listed("dense_3d", lambda: chain((None, 6), layers.Dense(4, activation="relu"), layers.Dense(2)))
listed(
    "einsum_dense",
    lambda: chain((5, 6), layers.EinsumDense("abc,cd->abd", (None, 7), bias_axes="d")),
)
listed(
    "batch_norm_first",
    lambda: chain(
        (6,),
        layers.BatchNormalization(),
        layers.Dense(4, activation="relu"),
        layers.BatchNormalization(),
    ),
)

# ---- convolutions ----

listed(
    "conv2d",
    lambda: chain((9, 8, 3), layers.Conv2D(4, 3, strides=2, padding="same", activation="relu")),
)
listed(
    "conv2d_bn",
    lambda: chain(
        (9, 9, 3),
        layers.Conv2D(4, 3, use_bias=False),
        layers.BatchNormalization(),
        layers.ReLU(6.0),
        layers.Flatten(),
        layers.Dense(3),
    ),
)
listed("conv2d_dilated", lambda: chain((9, 9, 2), layers.Conv2D(3, 3, dilation_rate=2)))
listed("conv2d_grouped", lambda: chain((8, 8, 4), layers.Conv2D(6, 3, groups=2)))
listed(
    "conv2d_any_size",
    lambda: chain(
        (None, None, 3), layers.Conv2D(4, 3, padding="same"), layers.GlobalAveragePooling2D()
    ),
)
listed(
    "conv1d",
    lambda: chain(
        (12, 3),
        layers.Conv1D(4, 3, activation="relu"),
        layers.MaxPooling1D(2),
        layers.GlobalMaxPooling1D(),
    ),
)
listed(
    "conv1d_causal", lambda: chain((12, 3), layers.Conv1D(4, 3, padding="causal", dilation_rate=2))
)
listed(
    "conv3d",
    lambda: chain((5, 6, 6, 2), layers.Conv3D(3, 3, padding="same"), layers.MaxPooling3D(2)),
)
listed("pool3d", lambda: chain((5, 6, 6, 2), layers.AveragePooling3D(2, padding="same")))
listed(
    "depthwise",
    lambda: chain(
        (8, 8, 3),
        layers.DepthwiseConv2D(3, depth_multiplier=2, padding="same"),
        layers.BatchNormalization(),
        layers.ReLU(),
    ),
)
listed("depthwise1d", lambda: chain((9, 3), layers.DepthwiseConv1D(3)))
listed("separable", lambda: chain((8, 8, 3), layers.SeparableConv2D(5, 3, activation="relu")))
listed("separable1d", lambda: chain((10, 3), layers.SeparableConv1D(5, 3)))
listed(
    "transposed",
    lambda: chain(
        (5, 6, 3), layers.Conv2DTranspose(4, 3, strides=2, padding="same", activation="relu")
    ),
)
listed("transposed1d", lambda: chain((6, 3), layers.Conv1DTranspose(4, 3, strides=2)))
listed("transposed3d", lambda: chain((4, 4, 4, 2), layers.Conv3DTranspose(3, 3, strides=2)))
listed(
    "zero_padding",
    lambda: chain(
        (8, 8, 3), layers.ZeroPadding2D(((0, 1), (0, 1))), layers.Conv2D(4, 3, strides=2)
    ),
)

# ---- pooling, shapes ----

listed(
    "average_pooling",
    lambda: chain((7, 7, 3), layers.AveragePooling2D(3, strides=2, padding="same")),
)
listed("max_pooling", lambda: chain((7, 7, 3), layers.MaxPooling2D(2)))
listed(
    "global_pooling",
    lambda: chain(
        (7, 7, 3), layers.GlobalAveragePooling2D(keepdims=True), layers.GlobalMaxPooling2D()
    ),
)
listed("adaptive_pooling", lambda: chain((8, 8, 3), layers.AdaptiveAveragePooling2D(4)))
listed(
    "cropping",
    lambda: chain((8, 8, 3), layers.Cropping2D(((1, 2), (2, 1))), layers.UpSampling2D(2)),
)
listed(
    "upsampling_bilinear",
    lambda: chain((4, 5, 3), layers.UpSampling2D(2, interpolation="bilinear")),
)
listed("upsampling1d", lambda: chain((4, 3), layers.UpSampling1D(3), layers.Cropping1D(1)))
listed("resizing", lambda: chain((6, 6, 3), layers.Resizing(9, 7)))
listed(
    "transposed_dilated", lambda: chain((8, 8, 3), layers.Conv2DTranspose(4, 3, dilation_rate=2))
)
listed(
    "spectrogram",
    lambda: chain(
        (512,),
        layers.MelSpectrogram(
            fft_length=64, sequence_stride=32, num_mel_bins=8, sampling_rate=8000
        ),
    ),
)
listed("resizing_bicubic", lambda: chain((6, 6, 3), layers.Resizing(9, 7, interpolation="bicubic")))
listed(
    "reshape_permute",
    lambda: chain(
        (4, 6),
        layers.Reshape((3, 8)),
        layers.Permute((2, 1)),
        layers.Flatten(),
        layers.RepeatVector(2),
    ),
)
listed("rescaling", lambda: chain((4, 4, 3), layers.Rescaling(1 / 127.5, -1.0), layers.Flatten()))
listed(
    "category_encoding",
    lambda: chain((4,), layers.CategoryEncoding(11, output_mode="multi_hot"), dtype="int32"),
)
listed(
    "integer_lookup", lambda: chain((4,), layers.IntegerLookup(vocabulary=[3, 5, 7]), dtype="int64")
)
listed("discretization", lambda: chain((4,), layers.Discretization([-1.0, 0.0, 1.0])))

# ---- normalization ----

listed("layer_norm", lambda: chain((5, 8), layers.LayerNormalization()))
listed("layer_norm_axes", lambda: chain((5, 8), layers.LayerNormalization(axis=[1, 2])))
listed("rms_norm", lambda: chain((5, 8), layers.RMSNormalization()))
listed("group_norm", lambda: chain((6, 6, 8), layers.GroupNormalization(4)))
listed("unit_norm", lambda: chain((5, 8), layers.UnitNormalization()))
listed(
    "normalization",
    lambda: chain((5,), layers.Normalization(mean=[1.0, 2, 3, 4, 5], variance=[1.0, 2, 3, 1, 1])),
)
listed("spectral_norm", lambda: chain((6,), layers.SpectralNormalization(layers.Dense(4))))

# ---- recurrent ----

listed("lstm", lambda: chain((7, 4), layers.LSTM(5)))
listed(
    "lstm_sequences", lambda: chain((7, 4), layers.LSTM(5, return_sequences=True), layers.LSTM(3))
)
listed("lstm_any_length", lambda: chain((None, 4), layers.LSTM(5)))
listed("lstm_unrolled", lambda: chain((4, 3), layers.LSTM(4, unroll=True)))
listed("gru", lambda: chain((7, 4), layers.GRU(5, return_sequences=True)))
listed("gru_reset_before", lambda: chain((7, 4), layers.GRU(5, reset_after=False)))
listed("simple_rnn", lambda: chain((7, 4), layers.SimpleRNN(5)))
listed(
    "bidirectional_lstm",
    lambda: chain(
        (7, 4), layers.Bidirectional(layers.LSTM(3, return_sequences=True)), layers.Dense(2)
    ),
)
listed(
    "bidirectional_gru",
    lambda: chain((7, 4), layers.Bidirectional(layers.GRU(3), merge_mode="sum")),
)
listed(
    "masked_lstm",
    lambda: chain(
        (6,),
        layers.Embedding(12, 4, mask_zero=True),
        layers.LSTM(5),
        layers.Dense(2),
        dtype="int32",
    ),
)
listed("masking", lambda: chain((6, 3), layers.Masking(), layers.GRU(4)))
listed("conv_lstm", lambda: chain((4, 6, 6, 2), layers.ConvLSTM2D(3, 3, padding="same")))
listed("stacked_cells", lambda: chain((6, 3), layers.RNN([layers.LSTMCell(4), layers.GRUCell(3)])))
listed(
    "time_distributed",
    lambda: chain(
        (4, 8, 8, 2),
        layers.TimeDistributed(layers.Conv2D(3, 3)),
        layers.TimeDistributed(layers.Flatten()),
    ),
)


@model
def lstm_states() -> Any:
    x = keras.Input((5, 3))
    h, c = keras.Input((4,)), keras.Input((4,))
    y, h2, c2 = layers.LSTM(4, return_state=True)(x, initial_state=[h, c])
    return keras.Model([x, h, c], [y, h2, c2])


# ---- attention, embeddings ----


@model
def attention() -> Any:
    x = keras.Input((6, 8))
    return keras.Model(x, layers.MultiHeadAttention(2, 4)(x, x))


@model
def attention_causal() -> Any:
    x = keras.Input((None, 8))
    return keras.Model(x, layers.MultiHeadAttention(2, 4)(x, x, use_causal_mask=True))


@model
def attention_masked() -> Any:
    x, mask = keras.Input((6, 8)), keras.Input((6, 6), dtype="bool")
    return keras.Model([x, mask], layers.MultiHeadAttention(2, 4)(x, x, attention_mask=mask))


@model
def attention_grouped() -> Any:
    x = keras.Input((6, 8))
    return keras.Model(x, layers.GroupQueryAttention(4, 4, 2)(x, x))


@model
def attention_simple() -> Any:
    q, v = keras.Input((4, 6)), keras.Input((5, 6))
    return keras.Model([q, v], [layers.Attention()([q, v]), layers.AdditiveAttention()([q, v])])


@model
def text_classifier() -> Any:
    x = keras.Input((None,), dtype="int32")
    y = layers.Embedding(20, 8)(x)
    y = layers.GlobalAveragePooling1D()(y)
    return keras.Model(x, layers.Dense(2, activation="softmax")(y))


@model
def text_cnn() -> Any:
    x = keras.Input((12,), dtype="int32")
    y = layers.Embedding(20, 8)(x)
    parts = [layers.GlobalMaxPooling1D()(layers.Conv1D(4, k, activation="relu")(y)) for k in (2, 3)]
    return keras.Model(x, layers.Dense(1, activation="sigmoid")(layers.Concatenate()(parts)))


@model
def masked_text() -> Any:
    x = keras.Input((8,), dtype="int64")
    y = layers.Embedding(20, 6, mask_zero=True)(x)
    y = layers.Bidirectional(layers.LSTM(4))(y)
    return keras.Model(x, layers.Dense(3)(y))


def encoder(tokens: int, vocabulary: int, width: int, heads: int, depth: int) -> Any:
    """A BERT-style encoder over token ids."""
    ids, mask = keras.Input((tokens,), dtype="int32"), keras.Input((tokens,), dtype="int32")
    places = ops.arange(tokens)
    x = layers.Embedding(vocabulary, width)(ids) + layers.Embedding(tokens, width)(places)
    x = layers.LayerNormalization(epsilon=1e-12)(x)
    allowed = ops.cast(ops.expand_dims(mask, 1), "bool")
    for _ in range(depth):
        y = layers.MultiHeadAttention(heads, width // heads)(x, x, attention_mask=allowed)
        x = layers.LayerNormalization(epsilon=1e-12)(x + y)
        y = layers.Dense(width)(layers.Dense(4 * width, activation="gelu")(x))
        x = layers.LayerNormalization(epsilon=1e-12)(x + y)
    pooled = layers.Dense(width, activation="tanh")(x[:, 0])
    return keras.Model([ids, mask], [x, pooled])


listed("encoder", lambda: encoder(10, 30, 16, 2, 2))


# ---- whole models ----


def residual(x: Any, channels: int, stride: int) -> Any:
    y = layers.Conv2D(channels, 3, strides=stride, padding="same", use_bias=False)(x)
    y = layers.ReLU()(layers.BatchNormalization()(y))
    y = layers.Conv2D(channels, 3, padding="same", use_bias=False)(y)
    y = layers.BatchNormalization()(y)
    if stride > 1:
        x = layers.Conv2D(channels, 1, strides=stride)(x)
    return layers.ReLU()(layers.Add()([x, y]))


@model
def resnet() -> Any:
    x = keras.Input((16, 16, 3))
    y = residual(residual(layers.Conv2D(8, 3, padding="same")(x), 8, 1), 12, 2)
    return keras.Model(x, layers.Dense(4, activation="softmax")(layers.GlobalAveragePooling2D()(y)))


@model
def unet() -> Any:
    x = keras.Input((16, 16, 2))
    a = layers.Conv2D(4, 3, padding="same", activation="relu")(x)
    b = layers.Conv2D(6, 3, padding="same", activation="relu")(layers.MaxPooling2D()(a))
    c = layers.Conv2DTranspose(4, 2, strides=2)(b)
    return keras.Model(x, layers.Conv2D(2, 1, activation="sigmoid")(layers.Concatenate()([a, c])))


@model
def squeeze_excite() -> Any:
    x = keras.Input((8, 8, 6))
    s = layers.GlobalAveragePooling2D(keepdims=True)(x)
    s = layers.Conv2D(2, 1, activation="silu")(s)
    s = layers.Conv2D(6, 1, activation="sigmoid")(s)
    return keras.Model(x, layers.Multiply()([x, s]))


@model
def merges() -> Any:
    a, b = keras.Input((4, 3)), keras.Input((4, 3))
    made = [
        layers.Add()([a, b]), layers.Subtract()([a, b]), layers.Multiply()([a, b]),
        layers.Average()([a, b]), layers.Maximum()([a, b]), layers.Minimum()([a, b]),
        layers.Dot(axes=2)([a, b]), layers.Concatenate(axis=1)([a, b]),
    ]  # fmt: skip
    return keras.Model([a, b], made)


@model
def reductions() -> Any:
    x = keras.Input((4, 3))
    made = [
        ops.sum(x, 1),
        ops.max(x, -1),
        ops.prod(x, 1),
        ops.var(x, -1),
        ops.argmax(x, -1),
        ops.cumsum(x, 1),
        ops.sort(x, -1),
        ops.top_k(x, 2)[0],
        ops.logsumexp(x, -1),
        ops.norm(x, axis=-1),
        ops.any(x > 0, 1),
        ops.std(x, 1),
        ops.argmin(x, 1),
        ops.all(x > -1.0, -1),
    ]
    return keras.Model(x, made)


@model
def elementwise() -> Any:
    x = keras.Input((7,))
    u = ops.sigmoid(x) * 0.9
    made = [
        ops.sin(x), ops.cos(x), ops.tan(u), ops.arcsin(u), ops.arccos(u), ops.arctan(x),
        ops.sinh(u), ops.cosh(u), ops.arcsinh(x), ops.arccosh(u + 1.5), ops.arctanh(u),
        ops.expm1(x), ops.log1p(u), ops.erf(x), ops.sqrt(u), ops.rsqrt(u), ops.reciprocal(u),
        ops.floor(x), ops.ceil(x), ops.round(x), ops.sign(x), ops.square(x), ops.power(u, 1.7),
        ops.floor_divide(x, 0.3), ops.mod(x, 0.7), ops.where(x > 0, x, u), ops.clip(x, -0.5, 0.6),
        ops.arctan2(x, u), ops.maximum(x, u), ops.isnan(x), ops.isfinite(x), ops.logaddexp(x, u),
        ops.logical_and(x > 0, u > 0.5), ops.abs(x), ops.negative(x), ops.log2(u), ops.log10(u),
    ]  # fmt: skip
    return keras.Model(x, made)


@model
def indexing() -> Any:
    x = keras.Input((6, 4))
    made = [
        x[:, 1:4],
        x[:, ::-1],
        x[:, -1],
        x[:, :, None, 2:],
        ops.take(x, [0, 2, 1], axis=1),
        ops.flip(x, 1),
        ops.roll(x, 2, axis=1),
        ops.tile(x, [1, 2, 1]),
        ops.pad(x, [[0, 0], [1, 2], [0, 0]]),
        ops.pad(x, [[0, 0], [1, 2], [0, 0]], mode="reflect"),
        ops.stack([x, 2 * x], 1),
        *ops.split(x, 2, axis=1),
        *ops.split(x, [1, 3], axis=1),
        ops.repeat(x, 2, axis=1),
        ops.one_hot(ops.cast(ops.argmax(x, -1), "int32"), 5),
        ops.tril(ops.matmul(x, ops.transpose(x, [0, 2, 1]))),
        ops.diag(ops.sum(x, [0, 1])),
        ops.expand_dims(x, -1),
        ops.squeeze(x[:, :1], 1),
        ops.swapaxes(x, 1, 2),
        ops.take_along_axis(x, ops.cast(ops.argsort(x, axis=1), "int32"), axis=1),
        ops.broadcast_to(ops.sum(x, [0, 1]), [2, 4]),
        ops.full_like(x, 2.0),
        ops.zeros_like(x),
        ops.searchsorted(ops.convert_to_tensor([0.0, 1.0]), x[0, 0]),
    ]
    return keras.Model(x, made)


@model
def detector() -> Any:
    """Boxes decoded from anchors and chosen so that they do not overlap."""
    anchors = np.random.default_rng(3).random((12, 4)).astype("float32")

    class Decode(layers.Layer):
        def call(self, deltas, scores):
            centres = deltas[..., :2] * 0.1 + anchors[:, :2]
            sizes = ops.exp(deltas[..., 2:] * 0.2) * anchors[:, 2:]
            boxes = ops.concatenate([centres - sizes / 2, centres + sizes / 2], -1)
            best = ops.max(scores, -1)
            chosen, count = tf.image.non_max_suppression_padded(
                boxes[0], best[0], 5, 0.5, 0.1, pad_to_max_output_size=True
            )
            return ops.take(boxes[0], chosen, axis=0), ops.take(best[0], chosen, axis=0), count

        def compute_output_spec(self, deltas, scores):
            return (
                keras.KerasTensor((5, 4)), keras.KerasTensor((5,)), keras.KerasTensor((), "int32")
            )  # fmt: skip

    x = keras.Input((8, 8, 3))
    y = layers.Conv2D(8, 3, strides=2, activation="relu")(x)
    y = layers.Flatten()(y)
    deltas = layers.Reshape((12, 4))(layers.Dense(48)(y))
    scores = layers.Reshape((12, 3))(layers.Dense(36, activation="sigmoid")(y))
    return keras.Model(x, Decode()(deltas, scores))


@model
def branches() -> Any:
    """Control flow on values."""

    class Branch(layers.Layer):
        def call(self, x):
            total = ops.sum(x)
            y = ops.cond(total > 0, lambda: x * 2.0, lambda: x - 1.0)
            n, y = ops.while_loop(lambda i, v: i < 4, lambda i, v: (i + 1, v * 0.5 + 1.0), (0, y))
            return ops.switch(ops.cast(n, "int32") - 3, [lambda v: v, lambda v: v + 10.0], y)

        def compute_output_spec(self, x):
            return keras.KerasTensor(x.shape, x.dtype)

    x = keras.Input((3,))
    return keras.Model(x, Branch()(x))


@model
def two_in_two_out() -> Any:
    image, extra = keras.Input((8, 8, 3), name="image"), keras.Input((4,), name="extra")
    y = layers.Flatten()(layers.Conv2D(4, 3, activation="relu")(image))
    y = layers.Concatenate()([y, extra])
    return keras.Model(
        [image, extra],
        [layers.Dense(3, name="kind")(y), layers.Dense(2, activation="softmax", name="odds")(y)],
    )


@model
def mixed_precision() -> Any:
    x = keras.Input((8, 8, 3))
    y = layers.Conv2D(4, 3, dtype="mixed_float16", activation="relu")(x)
    y = layers.Flatten(dtype="mixed_float16")(y)
    return keras.Model(x, layers.Dense(3, dtype="float32")(y))


# ---- applications: large, for the long list only ----

APPLICATIONS: dict[str, Maker] = {
    "mobilenet_v2": lambda: keras.applications.MobileNetV2((96, 96, 3), weights=None, classes=10),
    "mobilenet_v3": lambda: keras.applications.MobileNetV3Small(
        (96, 96, 3), weights=None, classes=10
    ),
    "efficientnet_b0": lambda: keras.applications.EfficientNetB0(
        weights=None, input_shape=(96, 96, 3), classes=10
    ),
    "densenet": lambda: keras.applications.DenseNet121(
        weights=None, input_shape=(64, 64, 3), classes=10
    ),
    "resnet50": lambda: keras.applications.ResNet50V2(
        weights=None, input_shape=(64, 64, 3), classes=10
    ),
    "convnext": lambda: keras.applications.ConvNeXtTiny(
        weights=None, input_shape=(64, 64, 3), classes=10
    ),
    "bert_size": lambda: encoder(64, 1000, 256, 4, 4),
}
