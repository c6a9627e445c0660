"""The commands of `tidefall onnx`."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any

from tidefall.base.errors import OpError

OPSETS = (18, 19, 20, 21)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line; returns the exit status.

    Args:
        arguments: the command and its own arguments; those of the process for None.
    """
    flags = _parser().parse_args(arguments)
    try:
        return flags.execute(flags)
    except BrokenPipeError:
        raise  # the reader of our output has gone; whoever runs the program knows what to do
    except (ModuleNotFoundError, OpError, OSError, ValueError) as error:
        text = error.message if isinstance(error, OpError) else str(error)
        print(f"tidefall onnx: {text}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tidefall onnx", description="ONNX models: write them, read them, look at them."
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    one = commands.add_parser(
        "export", help="make an ONNX file of a SavedModel or Keras model", allow_abbrev=False
    )
    one.add_argument("model", metavar="MODEL", help="a SavedModel's folder, or a .keras file")
    one.add_argument("-o", "--output", metavar="FILE", help="the file; MODEL.onnx by default")
    one.add_argument("--signature", metavar="KEY", help="which signature of a SavedModel")
    one.add_argument("--opset", type=int, choices=OPSETS, default=OPSETS[-1])
    one.add_argument(
        "--inputs-as-nchw", nargs="+", default=[], metavar="NAME",
        help="inputs that the ONNX model takes with channels first",
    )  # fmt: skip
    one.add_argument(
        "--outputs-as-nchw", nargs="+", default=[], metavar="NAME",
        help="outputs that it gives with channels first",
    )  # fmt: skip
    one.add_argument("--json", action="store_true", help="print the report as JSON")
    one.set_defaults(execute=_export)

    two = commands.add_parser(
        "import", help="make a SavedModel of an ONNX file", allow_abbrev=False
    )
    two.add_argument("model", metavar="MODEL", help="an ONNX file")
    two.add_argument("-o", "--output", metavar="FOLDER", help="the folder; MODEL by default")
    two.add_argument(
        "--trainable", action="store_true", help="keep weights as variables, which can be trained"
    )
    two.add_argument("--json", action="store_true", help="print the report as JSON")
    two.set_defaults(execute=_import)

    three = commands.add_parser(
        "show", help="ops, sizes, inputs and outputs of an ONNX file", allow_abbrev=False
    )
    three.add_argument("model", metavar="MODEL", help="an ONNX file")
    three.add_argument(
        "--nodes", action="store_true", help="list the nodes, with their source lines"
    )
    three.add_argument("--json", action="store_true", help="print JSON")
    three.set_defaults(execute=_show)
    return parser


def _export(flags: argparse.Namespace) -> int:
    from tidefall.export.onnx.exporter.convert import export_source
    from tidefall.export.onnx.files import require_onnx, write_model
    from tidefall.export.sources import chosen, sources_of

    require_onnx()
    sources, _alive = sources_of(flags.model, flags.signature)
    made = export_source(
        chosen(sources, flags.signature), flags.opset, flags.inputs_as_nchw, flags.outputs_as_nchw
    )
    output = flags.output or f"{os.path.splitext(flags.model.rstrip('/'))[0]}.onnx"
    write_model(made, output)
    _print(flags, {"output": output, **summary(made)})
    return 0


def _import(flags: argparse.Namespace) -> int:
    from tidefall.export.onnx.importer.model import from_onnx

    output = flags.output or os.path.splitext(flags.model)[0]
    if os.path.exists(output) and (not os.path.isdir(output) or os.listdir(output)):
        raise ValueError(f"{output} is there already; name another folder with --output.")
    model = from_onnx(flags.model, trainable=flags.trainable)
    partial = f"{output.rstrip('/')}.partial"
    try:
        model.save(partial)
        os.replace(partial, output)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    inputs = {s.name: f"{s.dtype.name}{_dims(s.shape.as_list())}" for s in model.inputs}
    _print(flags, {"output": output, "inputs": inputs, "outputs": model.output_names})
    return 0


def _show(flags: argparse.Namespace) -> int:
    from tidefall.export.onnx.files import read_model

    model = read_model(flags.model)
    shown = summary(model)
    if flags.nodes:
        shown["nodes"] = [
            {
                "op": n.op_type, "name": n.name, "inputs": list(n.input), "outputs": list(n.output),
                "source": next((p.value for p in n.metadata_props if p.key == "source"), ""),
            }
            for n in model.graph.node
        ]  # fmt: skip
    _print(flags, shown)
    return 0


def summary(model: Any) -> dict[str, Any]:
    """Return versions, inputs, outputs, ops and sizes in bytes of a ModelProto."""
    from onnx import TensorProto

    def described(info: Any) -> str:
        kind = info.type.WhichOneof("value")
        if kind != "tensor_type":
            return str(kind)
        tensor = info.type.tensor_type
        name = TensorProto.DataType.Name(tensor.elem_type).lower()
        return f"{name}{_dims([d.dim_param or d.dim_value for d in tensor.shape.dim])}"

    weights = {t.name for t in model.graph.initializer}
    return {
        "ir_version": model.ir_version,
        "opsets": {o.domain or "ai.onnx": o.version for o in model.opset_import},
        "producer": f"{model.producer_name} {model.producer_version}".strip(),
        "inputs": {i.name: described(i) for i in model.graph.input if i.name not in weights},
        "outputs": {o.name: described(o) for o in model.graph.output},
        "operators": dict(sorted(_operators(model.graph).items())),
        "weights": sum(t.ByteSize() for t in model.graph.initializer),
        "size": model.ByteSize(),
    }


def _operators(graph: Any) -> Counter[str]:
    found: Counter[str] = Counter()
    for node in graph.node:
        found[f"{node.domain}.{node.op_type}" if node.domain else node.op_type] += 1
        for attribute in node.attribute:
            if attribute.HasField("g"):
                found += _operators(attribute.g)
    return found


def _dims(dims: Sequence[Any]) -> str:
    return "[" + ", ".join("?" if d in (None, "") else str(d) for d in dims) + "]"


def _print(flags: argparse.Namespace, shown: dict[str, Any]) -> None:
    if flags.json:
        print(json.dumps(shown, indent=2))
        return
    width = max(len(k) for k in shown)
    for key, value in shown.items():
        if key == "nodes":
            for node in value:
                source = f"  ({node['source']})" if node["source"] else ""
                outputs, inputs = ", ".join(node["outputs"]), ", ".join(node["inputs"])
                print(f"  {outputs} = {node['op']}({inputs}){source}")
        elif isinstance(value, dict):
            print(f"{key:<{width}}  " + ", ".join(f"{k} {v}" for k, v in value.items()))
        elif isinstance(value, list):
            print(f"{key:<{width}}  " + ", ".join(map(str, value)))
        else:
            print(f"{key:<{width}}  {value}")
