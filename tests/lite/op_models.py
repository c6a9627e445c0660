"""Models of one operator each, for kernels that few whole models reach."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from flatbuffers import flexbuffers

from tidefall.lite.schema import (
    ActivationFunctionType,
    AddOptions,
    BatchMatMulOptions,
    BidirectionalSequenceLSTMOptions,
    BidirectionalSequenceRNNOptions,
    Buffer,
    BuiltinOperator,
    CastOptions,
    ConcatenationOptions,
    Conv2DOptions,
    CumsumOptions,
    DepthwiseConv2DOptions,
    DivOptions,
    FullyConnectedOptions,
    GatherOptions,
    GeluOptions,
    L2NormOptions,
    LeakyReluOptions,
    LSTMKernelType,
    LSTMOptions,
    Model,
    MulOptions,
    Operator,
    OperatorCode,
    Padding,
    Pool2DOptions,
    QuantizationParameters,
    ReducerOptions,
    ResizeBilinearOptions,
    ResizeNearestNeighborOptions,
    RNNOptions,
    SequenceRNNOptions,
    SoftmaxOptions,
    StridedSliceOptions,
    SubGraph,
    SubOptions,
    SVDFOptions,
    Table,
    Tensor,
    TensorType,
    TransposeConvOptions,
    UnidirectionalSequenceLSTMOptions,
)

TYPES = {
    "f32": TensorType.FLOAT32,
    "i8": TensorType.INT8,
    "u8": TensorType.UINT8,
    "i16": TensorType.INT16,
    "i32": TensorType.INT32,
    "i64": TensorType.INT64,
    "bool": TensorType.BOOL,
}
DTYPES = {
    "f32": np.float32,
    "i8": np.int8,
    "u8": np.uint8,
    "i16": np.int16,
    "i32": np.int32,
    "i64": np.int64,
    "bool": np.bool_,
}
RELU = ActivationFunctionType.RELU
RELU6 = ActivationFunctionType.RELU6
TANH = ActivationFunctionType.TANH
NONE = ActivationFunctionType.NONE


@dataclass
class T:
    """A tensor of a record.

    Args:
        type: a key of `TYPES`.
        shape: its shape; that of outputs does not matter.
        scale: its scale or scales.
        zero: its zero point.
        data: its value, of a constant.
        variable: whether it is a variable.
        axis: the quantized dimension.
        low: least random value.
        high: greatest.
    """

    type: str
    shape: tuple[int, ...] = ()
    scale: float | list[float] | None = None
    zero: int = 0
    data: Any = None
    variable: bool = False
    axis: int = 0
    low: float | None = None
    high: float | None = None


@dataclass
class Record:
    """A model of one operator."""

    name: str
    operator: str
    inputs: list[T | None]
    outputs: list[T]
    options: Table | None = None
    intermediates: list[T] = field(default_factory=list[T])
    version: int = 1
    runs: int = 1
    custom: dict[str, Any] | None = None

    def model(self) -> Model:
        """The model; inputs without data are its inputs."""
        tensors: list[Tensor] = []
        buffers = [Buffer()]
        graph = SubGraph(name="main", tensors=tensors)

        def add(each: T, name: str) -> int:
            tensor = Tensor(
                name=name, shape=list(each.shape), type=TYPES[each.type], is_variable=each.variable
            )
            if each.scale is not None:
                scales = each.scale if isinstance(each.scale, list) else [each.scale]
                tensor.quantization = QuantizationParameters(
                    scale=scales,
                    zero_point=[each.zero] * len(scales),
                    quantized_dimension=each.axis,
                )
            if each.data is not None:
                tensor.buffer = len(buffers)
                data = np.ascontiguousarray(each.data, DTYPES[each.type])
                buffers.append(Buffer(data=data.tobytes()))
            tensors.append(tensor)
            return len(tensors) - 1

        operator = Operator(builtin_options=self.options)
        for place, each in enumerate(self.inputs):
            if each is None:
                operator.inputs.append(-1)
                continue
            index = add(each, f"in{place}")
            operator.inputs.append(index)
            if each.data is None and not each.variable:
                graph.inputs.append(index)
        for place, each in enumerate(self.outputs):
            operator.outputs.append(add(each, f"out{place}"))
        graph.outputs = list(operator.outputs)
        operator.intermediates = [
            add(each, f"between{place}") for place, each in enumerate(self.intermediates)
        ]
        graph.operators = [operator]
        code = OperatorCode(builtin_code=BuiltinOperator.CUSTOM, custom_code=self.operator)
        if self.custom is None:
            code = OperatorCode(builtin_code=BuiltinOperator[self.operator], version=self.version)
        else:
            operator.custom_options = bytes(flexbuffers.Dumps(self.custom))
        return Model(
            version=3,
            buffers=buffers,
            subgraphs=[graph],
            operator_codes=[code],
        )

    def values(self, seed: int) -> list[np.ndarray]:
        """Random values for the model's inputs."""
        draw = np.random.default_rng(seed)
        found = []
        for each in self.inputs:
            if each is None or each.data is not None or each.variable:
                continue
            if each.type == "f32":
                low, high = each.low, each.high
                value = draw.normal(size=each.shape) * 2
                if low is not None:
                    value = draw.uniform(low, high, each.shape)
            elif each.type == "bool":
                value = draw.random(each.shape) < 0.5
            else:
                info = np.iinfo(DTYPES[each.type])
                low = info.min if each.low is None else int(each.low)
                high = info.max if each.high is None else int(each.high)
                if each.scale is None and each.low is None:
                    low, high = -50 if info.min < 0 else 0, 50
                value = draw.integers(low, high + 1, each.shape)
            found.append(np.asarray(value, DTYPES[each.type]))
        return found


