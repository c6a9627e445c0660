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


def _packed(input: np.ndarray) -> native.Packed:
    check_vector(input)
    texts = native.packed(input.tolist())
    if texts is None:
        raise invalid(f"{len(input)} strings of more than 2 GB cannot be split together")
    return texts


def _split(input: np.ndarray, *, left_out: str, lower: bool) -> Any:
    texts = _packed(input)
    given, left_out_bytes = input.tolist(), left_out.encode()
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


def _vectorize(
    table: StaticTable,
    input: np.ndarray,
    default_value: np.ndarray,
    padding: np.ndarray,
    *,
    left_out: str,
    lower: bool,
    width: int,
) -> np.ndarray:
    keys = table.packed_keys() if default_value.size == 1 else None
    texts = None if keys is None else _packed(input)
    if keys is None or texts is None:
        return _vectorize_parts(table, input, default_value, padding, left_out, lower, width)
    unknown, fill = int(default_value.item()), int(padding)
    return keys.vectorize(texts, left_out.encode(), lower, width, unknown, fill)


def _vectorize_parts(
    table: StaticTable,
    input: np.ndarray,
    default_value: np.ndarray,
    padding: np.ndarray,
    left_out: str,
    lower: bool,
    width: int,
) -> np.ndarray:
    """The same where the table has nothing yet, or without kernels."""
    parts, ends, splits = _split(input, left_out=left_out, lower=lower)
    found = _find(table, parts, ends, default_value)
    counts = np.diff(splits)
    columns = np.arange(counts.max(initial=0) if width < 0 else width)
    rows = np.full((len(input), len(columns)), padding, found.dtype)
    inside = columns < counts[:, None]
    rows[inside] = found[(splits[:-1, None] + columns)[inside]]
    return rows


def _rows_shape(c: Inference) -> TensorShape:
    width = c.attr("width")
    return TensorShape([c.shape(1).with_rank(1)[0], None if width < 0 else width])


vectorize_texts_op = op(
    "_VectorizeTexts",
    definition=signature(
        "_VectorizeTexts",
        {
            "in": [
                ["table_handle", "resource"],
                ["input", "string"],
                ["default_value", "int64"],
                ["padding", "int64"],
            ],
            "out": [["values", "int64"]],
            "attrs": {
                "left_out": {"type": "string", "default": ""},
                "lower": {"type": "bool", "default": False},
                "width": {"type": "int"},
            },
            "stateful": True,
        },
    ),
    shape=_rows_shape,
    host=_vectorize,
    effects=reads("table_handle"),
    gradient=NOT_DIFFERENTIABLE,
)
