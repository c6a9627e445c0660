"""Rewrites of lowered subgraphs: the list of them, and the function that runs it.

Lowering says each op by itself. Here groups of operators become the one builtin that does the same,
constants move into filters, and activations into what comes before. Each pass changes a subgraph in
place and returns how much. Read `matching.py` first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tidefall.lite.converter.ir import LiteProgram, Subgraph
from tidefall.lite.converter.rewrites.cleaning import merge_common, remove_dead, remove_neutral
from tidefall.lite.converter.rewrites.folding import (
    fold_affine,
    fold_padding,
    fuse_activations,
    sink_reshapes,
)
from tidefall.lite.converter.rewrites.loops import drop_unused_carries, move_products_out
from tidefall.lite.converter.rewrites.patterns import (
    find_clips,
    find_gelu,
    find_l2_normalization,
    find_prelu,
    find_shifted_scales,
    spell_out_erf,
)
from tidefall.lite.converter.rewrites.recurrent import fuse_lstm


class Pass(NamedTuple):
    """A named rewrite of a subgraph."""

    name: str
    run: Callable[[Subgraph], int]


PASSES: tuple[Pass, ...] = (
    Pass("remove_dead", remove_dead),
    Pass("merge_common", merge_common),
    # Patterns, before parts of them are fused into something else.
    Pass("find_gelu", find_gelu),
    Pass("find_prelu", find_prelu),
    Pass("find_clips", find_clips),
    Pass("find_shifted_scales", find_shifted_scales),
    Pass("find_l2_normalization", find_l2_normalization),
    Pass("spell_out_erf", spell_out_erf),
    Pass("remove_neutral", remove_neutral),
    Pass("sink_reshapes", sink_reshapes),
    Pass("fold_affine", fold_affine),
    Pass("fold_padding", fold_padding),
    Pass("fuse_activations", fuse_activations),
    Pass("remove_neutral", remove_neutral),
    Pass("merge_common", merge_common),
    Pass("remove_dead", remove_dead),
)
"""The passes, in the order in which they run on each subgraph."""


def run_rewrites(program: LiteProgram, with_fused_lstm: bool = False) -> dict[str, int]:
    """Run all passes on all subgraphs.

    Args:
        program: changed in place.
        with_fused_lstm: whether loops that are an LSTM layer become one operator.

    Returns:
        By name of each pass how much it changed.
    """
    counts: dict[str, int] = {}
    if with_fused_lstm:
        for subgraph in program.all_subgraphs():
            counts["fuse_lstm"] = counts.get("fuse_lstm", 0) + fuse_lstm(subgraph)
    for subgraph in program.all_subgraphs():
        counts["move_products_out"] = counts.get("move_products_out", 0) + move_products_out(
            subgraph
        )
    for subgraph in program.all_subgraphs():
        for step in PASSES:
            counts[step.name] = counts.get(step.name, 0) + step.run(subgraph)
    for subgraph in program.all_subgraphs():
        # Inner loops are cleaned by now, so that what they no longer read is seen.
        drop_unused_carries(subgraph)
        remove_dead(subgraph)
    return counts
