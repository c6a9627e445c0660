"""Float operators become integer ones.

Each value gets a scale from its range. Values that an operator only moves share one (`groups.py`).
Where an operator has no integer kernel, its inputs are dequantized and its outputs quantized: a
float island, which strict mode refuses.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from tidefall.base import errors
from tidefall.lite.converter.ir import LiteProgram, Operator, Quantization, Subgraph, Value
from tidefall.lite.converter.report import FloatLayer, Report
from tidefall.lite.quantize.calibration import Range, calibrate
from tidefall.lite.quantize.forms import integer_forms, unique_names
from tidefall.lite.quantize.groups import Groups, scale_of
from tidefall.lite.quantize.ranges import useful_ranges
from tidefall.lite.quantize.rules import (
    COMPARED,
    FIXED,
    MULTIPLE,
    POSITIVE,
    SAME,
    WEIGHTED,
    fixed_scale,
    rule_for,
)
from tidefall.lite.quantize.samples import Samples
from tidefall.lite.quantize.weights import symmetric

if TYPE_CHECKING:
    from tidefall.lite.converter.converter import TFLiteConverter
    from tidefall.lite.quantize.modes import Mode

_log = logging.getLogger("tidefall.lite")
_MAX_BIAS = 2**30
"""Of an int32 bias; a channel whose weights are tiny beside its bias gets a larger scale."""


def quantize_to_integers(
    program: LiteProgram,
    mode: Mode,
    samples: Samples,
    converter: TFLiteConverter,
    report: Report,
) -> LiteProgram:
    """Quantize a float model to integers.

    Args:
        program: a float model; rewritten into forms that integers can compute, else left as it is.
        mode: how.
        samples: representative data.
        converter: whose options say which layers stay float and how weights are scaled.
        report: takes what was found.

    Raises:
        tf.errors.UnimplementedError: in strict mode if layers stay float; it names them.
    """
    integer_forms(program, mode.bits)
    unique_names(program)
    ranges = calibrate(program, samples, report)
    return with_ranges(program, mode, ranges, converter, report)


def with_ranges(
    program: LiteProgram,
    mode: Mode,
    ranges: dict[int, Range],
    converter: TFLiteConverter,
    report: Report,
    keep: Callable[[Operator], bool] | None = None,
) -> LiteProgram:
    """Quantize a model whose ranges are known.

    Args:
        keep: which further operators stay float.
    """
    stays = denied(converter)
    found = _Quantizer(program, mode, ranges, converter, lambda o: stays(o) or (keep is not None and keep(o)))  # fmt: skip
    made = found.run()
    report.float_layers = found.floats
    if mode.is_strict and keep is None:
        _refuse_floats([f for f in found.floats if f.reason != DENIED])
    return made


DENIED = "it is on the converter's list of layers that stay float"


def denied(converter: TFLiteConverter) -> Callable[[Operator], bool]:
    """Which operators the user wants to stay float, by code or by layer."""
    codes = {str(c).upper() for c in converter.denylisted_ops or ()}
    nodes = [str(n) for n in converter.denylisted_nodes or ()]
    return lambda o: o.code in codes or any(n in (o.layer, o.output.name) for n in nodes)


def _refuse_floats(found: list[FloatLayer]) -> None:
    if found:
        lines = "\n".join(f"  {f}" for f in found)
        raise errors.UnimplementedError(
            None, None,
            f"Integers alone are asked for, but {len(found)} operators have to stay float:\n{lines}\n"
            "Change these layers, or add tf.lite.OpsSet.TFLITE_BUILTINS to "
            "target_spec.supported_ops to let them be float.",
        )  # fmt: skip


def float_layers(program: LiteProgram, mode: Mode) -> list[FloatLayer]:
    """Which operators would stay float, as far as that follows without data."""
    copy = program.copy()
    integer_forms(copy, mode.bits)
    return [
        why for o in copy.operators() if (why := _obstacle(o, mode.bits, mode.is_strict)) is not None
    ]


def _touches_floats(operator: Operator) -> bool:
    return any(v is not None and v.is_float for v in (*operator.inputs, *operator.outputs))


_ANY_DTYPE = frozenset({"SHAPE", "RANK"})


def _obstacle(operator: Operator, bits: int, is_strict: bool) -> FloatLayer | None:
    """Why an operator stays float; None if it need not, or has nothing to do with floats."""
    if not _touches_floats(operator) or operator.code in _ANY_DTYPE:
        return None
    reason = ""
    rule = rule_for(operator.code, bits)
    if operator.code in ("WHILE", "IF"):
        return None  # what is inside speaks for itself
    if operator.custom is not None:
        reason = "it is not a builtin"
    elif rule is None:
        reason = f"LiteRT has no kernel of it for int{bits}"
    elif rule.kind == WEIGHTED and not operator.input(rule.weights[0]).is_constant:
        reason = "its weights are not constant"
    return FloatLayer(operator.code, operator.layer, operator.line, reason) if reason else None


class _Quantizer:
    def __init__(
        self,
        program: LiteProgram,
        mode: Mode,
        ranges: dict[int, Range],
        converter: TFLiteConverter,
        stays_float: Callable[[Operator], bool],
    ):
        self.program, self.mode = program, mode
        self.per_channel = not converter._experimental_disable_per_channel  # pyright: ignore
        self.dense_per_channel = self.per_channel and not converter._experimental_disable_per_channel_quantization_for_dense_layers  # pyright: ignore  # fmt: skip
        self.stays_float = stays_float
        self.ranges = useful_ranges(program, ranges)
        self.groups = Groups(mode.bits)
        self.floats: list[FloatLayer] = []
        self.integer: dict[int, bool] = {}
        self.carried: set[int] = set()
        self._entries: dict[int, Value] = {}
        self.origins: dict[int, tuple[Value, Value]] = {}

    def run(self) -> LiteProgram:
        self.groups.note_ranges(self.ranges)
        subgraphs = self.program.all_subgraphs()
        for subgraph in subgraphs:
            self._decide(subgraph)
            self._group(subgraph)
        made: dict[int, Subgraph] = {}
        for subgraph in reversed(subgraphs):
            made[id(subgraph)] = _Writer(self, subgraph, made, subgraph in self.program.subgraphs).write()  # fmt: skip
        result = LiteProgram()
        result.origins = self.origins
        result.subgraphs = [made[id(s)] for s in self.program.subgraphs]
        result.signatures = [
            type(s)(s.key, s.inputs, s.outputs, made[id(s.subgraph)])
            for s in self.program.signatures
        ]
        return result

    def _decide(self, subgraph: Subgraph) -> None:
        """Which operators run on integers."""
        bits, strict = self.mode.bits, self.mode.is_strict
        for operator in subgraph.operators:
            self.integer[id(operator)] = False
            if operator.code in ("WHILE", "IF") or not _touches_floats(operator):
                continue
            if operator.code in _ANY_DTYPE:
                continue
            why = _obstacle(operator, bits, strict)
            if why is None and self.stays_float(operator):
                why = FloatLayer(operator.code, operator.layer, operator.line, DENIED)
            if why is None and not self._has_ranges(operator):
                why = FloatLayer(
                    operator.code, operator.layer, operator.line,
                    "no sample of the representative dataset came to it",
                )  # fmt: skip
            if why is None and self._may_divide_by_zero(operator):
                why = FloatLayer(
                    operator.code, operator.layer, operator.line,
                    "its input takes both signs, and its kernel stops where integers become zero",
                )  # fmt: skip
            if why is None:
                self.integer[id(operator)] = True
            else:
                self.floats.append(why)

    def _may_divide_by_zero(self, operator: Operator) -> bool:
        place = POSITIVE.get(operator.code)
        if place is None:
            return False
        value = operator.input(place)
        if value.data is not None:
            return bool((value.data == 0).any())
        return self.ranges[id(value)].low < 0

    def _has_ranges(self, operator: Operator) -> bool:
        values = [*operator.inputs, *operator.outputs]
        return all(
            v is None or not v.is_float or v.is_constant or id(v) in self.ranges for v in values
        )

    def _group(self, subgraph: Subgraph) -> None:
        """Which values share a scale."""
        uses = subgraph.uses()
        for operator in subgraph.operators:
            if self.mode.is_strict and operator.code in ("WHILE", "IF"):
                self._carry(operator)
            if not self.integer[id(operator)]:
                continue
            rule = rule_for(operator.code, self.mode.bits)
            assert rule is not None
            if rule.kind == FIXED:
                self.groups.fix(operator.output, fixed_scale(operator.code, self.mode.bits))
            if rule.kind != SAME:
                continue
            for value in operator.outputs[1:]:
                if value.is_float:
                    self.groups.join(operator.output, value)
            for value in self.sharing(operator):
                if operator.code not in MULTIPLE:
                    self.groups.join(operator.output, value)
                elif len(uses.get(id(value), ())) == 1 and not self.groups.is_fixed(value) and value.producer is not None:  # fmt: skip
                    self.groups.join(operator.output, value)

    def _carry(self, operator: Operator) -> None:
        """Let what goes into subgraphs and comes out of them be integers of one scale each."""
        for outside, inside in boundaries(operator):
            if not inside[0].is_float or any(id(v) not in self.ranges for v in inside[:1]):
                continue
            self.carried.update(id(v) for v in inside)
            for value in (*inside, *outside):
                if not value.is_constant and not self.groups.is_fixed(value):
                    self.groups.join(value, inside[0])
            self.carried.update(id(v) for v in outside if v.producer is operator)
            self._entries.update((id(v), inside[0]) for v in inside)
            for v in outside:
                if v.producer is operator and self.groups.is_fixed(inside[0]) is False:
                    self._entries[id(v)] = inside[0]

    def entry(self, value: Value) -> Value:
        """The value whose scale a value has that is carried into or out of a subgraph."""
        return self._entries.get(id(value), value)

    def sharing(self, operator: Operator) -> list[Value]:
        """The inputs of an operator that have the scale of its output, but for constants."""
        rule = rule_for(operator.code, self.mode.bits)
        assert rule is not None
        places = rule.shared or range(len(operator.inputs))
        values = [operator.inputs[i] for i in places if i < len(operator.inputs)]
        return [v for v in values if v is not None and v.is_float and not v.is_constant]


def boundaries(operator: Operator) -> list[tuple[list[Value], list[Value]]]:
    """Values outside of the subgraphs of a loop or branch, and those inside, that are one."""
    if operator.code == "WHILE":
        body: Subgraph = operator.options["body_subgraph_index"]
        cond: Subgraph = operator.options["cond_subgraph_index"]
        return [
            ([operator.input(i), operator.outputs[i]], [body.inputs[i], body.outputs[i], cond.inputs[i]])
            for i in range(len(body.inputs))
        ]  # fmt: skip
    first: Subgraph = operator.options["then_subgraph_index"]
    second: Subgraph = operator.options["else_subgraph_index"]
    given = [([operator.input(i + 1)], [a, b]) for i, (a, b) in enumerate(zip(first.inputs, second.inputs, strict=True))]  # fmt: skip
    made = [([v], [a, b]) for v, a, b in zip(operator.outputs, first.outputs, second.outputs, strict=True)]  # fmt: skip
    return given + made


class _Writer:
    """Writes the quantized copy of one subgraph."""

    def __init__(
        self, quantizer: _Quantizer, subgraph: Subgraph, made: dict[int, Subgraph], is_main: bool
    ):
        self.q, self.old, self.made, self.is_main = quantizer, subgraph, made, is_main
        self.mode = quantizer.mode
        self.new = Subgraph(subgraph.name)
        self.floats: dict[int, Value] = {}
        self.integers: dict[int, Value] = {}
        self.others: dict[int, Value] = {}
        self.layer, self.line = "", ""

    def write(self) -> Subgraph:
        for value in self.old.inputs:
            self.new.inputs.append(self._input(value))
        for operator in self.old.operators:
            self.layer, self.line = operator.layer, operator.line
            if self.q.integer[id(operator)]:
                self._integer(operator)
            else:
                self._float(operator)
        for value in self.old.outputs:
            self.new.outputs.append(self._output(value))
        self.new.remove_dead()
        return self.new

    # ---- values ----

    def _copy(self, value: Value) -> Value:
        made = Value(value.name, value.dtype, value.shape, value.data, value.quantization)
        made.layer, made.is_variable = value.layer, value.is_variable
        self.q.origins[id(made)] = (made, value)
        return made

    def _input(self, value: Value) -> Value:
        if id(value) in self.q.carried:
            return self._integer_value(value)
        wanted = self.mode.input_dtype if self.is_main else np.dtype(np.float32)
        if not value.is_float or wanted == np.float32 or id(value) not in self.q.ranges:
            made = self._copy(value)
            (self.floats if value.is_float else self.others)[id(value)] = made
            return made
        quantization = self.q.groups.scale(value)
        if wanted == np.uint8:
            shifted = Quantization(quantization.scale, quantization.zero_point + 128)
            made = Value(value.name, np.uint8, value.shape, None, shifted)
            inner = self._integer_value(value)
            self._emit("QUANTIZE", [made], [inner])
        else:
            made = self._integer_value(value)
            made.name = value.name
        made.layer = value.layer
        return made

    def _output(self, value: Value) -> Value:
        if id(value) in self.q.carried:
            like = Value("", self.mode.dtype, [], None, self.q.groups.scale(self.q.entry(value)))
            return self._moved(value, like)
        wanted = self.mode.output_dtype if self.is_main else np.dtype(np.float32)
        if not value.is_float:
            return self._other(value)
        if wanted == np.float32 or id(value) not in self.q.ranges:
            made = self._as_float(value)
            made.name = value.name
            if id(value) in self.integers:
                self.integers[id(value)].name = f"{value.name}/int{self.mode.bits}"
            return made
        inner = self._as_integer(value)
        if wanted != np.uint8:
            inner.name = value.name
            return inner
        q = inner.quantization
        assert q is not None
        made = Value(value.name, np.uint8, value.shape, None, Quantization(q.scale, q.zero_point + 128))  # fmt: skip
        made.layer = value.layer
        inner.name = f"{value.name}/int8"
        self._emit("QUANTIZE", [inner], [made])
        return made

    def _integer_value(self, value: Value) -> Value:
        """A new value that holds the integers of a float one."""
        made = Value(value.name, self.mode.dtype, value.shape, None, self.q.groups.scale(value))
        made.layer = value.layer
        self.integers[id(value)] = made
        self.q.origins[id(made)] = (made, value)
        return made

    def _as_integer(self, value: Value) -> Value:
        found = self.integers.get(id(value))
        if found is None:
            source = self.floats[id(value)]
            found = self._integer_value(value)
            found.name = f"{value.name}/quantize"
            self._emit("QUANTIZE", [source], [found])
        return found

    def _as_float(self, value: Value) -> Value:
        if value.is_constant:
            return value
        found = self.floats.get(id(value))
        if found is None:
            source = self.integers[id(value)]
            found = self._copy(value)
            found.name = f"{value.name}/dequantize"
            self.floats[id(value)] = found
            self._emit("DEQUANTIZE", [source], [found])
        return found

    def _other(self, value: Value) -> Value:
        if value.is_constant:
            return value
        return self.others[id(value)]

    def _emit(self, code: str, inputs: Any, outputs: Any, options: Any = None) -> Operator:
        operator = Operator(code, inputs, outputs, options or {}, self.layer, self.line)
        self.new.operators.append(operator)
        return operator

    # ---- operators ----

    def _float(self, operator: Operator) -> None:
        """An operator as it is, on floats."""
        if operator.code in _ANY_DTYPE:
            value = operator.input(0)
            given = [self.integers.get(id(value)) or self._any(value)]
        else:
            given = [None if v is None else self._any(v) for v in operator.inputs]
            if self.mode.is_strict and operator.code in ("WHILE", "IF"):
                given = self._carried_inputs(operator)
        outputs: list[Value] = []
        for old in operator.outputs:
            if id(old) in self.q.carried:
                outputs.append(self._integer_value(old))
                continue
            new = self._copy(old)
            outputs.append(new)
            (self.floats if old.is_float else self.others)[id(old)] = new
        options = {
            k: self.made[id(v)] if isinstance(v, Subgraph) else v
            for k, v in operator.options.items()
        }
        made = self._emit(operator.code, given, outputs, options)
        made.custom = operator.custom

    def _carried_inputs(self, operator: Operator) -> list[Value | None]:
        scales = {id(o): i[0] for outside, i in boundaries(operator) for o in outside[:1]}
        given: list[Value | None] = []
        for value in operator.inputs:
            inside = scales.get(id(value))
            if value is None or inside is None or id(inside) not in self.q.carried:
                given.append(None if value is None else self._any(value))
                continue
            like = Value("", self.mode.dtype, [], None, self.q.groups.scale(inside))
            given.append(self._moved(value, like))
        return given

    def _any(self, value: Value) -> Value:
        return self._as_float(value) if value.is_float else self._other(value)

    def _integer(self, operator: Operator) -> None:
        """An operator on integers."""
        rule = rule_for(operator.code, self.mode.bits)
        assert rule is not None
        outputs = [
            self._integer_value(v) if v.is_float else self._plain(v) for v in operator.outputs
        ]
        if rule.kind == WEIGHTED:
            given = self._weighted(operator, rule, outputs[0])
        elif rule.kind == COMPARED and self.mode.bits == 16:
            given = self._compared(operator)
        else:
            shares = rule.kind == SAME
            given = [
                None if v is None else self._operand(operator, i, v, outputs[0] if shares else None)
                for i, v in enumerate(operator.inputs)
            ]
            if operator.code in POSITIVE:
                place = POSITIVE[operator.code]
                given[place] = self._never_zero(given[place])
        self._emit(operator.code, given, outputs, dict(operator.options))

    def _compared(self, operator: Operator) -> list[Value | None]:
        """Operands in one scale: kernels of 16 bits compare the integers as they are."""
        values = [v for v in operator.inputs if v is not None]
        first = next(v for v in values if v.data is None)
        like = self._as_integer(first)
        return [like if v is first else self._moved(v, like) for v in values]

    def _moved(self, value: Value, like: Value) -> Value:
        """A value in the scale of another."""
        assert like.quantization is not None
        if value.data is not None:
            data = like.quantization.quantize(value.data, self.mode.dtype)
            return Value(value.name, self.mode.dtype, value.shape, data, like.quantization)
        given = self._as_integer(value)
        if given.quantization is not None and given.quantization.same_as(like.quantization):
            return given
        made = Value(f"{value.name}/requantize", self.mode.dtype, value.shape, None, like.quantization)  # fmt: skip
        made.layer = value.layer
        self._emit("QUANTIZE", [given], [made])
        return made

    def _plain(self, value: Value) -> Value:
        made = self.others[id(value)] = self._copy(value)
        return made

    def _operand(self, operator: Operator, place: int, value: Value, like: Value | None) -> Value:
        """An input of an operator, in the scale it wants."""
        if not value.is_float:
            return self._other(value)
        rule = rule_for(operator.code, self.mode.bits)
        assert rule is not None
        shares = like is not None and (not rule.shared or place in rule.shared)
        if value.data is not None:
            scale = like.quantization if shares and like is not None else None
            if scale is None:
                scale = constant_scale(value.data, self.mode.bits)
            data = scale.quantize(value.data, self.mode.dtype)
            made = Value(value.name, self.mode.dtype, value.shape, data, scale)
            made.layer = value.layer
            return made
        if shares and like is not None:
            return self._moved(value, like)
        return self._as_integer(value)

    def _never_zero(self, value: Value | None) -> Value:
        """At least the smallest positive number: kernels stop at zero."""
        assert value is not None and value.quantization is not None
        if value.data is not None:
            return value
        zero = int(value.quantization.zero_point[0])
        least = Value(f"{value.name}/least", value.dtype, [], np.array(zero + 1, value.dtype), value.quantization)  # fmt: skip
        made = Value(f"{value.name}/positive", value.dtype, value.shape, None, value.quantization)
        made.layer = value.layer
        self._emit("MAXIMUM", [value, least], [made])
        return made

    def _weighted(self, operator: Operator, rule: Any, output: Value) -> list[Value | None]:
        """Inputs of a product or convolution: int8 weights by channel, a bias in their scale."""
        index, axis = rule.weights
        weights = operator.input(index)
        data = weights.data
        assert data is not None
        source = 2 if operator.code == "TRANSPOSE_CONV" else 0
        x = self._as_integer(operator.input(source))
        assert x.quantization is not None
        dense = operator.code == "FULLY_CONNECTED"
        by_channel = self.q.dense_per_channel if dense else self.q.per_channel
        bias = operator.inputs[rule.bias] if len(operator.inputs) > rule.bias else None
        integers, scale = symmetric(data, axis if by_channel else None)
        input_scale = float(x.quantization.scale[0])
        if bias is not None and bias.data is not None and self.mode.bits == 8:
            least = np.abs(bias.data.astype(np.float64)) / (input_scale * _MAX_BIAS)
            least = least if scale.scale.size > 1 else least.max(keepdims=True)
            if (least > scale.scale).any():
                scale = Quantization(np.maximum(scale.scale, least).astype(np.float32), scale.zero_point, scale.axis)  # fmt: skip
                integers = np.clip(scale.quantize(data, np.int8), -127, 127).astype(np.int8)
        stored = Value(weights.name, np.int8, weights.shape, integers, scale)
        stored.layer = weights.layer
        given: list[Value | None] = [
            None if v is None else x if i == source else stored if i == index else v
            for i, v in enumerate(operator.inputs)
        ]
        for i, v in enumerate(operator.inputs):
            if i not in (source, index, rule.bias) and v is not None:
                given[i] = self._other(v)
        if bias is not None and bias.data is not None:
            given[rule.bias] = self._bias(bias, input_scale, scale)
        return given

    def _bias(self, bias: Value, input_scale: float, weights: Quantization) -> Value:
        assert bias.data is not None
        dtype = np.dtype(np.int32 if self.mode.bits == 8 else np.int64)
        scale = (weights.scale.astype(np.float64) * input_scale).astype(np.float32)
        quantization = Quantization(scale, np.zeros(scale.shape, np.int64), 0)
        data = np.rint(bias.data.astype(np.float64) / scale.astype(np.float64))
        limit = 2.0**31 - 1 if self.mode.bits == 8 else 2.0**39
        made = Value(bias.name, dtype, bias.shape, np.clip(data, -limit, limit).astype(dtype), quantization)  # fmt: skip
        made.layer = bias.layer
        return made


def constant_scale(data: np.ndarray, bits: int) -> Quantization:
    """The scale of a constant by its own range."""
    finite = data[np.isfinite(data)]
    if not finite.size:
        return scale_of(0.0, 0.0, bits)
    return scale_of(float(finite.min()), float(finite.max()), bits)


