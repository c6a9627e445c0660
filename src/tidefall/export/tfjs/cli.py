"""The command `tidefall web`: models for the browser."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from tidefall.export.tfjs.weights import SHARD_BYTES

_INPUTS = ("tf_saved_model", "keras_keras", "keras", "tfjs_graph_model", "tfjs_layers_model")
_OUTPUTS = ("tfjs_graph_model", "tfjs_layers_model", "keras_keras", "tf_saved_model")
_TYPES = ("float16", "uint8", "uint16")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    parser = argparse.ArgumentParser(
        prog="tidefall web", description="Models for the browser, and back."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    convert = commands.add_parser(
        "convert", help="between SavedModels, Keras models and TensorFlow.js",
        description="Convert a model to TensorFlow.js, or back. Flags are those of "
        "tensorflowjs_converter.",
    )  # fmt: skip
    convert.add_argument("model", help="a SavedModel, a .keras file, or a folder of TensorFlow.js")
    convert.add_argument("output", help="the folder, or the .keras file, to write")
    convert.add_argument("--input_format", choices=_INPUTS, help="by what is there")
    convert.add_argument("--output_format", choices=_OUTPUTS, help="(tfjs_graph_model)")
    convert.add_argument("--signature_name", help="which signature (serving_default)")
    convert.add_argument("--weight_shard_size_bytes", type=int, default=SHARD_BYTES)
    for kind in _TYPES:
        convert.add_argument(
            f"--quantize_{kind}", nargs="?", const="*", metavar="PATTERNS",
            help=f"keep weights in {kind}: names, with *, by commas (all)",
        )  # fmt: skip
    convert.add_argument("--metadata", help="KEY:FILE.json, kept in model.json, by commas")
    flags = parser.parse_args(arguments)
    _convert(flags)
    return 0


def _convert(flags: argparse.Namespace) -> None:
    from tidefall.export.tfjs import conversion

    quantize = {
        kind: given.split(",") for kind in _TYPES if (given := getattr(flags, f"quantize_{kind}"))
    }
    counts = conversion.convert(
        flags.model, flags.output, input_format=flags.input_format,
        output_format=flags.output_format, signature=flags.signature_name, quantize=quantize,
        shard_bytes=flags.weight_shard_size_bytes, metadata=flags.metadata,
    )  # fmt: skip
    size = conversion.size_of(flags.output)
    print(f"{flags.output}: {size / 1e6:,.2f} MB")
    if counts:
        print(", ".join(f"{count} {op}" for op, count in counts.items()))
