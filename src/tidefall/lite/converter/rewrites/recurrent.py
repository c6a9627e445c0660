"""Loops that are an LSTM layer, as the one operator for it.

UNIDIRECTIONAL_SEQUENCE_LSTM keeps its states in variable tensors: their batch is fixed, and they go
on from one run to the next until somebody resets them. So it is only taken where it is asked for.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.lite.converter.ir import Operator, Subgraph, Value, constant
from tidefall.lite.converter.rewrites.matching import is_number, made_by

GATES = ("i", "f", "c", "o")
"""In the order in which Keras keeps them, and the operator takes them."""


def fuse_lstm(subgraph: Subgraph) -> int:
    """Replace loops that are LSTM layers of zero initial state and fixed batch."""
    count = 0
    for loop in [o for o in subgraph.operators if o.code == "WHILE"]:
        found = _Cell(subgraph, loop).match()
        if found is not None:
            _replace(subgraph, loop, found)
            count += 1
    if count:
        subgraph.remove_dead()
    return count


class _Cell:
    """The body of a loop, looked at as an LSTM cell."""

    def __init__(self, subgraph: Subgraph, loop: Operator):
        self.outer, self.loop = subgraph, loop
        self.body: Subgraph = loop.options["body_subgraph_index"]

    def _place(self, value: Value | None) -> int | None:
        for i, v in enumerate(self.body.inputs):
            if v is value:
                return i
        return None

    def match(self) -> dict[str, Any] | None:
        """What the layer is made of, or None if it is something else."""
        found: dict[str, Any] = {}
        for h_place, h in enumerate(self.body.outputs):
            product = made_by(h, "MUL")
            if product is None:
                continue
            out, curve = made_by(product.inputs[0], "LOGISTIC"), made_by(product.inputs[1], "TANH")
            total = made_by(curve.inputs[0], "ADD") if curve is not None else None
            if out is None or total is None:
                continue
            found |= {"h_place": h_place, "h": h, "c": total.output}
            if self._gates(total, out, found):
                return found
        return None

    def _gates(self, total: Operator, out: Operator, found: dict[str, Any]) -> bool:
        kept, new = made_by(total.inputs[0], "MUL"), made_by(total.inputs[1], "MUL")
        if kept is None or new is None:
            return False
        forget, enter = made_by(kept.inputs[0], "LOGISTIC"), made_by(new.inputs[0], "LOGISTIC")
        value = made_by(new.inputs[1], "TANH")
        c_place = self._place(kept.inputs[1])
        if forget is None or enter is None or value is None or c_place is None:
            return False
        if self.body.outputs[c_place] is not total.output:
            return False
        found["c_place"] = c_place
        parts = [o.inputs[0] for o in (enter, forget, value, out)]
        split = parts[0].producer if parts[0] is not None else None
        if split is None or split.code != "SPLIT" or len(split.outputs) != 4:
            return False
        if any(p is not s for p, s in zip(parts, split.outputs, strict=True)):
            return False
        return self._sum(split.input(1), found)

    def _sum(self, value: Value, found: dict[str, Any]) -> bool:
        """x W + h U + b."""
        bias = made_by(value, "ADD")
        if bias is not None and bias.inputs[1] is not None and bias.inputs[1].is_constant:
            found["bias"] = bias.inputs[1].data
            value = bias.input(0)
        both = made_by(value, "ADD")
        if both is None:
            return False
        by_x, by_h = (made_by(v, "FULLY_CONNECTED") for v in both.inputs[:2])
        if by_x is None or by_h is None:
            return False
        step = made_by(by_x.inputs[0], "GATHER")
        if step is None or self._place(by_h.inputs[0]) != found["h_place"]:
            return False
        x_place = self._place(step.inputs[0])
        if x_place is None or any(o.input(1).data is None for o in (by_x, by_h)):
            return False
        found |= {"x": self.loop.inputs[x_place], "w": by_x.input(1).data, "u": by_h.input(1).data}
        return self._fits(found)

    def _fits(self, found: dict[str, Any]) -> bool:
        """Whether all that the loop gives is what the operator gives, of a fixed batch."""
        x: Value = found["x"]
        if not x.is_static or x.rank != 3 or not all(
            self._is_zero(self.loop.inputs[found[k]]) for k in ("h_place", "c_place")
        ):  # fmt: skip
            return False
        uses = self.outer.uses()
        read = [
            i for i, v in enumerate(self.loop.outputs)
            if id(v) in uses or any(v is o for o in self.outer.outputs)
        ]  # fmt: skip
        found["lists"] = []
        for i in read:
            if i == found["h_place"]:
                continue
            kind = self._list_kind(self.body.outputs[i], found)
            if kind is None:
                return False
            found["lists"].append((i, kind))
        return True

    def _list_kind(self, value: Value, found: dict[str, Any]) -> str | None:
        """Whether a list gets the state of all steps, or of the last one."""
        update = made_by(value, "DYNAMIC_UPDATE_SLICE")
        row = made_by(update.inputs[1] if update is not None else value, "RESHAPE")
        if row is None or row.inputs[0] is not found["h"]:
            return None
        return "last" if update is None else "all"

    @staticmethod
    def _is_zero(value: Value | None) -> bool:
        fill = made_by(value, "FILL")
        return is_number(fill.inputs[1] if fill is not None else value, 0.0)


def _replace(subgraph: Subgraph, loop: Operator, found: dict[str, Any]) -> None:
    x: Value = found["x"]
    steps, batch, _ = x.shape
    units = found["u"].shape[0] // 4
    layer = found["h"].layer

    def const(data: np.ndarray, name: str) -> Value:
        made = constant(np.ascontiguousarray(data), f"{layer}/{name}")
        made.layer = layer
        return made

    def state(name: str) -> Value:
        made = Value(f"{layer}/{name}", np.float32, [batch, units])
        made.is_variable = True
        return made

    bias = found.get("bias")
    bias = np.zeros(4 * units, np.float32) if bias is None else bias.reshape(-1)
    cut = [slice(n * units, (n + 1) * units) for n in range(4)]
    inputs: list[Value | None] = [
        x,
        *(const(found["w"][c], f"input_{g}") for g, c in zip(GATES, cut, strict=True)),
        *(const(found["u"][c], f"recurrent_{g}") for g, c in zip(GATES, cut, strict=True)),
        None, None, None,
        *(const(bias[c], f"bias_{g}") for g, c in zip(GATES, cut, strict=True)),
        None, None, state("output_state"), state("cell_state"), None, None, None, None,
    ]  # fmt: skip
    sequence = Value(f"{layer}/sequence", np.float32, [steps, batch, units])
    sequence.layer = layer
    options = {
        "fused_activation_function": "TANH", "time_major": True, "cell_clip": 0.0, "proj_clip": 0.0,
    }  # fmt: skip
    made = [Operator("UNIDIRECTIONAL_SEQUENCE_LSTM", inputs, [sequence], options, layer, loop.line)]
    at = [
        const(np.array(v, np.int32), "last") for v in ([-1, 0, 0], [0, 0, 0], [1, 1, 1])
    ]  # fmt: skip
    last = Value(f"{layer}/last", np.float32, [batch, units])
    last.layer = layer
    masks = {"begin_mask": 6, "end_mask": 7, "shrink_axis_mask": 1}
    made.append(Operator("STRIDED_SLICE", [sequence, *at], [last], masks, layer, loop.line))
    subgraph.replace(loop.outputs[found["h_place"]], last)
    for place, kind in found["lists"]:
        if kind == "all":
            subgraph.replace(loop.outputs[place], sequence)
            continue
        row = Value(f"{layer}/row", np.float32, [1, batch, units])
        row.layer = layer
        shape = const(np.array([1, batch, units], np.int32), "row_shape")
        sizes = {"new_shape": [1, batch, units]}
        made.append(Operator("RESHAPE", [last, shape], [row], sizes, layer, loop.line))
        subgraph.replace(loop.outputs[place], row)
    index = subgraph.operators.index(loop)
    subgraph.operators[index : index + 1] = made
