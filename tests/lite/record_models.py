"""Records small models of TensorFlow's own converter, with what LiteRT's reference kernels give.

Run where real TensorFlow and ai-edge-litert are installed:

    TF_CPP_MIN_LOG_LEVEL=3 .oracle/bin/python tests/lite/record_models.py [NAME ...]

Writes tests/lite/recorded/models.tar.xz: for each model `NAME.tflite` and `NAME.npz`, whose arrays
are named `in0`, `in1`, ... and `out0`, ... in the order of the model's inputs and outputs.
"""

from __future__ import annotations

import io
import sys
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter, OpResolverType

ARCHIVE = Path(__file__).parent / "recorded" / "models.tar.xz"
layers = tf.keras.layers

MODELS: dict[str, tuple[Callable[[], object], str]] = {}
"""What builds each model, and the modes it is converted in."""
OPTIMIZED = {"normalization_int8"}
"""Run with LiteRT's optimized kernels: the reference kernel of SUM takes int8 values for uint8."""
FLOAT = "float"
ALL = "float float16 dynamic int8 int16"


def model(modes: str = FLOAT) -> Callable[[Callable[[], object]], Callable[[], object]]:
    """Registers what builds a Keras model or a concrete function."""

    def register(build: Callable[[], object]) -> Callable[[], object]:
        MODELS[build.__name__] = (build, modes)
        return build

    return register


def sequential(shape: tuple[int, ...], *parts: object, dtype: str = "float32") -> object:
    return tf.keras.Sequential([layers.Input(shape, dtype=dtype), *parts])


def fixed(shape: tuple[int, ...], *parts: object) -> object:
    """A model with batch 1, for layers that are not converted otherwise."""
    return tf.keras.Sequential([layers.Input(batch_shape=(1, *shape)), *parts])


def function(*specs: object) -> Callable[[Callable[..., object]], object]:
    """A concrete function of these specs."""
    return lambda body: tf.function(body).get_concrete_function(*specs)


def spec(*shape: int | None, dtype: tf.DType = tf.float32) -> tf.TensorSpec:
    return tf.TensorSpec(shape, dtype)


@model(ALL)
def dense():
    return sequential((16,), layers.Dense(70, "relu"), layers.Dense(5, "softmax"))


@model("float int8")
def dense_3d():
    return sequential((4, 6), layers.Dense(7, "tanh"), layers.Dense(3, "sigmoid"))


@model(ALL)
def conv2d():
    return sequential(
        (9, 9, 3),
        layers.Conv2D(8, 3, activation="relu"),
        layers.BatchNormalization(),
        layers.Conv2D(20, 3, strides=2, padding="same", activation="relu6"),
        layers.GlobalAveragePooling2D(),
        layers.Dense(4, "softmax"),
    )


@model(ALL)
def depthwise():
    return sequential(
        (8, 8, 4),
        layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2, activation="relu"),
        layers.SeparableConv2D(40, 3, strides=2),
        layers.MaxPooling2D(2),
    )


@model("float int8 int16 dynamic")
def conv2d_transpose():
    return sequential((4, 4, 12), layers.Conv2DTranspose(12, 3, strides=2, padding="same"))


@model("float int8")
def pooling():
    return sequential(
        (9, 9, 3),
        layers.AveragePooling2D(2, padding="same"),
        layers.MaxPooling2D(3, 2, "same"),
        layers.GlobalMaxPooling2D(),
    )


@model("float int8")
def conv1d():
    return sequential(
        (12, 5),
        layers.Conv1D(6, 3, padding="causal", dilation_rate=2),
        layers.ReLU(),
        layers.MaxPooling1D(2),
        layers.SeparableConv1D(4, 3),
    )


@model()
def conv3d():
    return sequential((5, 5, 5, 2), layers.Conv3D(3, 2, activation="relu"), layers.ZeroPadding3D(1))


@model()
def conv3d_transpose():
    return fixed((3, 3, 3, 2), layers.Conv3DTranspose(3, 2, strides=2))


