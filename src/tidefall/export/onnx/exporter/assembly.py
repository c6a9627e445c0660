"""Writing graphs as ONNX messages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

import tidefall
from tidefall.export.onnx.exporter.ir import MICROSOFT, ML, OnnxGraph, plain
from tidefall.lite.converter.ir import Operator, Subgraph, Value

IR_VERSION = 10
_DOMAINS = {ML: 3, MICROSOFT: 1}


class Assembly:
    """A model while it is written.

    Args:
        graph: the main graph; its inputs and outputs have their names already.
        opset: the version of ONNX's ops.
    """

    def __init__(self, graph: OnnxGraph, opset: int):
        self.graph, self.opset = graph, opset
        self._names: dict[int, str] = {}
        self._alive: list[Value] = []
        self._taken: set[str] = set()
        self._constants: list[tuple[str, np.ndarray]] = []
        self._domains: set[str] = set()
        self._node_names: dict[str, int] = {}

    def model(self, producer: str) -> Any:
        """The ModelProto."""
        from onnx import helper

        for value in (*self.graph.inputs, *self.graph.outputs):
            self._taken.add(value.name)
            self._names[id(value)] = value.name
        nodes = [self._node(o) for o in self.graph.operators]
        made = helper.make_graph(
            nodes, re.sub(r"\W", "_", self.graph.name) or "main",
            [self._info(v, f"in{i}") for i, v in enumerate(self.graph.inputs)],
            [self._info(v, f"out{i}") for i, v in enumerate(self.graph.outputs)],
            [self._tensor(name, data) for name, data in self._constants],
        )  # fmt: skip
        opsets = [helper.make_opsetid("", self.opset)]
        opsets += [helper.make_opsetid(d, _DOMAINS[d]) for d in sorted(self._domains)]
        return helper.make_model(
            made, opset_imports=opsets, ir_version=IR_VERSION,
            producer_name="tidefall", producer_version=tidefall.__version__, doc_string=producer,
        )  # fmt: skip

    def _node(self, node: Operator) -> Any:
        from onnx import helper

        domain = getattr(node, "domain", "")
        if domain:
            self._domains.add(domain)
        inputs = ["" if v is None else self._name(v) for v in node.inputs]
        while inputs and not inputs[-1]:
            inputs.pop()
        outputs = [self._name(v) for v in node.outputs]
        options: dict[str, Any] = {k: v for k, v in plain(node.options).items() if v is not None}
        for key, value in options.items():
            if isinstance(value, np.ndarray):
                options[key] = self._tensor("", value)
        for key, value in node.options.items():
            if isinstance(value, Subgraph):
                options[key] = self._inner(value)
        name, count = node.layer, 1
        while name in self._node_names:
            count = self._node_names[node.layer] = self._node_names.get(node.layer, 1) + 1
            name = f"{node.layer}_{count}"
        self._node_names.setdefault(name, 1)
        made = helper.make_node(node.code, inputs, outputs, name=name, domain=domain, **options)
        if node.line:
            made.metadata_props.add(key="source", value=node.line)
        return made

    def _inner(self, graph: Subgraph) -> Any:
        from onnx import helper

        nodes = [self._node(o) for o in graph.operators]
        return helper.make_graph(
            nodes, re.sub(r"\W", "_", graph.name),
            [self._info(v, "", name=self._name(v)) for v in graph.inputs],
            [self._info(v, "", name=self._name(v)) for v in graph.outputs],
        )  # fmt: skip

    def _name(self, value: Value) -> str:
        found = self._names.get(id(value))
        if found is not None:
            return found
        base = value.layer or value.name or "value"
        name, n = base, 1
        while name in self._taken:
            n += 1
            name = f"{base}:{n}"
        self._taken.add(name)
        self._names[id(value)] = name
        self._alive.append(value)  # so that no other value gets its id
        if value.data is not None:
            self._constants.append((name, value.data))
        return name

    @staticmethod
    def _info(value: Value, prefix: str, name: str = "") -> Any:
        from onnx import helper

        kind = element_type(value.dtype)
        dims: Sequence[Any]
        if prefix:
            # The first dimension of all inputs and outputs is the batch.
            dims = [
                d if d is not None else "batch" if a == 0 else f"{value.name}_dim{a}"
                for a, d in enumerate(value.shape)
            ]
        else:
            dims = [None] * value.rank
        return helper.make_tensor_value_info(name or value.name, kind, dims)

    @staticmethod
    def _tensor(name: str, data: np.ndarray) -> Any:
        from onnx import TensorProto, helper, numpy_helper

        if data.dtype.hasobject:
            texts = [t if isinstance(t, bytes) else str(t).encode() for t in data.reshape(-1)]
            return helper.make_tensor(name, TensorProto.STRING, data.shape, texts)
        return numpy_helper.from_array(np.ascontiguousarray(data).reshape(data.shape), name)


def element_type(dtype: np.dtype[Any]) -> int:
    """ONNX's number of a dtype."""
    from onnx import TensorProto, helper

    if dtype.hasobject:
        return TensorProto.STRING
    return helper.np_dtype_to_tensor_dtype(dtype)