def ints(*values: int) -> T:
    """A constant vector of int32."""
    return T("i32", (len(values),), data=list(values))


def _zero(kind: str, draw: np.random.Generator) -> int:
    if kind == "i16":
        return 0
    return int(draw.integers(90, 160)) if kind == "u8" else int(draw.integers(-30, 30))


def _scale(kind: str, draw: np.random.Generator, size: float = 1.0) -> float:
    steps = 32768 if kind == "i16" else 128
    return float(np.float32(draw.uniform(1, 4) * size / steps))


def records(seed: int = 11) -> Iterator[Record]:
    """All records; another seed gives other scales, zero points and weights."""
    draw = np.random.default_rng(seed)
    yield from _binary(draw)
    yield from _unary(draw)
    yield from _convolutions(draw)
    yield from _pools_and_reductions(draw)
    yield from _others(draw)
    yield from _recurrent(draw)
    yield from _detection(draw)


def _binary(draw: np.random.Generator) -> Iterator[Record]:
    options = {
        "ADD": AddOptions,
        "SUB": SubOptions,
        "MUL": MulOptions,
        "DIV": DivOptions,
    }
    for kind in ("i8", "u8", "i16"):
        for operator, cls in options.items():
            if operator == "DIV" and kind == "i16":
                continue
            for activation in (NONE, RELU6):
                extra = {"pot_scale_int16": False} if operator in ("ADD", "SUB") else {}
                low = 1 + _zero(kind, draw)
                second = T(kind, (1, 4), _scale(kind, draw), _zero(kind, draw))
                if operator == "DIV":
                    second.low, second.high = max(low, second.zero + 1), np.iinfo(DTYPES[kind]).max
                version = {"ADD": 2, "SUB": 2, "MUL": 2, "DIV": 2 if kind == "i8" else 1}[operator]
                yield Record(
                    f"{operator}_{kind}_{activation.name}",
                    operator,
                    [T(kind, (3, 4), _scale(kind, draw), _zero(kind, draw)), second],
                    [T(kind, (3, 4), _scale(kind, draw, 2), _zero(kind, draw))],
                    cls(fused_activation_function=activation, **extra),
                    version=4 if kind == "i16" and operator == "MUL" else version,
                )
    for operator, cls in (("ADD", AddOptions), ("SUB", SubOptions)):
        yield Record(
            f"{operator}_i16_pot",
            operator,
            [T("i16", (3, 4), 2.0**-12), T("i16", (3, 4), 2.0**-11)],
            [T("i16", (3, 4), 2.0**-11)],
            cls(),
            version=2,
        )
    yield Record(
        "SQUARED_DIFFERENCE_i8",
        "SQUARED_DIFFERENCE",
        [T("i8", (3, 4), _scale("i8", draw), 3), T("i8", (3, 4), _scale("i8", draw), -5)],
        [T("i8", (3, 4), _scale("i8", draw, 4), -100)],
        version=2,
    )
    for kind in ("i8", "u8"):
        for operator in ("LESS", "GREATER_EQUAL", "EQUAL"):
            yield Record(
                f"{operator}_{kind}",
                operator,
                [T(kind, (8, 8), 0.031, 3), T(kind, (8, 8), 0.0322, 2)],
                [T("bool", (8, 8))],
                version=2,
            )
    for operator in ("MAXIMUM", "MINIMUM"):
        for kind in ("i8", "f32", "i32"):
            scale = 0.1 if kind == "i8" else None
            yield Record(
                f"{operator}_{kind}",
                operator,
                [T(kind, (3, 4), scale), T(kind, (4,), scale)],
                [T(kind, (3, 4), scale)],
                version=2,
            )
    yield Record("ATAN2_f32", "ATAN2", [T("f32", (5,)), T("f32", (5,))], [T("f32", (5,))])
    for kind in ("f32", "i32"):
        yield Record(
            f"FLOOR_MOD_{kind}",
            "FLOOR_MOD",
            [T(kind, (4, 5)), T(kind, (5,), low=1, high=7)],
            [T(kind, (4, 5))],
        )


