"""Rewrites of exported graphs: the list of them, and the function that runs it.

Rules say each op by itself; here Transposes around convolutions meet and cancel, and products and
sums with constants go into filters. Each pass changes a graph in place and returns how much.
"""

from __future__ import annotations

from collections.abc import Callable

from tidefall.export.onnx.exporter.ir import OnnxGraph, graphs_of
from tidefall.export.onnx.exporter.rewrites.cleaning import merge_common, remove_copies
from tidefall.export.onnx.exporter.rewrites.folding import fold_affine, fold_padding
from tidefall.export.onnx.exporter.rewrites.transposes import sink_transposes
from tidefall.lite.converter.ir import Subgraph

PASSES: tuple[Callable[[Subgraph], int], ...] = (
    remove_copies, merge_common, sink_transposes, merge_common, fold_affine, fold_padding,
)  # fmt: skip
"""The passes, in the order in which they run on each graph."""


def run_rewrites(graph: OnnxGraph) -> None:
    """Run all passes on a graph and the graphs inside, and remove what nobody reads."""
    graph.remove_dead()
    for each in graphs_of(graph):
        for run in PASSES:
            if run(each):
                each.remove_dead()
