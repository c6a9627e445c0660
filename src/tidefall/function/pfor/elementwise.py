"""Converters of ops that work on each element, with and without broadcasting."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.core import raw
from tidefall.function.pfor.convert import Call, Runs, Value, converter, joined, shape_vector

_UNARY = (
    "Abs", "Acos", "Acosh", "Angle", "Asin", "Asinh", "Atan", "Atanh", "BesselI0", "BesselI0e",
    "BesselI1", "BesselI1e", "BesselJ0", "BesselJ1", "BesselK0", "BesselK0e", "BesselK1",
    "BesselK1e", "BesselY0", "BesselY1", "Cast", "Ceil", "CheckNumerics", "CheckNumericsV2",
    "ComplexAbs", "Conj", "Cos", "Cosh", "Dawsn", "DeepCopy", "DebugGradientIdentity", "Digamma",
    "Elu", "Erf", "Erfc", "Erfinv", "Exp", "Expint", "Expm1", "Floor", "FresnelCos", "FresnelSin",
    "GuaranteeConst", "Identity", "Imag", "Inv", "Invert", "IsFinite", "IsInf", "IsNan",
    "LeakyRelu", "Lgamma", "Log", "Log1p", "LogicalNot", "Ndtri", "Neg", "OnesLike",
    "PopulationCount", "PreventGradient", "Real", "Reciprocal", "Relu", "Relu6", "Rint", "Round",
    "Rsqrt", "Selu", "Sigmoid", "Sign", "Sin", "Sinh", "Snapshot", "Softplus", "Softsign",
    "Spence", "Sqrt", "Square", "StopGradient", "Tan", "Tanh", "AsString", "StringToNumber",
    "StringLength", "StringLower", "StringUpper", "StringStrip", "EncodeBase64", "DecodeBase64",
)  # fmt: skip

_BINARY = (
    "Add", "AddV2", "ApproximateEqual", "Atan2", "BitwiseAnd", "BitwiseOr", "BitwiseXor",
    "Complex", "Div", "DivNoNan", "Equal", "FloorDiv", "FloorMod", "Greater", "GreaterEqual",
    "Igamma", "IgammaGradA", "Igammac", "LeftShift", "Less", "LessEqual", "LogicalAnd",
    "LogicalOr", "Maximum", "Minimum", "Mod", "Mul", "MulNoNan", "NextAfter", "NotEqual",
    "Polygamma", "Pow", "RealDiv", "RightShift", "SquaredDifference", "Sub", "TruncateDiv",
    "TruncateMod", "Xdivy", "Xlog1py", "Xlogy", "Zeta", "SelectV2", "Betainc", "ClipByValue",
)  # fmt: skip

_SAME_SHAPE = (
    "AddN", "AccumulateNV2", "EluGrad", "InvGrad", "LeakyReluGrad", "ReciprocalGrad", "Relu6Grad",
    "ReluGrad", "RsqrtGrad", "SeluGrad", "SigmoidGrad", "SoftplusGrad", "SoftsignGrad",
    "SqrtGrad", "TanhGrad",
)  # fmt: skip


@converter(*_UNARY)
def unary(call: Call) -> Any:
    """The op works on the stacked value as on any other."""
    return call.run([call.tensor(0)])


@converter("ZerosLike")
def zeros_like(call: Call) -> Any:
    """Zeros like a stacked tensor or tensor list."""
    return call.run([call.tensor(0)])


@converter("IdentityN")
def identity_n(call: Call) -> list[Value]:
    """Each value as it is."""
    outputs = call.run([v.tensor for v in call.values])
    outputs = outputs if isinstance(outputs, list) else [outputs]
    return [Value(t, v.stacked) for t, v in zip(outputs, call.values, strict=True)]


@converter(*_BINARY)
def broadcasting(call: Call) -> Any:
    """Stacked values of lower rank get dimensions of size 1 behind that of the runs."""
    return call.run(aligned(call))


@converter(*_SAME_SHAPE)
def same_shape(call: Call) -> Any:
    """All inputs have one shape: all are stacked."""
    return call.run([call.stacked(i) for i in range(len(call))])


def aligned(call: Call, first: int = 0) -> list[Any]:
    """The inputs from `first` on, such that they broadcast over the runs."""
    indices = range(first, len(call))
    rank = max(call.rank(i) for i in indices)
    return [
        raised(call.tensor(i), rank - call.rank(i)) if call.is_stacked(i) else call.tensor(i)
        for i in indices
    ]


def raised(tensor: Any, extra: int) -> Any:
    """A stacked tensor with dimensions of size 1 behind the first one."""
    if extra <= 0:
        return tensor
    shape = shape_vector(tensor)
    sizes = joined(shape[:1], [1] * extra, shape[1:])
    return raw.Reshape(tensor, sizes)


@converter("Select")
def select(call: Call) -> Any:
    """The condition has one element for all, for each row, or for each element."""
    rank = call.rank(0)
    if not call.is_stacked(0) and rank == 0:
        return call.run([call.tensor(0), call.stacked(1), call.stacked(2)])
    condition = call.stacked(0)
    if 0 < rank < call.rank(1):
        condition = _with_ones(condition, call.rank(1) - rank)
    elif rank == 0 and call.rank(1) > 0:
        condition = _with_ones(condition, call.rank(1))
    return raw.SelectV2(condition, call.stacked(1), call.stacked(2))


def _with_ones(tensor: Any, extra: int) -> Any:
    return raw.Reshape(tensor, joined(shape_vector(tensor), [1] * extra))


def chosen(runs: Runs, condition: Any, yes: Any, no: Any) -> Any:
    """Rows of `yes` where a stacked scalar condition holds, rows of `no` elsewhere."""
    rank = yes.shape.rank
    if rank is None:
        ones = raw.Fill(
            raw.Reshape(raw.Rank(yes) - 1, np.array([1], np.int32)),
            np.array(1, np.int32),
        )
        shape = raw.ConcatV2([runs.vector(), ones], 0)
    else:
        shape = joined(runs.vector(), [1] * (rank - 1))
    return raw.SelectV2(raw.Reshape(condition, shape), yes, no)