def _unary(draw: np.random.Generator) -> Iterator[Record]:
    for kind in ("i8", "u8", "i16"):
        for operator, options in (
            ("RELU", None),
            ("RELU6", None),
            ("RELU_N1_TO_1", None),
            ("LEAKY_RELU", LeakyReluOptions(alpha=0.3)),
            ("LEAKY_RELU", LeakyReluOptions(alpha=-0.7)),
            ("HARD_SWISH", None),
            ("GELU", GeluOptions()),
            ("GELU", GeluOptions(approximate=True)),
            ("ABS", None),
            ("EXP", None),
            ("LOG", None),
            ("RSQRT", None),
            ("ELU", None),
            ("SQRT", None),
        ):
            if kind == "i16" and operator in ("HARD_SWISH", "ELU", "RELU6", "RELU_N1_TO_1"):
                continue
            if kind == "u8" and operator in ("ABS", "EXP", "LOG", "RSQRT", "ELU", "SQRT"):
                continue
            zero = _zero(kind, draw)
            source = T(kind, (64,), _scale(kind, draw, 3), zero)
            if operator in ("LOG", "RSQRT", "SQRT"):
                source.low, source.high = zero, np.iinfo(DTYPES[kind]).max
            extra = "" if options is None else f"_{next(iter(options.__dict__.values()))}"
            version = 2 if operator in ("RELU", "RELU6", "LEAKY_RELU", "ABS", "LOG", "GELU") else 1
            version = 2 if operator in ("RSQRT", "EXP", "SQRT") else version
            if operator == "GELU":
                version = 2
            yield Record(
                f"{operator}_{kind}{extra}",
                operator,
                [source],
                [T(kind, (64,), _scale(kind, draw, 2), _zero(kind, draw))],
                options,
                version=version,
            )
    for kind, output in (("i8", (1 / 256, -128)), ("u8", (1 / 256, 0)), ("i16", (2.0**-15, 0))):
        for scale in (0.05, 0.003, 2.0**-12, 2.0**-11):
            pot = scale in (2.0**-12, 2.0**-11)
            steps = scale / 100 if kind == "i16" and not pot else scale
            yield Record(
                f"LOGISTIC_{kind}_{scale:.4f}",
                "LOGISTIC",
                [T(kind, (128,), steps, 0 if kind == "i16" else 5)],
                [T(kind, (128,), *output)],
                version=3 if kind == "i16" else 2,
            )
            zero = {"i8": 0, "u8": 128, "i16": 0}[kind]
            out = 2.0**-15 if kind == "i16" else 1 / 128
            yield Record(
                f"TANH_{kind}_{scale:.4f}",
                "TANH",
                [T(kind, (128,), steps, 0 if kind == "i16" else 5)],
                [T(kind, (128,), out, zero)],
                version=3 if kind == "i16" else 2,
            )
            yield Record(
                f"SOFTMAX_{kind}_{scale:.4f}",
                "SOFTMAX",
                [T(kind, (6, 10), steps, 0)],
                [T(kind, (6, 10), *output)],
                SoftmaxOptions(beta=1.0),
                version=3 if kind == "i16" else 2,
            )
    for kind, zero in (("i8", 127), ("u8", 255)):
        for scale in (0.1, 0.01, 0.5):
            yield Record(
                f"LOG_SOFTMAX_{kind}_{scale}",
                "LOG_SOFTMAX",
                [T(kind, (6, 10), scale, 3)],
                [T(kind, (6, 10), 16 / 256, zero)],
                version=2,
            )
    for kind, zero in (("i8", 0), ("u8", 128)):
        yield Record(
            f"L2_NORMALIZATION_{kind}",
            "L2_NORMALIZATION",
            [T(kind, (5, 7), 0.1, zero + 3)],
            [T(kind, (5, 7), 1 / 128, zero)],
            L2NormOptions(),
            version=2,
        )
    for kind in ("i8", "u8", "i16"):
        slope = T("i8" if kind == "i16" else kind, (1, 4), _scale(kind, draw), _zero(kind, draw))
        slope.data = draw.integers(0, 100, (1, 4))
        yield Record(
            f"PRELU_{kind}",
            "PRELU",
            [T(kind, (9, 4), _scale(kind, draw), _zero(kind, draw)), slope],
            [T(kind, (9, 4), _scale(kind, draw), _zero(kind, draw))],
        )
    for source, target in (
        ("f32", "i8"),
        ("f32", "u8"),
        ("f32", "i16"),
        ("i8", "u8"),
        ("u8", "i8"),
        ("i8", "i8"),
        ("i16", "i16"),
        ("i8", "i16"),
        ("i16", "i8"),
    ):
        yield Record(
            f"QUANTIZE_{source}_{target}",
            "QUANTIZE",
            [
                T(
                    source,
                    (40,),
                    None if source == "f32" else _scale(source, draw),
                    0 if source == "f32" else _zero(source, draw),
                )
            ],
            [T(target, (40,), _scale(target, draw), _zero(target, draw))],
            version=2,
        )
    for source in ("i8", "u8", "i16"):
        yield Record(
            f"DEQUANTIZE_{source}",
            "DEQUANTIZE",
            [T(source, (40,), _scale(source, draw), _zero(source, draw))],
            [T("f32", (40,))],
            version=3,
        )
    for source, target in (
        ("f32", "i32"),
        ("i32", "f32"),
        ("f32", "u8"),
        ("i64", "i8"),
        ("bool", "f32"),
        ("f32", "bool"),
    ):
        options = CastOptions(in_data_type=TYPES[source], out_data_type=TYPES[target])
        span = {"low": 0, "high": 100} if target == "u8" else {}
        yield Record(
            f"CAST_{source}_{target}",
            "CAST",
            [T(source, (20,), **span)],
            [T(target, (20,))],
            options,
            version=2,
        )