@model("float int8")
def dilated():
    return sequential((10, 10, 2), layers.Conv2D(3, 3, dilation_rate=2, padding="same"))


@model("float int8")
def residual():
    image = layers.Input((6, 6, 4))
    one = layers.Conv2D(4, 3, padding="same", activation="relu")(image)
    two = layers.Add()([image, one])
    three = layers.Multiply()([two, one])
    four = layers.Subtract()([three, image])
    five = layers.Concatenate()([four, two])
    six = layers.Maximum()([one, image])
    return tf.keras.Model(image, [layers.Average()([four, six]), layers.Flatten()(five)])


@model("float int8")
def padding():
    return sequential(
        (5, 6, 2),
        layers.ZeroPadding2D(((1, 0), (2, 1))),
        layers.Cropping2D(1),
        layers.Permute((2, 1, 3)),
    )


@model("float int8")
def upsampling():
    return sequential(
        (4, 5, 2), layers.UpSampling2D(2), layers.UpSampling2D(2, interpolation="bilinear")
    )


@model("float int8")
def resizing():
    return sequential((7, 5, 3), layers.Resizing(11, 9), layers.Rescaling(1 / 127.5, -1))


@model("float int8")
def activations_smooth():
    x = layers.Input((10,))
    names = [
        "elu",
        "selu",
        "gelu",
        "silu",
        "softplus",
        "softsign",
        "tanh",
        "sigmoid",
        "exponential",
    ]
    return tf.keras.Model(x, [layers.Activation(name)(x) for name in names])


@model("float int8")
def activations_piecewise():
    x = layers.Input((10,))
    return tf.keras.Model(
        x,
        [
            layers.ReLU()(x), layers.ReLU(6.0)(x), layers.LeakyReLU(0.2)(x),
            layers.PReLU("random_normal")(x), layers.Activation("hard_sigmoid")(x),
            layers.Activation("hard_silu")(x), layers.Activation("log_softmax")(x),
        ],
    )  # fmt: skip


@model("float int8")
def normalization():
    x = layers.Input((6, 8))
    return tf.keras.Model(
        x,
        [
            layers.LayerNormalization()(x), layers.BatchNormalization()(layers.ReLU()(x)),
            layers.UnitNormalization()(x), layers.GroupNormalization(2)(x),
        ],
    )  # fmt: skip


@model("float dynamic int8")
def attention():
    x = layers.Input((6, 32))
    y = layers.MultiHeadAttention(2, 16)(x, x)
    return tf.keras.Model(x, layers.LayerNormalization()(layers.Add()([x, y])))


@model("float dynamic")
def embedding():
    return sequential(
        (7,),
        layers.Embedding(50, 24),
        layers.GlobalAveragePooling1D(),
        layers.Dense(3),
        dtype="int32",
    )


@model("float dynamic")
def lstm():
    return fixed((5, 4), layers.LSTM(16, return_sequences=True), layers.LSTM(3))


@model()
def gru():
    return fixed((5, 4), layers.GRU(6))


@model("float int8")
def lstm_unrolled():
    return sequential((3, 4), layers.LSTM(5, unroll=True))


@model()
def bidirectional():
    return fixed((4, 3), layers.Bidirectional(layers.LSTM(4)))


@model()
def simple_rnn():
    return fixed((4, 3), layers.SimpleRNN(4))


@model()
def arithmetic():
    @function(spec(3, 4), spec(4))
    def run(x, y):
        p = tf.abs(x) + 0.5
        return (
            x + y, x - y, x * y, x / p, tf.math.floordiv(x, p), tf.math.floormod(x, p),
            tf.maximum(x, y), tf.minimum(x, y), tf.pow(p, y), tf.math.squared_difference(x, y),
        )  # fmt: skip

    return run


@model()
def unary():
    @function(spec(3, 4))
    def run(x):
        p = tf.abs(x) + 0.1
        return (
            tf.abs(x), tf.exp(x), tf.math.log(p), tf.sqrt(p), tf.math.rsqrt(p), tf.square(x),
            tf.sin(x), tf.cos(x), tf.floor(x), tf.math.ceil(x), tf.round(x), tf.sign(x), -x,
            tf.nn.relu(x), tf.nn.elu(x), tf.nn.l2_normalize(x, -1), tf.nn.log_softmax(x),
        )  # fmt: skip

    return run


