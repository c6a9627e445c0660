"""Texts that are cut at blanks only to be looked up never become single strings.

`tf.keras.layers.TextVectorization` lowers texts, removes punctuation, splits, looks the parts up
and pads: one Python object for each part, and several passes over them. Where nobody but lookups
and comparisons reads the parts, they stay packed in one array (ops/lookup/packed_texts.py), which
native kernels make and read. Where one lookup is all there is, and its values are padded to rows,
one kernel goes from texts to rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.operation import Operation
from tidefall.graph.passes.rewriting import Rewriter, known
from tidefall.native.library import enabled
from tidefall.op import raw
from tidefall.ops.lookup.packed_texts import (
    equal_texts_op,
    find_texts_op,
    split_texts_op,
    vectorize_texts_op,
)
from tidefall.ops.lookup.table_ops import static_text_table
from tidefall.ops.strings.regex import removed_characters
from tidefall.tensor.tensor import hint_of

_INDICES, _PARTS, _SHAPE = range(3)
"""The outputs of StringSplitV2."""


def pack_texts(graph: FuncGraph) -> int:
    """Keep the parts of texts packed where they are only looked up and compared."""
    if not any(is_split(node) for node in graph.nodes) or not enabled():
        return 0
    found = _Splits(graph)
    if not found.nodes:
        return 0
    rules = {
        raw.StringSplitV2: found.split,
        raw.LookupTableFindV2: found.find,
        raw.Equal: found.equal,
        raw.Squeeze: found.row_splits,
        raw.SelectV2: _without_blank_parts,
    }
    changed = Rewriter(graph).run(rules)
    rows = Rewriter(graph)
    rows.count_uses()
    return changed + rows.run({raw.RaggedTensorToTensor: _to_rows})


def is_split(node: Operation) -> bool:
    """Whether `pack_texts` may change it."""
    return node.op_type is raw.StringSplitV2


class _Splits:
    """The nodes that split texts for lookups only, and rules for their readers.

    Attributes:
        nodes: the identities of such nodes.
    """

    def __init__(self, graph: FuncGraph):
        readers: dict[int, list[Operation]] = {}
        for node in graph.nodes:
            for tensor in node.inputs:
                readers.setdefault(id(tensor), []).append(node)
        outputs = {id(tensor) for tensor in graph.outputs}
        self.nodes = {
            id(node)
            for node in graph.nodes
            if is_split(node) and _only_looked_up(node, readers, outputs)
        }
        self._packed: dict[int, Operation] = {}

    def split(self, node: Operation, rewriter: Rewriter) -> None:
        """Add the node that packs; the one that is there loses its readers."""
        if id(node) not in self.nodes:
            return
        texts, attrs = node.inputs[0], {"left_out": "", "lower": False}
        if texts.op.op_type is raw.StaticRegexReplace:
            removed = removed_characters(texts.op.attrs)
            if removed is not None:
                texts, attrs["left_out"] = texts.op.inputs[0], removed.decode()
        if texts.op.op_type is raw.StringLower and not texts.op.attrs["encoding"]:
            texts, attrs["lower"] = texts.op.inputs[0], True
        self._packed[id(node)] = rewriter.add(split_texts_op, [texts], attrs, node)

    def _parts(self, tensor: Any) -> Sequence[Any] | None:
        packed = self._packed.get(id(tensor.op))
        return None if packed is None else packed.outputs[:2]

    def find(self, node: Operation, rewriter: Rewriter) -> Sequence[Any] | None:
        """Look packed parts up."""
        table, keys, default = node.inputs
        parts = self._parts(keys)
        if parts is None:
            return None
        attrs = {"Tout": node.outputs[0].dtype}
        return rewriter.add(find_texts_op, [table, *parts, default], attrs, node).outputs

    def equal(self, node: Operation, rewriter: Rewriter) -> Sequence[Any] | None:
        """Compare packed parts."""
        for tensor, other in (node.inputs, node.inputs[::-1]):
            parts = self._parts(tensor)
            if parts is not None:
                return rewriter.add(equal_texts_op, [*parts, other], {}, node).outputs
        return None

    def row_splits(self, node: Operation, rewriter: Rewriter) -> Sequence[Any] | None:
        """Where each text begins and ends is known already."""
        split = _split_of_row_splits(node)
        packed = None if split is None else self._packed.get(id(split))
        return None if packed is None else [packed.outputs[2]]


def _without_blank_parts(node: Operation, rewriter: Rewriter) -> Sequence[Any] | None:
    """A choice by whether parts are empty, which none is: they are cut at runs of blanks."""
    condition, _, found = node.inputs
    if condition.op.op_type is not equal_texts_op or found.op.op_type is not find_texts_op:
        return None
    text = known(condition.op.inputs[2])
    same_parts = condition.op.inputs[0] is found.op.inputs[1]
    if not same_parts or text is None or text.item() or node.inputs[1].shape.rank != 0:
        return None
    return None if node.control_inputs else [found]


def _to_rows(node: Operation, rewriter: Rewriter) -> Sequence[Any] | None:
    """Look up and pad without anything in between."""
    shape, values, padding, *partitions = node.inputs
    find, sizes = values.op, known(shape)
    if find.op_type is not find_texts_op or rewriter.uses(values) != 1 or padding.shape.rank != 0:
        return None
    table, parts, _, default = find.inputs
    split = parts.op
    if len(partitions) != 1 or partitions[0] is not split.outputs[2]:
        return None
    if rewriter.uses(partitions[0]) != 1:
        return None
    if values.dtype != dtypes.int64 or default.shape.rank != 0:
        return None
    if sizes is None or sizes.shape != (2,) or sizes[0] >= 0:
        return None
    if node.control_inputs or split.control_inputs:
        return None
    attrs = {**split.attrs, "width": max(-1, int(sizes[1]))}
    inputs = [table, split.inputs[0], default, padding]
    return rewriter.add(vectorize_texts_op, inputs, attrs, find).outputs


def _only_looked_up(
    split: Operation, readers: dict[int, list[Operation]], outputs: set[int]
) -> bool:
    """Whether parts are looked up or compared, and the rest serves to find where rows begin."""
    separator = known(split.inputs[1])
    if separator is None or separator.item() or split.attrs["maxsplit"] > 0:
        return False
    if any(id(tensor) in outputs for tensor in split.outputs):
        return False
    looked_up = [*readers.get(id(split.outputs[_PARTS]), ())]
    return any(node.op_type is raw.LookupTableFindV2 for node in looked_up) and (
        all(_takes_parts(node, split.outputs[_PARTS]) for node in looked_up)
        and all(
            _leads_to_row_splits(tensor, split, readers, outputs)
            for tensor in (split.outputs[_INDICES], split.outputs[_SHAPE])
        )
    )


def _takes_parts(node: Operation, parts: Any) -> bool:
    if node.op_type is raw.LookupTableFindV2:
        table, keys, default = node.inputs
        return (
            keys is parts
            and default.shape.rank == 0
            and static_text_table(hint_of(table)) is not None
        )
    if node.op_type is not raw.Equal:
        return False
    other = known(node.inputs[1] if node.inputs[0] is parts else node.inputs[0])
    return other is not None and other.ndim == 0


def _leads_to_row_splits(
    tensor: Any, split: Operation, readers: dict[int, list[Operation]], outputs: set[int]
) -> bool:
    """Whether all that depends on a tensor is where the rows of a split begin."""
    if id(tensor) in outputs:
        return False
    for node in readers.get(id(tensor), ()):
        if node.op_type is raw.Squeeze:
            if _split_of_row_splits(node) is not split:
                return False
        elif node.op_type not in _ON_THE_WAY or not all(
            _leads_to_row_splits(each, split, readers, outputs) for each in node.outputs
        ):
            return False
    return True


# ---- how RaggedTensor.from_value_rowids finds where rows begin ----

_ON_THE_WAY = frozenset(
    (raw.StridedSlice, raw.AddV2, raw.Range, raw.ExpandDims, raw.LowerBound, raw.Squeeze)
)


def _split_of_row_splits(node: Operation) -> Operation | None:
    """The node whose rows' beginnings a Squeeze gives, or None."""
    bound = _made_by(raw.LowerBound, node.inputs[0])
    if bound is None or node.attrs["squeeze_dims"] != [0]:
        return None
    if bound.attrs["out_type"] != dtypes.int64:
        return None
    rows, count = (_made_by(raw.ExpandDims, tensor) for tensor in bound.inputs)
    if rows is None or count is None or not _is(rows.inputs[1], 0) or not _is(count.inputs[1], 0):
        return None
    column = _made_by(raw.StridedSlice, rows.inputs[0])
    steps = _made_by(raw.Range, count.inputs[0])
    if column is None or steps is None:
        return None
    masks = {"begin_mask": 1, "end_mask": 1, "shrink_axis_mask": 2}
    if not _slices(column, ([0, 0], [0, 1], [1, 1]), masks):
        return None
    more = _made_by(raw.AddV2, steps.inputs[1])
    if more is None or not (_is(steps.inputs[0], 0) and _is(steps.inputs[2], 1)):
        return None
    number = _made_by(raw.StridedSlice, more.inputs[0])
    if number is None or not _is(more.inputs[1], 1):
        return None
    if not _slices(number, ([0], [1], [1]), {"shrink_axis_mask": 1}):
        return None
    split = column.inputs[0].op
    whole = column.inputs[0] is split.outputs[_INDICES] and is_split(split)
    return split if whole and number.inputs[0] is split.outputs[_SHAPE] else None


def _made_by(op: Any, tensor: Any) -> Operation | None:
    return tensor.op if tensor.op.op_type is op else None


def _is(tensor: Any, number: int) -> bool:
    value = known(tensor)
    return value is not None and value.ndim == 0 and value.item() == number


def _slices(node: Operation, bounds: Sequence[list[int]], masks: dict[str, int]) -> bool:
    values = [known(tensor) for tensor in node.inputs[1:]]
    names = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")
    return all(node.attrs[name] == masks.get(name, 0) for name in names) and all(
        value is not None and np.array_equal(value, wanted)
        for value, wanted in zip(values, bounds, strict=True)
    )