def _weights(kind: str, shape: tuple[int, ...], axis: int, draw: Any, per_channel: bool) -> T:
    count = shape[axis] if per_channel else 1
    scales = [float(np.float32(draw.uniform(0.002, 0.02))) for _ in range(count)]
    low, high = (0, 255) if kind == "u8" else (-127, 127)
    return T(
        kind,
        shape,
        scales,
        121 if kind == "u8" else 0,
        data=draw.integers(low, high + 1, shape),
        axis=axis,
    )


def _bias(kind: str, source: T, weights: T, channels: int, draw: Any) -> T:
    scales = [float(np.float32(source.scale * each)) for each in weights.scale]
    return T(
        "i64" if kind == "i16" else "i32",
        (channels,),
        scales,
        data=draw.integers(-2000, 2000, channels),
    )


def _convolutions(draw: np.random.Generator) -> Iterator[Record]:
    for kind in ("i8", "u8", "i16", "hybrid"):
        weight_kind = {"i16": "i8", "hybrid": "i8"}.get(kind, kind)
        per_channel = kind != "u8"
        for name, padding, stride, dilation, activation in (
            ("a", Padding.SAME, 1, 1, NONE),
            ("b", Padding.VALID, 2, 1, RELU6),
            ("c", Padding.SAME, 1, 2, RELU),
        ):
            for operator in ("CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV", "FULLY_CONNECTED"):
                if operator in ("TRANSPOSE_CONV", "FULLY_CONNECTED") and dilation > 1:
                    continue
                if kind == "u8" and operator == "TRANSPOSE_CONV" and stride == 2:
                    continue
                real = kind == "hybrid"
                source = (
                    T("f32", (2, 6, 7, 4))
                    if real
                    else T(kind, (2, 6, 7, 4), _scale(kind, draw), _zero(kind, draw))
                )
                out = T("f32") if real else T(kind, (), _scale(kind, draw, 20), _zero(kind, draw))
                common = {
                    "padding": padding,
                    "stride_w": stride,
                    "stride_h": stride,
                    "fused_activation_function": activation,
                }
                if operator == "CONV_2D":
                    weights = _weights(weight_kind, (5, 3, 2, 4), 0, draw, per_channel)
                    options = Conv2DOptions(
                        dilation_w_factor=dilation, dilation_h_factor=dilation, **common
                    )
                elif operator == "DEPTHWISE_CONV_2D":
                    weights = _weights(weight_kind, (1, 3, 2, 8), 3, draw, per_channel)
                    options = DepthwiseConv2DOptions(
                        depth_multiplier=2,
                        dilation_w_factor=dilation,
                        dilation_h_factor=dilation,
                        **common,
                    )
                elif operator == "TRANSPOSE_CONV":
                    weights = _weights(weight_kind, (5, 3, 2, 4), 0, draw, per_channel)
                    common["fused_activation_function"] = NONE
                    options = TransposeConvOptions(**common)
                else:
                    source.shape = (3, 12)
                    weights = _weights(weight_kind, (5, 12), 0, draw, per_channel)
                    options = FullyConnectedOptions(
                        fused_activation_function=activation,
                        asymmetric_quantize_inputs=real and stride == 2,
                    )
                channels = weights.shape[weights.axis]
                if real:
                    bias = T("f32", (channels,), data=draw.normal(size=channels))
                else:
                    bias = _bias(kind, source, weights, channels, draw)
                inputs: list[T | None] = [source, weights, bias]
                if operator == "TRANSPOSE_CONV":
                    rows = 6 * stride + (0 if padding == Padding.SAME else 1)
                    columns = 7 * stride
                    if padding == Padding.VALID and stride == 1:
                        rows, columns = 8, 8
                    inputs = [ints(2, rows, columns, 5), weights, source, bias]
                yield Record(
                    f"{operator}_{kind}_{name}",
                    operator,
                    inputs,
                    [out],
                    options,
                    version={
                        "CONV_2D": 5 if real else 3,
                        "DEPTHWISE_CONV_2D": 6 if real else 3,
                        "TRANSPOSE_CONV": 3,
                        "FULLY_CONNECTED": 9 if real else 4,
                    }[operator],
                )
    weights = T("f32", (4, 3, 3, 2), data=draw.normal(size=(4, 3, 3, 2)))
    yield Record(
        "CONV_2D_f32_grouped",
        "CONV_2D",
        [T("f32", (1, 5, 5, 4)), weights, T("f32", (4,), data=draw.normal(size=4))],
        [T("f32")],
        Conv2DOptions(padding=Padding.SAME, stride_w=1, stride_h=1),
        version=6,
    )
    for one, two, out in (("i8", "i8", "i8"), ("i16", "i16", "i16"), ("f32", "i8", "f32")):
        for adj in (False, True):
            quantized = one != "f32"
            second = T(two, (2, 5, 4) if adj else (2, 4, 5), 0.02, -3 if out == "i8" else 0)
            if not quantized:
                second.data = draw.integers(-127, 128, second.shape)
            if out == "i16":
                second.scale = 1e-4
            yield Record(
                f"BATCH_MATMUL_{one}_{two}_{adj}",
                "BATCH_MATMUL",
                [
                    T(
                        one,
                        (2, 3, 4),
                        (1e-4 if one == "i16" else 0.03) if quantized else None,
                        5 if out == "i8" else 0,
                    ),
                    second,
                ],
                [
                    T(
                        out,
                        (2, 3, 5),
                        (2e-4 if out == "i16" else 0.1) if quantized else None,
                        7 if out == "i8" else 0,
                    )
                ],
                BatchMatMulOptions(adj_y=adj),
                version=4,
            )