@model()
def integers():
    @function(spec(3, 4, dtype=tf.int32), spec(4, dtype=tf.int32))
    def run(x, y):
        y = tf.abs(y) + 1
        return (
            x + y, x - y, x * y, x // y, x % y, tf.maximum(x, y), tf.minimum(x, y), -x, tf.abs(x),
            tf.sign(x), tf.cast(x, tf.float32), tf.cast(x, tf.int64) * 3,
            tf.bitwise.bitwise_xor(x, y),
            tf.cumsum(x, 1), tf.cumsum(x, 0, exclusive=True, reverse=True),
        )  # fmt: skip

    return run


@model()
def comparisons():
    @function(spec(3, 4), spec(4))
    def run(x, y):
        less = x < y
        return (
            less, x <= y, x > y, x >= y, tf.equal(x, y), tf.not_equal(x, y),
            tf.logical_and(less, x > 0), tf.logical_or(less, x > 0), tf.logical_not(less),
            tf.where(less, x, y), tf.where(less), tf.reduce_any(less, 1), tf.reduce_all(less, 0),
        )  # fmt: skip

    return run


@model()
def reductions():
    @function(spec(2, 3, 4))
    def run(x):
        return (
            tf.reduce_sum(x, [0, 2]), tf.reduce_mean(x, 1, keepdims=True), tf.reduce_max(x, -1),
            tf.reduce_min(x, 0), tf.reduce_prod(x, 1), tf.argmax(x, -1), tf.argmin(x, 1, tf.int32),
            *tf.math.top_k(x, 2),
        )  # fmt: skip

    return run


@model()
def slicing():
    @function(spec(4, 5, 6))
    def run(x):
        return (
            x[1:, ::2, -1], x[..., tf.newaxis, 2], tf.slice(x, [1, 0, 2], [2, -1, 3]),
            *tf.split(x, 2), *tf.split(x, [1, 3, 2], -1), *tf.unstack(x, axis=1)[:2],
            tf.stack([x, x], 1), tf.reverse(x, [1, 2]), tf.transpose(x, [2, 0, 1]),
            tf.tile(x, [1, 2, 1]), tf.pad(x, [[1, 0], [0, 2], [1, 1]], constant_values=3.0),
            tf.pad(x, [[1, 1], [0, 2], [1, 1]], "REFLECT"),
            tf.pad(x, [[1, 1], [0, 2], [1, 1]], "SYMMETRIC"), x[::-1, 3:0:-2],
        )  # fmt: skip

    return run


@model()
def gathering():
    @function(spec(4, 5), spec(3, dtype=tf.int32))
    def run(x, i):
        i = tf.math.floormod(i, 4)
        return (
            tf.gather(x, i), tf.gather(x, i, axis=1), tf.gather_nd(x, tf.stack([i, i], 1)),
            tf.gather(x, tf.tile(i[:1, None], [4, 2]), batch_dims=1),
            tf.one_hot(i, 5), tf.one_hot(i, 3, 2.0, -1.0, axis=0),
            tf.scatter_nd(i[:, None], tf.ones([3, 2]), [4, 2]),
            tf.tensor_scatter_nd_update(x, i[:, None], x[:3] * 2.0),
            tf.math.unsorted_segment_sum(x, tf.constant([0, 2, 0, 1]), 3),
            tf.math.segment_sum(x, tf.constant([0, 0, 1, 1])),
            tf.linalg.diag(x[0]), tf.reverse_sequence(x, tf.constant([1, 3, 2, 5]), 1, 0),
        )  # fmt: skip

    return run


