"""Float operators become integer ones.

Each value gets a scale from its range. Values that an operator only moves share one (`groups.py`).
Where an operator has no integer kernel, its inputs are dequantized and its outputs quantized: a
float island, which strict mode refuses.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from tidefall.base import errors
from tidefall.lite.converter.ir import LiteProgram, Operator, Subgraph, Value
from tidefall.lite.converter.report import FloatLayer, Report
from tidefall.lite.quantize.calibration import Range, calibrate
from tidefall.lite.quantize.forms import integer_forms, unique_names
from tidefall.lite.quantize.groups import Groups
from tidefall.lite.quantize.ranges import useful_ranges
from tidefall.lite.quantize.rules import (
    FIXED,
    MULTIPLE,
    POSITIVE,
    SAME,
    WEIGHTED,
    fixed_scale,
    rule_for,
)
from tidefall.lite.quantize.samples import Samples
from tidefall.lite.quantize.trained import RandomSamples, take_ranges, with_trained
from tidefall.lite.quantize.writing import ANY_DTYPE, IntegerWriter, boundaries

if TYPE_CHECKING:
    from tidefall.lite.converter.converter import TFLiteConverter
    from tidefall.lite.quantize.modes import Mode

_log = logging.getLogger("tidefall.lite")


def quantize_to_integers(
    program: LiteProgram,
    mode: Mode,
    samples: Samples | RandomSamples,
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
    trained = take_ranges(program)
    integer_forms(program, mode.bits)
    unique_names(program)
    ranges = with_trained(calibrate(program, samples, report), trained)
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
    found = Quantizer(
        program, mode, ranges, converter, lambda o: stays(o) or (keep is not None and keep(o))
    )
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

    def is_denied(operator: Operator) -> bool:
        names = (operator.layer, *(v.name for v in operator.outputs))
        return operator.code in codes or any(n in names for n in nodes)

    return is_denied


def _refuse_floats(found: list[FloatLayer]) -> None:
    if found:
        lines = "\n".join(f"  {f}" for f in found)
        raise errors.UnimplementedError(
            None, None,
            "Integers alone are asked for, but "
            f"{len(found)} operators have to stay float:\n{lines}\n"
            "Change these layers, or add tf.lite.OpsSet.TFLITE_BUILTINS to "
            "target_spec.supported_ops to let them be float.",
        )  # fmt: skip


def float_layers(program: LiteProgram, mode: Mode) -> list[FloatLayer]:
    """Which operators would stay float, as far as that follows without data."""
    copy = program.copy()
    integer_forms(copy, mode.bits)
    return [
        why
        for o in copy.operators()
        if (why := _obstacle(o, mode.bits, mode.is_strict)) is not None
    ]


def _touches_floats(operator: Operator) -> bool:
    return any(v is not None and v.is_float for v in (*operator.inputs, *operator.outputs))


def _obstacle(operator: Operator, bits: int, is_strict: bool) -> FloatLayer | None:
    """Why an operator stays float; None if it need not, or has nothing to do with floats."""
    if not _touches_floats(operator) or operator.code in ANY_DTYPE:
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


class Quantizer:
    def __init__(
        self,
        program: LiteProgram,
        mode: Mode,
        ranges: dict[int, Range],
        converter: TFLiteConverter,
        stays_float: Callable[[Operator], bool],
    ):
        self.program, self.mode = program, mode
        self.per_channel = not getattr(converter, "_experimental_disable_per_channel", False)
        self.dense_per_channel = self.per_channel and not getattr(
            converter, "_experimental_disable_per_channel_quantization_for_dense_layers", False
        )
        self.stays_float = stays_float
        self.ranges = useful_ranges(program, ranges)
        self.is_trained = any(r.is_trained for r in ranges.values())
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
            made[id(subgraph)] = IntegerWriter(
                self, subgraph, made, subgraph in self.program.subgraphs
            ).write()
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
            if operator.code in ANY_DTYPE:
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
                if operator.code not in MULTIPLE or (
                    len(uses.get(id(value), ())) == 1
                    and not self.groups.is_fixed(value)
                    and value.producer is not None
                ):
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
