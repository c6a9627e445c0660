"""What is in a model, as plain data and as text: for `tidefall lite show` and the Analyzer."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tidefall.lite.interpreter.program import operator_name
from tidefall.lite.schema import Model, Operator, SubGraph, Table, Tensor, TensorType

_BITS = {
    TensorType.FLOAT64: 64, TensorType.INT64: 64, TensorType.UINT64: 64, TensorType.COMPLEX64: 64,
    TensorType.COMPLEX128: 128, TensorType.FLOAT32: 32, TensorType.INT32: 32,
    TensorType.UINT32: 32, TensorType.FLOAT16: 16, TensorType.BFLOAT16: 16, TensorType.INT16: 16,
    TensorType.UINT16: 16, TensorType.INT4: 4, TensorType.UINT4: 4, TensorType.INT2: 2,
}  # fmt: skip


def summarize(model: Model, size: int) -> dict[str, Any]:
    """What is in a model.

    Args:
        model: the model, as `read_model` gives it.
        size: the file's size in bytes.

    Returns:
        A dict of plain values, ready for JSON.
    """
    constants: Counter[str] = Counter()
    for number, subgraph in enumerate(model.subgraphs):
        for tensor in subgraph.tensors:
            length = _length(model, tensor)
            if length and number < len(model.subgraphs):
                constants[tensor.type.name.lower()] += length
    return {
        "size": size,
        "description": model.description,
        "min_runtime_version": _metadata(model, "min_runtime_version"),
        "constants": dict(constants.most_common()),
        "signatures": [
            {
                "name": each.signature_key,
                "subgraph": each.subgraph_index,
                "inputs": {part.name: part.tensor_index for part in each.inputs},
                "outputs": {part.name: part.tensor_index for part in each.outputs},
            }
            for each in model.signature_defs
        ],
        "operators": _operator_table(model),
        "subgraphs": [_subgraph(model, each) for each in model.subgraphs],
    }


def _metadata(model: Model, name: str) -> str:
    for each in model.metadata:
        if each.name == name and each.buffer < len(model.buffers):
            data = bytes(model.buffers[each.buffer].data)
            return data.split(b"\0")[0].decode("ascii", "replace")
    return ""


def _length(model: Model, tensor: Tensor) -> int:
    """Bytes of a tensor's constant."""
    if not 0 < tensor.buffer < len(model.buffers):
        return 0
    return len(model.buffers[tensor.buffer].data)


def _name(model: Model, operator: Operator) -> tuple[str, int]:
    if operator.opcode_index >= len(model.operator_codes):
        return "?", 0
    code = model.operator_codes[operator.opcode_index]
    return operator_name(code), code.version


def _operator_table(model: Model) -> list[dict[str, Any]]:
    """How often each operator is used, its constants' bytes and its multiplications."""
    rows: dict[tuple[str, int], dict[str, Any]] = {}
    for subgraph in model.subgraphs:
        for operator in subgraph.operators:
            name, version = _name(model, operator)
            row = rows.setdefault(
                (name, version),
                {"name": name, "version": version, "count": 0, "bytes": 0, "macs": 0},
            )
            row["count"] += 1
            row["macs"] += multiplications(name, subgraph, operator)
            for number in operator.inputs:
                if 0 <= number < len(subgraph.tensors):
                    row["bytes"] += _length(model, subgraph.tensors[number])
    return sorted(rows.values(), key=lambda row: (-row["count"], row["name"]))


def multiplications(name: str, subgraph: SubGraph, operator: Operator) -> int:
    """How many products an operator adds up, for the shapes in the file; 0 for most."""

    def shape(numbers: list[int], place: int) -> list[int]:
        number = numbers[place] if place < len(numbers) else -1
        return subgraph.tensors[number].shape if 0 <= number < len(subgraph.tensors) else []

    def size(sides: list[int]) -> int:
        total = 1
        for each in sides:
            total *= each
        return total

    weights, out = shape(operator.inputs, 1), shape(operator.outputs, 0)
    if not weights or not out:
        return 0
    if name in ("CONV_2D", "FULLY_CONNECTED"):
        return size(out) * size(weights[1:])
    if name == "DEPTHWISE_CONV_2D":
        return size(out) * size(weights[1:3])
    if name in ("TRANSPOSE_CONV", "CONV_3D_TRANSPOSE"):
        return size(shape(operator.inputs, 2)[:-1]) * size(weights)
    if name == "CONV_3D":
        return size(out) * size(weights[:-1])
    if name == "BATCH_MATMUL":
        return size(out) * (shape(operator.inputs, 0) or [0])[-1]
    return 0