def _pools_and_reductions(draw: np.random.Generator) -> Iterator[Record]:
    for kind in ("i8", "u8", "i16", "f32"):
        scale = None if kind == "f32" else _scale(kind, draw)
        zero = 0 if kind == "f32" else _zero(kind, draw)
        for operator in ("AVERAGE_POOL_2D", "MAX_POOL_2D"):
            for padding in Padding:
                yield Record(
                    f"{operator}_{kind}_{padding.name}",
                    operator,
                    [T(kind, (2, 7, 6, 3), scale, zero)],
                    [T(kind, (), scale, zero)],
                    Pool2DOptions(
                        padding=padding,
                        stride_w=2,
                        stride_h=2,
                        filter_width=3,
                        filter_height=2,
                        fused_activation_function=RELU6,
                    ),
                    version=3 if kind == "i16" else 2,
                )
        for operator in ("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_PROD"):
            if operator == "SUM" and kind in ("i8", "i16"):
                continue  # the reference kernel takes the values for uint8
            if operator == "REDUCE_PROD" and kind in ("u8", "i8", "i16"):
                continue
            same = operator in ("REDUCE_MAX", "REDUCE_MIN")
            out = scale if scale is None or same else scale * 1.7
            for axes in ((1, 2), (0,), (-1,)):
                name = "_".join(map(str, axes))
                yield Record(
                    f"{operator}_{kind}_{name}",
                    operator,
                    [T(kind, (2, 5, 4, 3), scale, zero), ints(*axes)],
                    [
                        T(
                            kind,
                            (),
                            out,
                            zero if same or kind == "i16" else zero + 3 * (kind != "f32"),
                        )
                    ],
                    ReducerOptions(keep_dims=axes == (1, 2)),
                    version=3 if kind == "i16" else 2,
                )