@model()
def shapes():
    @function(spec(None, 3))
    def run(x):
        n = tf.shape(x)[0]
        return (
            tf.shape(x), tf.reshape(x, [n * 3]), tf.zeros([n, 2]), tf.range(n), tf.rank(x),
            tf.fill([2, n], 5), tf.broadcast_to(x[:1], [4, 3]), tf.expand_dims(x, 1),
            tf.squeeze(x[:, None, :], 1), tf.zeros_like(x), tf.size(x),
            *tf.unique(tf.constant([3, 1, 3, 2])),
        )  # fmt: skip

    return run


@model()
def spaces():
    @function(spec(1, 4, 4, 8))
    def run(x):
        return (
            tf.nn.space_to_depth(x, 2), tf.nn.depth_to_space(x, 2),
            tf.space_to_batch(x, [2, 2], [[0, 0], [2, 0]]),
            tf.nn.local_response_normalization(x, 2, 1.0, 0.5, 0.75),
            tf.nn.avg_pool2d(x, 3, 2, "SAME"),
        )  # fmt: skip

    return run


@model()
def resize_functions():
    @function(spec(1, 4, 5, 2))
    def run(x):
        v1 = tf.compat.v1.image
        return (
            tf.image.resize(x, [7, 9]), tf.image.resize(x, [6, 3], "nearest"),
            v1.resize_bilinear(x, [7, 9], align_corners=True), v1.resize_bilinear(x, [8, 3]),
            v1.resize_nearest_neighbor(x, [7, 9], align_corners=True),
            v1.resize_nearest_neighbor(x, [3, 8]),
        )  # fmt: skip

    return run


@model()
def matmuls():
    @function(spec(2, 3, 4), spec(2, 5, 4))
    def run(x, y):
        return tf.matmul(x, y, transpose_b=True), tf.einsum("bij,bkj->ik", x, y)

    return run


@model()
def branches():
    @function(spec(3))
    def run(x):
        return tf.cond(tf.reduce_sum(x) > 0, lambda: x * 2.0, lambda: -x)

    return run


@model()
def loop():
    @function(spec(3), spec(dtype=tf.int32))
    def run(x, n):
        n = tf.math.floormod(n, 6)
        return tf.while_loop(lambda i, y: i < n, lambda i, y: (i + 1, y * 1.5 + 1.0), [0, x])

    return run


@model()
def growing_loop():
    @function(spec(3))
    def run(x):
        _, rows = tf.while_loop(
            lambda i, rows: i < 3,
            lambda i, rows: (i + 1, tf.concat([rows, x[None] + tf.cast(i, tf.float32)], 0)),
            [0, tf.zeros([0, 3])],
            [tf.TensorShape([]), tf.TensorShape([None, 3])],
        )
        return rows

    return run


@model()
def suppression():
    @function(spec(6, 4), spec(6))
    def run(boxes, scores):
        low = tf.minimum(boxes[:, :2], boxes[:, 2:])
        boxes = tf.concat([low, low + tf.abs(boxes[:, 2:]) + 0.2], 1)
        one, count = tf.image.non_max_suppression_padded(
            boxes, scores, 4, 0.3, pad_to_max_output_size=True
        )
        two, soft = tf.image.non_max_suppression_with_scores(
            boxes, scores, 4, 0.3, soft_nms_sigma=0.5
        )
        return one, count, two, soft

    return run


@model()
def complex_numbers():
    @function(spec(1, 8))
    def run(x):
        y = tf.signal.rfft2d(tf.tile(x, [4, 1]))
        return tf.math.real(y), tf.math.imag(y), tf.abs(y)

    return run


class Counter(tf.Module):
    """A model with a variable."""

    def __init__(self):
        super().__init__()
        self.total = tf.Variable(tf.zeros([3]))

    @tf.function(input_signature=[tf.TensorSpec([3], tf.float32)])
    def run(self, x):
        return self.total.assign_add(x)


@model()
def variables():
    counter = Counter()
    return counter.run.get_concrete_function(), counter


@model()
def bucketize():
    @function(spec(8))
    def run(x):
        return tf.raw_ops.Bucketize(input=x, boundaries=[-0.5, 0.0, 1.0])

    return run


@model()
def fake_quant():
    @function(spec(8))
    def run(x):
        return tf.quantization.fake_quant_with_min_max_args(x, -1.0, 1.5)

    return run