def _subgraph(model: Model, subgraph: SubGraph) -> dict[str, Any]:
    operators = []
    for operator in subgraph.operators:
        name, version = _name(model, operator)
        operators.append(
            {
                "name": name,
                "version": version,
                "inputs": list(operator.inputs),
                "outputs": list(operator.outputs),
                "options": _options(operator.builtin_options or operator.builtin_options_2),
            }
        )
    return {
        "name": subgraph.name,
        "inputs": list(subgraph.inputs),
        "outputs": list(subgraph.outputs),
        "activation_bytes": _activation_bytes(model, subgraph),
        "operators": operators,
        "tensors": [_tensor(model, each) for each in subgraph.tensors],
    }


def _options(options: Table | None) -> dict[str, Any]:
    if options is None:
        return {}
    return {
        name: value.name if hasattr(value, "name") else value
        for name, value in options.__dict__.items()
        if value not in (getattr(type(options), name), [])
        and not isinstance(value, (bytes, memoryview))
    }


def _activation_bytes(model: Model, subgraph: SubGraph) -> int:
    """Bytes of all tensors that are no constants, for the shapes in the file."""
    total = 0
    for tensor in subgraph.tensors:
        if not _length(model, tensor):
            size = 1
            for each in tensor.shape:
                size *= max(each, 0)
            total += size * _BITS.get(tensor.type, 8) // 8
    return total


def _tensor(model: Model, tensor: Tensor) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": tensor.name,
        "type": tensor.type.name.lower(),
        "shape": list(tensor.shape_signature or tensor.shape),
        "bytes": _length(model, tensor),
    }
    quantization = tensor.quantization
    if quantization is not None and quantization.scale:
        found["scale"] = list(quantization.scale)
        found["zero_point"] = list(quantization.zero_point)
        if len(quantization.scale) > 1:
            found["quantized_dimension"] = quantization.quantized_dimension
    if tensor.is_variable:
        found["variable"] = True
    return found


def human_size(size: float) -> str:
    """A number of bytes for people."""
    for unit in ("B", "KB", "MB"):
        if size < 1024 or unit == "MB":
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    raise AssertionError


def text(summary: dict[str, Any], tensors: bool = True) -> str:
    """A summary as plain text.

    Args:
        summary: what `summarize` gives.
        tensors: whether to list operators and tensors one by one.
    """
    lines = [f"size            {human_size(summary['size'])}"]
    for kind, size in summary["constants"].items():
        lines.append(f"  {kind:<13} {human_size(size)}")
    if summary["description"]:
        lines.append(f"description     {summary['description']}")
    if summary["min_runtime_version"]:
        lines.append(f"needs runtime   {summary['min_runtime_version']}")
    for signature in summary["signatures"]:
        graph = summary["subgraphs"][signature["subgraph"]]["tensors"]
        lines.append(f"signature       {signature['name']}")
        for part in ("inputs", "outputs"):
            for name, number in signature[part].items():
                lines.append(f"  {part[:-1]:<13} {name}: {_tensor_text(graph[number])}")
    lines += ["", f"{'operator':<34}{'version':>8}{'count':>7}{'constants':>12}{'products':>16}"]
    for row in summary["operators"]:
        lines.append(
            f"{row['name']:<34}{row['version']:>8}{row['count']:>7}"
            f"{human_size(row['bytes']):>12}{row['macs']:>16,}"
        )
    if tensors:
        for number, graph in enumerate(summary["subgraphs"]):
            lines += ["", *_graph_text(number, graph)]
    return "\n".join(lines)


def _tensor_text(tensor: dict[str, Any]) -> str:
    sides = ", ".join("?" if each == -1 else str(each) for each in tensor["shape"])
    found = f"{tensor['type']}[{sides}]"
    if len(tensor.get("scale", ())) == 1:
        zero = (tensor["zero_point"] or [0])[0]
        found += f" scale {tensor['scale'][0]:.6g} zero point {zero}"
    elif "scale" in tensor:
        found += f" {len(tensor['scale'])} scales along {tensor['quantized_dimension']}"
    if tensor.get("variable"):
        found += " variable"
    return found


def _graph_text(number: int, graph: dict[str, Any]) -> list[str]:
    def listed(numbers: list[int]) -> str:
        return ", ".join("-" if each < 0 else f"%{each}" for each in numbers)

    head = f"subgraph {number} {graph['name']}({listed(graph['inputs'])})"
    size = human_size(graph["activation_bytes"])
    lines = [f"{head} -> {listed(graph['outputs'])}  activations {size}"]
    for index, operator in enumerate(graph["operators"]):
        options = ", ".join(f"{name}={value}" for name, value in operator["options"].items())
        lines.append(
            f"  {index:>3} {listed(operator['outputs'])} = {operator['name']}"
            f"({listed(operator['inputs'])})" + (f" {{{options}}}" if options else "")
        )
    for index, tensor in enumerate(graph["tensors"]):
        size = f" {human_size(tensor['bytes'])}" if tensor["bytes"] else ""
        lines.append(f"  %{index} {tensor['name']}: {_tensor_text(tensor)}{size}")
    return lines
