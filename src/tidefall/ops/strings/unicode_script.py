"""`tf.strings.unicode_script`: which script a character belongs to.

`unicode_scripts.json` holds the code points at which the script changes, and the script that begins
there, in the numbers of ICU (UScriptCode), Unicode 15.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dispatch import UNARY
from tidefall.base.exports import export
from tidefall.op.effects import PURE
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import unchanged
from tidefall.tensor.conversion import convert_to_tensor


@cache
def _ranges() -> tuple[np.ndarray, np.ndarray]:
    text = Path(__file__).with_name("unicode_scripts.json").read_text("ascii")
    steps, scripts = json.loads(text)
    return np.cumsum(steps), np.array(scripts, np.int32)


def _script(input: np.ndarray) -> np.ndarray:
    starts, scripts = _ranges()
    found = scripts[np.searchsorted(starts, input, "right") - 1]
    return np.where((input < 0) | (input > 0x10FFFF), np.int32(-1), found)


script_op = op(
    "UnicodeScript", shape=unchanged, host=_script, effects=PURE, gradient=NOT_DIFFERENTIABLE
)


@export("strings.unicode_script", dispatch=UNARY)
def unicode_script(input: Any, name: str | None = None) -> Any:
    """The script that each code point belongs to.

    Args:
        input: an int32 tensor of any shape, dense or ragged, of code points.
        name: name of the node in a graph.

    Returns:
        An int32 tensor of the same shape, of ICU's numbers for scripts (UScriptCode); -1 for
        what is no code point.

    >>> import tidefall as tf
    >>> tf.strings.unicode_script([1, 31, 38, 97]).numpy()
    array([ 0,  0,  0, 25], dtype=int32)
    """
    return script_op(convert_to_tensor(input, dtypes.int32), name=name)
