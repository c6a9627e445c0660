"""`ParseExampleDataset`: what TensorFlow makes of `parse_example_dataset`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tidefall.base import dtypes
from tidefall.base.dtypes import DType
from tidefall.base.shapes import TensorShape
from tidefall.base.state import graph_scope, tapes_paused
from tidefall.composite.ragged.ragged_tensor import RaggedTensor
from tidefall.composite.sparse_tensor import SparseTensor
from tidefall.data.dataset import dataset_op, node_of
from tidefall.data.engine.functions import Runner
from tidefall.data.engine.node import Node
from tidefall.data.engine.structure import normalize
from tidefall.data.transformations.batching.batch import ordered_or_not
from tidefall.data.transformations.map import ParallelMapNode
from tidefall.graph.func_graph import FuncGraph
from tidefall.io.parsing.example_ops import parse_example_v2_op
from tidefall.runtime.graph_function import GraphFunction


def _function(
    sparse: Sequence[tuple[Any, DType]],
    dense: Sequence[tuple[Any, DType, TensorShape]],
    ragged: Sequence[tuple[Any, DType, DType]],
) -> GraphFunction:
    """Parses a vector of messages; the defaults of dense features are further arguments.

    The features come in the order of their keys.
    """
    graph = FuncGraph("parse_example")
    with graph_scope(graph), tapes_paused():
        serialized = graph.add_argument(dtypes.string, [None], "serialized")
        defaults = [
            graph.add_argument(dtype, None, f"default_{i}") for i, (_, dtype, _) in enumerate(dense)
        ]
        keys = [[key for key, *_ in kind] for kind in (sparse, dense, ragged)]
        found = parse_example_v2_op(
            serialized,
            [],
            *keys,
            defaults,
            num_sparse=len(sparse),
            sparse_types=[dtype for _, dtype in sparse],
            dense_shapes=[shape for *_, shape in dense],
            ragged_value_types=[dtype for _, dtype, _ in ragged],
            ragged_split_types=[splits for *_, splits in ragged],
        )
        made = [SparseTensor(*parts) for parts in zip(*found[:3], strict=True)]
        made += found[3]
        made += [
            RaggedTensor.from_row_splits(values, splits, validate=False)
            for values, splits in zip(found[4], found[5], strict=True)
        ]
        _, flat = normalize(dict(zip([*keys[0], *keys[1], *keys[2]], made, strict=True)))
        graph.outputs = [graph.capture(tensor) for tensor in flat]
    return GraphFunction("parse_example", graph)


def _build(source: Any, parallel_calls: Any, dense_defaults: Sequence[Any], **attrs: Any) -> Node:
    def features(*names: str) -> list[Any]:
        return list(zip(*(attrs.get(name, ()) for name in names), strict=True))

    function = _function(
        features("sparse_keys", "sparse_types"),
        features("dense_keys", "Tdense", "dense_shapes"),
        features("ragged_keys", "ragged_value_types", "ragged_split_types"),
    )
    if "sloppy" in attrs:
        ordered = False if attrs["sloppy"] else None
    else:
        ordered = ordered_or_not(attrs["deterministic"])
    node = node_of(source)
    runner = Runner(function, dense_defaults)
    return ParallelMapNode(node, runner, int(parallel_calls), ordered, preserve=True)


for _name in ("ParseExampleDataset", "ParseExampleDatasetV2", "ExperimentalParseExampleDataset"):
    _declared = dataset_op(_name, _build)
    _declared.host_attrs = tuple(_declared.definition.attrs)