def convert(built: object, mode: str) -> bytes:
    make = tf.lite.TFLiteConverter
    if isinstance(built, tuple):
        converter = make.from_concrete_functions([built[0]], built[1])
        converter.experimental_enable_resource_variables = True
    elif isinstance(built, tf.keras.Model):
        converter = make.from_keras_model(built)
    else:
        converter = make.from_concrete_functions([built])
    if mode != FLOAT:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if mode == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if mode in ("int8", "int16"):
        draw = np.random.default_rng(3)
        specs = [(tuple(each.shape), each.dtype) for each in built.inputs]

        def samples():
            for _ in range(8):
                yield [draw.normal(size=(1, *shape[1:])).astype(dtype) for shape, dtype in specs]

        converter.representative_dataset = samples
    if mode == "int16":
        converter.target_spec.supported_ops = [
            tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8,
        ]
    if mode == "int8":
        converter.inference_input_type = converter.inference_output_type = tf.int8
        converter.target_spec.supported_ops = [
            tf.lite.OpsSet.TFLITE_BUILTINS_INT8, tf.lite.OpsSet.TFLITE_BUILTINS,
        ]  # fmt: skip
    return converter.convert()


def run(name: str, data: bytes, seed: int) -> dict[str, np.ndarray]:
    """Random inputs, and what LiteRT makes of them."""
    optimized = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    if name in OPTIMIZED:
        return _run(data, seed, optimized)
    try:
        return _run(data, seed, OpResolverType.BUILTIN_REF)
    except (RuntimeError, ValueError):  # some operators have no reference kernel
        return _run(data, seed, optimized)


def _run(data: bytes, seed: int, kernels: OpResolverType) -> dict[str, np.ndarray]:
    interpreter = Interpreter(model_content=data, experimental_op_resolver_type=kernels)
    draw = np.random.default_rng(seed)
    found = {}
    for place, detail in enumerate(interpreter.get_input_details()):
        shape = [2 if each == -1 else each for each in detail["shape_signature"]]
        if list(detail["shape"]) != shape:
            interpreter.resize_tensor_input(detail["index"], shape)
        dtype = detail["dtype"]
        if dtype is np.float32:
            value = draw.normal(size=shape).astype(dtype)
        elif detail["quantization"][0]:
            info = np.iinfo(dtype)
            value = draw.integers(info.min, info.max + 1, shape).astype(dtype)
        else:
            value = draw.integers(0, 40, shape).astype(dtype)
        found[f"in{place}"] = np.asarray(value, dtype)
    interpreter.allocate_tensors()
    for place, detail in enumerate(interpreter.get_input_details()):
        interpreter.set_tensor(detail["index"], found[f"in{place}"])
    interpreter.invoke()
    for place, detail in enumerate(interpreter.get_output_details()):
        found[f"out{place}"] = interpreter.get_tensor(detail["index"])
    return found


def main(names: list[str]) -> None:
    ARCHIVE.parent.mkdir(exist_ok=True)
    files: dict[str, bytes] = {}
    for name, (build, modes) in MODELS.items():
        if names and name not in names:
            continue
        for mode in modes.split():
            tf.keras.utils.set_random_seed(zlib.crc32(name.encode()))
            full = f"{name}_{mode}"
            try:
                data = convert(build(), mode)
                values = run(full, data, zlib.crc32(full.encode()))
            except Exception as error:  # noqa: BLE001  # said, and the others go on
                print(f"{full}: {type(error).__name__}: {str(error)[:300]}", flush=True)
                continue
            stream = io.BytesIO()
            np.savez(stream, **values)
            files[f"{full}.tflite"] = data
            files[f"{full}.npz"] = stream.getvalue()
            print(f"{full}: {len(data)} bytes", flush=True)
    with tarfile.open(ARCHIVE, "w:xz", preset=9) as archive:
        for name, data in sorted(files.items(), key=lambda item: item[0].split(".")[::-1]):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    print(f"{len(files) // 2} models, {ARCHIVE.stat().st_size} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
