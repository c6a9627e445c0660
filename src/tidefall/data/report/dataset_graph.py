"""Pipelines as GraphDefs: what TensorFlow's `DatasetToGraph` writes."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.errors import DataLossError, InvalidArgumentError
from tidefall.data.dataset import scalar
from tidefall.data.engine.node import Node
from tidefall.data.state.element_codec import VARIANT, from_bytes
from tidefall.graph.codec.function_library import FunctionLibrary, called_by
from tidefall.graph.codec.importer import import_nodes
from tidefall.graph.func_graph import FuncGraph
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.runtime.debugging.checks import optimized
from tidefall.runtime.graph_function import GraphFunction
from tidefall.runtime.host.plan import HostPlan

_RESOURCE = 20


def node_of_graph(data: bytes) -> Node:
    """The pipeline that a serialized GraphDef describes: what its node `_Retval` returns.

    Raises:
        DataLossError: it is no GraphDef, or a damaged one.
        InvalidArgumentError: it returns no dataset.
        NotFoundError: it has ops that TensorFlow does not have.
    """
    from google.protobuf.message import DecodeError

    from tidefall.proto import GraphDef

    try:
        message = GraphDef.FromString(data)
    except DecodeError as error:
        raise DataLossError(None, None, f"This is no GraphDef of a dataset: {error}") from None
    returned = [node.input[0] for node in message.node if node.op == "_Retval" and node.input]
    if len(returned) != 1:
        raise InvalidArgumentError(
            None,
            None,
            "A GraphDef of a dataset has one node _Retval, which names the dataset. Received one "
            f"with {len(returned)} of them.",
        )
    nodes = [node for node in message.node if node.op != "_Retval" and not _is_object(node)]
    graph = FuncGraph("dataset_graph")
    given = {f"{node.name}:0": _object(node) for node in message.node if _is_object(node)}
    arguments = {
        name: graph.add_argument(dtype, [], f"object_{i}")
        for i, (name, (dtype, _)) in enumerate(given.items())
    }
    library = FunctionLibrary(message.library.function, GraphFunction)
    library.check(called_by(nodes), {"the dataset": nodes})
    made = import_nodes(nodes, graph, arguments, library.function, "the dataset's graph", True)
    name, _, index = returned[0].partition(":")
    if name not in made or int(index or 0) >= len(made[name].outputs):
        raise DataLossError(None, None, f"The dataset's graph has no tensor {returned[0]}.")
    graph.outputs = [made[name].outputs[int(index or 0)]]
    (node,) = HostPlan(optimized(graph)).run([value for _, value in given.values()])
    if not isinstance(node, Node):
        raise InvalidArgumentError(None, None, "The GraphDef describes no dataset.")
    return node


def _is_object(node: Any) -> bool:
    """Whether a node is a constant that is no array."""
    return node.op == raw.Const.name and node.attr["dtype"].type in (_RESOURCE, VARIANT)


def _object(node: Any) -> tuple[Any, Any]:
    """The dtype and value of such a constant.

    Seed generators and memory caches of the process that wrote it are none of this one: without
    them shuffling begins with the seeds in the graph, and a cache is empty.
    """
    proto = node.attr["value"].tensor
    if proto.dtype == _RESOURCE:
        return dtypes.resource, None
    (value,) = from_bytes([proto.SerializeToString()], [VARIANT], f"constant {node.name}")
    return dtypes.variant, value


def _from_graph(graph_def: np.ndarray) -> Node:
    return node_of_graph(graph_def.item())


dataset_from_graph_op = op(
    "DatasetFromGraph", shape=scalar, host=_from_graph, effects=PURE, gradient=NOT_DIFFERENTIABLE
)
