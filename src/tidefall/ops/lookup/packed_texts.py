"""Texts cut at blanks and looked up without a Python object for each part.

These ops take the place of StringSplitV2 and of what reads its parts (graph/passes/texts.py). Parts
are packed: their bytes side by side, and where each ends.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.shapes import TensorShape
from tidefall.native import text as native
from tidefall.native.library import enabled
from tidefall.op.effects import PURE, reads
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.table import signature
from tidefall.ops.common import invalid
from tidefall.ops.lookup.tables import StaticTable
from tidefall.ops.strings.byte_arrays import to_array, to_splits
from tidefall.ops.strings.splitting import check_vector


def _split_shape(c: Inference) -> list[TensorShape]:
    rows = c.shape(0).with_rank(1)[0]
    return [
        TensorShape([None]),
        TensorShape([None]),
        TensorShape([None if rows is None else rows + 1]),
    ]


def _split(input: np.ndarray, *, left_out: str, lower: bool) -> Any:
    check_vector(input)
    given, left_out_bytes = input.tolist(), left_out.encode()
    texts = native.packed(given)
    if texts is None:
        raise invalid(f"{len(given)} strings of more than 2 GB cannot be split together")
    if enabled():
        parts, counts = native.split_text(texts, left_out_bytes, lower)
        return *parts, to_splits(counts)
    small = [text.lower() for text in given] if lower else given
    cut = [text.translate(None, left_out_bytes).split() for text in small]
    parts = native.packed([part for row in cut for part in row])
    assert parts is not None
    return *parts, to_splits([*map(len, cut)])


split_texts_op = op(
    "_SplitTexts",
    definition=signature(
        "_SplitTexts",
        {
            "in": [["input", "string"]],
            "out": [["parts", "uint8"], ["ends", "int32"], ["row_splits", "int64"]],
            "attrs": {
                "left_out": {"type": "string", "default": ""},
                "lower": {"type": "bool", "default": False},
            },
        },
    ),
    shape=_split_shape,
    host=_split,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)


def _one_for_each(c: Inference) -> TensorShape:
    return c.shape(len(c.inputs) - 2)


def _find(
    table: StaticTable, parts: np.ndarray, ends: np.ndarray, default_value: np.ndarray
) -> np.ndarray:
    keys = table.packed_keys() if default_value.size == 1 else None
    if keys is None:
        return table.find(to_array(native.unpacked((parts, ends))), default_value)
    return keys.find((parts, ends), default_value.reshape(()))


find_texts_op = op(
    "_FindTexts",
    definition=signature(
        "_FindTexts",
        {
            "in": [
                ["table_handle", "resource"],
                ["parts", "uint8"],
                ["ends", "int32"],
                ["default_value", "Tout"],
            ],
            "out": [["values", "Tout"]],
            "attrs": {"Tout": {"type": "type"}},
            "stateful": True,
        },
    ),
    shape=_one_for_each,
    host=_find,
    effects=reads("table_handle"),
    gradient=NOT_DIFFERENTIABLE,
)


def _equal(parts: np.ndarray, ends: np.ndarray, text: np.ndarray) -> np.ndarray:
    wanted = np.frombuffer(text.item(), np.uint8)
    equal = native.lengths_of((parts, ends)) == len(wanted)
    if len(wanted) and equal.any():
        places = ends[equal][:, None] - np.arange(len(wanted), 0, -1)
        equal[equal] = (parts[places] == wanted).all(1)
    return equal


equal_texts_op = op(
    "_EqualTexts",
    definition=signature(
        "_EqualTexts",
        {
            "in": [["parts", "uint8"], ["ends", "int32"], ["text", "string"]],
            "out": [["equal", "bool"]],
        },
    ),
    shape=_one_for_each,
    host=_equal,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)