def _others(draw: np.random.Generator) -> Iterator[Record]:
    for kind in ("i8", "u8", "f32", "i16"):
        scale = None if kind == "f32" else 0.1
        for name, options in (
            ("corners", {"align_corners": True}),
            ("half", {"half_pixel_centers": True}),
            ("", {}),
        ):
            for operator, cls in (
                ("RESIZE_BILINEAR", ResizeBilinearOptions),
                ("RESIZE_NEAREST_NEIGHBOR", ResizeNearestNeighborOptions),
            ):
                yield Record(
                    f"{operator}_{kind}_{name}",
                    operator,
                    [T(kind, (2, 5, 4, 3), scale), ints(7, 9)],
                    [T(kind, (), scale)],
                    cls(**options),
                    version=4 if kind == "i16" else 3,
                )
    yield Record(
        "CONCATENATION_u8_scales",
        "CONCATENATION",
        [T("u8", (2, 3), 0.1, 5), T("u8", (2, 4), 0.07, 20)],
        [T("u8", (2, 7), 0.12, 30)],
        ConcatenationOptions(axis=1),
    )
    for options in (
        StridedSliceOptions(begin_mask=1, end_mask=2),
        StridedSliceOptions(shrink_axis_mask=2),
        StridedSliceOptions(ellipsis_mask=1),
        StridedSliceOptions(new_axis_mask=1),
    ):
        name = "_".join(f"{k}{v}" for k, v in options.__dict__.items() if v)
        yield Record(
            f"STRIDED_SLICE_{name}",
            "STRIDED_SLICE",
            [T("f32", (4, 5, 6)), ints(1, 3, 0), ints(4, 4, 5), ints(1, 1, 2)],
            [T("f32")],
            options,
            version=2,
        )
    for exclusive in (False, True):
        for reverse in (False, True):
            yield Record(
                f"CUMSUM_{exclusive}_{reverse}",
                "CUMSUM",
                [T("f32", (3, 4)), T("i32", (), data=1)],
                [T("f32")],
                CumsumOptions(exclusive=exclusive, reverse=reverse),
            )
    yield Record(
        "GATHER_batch",
        "GATHER",
        [T("i8", (2, 3, 4), 0.1), T("i32", (2, 5), low=0, high=2)],
        [T("i8", (2, 5, 4), 0.1)],
        GatherOptions(axis=1, batch_dims=1),
        version=5,
    )


