"""ONNX files as functions and SavedModels: the functions that people call."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import errors
from tidefall.export.onnx.files import read_model
from tidefall.export.onnx.importer.execution import Execution
from tidefall.export.onnx.importer.registry import CannotImport, rule_of
from tidefall.export.onnx.importer.rules import load_rules
from tidefall.export.onnx.importer.values import array_of, tensor_dtype


def from_onnx(path: Any, *, trainable: bool = False) -> Any:
    """Return an ONNX model as a `tf.Module` that can be called and saved.

    Args:
        path: the file, or an `onnx.ModelProto`.
        trainable: whether weights become variables, which can be trained; constants by default.

    Returns:
        An `OnnxModel`. `model(x)` takes the inputs in their order or by name and returns the only
        output, or a dict of them by name. Channels are where the file has them.

    Raises:
        tf.errors.NotFoundError: if there is no such file.
        tf.errors.DataLossError: if it is damaged or no ONNX model.
        tf.errors.UnimplementedError: if it has ops that cannot be said here; it names all of them.

    >>> import tidefall as tf
    >>> from tidefall.export.onnx.exporter.convert import to_onnx
    >>> from tidefall.export.onnx.importer.model import from_onnx
    >>> @tf.function(input_signature=[tf.TensorSpec([None, 2], name="x")])
    ... def double(x):
    ...     return x * 2.0
    >>> model = from_onnx(to_onnx(double))
    >>> model(tf.constant([[1.0, 3.0]])).numpy().tolist()
    [[2.0, 6.0]]
    """
    proto = read_model(path)
    load_rules()
    _check_ops(proto)
    return _model_class()(proto, trainable)


def _check_ops(proto: Any) -> None:
    """Refuse a model whose ops have no rule, naming all of them."""
    local = {(f.domain, f.name) for f in proto.functions}
    versions = {("" if o.domain == "ai.onnx" else o.domain): o.version for o in proto.opset_import}
    missing: dict[str, str] = {}
    pending = [list(proto.graph.node), *(list(f.node) for f in proto.functions)]
    while pending:
        for node in pending.pop():
            for attribute in node.attribute:
                pending += [list(g.node) for g in (attribute.g, *attribute.graphs) if g.node]
            domain = "" if node.domain == "ai.onnx" else node.domain
            if (node.domain, node.op_type) in local or rule_of(domain, node.op_type):
                continue
            if _has_body(node, versions.get(domain, 1)):
                continue
            label = f"{domain}.{node.op_type}" if domain else node.op_type
            missing.setdefault(label, node.name)
    if missing:
        lines = [f"  {op}" + (f" in node {name!r}" if name else "") for op, name in missing.items()]
        raise errors.UnimplementedError(
            None, None,
            "The ONNX model has ops that cannot be said in TensorFlow's:\n" + "\n".join(lines),
        )  # fmt: skip


def _has_body(node: Any, opset: int) -> bool:
    from onnx import defs

    try:
        schema = defs.get_schema(node.op_type, opset, node.domain)
    except defs.SchemaError:
        return False
    return schema.has_function or schema.has_context_dependent_function


def specs_of(proto: Any) -> list[Any]:
    """`tf.TensorSpec`s of a model's inputs, in their order.

    Raises:
        tf.errors.UnimplementedError: for inputs that are no tensors.
    """
    from tidefall.tensor.specs import TensorSpec

    weights = {t.name for t in proto.graph.initializer}
    found: list[Any] = []
    for info in proto.graph.input:
        if info.name in weights:
            continue
        kind = info.type.WhichOneof("value")
        if kind != "tensor_type":
            raise errors.UnimplementedError(
                None, None, f"The input {info.name!r} is a {kind}; models take tensors."
            )
        tensor = info.type.tensor_type
        dims = [d.dim_value if d.HasField("dim_value") else None for d in tensor.shape.dim]
        try:
            dtype = tensor_dtype(tensor.elem_type)
        except CannotImport as reason:
            raise errors.UnimplementedError(None, None, f"Input {info.name!r}: {reason}.") from None
        found.append(TensorSpec(dims if tensor.HasField("shape") else None, dtype, info.name))
    return found


def _model_class() -> Any:
    import tidefall as tf

    class OnnxModel(tf.Module):
        """An ONNX model.

        Attributes:
            inputs: a `tf.TensorSpec` for each input.
            output_names: names of the outputs.
            variables: the weights, if they were to be trainable.
        """

        def __init__(self, proto: Any, trainable: bool):
            super().__init__(name="onnx_model")
            self.inputs = specs_of(proto)
            self.output_names = [o.name for o in proto.graph.output]
            self.tables: list[Any] = []
            self.weights = _variables(proto) if trainable else []
            by_name = {v.name.partition(":")[0]: v for v in self.weights}
            names = {t.name: by_name[_legal(t.name)] for t in proto.graph.initializer
                     if _legal(t.name) in by_name}  # fmt: skip

            def call(*inputs: Any) -> dict[str, Any]:
                weights = {n: tf.convert_to_tensor(v) for n, v in names.items()}
                execution = Execution(proto, weights)
                found = execution.run(proto.graph, inputs)
                self.tables += execution.tables
                pairs = zip(self.output_names, found, strict=True)
                return {n: tf.identity(v) for n, v in pairs}

            self._call = tf.function(call, input_signature=self.inputs, autograph=False)

        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            """The outputs for inputs in their order, or by name."""
            names = [s.name for s in self.inputs]
            given = list(args) + [kwargs.pop(n) for n in names[len(args) :] if n in kwargs]
            if kwargs or len(given) != len(names):
                raise TypeError(f"The model takes the inputs {', '.join(names)}.")
            dtypes = [s.dtype for s in self.inputs]
            tensors = [tf.convert_to_tensor(v, d) for v, d in zip(given, dtypes, strict=True)]
            found = self._call(*tensors)
            return next(iter(found.values())) if len(found) == 1 else found

        def concrete(self) -> Any:
            """The concrete function, which takes the inputs in their order."""
            return self._call.get_concrete_function()

        def save(self, path: Any) -> None:
            """Write a SavedModel with the signature `serving_default`."""
            tf.saved_model.save(self, str(path), signatures=self._call)

    return OnnxModel


def _legal(name: str) -> str:
    import re

    return re.sub(r"[^A-Za-z0-9_.\\/>-]", "_", name)


def _variables(proto: Any) -> list[Any]:
    import tidefall as tf

    found: list[Any] = []
    for tensor in proto.graph.initializer:
        array = array_of(tensor)
        if array.dtype.kind == "f" and array.ndim and array.size > 1:
            found.append(tf.Variable(np.array(array), name=_legal(tensor.name)))
    return found
