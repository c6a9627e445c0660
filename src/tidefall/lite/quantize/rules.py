"""How each operator runs on integers: LiteRT's quantization specification as a table.

https://ai.google.dev/edge/litert/models/quantization_spec. Which integer kernels there are was
tried out with one operator a model on ai-edge-litert 2.3.
"""

from __future__ import annotations

from typing import NamedTuple

from tidefall.lite.converter.ir import Quantization

FREE, SAME, FIXED, COMPARED, INDEX, WEIGHTED, CARRIED = (
    "free", "same", "fixed", "compared", "index", "weighted", "carried",
)  # fmt: skip


class Rule(NamedTuple):
    """How an operator is quantized.

    Attributes:
        kind: "free": the output has a scale of its own. "same": output and inputs share one.
            "fixed": the output's scale is prescribed. "compared": the output is no number.
            "index": the output is an integer as it is. "weighted": constant weights of int8 with a
            scale for each channel, and a bias of the product of scales.
        shared: for "same" the inputs that share; all float ones if empty.
        weights: for "weighted" the input, and which of its dimensions the channels are.
        bias: for "weighted" the input.
        int16: whether there is a kernel for 16 bits.
    """

    kind: str
    shared: tuple[int, ...] = ()
    weights: tuple[int, int] = (1, 0)
    bias: int = 2
    int16: bool = True


RULES: dict[str, Rule] = {
    "ABS": Rule(FREE),
    "ADD": Rule(FREE),
    "ARG_MAX": Rule(INDEX, int16=False),
    "ARG_MIN": Rule(INDEX, int16=False),
    "AVERAGE_POOL_2D": Rule(SAME),
    "BATCH_MATMUL": Rule(FREE),
    "BATCH_TO_SPACE_ND": Rule(SAME, (0,)),
    "BROADCAST_TO": Rule(SAME, (0,)),
    "CONCATENATION": Rule(SAME),
    "CONV_2D": Rule(WEIGHTED),
    "DEPTHWISE_CONV_2D": Rule(WEIGHTED, weights=(1, 3)),
    "DEPTH_TO_SPACE": Rule(SAME, int16=False),
    "DIV": Rule(FREE),
    "DYNAMIC_UPDATE_SLICE": Rule(SAME, (0, 1)),
    "ELU": Rule(FREE, int16=False),
    "EQUAL": Rule(COMPARED),
    "EXP": Rule(FREE),
    "EXPAND_DIMS": Rule(SAME, (0,)),
    "FILL": Rule(SAME, (1,)),
    "FULLY_CONNECTED": Rule(WEIGHTED),
    "GATHER": Rule(SAME, (0,)),
    "GATHER_ND": Rule(SAME, (0,)),
    "GELU": Rule(FREE),
    "GREATER": Rule(COMPARED),
    "GREATER_EQUAL": Rule(COMPARED),
    "HARD_SWISH": Rule(FREE, int16=False),
    "L2_NORMALIZATION": Rule(FIXED, int16=False),
    "LEAKY_RELU": Rule(FREE),
    "LESS": Rule(COMPARED),
    "LESS_EQUAL": Rule(COMPARED),
    "LOG": Rule(FREE),
    "LOGISTIC": Rule(FIXED),
    "LOG_SOFTMAX": Rule(FIXED, int16=False),
    "MATRIX_DIAG": Rule(SAME),
    "MAXIMUM": Rule(SAME),
    "MAX_POOL_2D": Rule(SAME),
    "MEAN": Rule(FREE),
    "MINIMUM": Rule(SAME),
    "MIRROR_PAD": Rule(SAME, (0,)),
    "MUL": Rule(FREE),
    "NOT_EQUAL": Rule(COMPARED),
    "PACK": Rule(SAME),
    "PAD": Rule(SAME, (0,)),
    "PADV2": Rule(SAME, (0, 2)),
    "PRELU": Rule(FREE, int16=False),
    "REDUCE_MAX": Rule(SAME, (0,)),
    "REDUCE_MIN": Rule(SAME, (0,)),
    "RELU": Rule(FREE),
    "RELU6": Rule(FREE),
    "RELU_N1_TO_1": Rule(FREE, int16=False),
    "RESHAPE": Rule(SAME, (0,)),
    "RESIZE_BILINEAR": Rule(SAME, (0,)),
    "RESIZE_NEAREST_NEIGHBOR": Rule(SAME, (0,)),
    "REVERSE_V2": Rule(SAME, (0,)),
    "RSQRT": Rule(FREE),
    "SCATTER_ND": Rule(SAME, (1,), int16=False),
    "SELECT_V2": Rule(SAME, (1, 2)),
    "SLICE": Rule(SAME, (0,)),
    "SOFTMAX": Rule(FIXED),
    "SPACE_TO_BATCH_ND": Rule(SAME, (0,)),
    "SPACE_TO_DEPTH": Rule(SAME, int16=False),
    "SPLIT": Rule(SAME, (1,)),
    "SPLIT_V": Rule(SAME, (0,)),
    "SQRT": Rule(FREE),
    "SQUARED_DIFFERENCE": Rule(FREE, int16=False),
    "SQUEEZE": Rule(SAME),
    "STRIDED_SLICE": Rule(SAME, (0,)),
    "SUB": Rule(FREE),
    "SUM": Rule(SAME, (0,), int16=False),  # its kernel of 16 bits adds what was in memory
    "TANH": Rule(FIXED),
    "TILE": Rule(SAME, (0,)),
    "TOPK_V2": Rule(SAME, (0,)),
    "TRANSPOSE": Rule(SAME, (0,)),
    "TRANSPOSE_CONV": Rule(WEIGHTED, bias=3),
    "UNPACK": Rule(SAME),
}

MULTIPLE = frozenset(
    {"CONCATENATION", "PACK", "MAXIMUM", "MINIMUM", "SELECT_V2", "PADV2", "DYNAMIC_UPDATE_SLICE"}
)
"""Operators of kind "same" with several inputs: these may need another scale first."""

POSITIVE = {"RSQRT": 0, "LOG": 0, "DIV": 1}
"""Which input must be positive, or not zero: the kernel stops the model otherwise."""

_FIXED8 = {
    "LOGISTIC": Quantization.of(1 / 256, -128),
    "SOFTMAX": Quantization.of(1 / 256, -128),
    "TANH": Quantization.of(1 / 128, 0),
    "L2_NORMALIZATION": Quantization.of(1 / 128, 0),
    "LOG_SOFTMAX": Quantization.of(16 / 256, 127),
}
_FIXED16 = {name: Quantization.of(1 / 32768, 0) for name in ("LOGISTIC", "SOFTMAX", "TANH")}


def fixed_scale(code: str, bits: int) -> Quantization:
    """The prescribed scale of an output."""
    return (_FIXED8 if bits == 8 else _FIXED16)[code]


def rule_for(code: str, bits: int) -> Rule | None:
    """The rule of an operator for activations of 8 or 16 bits; None if it has no such kernel."""
    rule = RULES.get(code)
    if rule is None or (bits == 16 and not rule.int16):
        return None
    return rule