def _detection(draw: np.random.Generator) -> Iterator[Record]:
    anchors = np.concatenate(
        [draw.uniform(0.2, 0.8, (12, 2)), draw.uniform(0.2, 0.5, (12, 2))], axis=1
    )
    for regular in (False, True):
        yield Record(
            f"TFLite_Detection_PostProcess_{regular}",
            "TFLite_Detection_PostProcess",
            [
                T("f32", (1, 12, 4)),
                T("f32", (1, 12, 4), low=0, high=1),
                T("f32", (12, 4), data=anchors),
            ],
            [T("f32"), T("f32"), T("f32"), T("f32")],
            custom={
                "max_detections": 6,
                "max_classes_per_detection": 2 - regular,
                "detections_per_class": 4,
                "use_regular_nms": regular,
                "nms_score_threshold": 0.3,
                "nms_iou_threshold": 0.4,
                "num_classes": 3,
                "y_scale": 10.0,
                "x_scale": 10.0,
                "h_scale": 5.0,
                "w_scale": 5.0,
            },
        )


def _recurrent(draw: np.random.Generator) -> Iterator[Record]:
    def constant(*shape: int) -> T:
        return T("f32", shape, data=draw.normal(size=shape) * 0.4)

    def integers(*shape: int) -> T:
        return T("i8", shape, 0.01, data=draw.integers(-127, 128, shape))

    for kind, make in (("f32", constant), ("hybrid", integers)):
        state = T("f32", (2, 5), variable=True)
        yield Record(
            f"RNN_{kind}",
            "RNN",
            [T("f32", (2, 4)), make(5, 4), make(5, 5), constant(5), state],
            [T("f32", (2, 5))],
            RNNOptions(fused_activation_function=TANH),
            runs=2,
            version=2,
        )
        yield Record(
            f"UNIDIRECTIONAL_SEQUENCE_RNN_{kind}",
            "UNIDIRECTIONAL_SEQUENCE_RNN",
            [T("f32", (2, 3, 4)), make(5, 4), make(5, 5), constant(5), state],
            [T("f32", (2, 3, 5))],
            SequenceRNNOptions(fused_activation_function=RELU, asymmetric_quantize_inputs=True),
            runs=2,
            version=3,
        )
        yield Record(
            f"SVDF_{kind}",
            "SVDF",
            [
                T("f32", (2, 4)),
                make(6, 4),
                make(6, 3),
                constant(3),
                T("f32", (2, 18), variable=True),
            ],
            [T("f32", (2, 3))],
            SVDFOptions(rank=2, fused_activation_function=RELU),
            runs=4,
            version=2,
        )
        for name, peephole, projection, cifg, norm in (
            ("plain", False, False, False, False),
            ("peephole", True, False, False, False),
            ("projection", True, True, False, False),
            ("cifg", False, False, True, False),
            ("norm", False, True, True, True),
        ):
            out = 3 if projection else 5
            gates: list[T | None] = [make(5, 4) for _ in range(4)]
            gates += [make(5, out) for _ in range(4)]
            gates += [make(5) if peephole else None for _ in range(3)]
            gates += [constant(5) for _ in range(4)]
            gates += [make(out, 5) if projection else None, constant(out) if projection else None]
            if cifg:
                gates[0] = gates[4] = gates[8] = gates[11] = None
            gates += [T("f32", (2, out), variable=True), T("f32", (2, 5), variable=True)]
            if norm:
                gates += [None, constant(5), constant(5), constant(5)]
            clips = {"cell_clip": 0.7, "proj_clip": 0.4} if projection else {}
            yield Record(
                f"UNIDIRECTIONAL_SEQUENCE_LSTM_{kind}_{name}",
                "UNIDIRECTIONAL_SEQUENCE_LSTM",
                [T("f32", (3, 2, 4)), *gates],
                [T("f32", (3, 2, out))],
                UnidirectionalSequenceLSTMOptions(
                    fused_activation_function=TANH,
                    time_major=True,
                    asymmetric_quantize_inputs=peephole,
                    **clips,
                ),
                runs=2,
                version=3,
            )
            yield Record(
                f"LSTM_{kind}_{name}",
                "LSTM",
                [T("f32", (2, 4)), *gates],
                [T("f32", (2, out))],
                LSTMOptions(
                    fused_activation_function=TANH, kernel_type=LSTMKernelType.FULL, **clips
                ),
                runs=2,
                version=4,
            )
        both: list[T | None] = []
        for _ in range(2):
            both += [make(5, 4) for _ in range(4)] + [make(5, 5) for _ in range(4)]
            both += [None] * 3 + [constant(5) for _ in range(4)] + [None, None]
        both += [T("f32", (2, 5), variable=True) for _ in range(4)] + [None] * 9
        for merge in (False, True):
            yield Record(
                f"BIDIRECTIONAL_SEQUENCE_LSTM_{kind}_{merge}",
                "BIDIRECTIONAL_SEQUENCE_LSTM",
                [T("f32", (3, 2, 4) if merge else (2, 3, 4)), *both],
                [T("f32")] * (1 if merge else 2),
                BidirectionalSequenceLSTMOptions(
                    fused_activation_function=TANH, time_major=merge, merge_outputs=merge
                ),
                runs=2,
                version=3,
            )
            pair = [make(5, 4), make(5, 5), constant(5), T("f32", (2, 5), variable=True)]
            again = [make(5, 4), make(5, 5), constant(5), T("f32", (2, 5), variable=True)]
            yield Record(
                f"BIDIRECTIONAL_SEQUENCE_RNN_{kind}_{merge}",
                "BIDIRECTIONAL_SEQUENCE_RNN",
                [T("f32", (2, 3, 4)), *pair, *again, None, None, None],
                [T("f32")] * (1 if merge else 2),
                BidirectionalSequenceRNNOptions(
                    fused_activation_function=RELU, merge_outputs=merge
                ),
                runs=2,
                version=3,
            )
    yield from _integer_recurrent(draw)


