"""Which part of a range matters to who reads it.

An attention mask adds -1e9 to what is to be ignored. A scale for that leaves nothing for the rest;
but softmax gives the same 0 for anything far below the largest.
"""

from __future__ import annotations

from dataclasses import replace

from tidefall.lite.converter.ir import LiteProgram, Operator, Value
from tidefall.lite.quantize.calibration import Range

ENOUGH = 16.0
"""exp(-16) is a thirtieth of the least that a softmax of 8 bits can give."""
_LIMITED = 1e4
"""Ranges below this are left as they are."""


def useful_ranges(program: LiteProgram, ranges: dict[int, Range]) -> dict[int, Range]:
    """Ranges limited to what matters.

    Args:
        program: the model.
        ranges: what was seen, by id of each value.
    """
    found = dict(ranges)
    for subgraph in program.all_subgraphs():
        uses = subgraph.uses()
        for operator in subgraph.operators:
            if operator.code in ("SOFTMAX", "LOG_SOFTMAX"):
                _limit(operator.input(0), uses, found, 0)
    return found


def _limit(
    value: Value, uses: dict[int, list[Operator]], found: dict[int, Range], depth: int
) -> None:
    seen = found.get(id(value))
    if seen is None or depth > 4 or len(uses.get(id(value), ())) > 1 or seen.low > -_LIMITED:
        return
    producer = value.producer
    if producer is None:
        return
    others = [v for v in producer.inputs if v is not None and v.is_float]
    kept: list[Value] = []
    if producer.code in ("ADD", "SELECT_V2"):
        # What is not masked has a range of its own, and that is all that matters.
        kept = [v for v in others if _lowest(v, found) > -_LIMITED]
        lows = [_lowest(v, found) for v in kept]
        low = min(lows, default=0.0) - ENOUGH
    elif producer.code in ("RESHAPE", "TRANSPOSE"):
        _limit(others[0], uses, found, depth + 1)
        inner = found.get(id(others[0]))
        low = seen.low if inner is None else inner.low
    else:
        low = min(seen.high, 0.0) - ENOUGH
    found[id(value)] = replace(seen, low=max(seen.low, low))
    if producer.code == "ADD":
        for v in others:
            if v not in kept:
                _limit_mask(v, uses, found, low)


def _lowest(value: Value, found: dict[int, Range]) -> float:
    if value.data is not None:
        return float(value.data.min()) if value.data.size else 0.0
    seen = found.get(id(value))
    return 0.0 if seen is None else seen.low


def _limit_mask(
    value: Value, uses: dict[int, list[Operator]], found: dict[int, Range], low: float
) -> None:
    """A mask that is added: it need not be lower than what takes all to the bottom."""
    seen = found.get(id(value))
    if seen is not None:
        found[id(value)] = replace(seen, low=max(seen.low, 2 * low))
