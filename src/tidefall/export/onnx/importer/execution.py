"""Running an ONNX graph node by node, on tensors or inside of a function that is traced."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.base import errors
from tidefall.export.onnx.importer.layout import Layouts
from tidefall.export.onnx.importer.registry import Call, CannotImport, rule_of
from tidefall.export.onnx.importer.values import array_of, eager, is_known


class Execution:
    """Runs graphs of one model.

    Args:
        model: the ModelProto.
        weights: what stands for initializers by name, in place of their arrays.
    """

    def __init__(self, model: Any, weights: dict[str, Any] | None = None):
        self.opsets = {
            ("" if o.domain == "ai.onnx" else o.domain): o.version for o in model.opset_import
        }
        self.functions = {(f.domain, f.name): f for f in model.functions}
        self.weights = weights or {}
        self.layouts = Layouts()
        self.tables: list[Any] = []
        """Tables that the functions made here look into; whoever keeps those keeps these."""

    def run(
        self, graph: Any, inputs: Sequence[Any], scope: dict[str, Any] | None = None
    ) -> list[Any]:
        """Run a graph.

        Args:
            graph: a GraphProto.
            inputs: tensors or arrays in the order of its inputs that are no initializers.
            scope: names of the graphs around it.

        Returns:
            Its outputs: tensors, or arrays where they are known.
        """
        names = dict(scope or {})
        for tensor in graph.initializer:
            names[tensor.name] = (
                self.weights[tensor.name] if tensor.name in self.weights else array_of(tensor)
            )
        if graph.sparse_initializer:
            raise _refused(graph.name, "", "its sparse initializers are not read")
        given = [i.name for i in graph.input if i.name not in {t.name for t in graph.initializer}]
        if len(given) != len(inputs):
            given = [i.name for i in graph.input][: len(inputs)]
        names.update(zip(given, inputs, strict=True))
        self._nodes(graph.node, names, self.opsets, {})
        return [self._output(names, o.name) for o in graph.output]

    def _output(self, names: dict[str, Any], name: str) -> Any:
        if name not in names:
            raise errors.InvalidArgumentError(None, None, f"The graph has no value {name!r}.")
        return names[name]

    def _nodes(
        self, nodes: Any, names: dict[str, Any], opsets: dict[str, int], given: dict[str, Any]
    ) -> None:
        for node in nodes:
            try:
                inputs = [names[name] if name else None for name in node.input]
            except KeyError as error:
                raise errors.InvalidArgumentError(
                    None,
                    None,
                    f"The node {node.name or node.op_type} reads {error}, which nothing gives.",
                ) from None
            attributes = _attributes(node, given)
            results = self._node(node, inputs, attributes, names, opsets)
            for name, value in zip(node.output, results, strict=False):
                if name:
                    names[name] = value

    def _node(
        self, node: Any, inputs: list[Any], attributes: dict[str, Any], names: dict[str, Any],
        opsets: dict[str, int],
    ) -> list[Any]:  # fmt: skip
        local = self.functions.get((node.domain, node.op_type))
        if local is not None:
            return self._function(local, inputs, attributes)
        domain = "" if node.domain == "ai.onnx" else node.domain
        rule = rule_of(domain, node.op_type)
        if rule is None:
            body = function_body(_resolved(node, attributes), inputs, opsets.get(domain, 1))
            if body is None:
                raise _refused(node.op_type, node.name, "TensorFlow has no op for it")
            return self._function(
                body, inputs, {**_defaults(node, opsets.get(domain, 1)), **attributes}
            )
        call = Call(
            node.op_type, inputs, attributes, opsets.get(domain, 1), len(node.output), self, names
        )
        try:
            known = bool(inputs) and all(v is None or isinstance(v, np.ndarray) for v in inputs)
            if known and is_known(node):
                return eager(lambda: rule(call))
            found = rule(call)
        except CannotImport as reason:
            raise _refused(node.op_type, node.name, str(reason)) from None
        return list(found) if isinstance(found, (list, tuple)) else [found]

    def _function(self, body: Any, inputs: list[Any], attributes: dict[str, Any]) -> list[Any]:
        names = dict(zip(body.input, inputs, strict=False))
        names.update(dict.fromkeys(list(body.input)[len(inputs) :]))
        given = {a.name: _value(a) for a in body.attribute_proto}
        given.update(attributes)
        opsets = {("" if o.domain == "ai.onnx" else o.domain): o.version for o in body.opset_import}
        self._nodes(body.node, names, {**self.opsets, **opsets}, given)
        return [names.get(name) for name in body.output]


def function_body(node: Any, inputs: Sequence[Any], opset: int) -> Any:
    """The body that ONNX itself gives for an op in other ops, or None."""
    import onnx
    from onnx import defs, helper

    try:
        schema = defs.get_schema(node.op_type, opset, node.domain)
    except defs.SchemaError:
        return None
    if schema.has_function:
        return schema.function_body
    if not schema.has_context_dependent_function:
        return None
    from tidefall.export.onnx.importer.values import element_of

    types = [
        (onnx.TypeProto() if v is None else helper.make_tensor_type_proto(element_of(v), _dims(v)))
        .SerializeToString()
        for v in inputs
    ]  # fmt: skip
    versions = schema.context_dependent_function_opset_versions
    version = max((v for v in versions if v <= opset), default=versions[0])
    made = schema.get_context_dependent_function_with_opset_version(
        version, node.SerializeToString(), types
    )
    return onnx.FunctionProto.FromString(made)


def _resolved(node: Any, attributes: dict[str, Any]) -> Any:
    """A node of a function with the attributes that it was given."""
    from onnx import helper

    if not any(a.ref_attr_name for a in node.attribute):
        return node
    made = type(node)()
    made.CopyFrom(node)
    del made.attribute[:]
    made.attribute.extend(helper.make_attribute(name, v) for name, v in attributes.items())
    return made


def _defaults(node: Any, opset: int) -> dict[str, Any]:
    """Attributes that a node leaves to the schema."""
    from onnx import defs

    schema = defs.get_schema(node.op_type, opset, node.domain)
    found = {name: a.default_value for name, a in schema.attributes.items()}
    return {name: _value(v) for name, v in found.items() if v.type}


def _dims(value: Any) -> Any:
    return (
        list(value.shape) if isinstance(value, np.ndarray) or value.shape.rank is not None else None
    )


def _attributes(node: Any, given: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for attribute in node.attribute:
        if attribute.ref_attr_name:
            if attribute.ref_attr_name in given:
                found[attribute.name] = given[attribute.ref_attr_name]
        else:
            found[attribute.name] = _value(attribute)
    return found


def _value(attribute: Any) -> Any:
    from onnx import helper

    return helper.get_attribute_value(attribute)


def _refused(op: str, name: str, reason: str) -> errors.OpError:
    where = f" in node {name!r}" if name else ""
    return errors.UnimplementedError(None, None, f"The ONNX op {op}{where}: {reason}.")
