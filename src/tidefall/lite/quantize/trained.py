"""Models of quantization-aware training: their ranges are in the model, as FAKE_QUANT operators."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from tidefall.lite.converter.ir import LiteProgram, Value
from tidefall.lite.converter.rewrites.matching import Rewriter
from tidefall.lite.converter.sources import Source
from tidefall.lite.converter.verification import sample
from tidefall.lite.quantize.calibration import Range

_COUNT = 16
_SIZE = 2
"""How many random samples, and of what free sizes, find the ranges that training did not."""


def is_trained(program: LiteProgram) -> bool:
    """Whether a model holds ranges from training."""
    return any(o.code == "FAKE_QUANT" for o in program.operators())


def take_ranges(program: LiteProgram) -> dict[int, tuple[float, float]]:
    """Remove the FAKE_QUANT operators of a model and return their ranges, by id of the value."""
    found: dict[int, tuple[float, float]] = {}
    keep: list[Value] = []
    for subgraph in program.all_subgraphs():
        rewriter = Rewriter(subgraph)
        for operator in [o for o in subgraph.operators if o.code == "FAKE_QUANT"]:
            x, out = operator.input(0), operator.output
            span = (float(operator.options["min"]), float(operator.options["max"]))
            rewriter.outputs = {id(v) for v in subgraph.outputs}
            if rewriter.drop(operator, x):
                found[id(x)] = span
            else:  # an input that is an output
                found[id(out)] = found[id(x)] = span
            keep.append(x)
    return found


def with_trained(
    ranges: dict[int, Range], trained: dict[int, tuple[float, float]]
) -> dict[int, Range]:
    """Ranges, with those from training in the place of what was seen."""
    result = dict(ranges)
    for key, (low, high) in trained.items():
        result[key] = Range(low, high, 1, 0.0, 0.0, is_trained=True)
    return result


class RandomSamples:
    """Random inputs, for a model whose training left few ranges to find.

    Args:
        sources: the signatures.
        program: the model, with its FAKE_QUANT operators: inputs are drawn from their ranges.
    """

    def __init__(self, sources: Sequence[Source], program: LiteProgram):
        self.sources = {s.key: s for s in sources}
        self._spans: dict[str, list[tuple[float, float] | None]] = {}
        for signature in program.signatures:
            ranges = {
                id(o.input(0)): (float(o.options["min"]), float(o.options["max"]))
                for o in signature.subgraph.operators if o.code == "FAKE_QUANT"
            }  # fmt: skip
            self._spans[signature.key] = [ranges.get(id(v)) for v in signature.subgraph.inputs]

    def __iter__(self) -> Iterator[tuple[str, list[np.ndarray]]]:
        """Pairs of a signature's name and arrays in the order of its inputs."""
        rng = np.random.default_rng(0)
        for key, source in self.sources.items():
            for number in range(_COUNT):
                arrays = sample(source, _SIZE, seed=number)
                for i, span in enumerate(self._spans[key]):
                    if span is not None:
                        arrays[i] = rng.uniform(*span, arrays[i].shape).astype(arrays[i].dtype)
                yield key, arrays
