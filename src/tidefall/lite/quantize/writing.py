"""Writing the integer copy of a subgraph, when all scales are known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tidefall.lite.converter.ir import Operator, Quantization, Subgraph, Value
from tidefall.lite.quantize.grid import on_grid
from tidefall.lite.quantize.groups import scale_of
from tidefall.lite.quantize.rules import COMPARED, MULTIPLE, POSITIVE, SAME, WEIGHTED, rule_for
from tidefall.lite.quantize.weights import symmetric

if TYPE_CHECKING:
    from tidefall.lite.quantize.integer import Quantizer

_MAX_BIAS = 2**30
"""Of an int32 bias; a channel whose weights are tiny beside its bias gets a larger scale."""
ANY_DTYPE = frozenset({"SHAPE", "RANK"})
"""Operators that take integers and floats alike."""


def boundaries(operator: Operator) -> list[tuple[list[Value], list[Value]]]:
    """Values outside of the subgraphs of a loop or branch, and those inside, that are one."""
    if operator.code == "WHILE":
        body: Subgraph = operator.options["body_subgraph_index"]
        cond: Subgraph = operator.options["cond_subgraph_index"]
        return [
            (
                [operator.input(i), operator.outputs[i]],
                [body.inputs[i], body.outputs[i], cond.inputs[i]],
            )
            for i in range(len(body.inputs))
        ]
    first: Subgraph = operator.options["then_subgraph_index"]
    second: Subgraph = operator.options["else_subgraph_index"]
    given = [
        ([operator.input(i + 1)], [a, b])
        for i, (a, b) in enumerate(zip(first.inputs, second.inputs, strict=True))
    ]
    made = [
        ([v], [a, b])
        for v, a, b in zip(operator.outputs, first.outputs, second.outputs, strict=True)
    ]
    return given + made


class IntegerWriter:
    """Writes the quantized copy of one subgraph."""

    def __init__(
        self, quantizer: Quantizer, subgraph: Subgraph, made: dict[int, Subgraph], is_main: bool
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
        made = Value(
            value.name, np.uint8, value.shape, None, Quantization(q.scale, q.zero_point + 128)
        )
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
        if operator.code in ANY_DTYPE:
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
        made = outputs
        if rule.kind == SAME and operator.code not in MULTIPLE:
            given, made = self._in_own_scale(operator, given, outputs)
        self._emit(operator.code, given, made, dict(operator.options))
        for inner, out in zip(made, outputs, strict=True):
            if inner is not out:
                self._emit("QUANTIZE", [inner], [out])

    def _in_own_scale(
        self, operator: Operator, given: list[Value | None], outputs: list[Value]
    ) -> tuple[list[Value | None], list[Value]]:
        """Inputs and outputs of an operator that keeps the scale.

        Where training found another range for the output than for the input, the operator works in
        that of the input: in the other one, what is beyond it would be cut off too early.
        """
        shared = self.q.sharing(operator)
        if len(shared) != 1:
            return given, outputs
        source = self._as_integer(shared[0])
        assert source.quantization is not None
        made: list[Value] = []
        for out in outputs:
            if out.quantization is None or out.quantization.same_as(source.quantization):
                made.append(out)
                continue
            inner = Value(f"{out.name}/own", out.dtype, out.shape, None, source.quantization)
            inner.layer = out.layer
            made.append(inner)
        if all(a is b for a, b in zip(made, outputs, strict=True)):
            return given, outputs
        place = next(i for i, v in enumerate(operator.inputs) if v is shared[0])
        given = list(given)
        given[place] = source
        return given, made

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
        made = Value(
            f"{value.name}/requantize", self.mode.dtype, value.shape, None, like.quantization
        )
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
        least = Value(
            f"{value.name}/least",
            value.dtype,
            [],
            np.array(zero + 1, value.dtype),
            value.quantization,
        )
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
        channels = axis if by_channel else None
        found = on_grid(data, channels) if self.q.is_trained else None
        integers, scale = found or symmetric(data, channels)
        input_scale = float(x.quantization.scale[0])
        if bias is not None and bias.data is not None and self.mode.bits == 8:
            least = np.abs(bias.data.astype(np.float64)) / (input_scale * _MAX_BIAS)
            least = least if scale.scale.size > 1 else least.max(keepdims=True)
            if (least > scale.scale).any():
                scale = Quantization(
                    np.maximum(scale.scale, least).astype(np.float32), scale.zero_point, scale.axis
                )
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
        made = Value(
            bias.name, dtype, bias.shape, np.clip(data, -limit, limit).astype(dtype), quantization
        )
        made.layer = bias.layer
        return made


def constant_scale(data: np.ndarray, bits: int) -> Quantization:
    """The scale of a constant by its own range."""
    finite = data[np.isfinite(data)]
    if not finite.size:
        return scale_of(0.0, 0.0, bits)
    return scale_of(float(finite.min()), float(finite.max()), bits)
