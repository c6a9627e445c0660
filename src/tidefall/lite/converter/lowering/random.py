"""Random numbers: another stream each run, as in the source."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.graph.operation import Operation
from tidefall.lite.converter.ir import Value
from tidefall.lite.converter.lowering.builder import Builder
from tidefall.lite.converter.lowering.registry import FACET, CannotLower
from tidefall.op import raw
from tidefall.op.registry import register_facet


def _random(code: str) -> Any:
    def rule(b: Builder, node: Operation, inputs: list[Any]) -> Value:
        if node.outputs[0].dtype.name != "float32":
            raise CannotLower("LiteRT draws float32 alone")
        seeds = {"seed": int(node.attrs["seed"]), "seed2": int(node.attrs["seed2"])}
        dims = b.dims(node.outputs[0])
        return b.op(code, [b.cast(inputs[0], np.int32)], dims, np.float32, **seeds)

    return rule


register_facet(
    FACET,
    {
        raw.RandomStandardNormal: _random("RANDOM_STANDARD_NORMAL"),
        raw.RandomUniform: _random("RANDOM_UNIFORM"),
    },
)