def _integer_recurrent(draw: np.random.Generator) -> Iterator[Record]:
    def weights(*shape: int) -> T:
        return T("i8", shape, 0.004, data=draw.integers(-127, 128, shape))

    yield Record(
        "SVDF_i8",
        "SVDF",
        [
            T("i8", (2, 4), 0.02, 3),
            T("i8", (6, 4), 0.01, data=draw.integers(-127, 128, (6, 4))),
            T("i16", (6, 3), 3e-5, data=draw.integers(-32767, 32768, (6, 3))),
            T("i32", (3,), 3e-8, data=draw.integers(-3000000, 3000000, 3)),
            T("i16", (2, 18), 1e-3, variable=True),
        ],
        [T("i8", (2, 3), 0.03, -4)],
        SVDFOptions(rank=2, fused_activation_function=RELU),
        runs=4,
        version=3,
    )
    for name, peephole, projection, cifg, norm in (
        ("plain", False, False, False, False),
        ("peephole", True, False, False, False),
        ("projection", False, True, False, False),
        ("cifg", False, False, True, False),
        ("norm", False, True, False, True),
    ):
        out = 3 if projection else 5
        source = T("i8", (3, 2, 4), 0.03, 4)
        gates: list[T | None] = [weights(5, 4) for _ in range(4)]
        gates += [weights(5, out) for _ in range(4)]
        gates += [
            T("i16", (5,), 3e-5, data=draw.integers(-20000, 20000, 5)) if peephole else None
            for _ in range(3)
        ]
        bias_scale = 3e-5 / 1024 if norm else 0.03 * 0.004
        gates += [T("i32", (5,), bias_scale, data=draw.integers(-3000, 3000, 5)) for _ in range(4)]
        gates += [weights(out, 5) if projection else None]
        gates += [
            T("i32", (out,), 1e-5, data=draw.integers(-999, 999, out)) if projection else None
        ]
        if cifg:
            gates[0] = gates[4] = gates[8] = gates[11] = None
        gates += [T("i8", (2, out), 0.008, -3, variable=True)]
        gates += [T("i16", (2, 5), 2.0**-11, variable=True)]
        if norm:
            gates += [T("i16", (5,), 3e-5, data=draw.integers(5000, 30000, 5)) for _ in range(4)]
        between = [T("i16" if norm else "f32", (), 1e-4) for _ in range(4)]
        between.append(T("i8", (), 0.007, 2 if projection else 0))
        if not projection:
            between[-1].scale, between[-1].zero = 0.008, -3
        yield Record(
            f"UNIDIRECTIONAL_SEQUENCE_LSTM_i8_{name}",
            "UNIDIRECTIONAL_SEQUENCE_LSTM",
            [source, *gates],
            [T("i8", (3, 2, out), 0.008, -3)],
            UnidirectionalSequenceLSTMOptions(fused_activation_function=TANH, time_major=True),
            intermediates=between,
            runs=2,
            version=3,
        )
