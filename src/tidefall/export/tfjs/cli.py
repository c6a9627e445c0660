"""The command `tidefall web`: models for the browser."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

from tidefall.base.errors import InvalidArgumentError
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
    page = commands.add_parser(
        "page", help="a page in which a model can be tried",
        description="Write a folder of static files that runs a model in the browser, offline.",
    )  # fmt: skip
    page.add_argument("model", help="a SavedModel or a .keras file")
    page.add_argument("--out", required=True, help="the folder to write")
    page.add_argument("--signature_name", help="which signature (serving_default)")
    page.add_argument("--labels", help="a file with the name of a class on each line")
    page.add_argument("--title", default="", help="of the page (the model's name)")
    page.add_argument("--about", default="", help="a sentence about the model")
    page.add_argument(
        "--picture_range",
        default="0,1",
        help="black and white for the model (%(default)s)",
    )
    page.add_argument("--quantize", choices=_TYPES, help="keep weights in that")
    page.add_argument("--runtime", help="a folder with node_modules (npm fills one in the cache)")
    flags = parser.parse_args(arguments)
    if flags.command == "page":
        _page(flags)
    else:
        _convert(flags)
    return 0


def _page(flags: argparse.Namespace) -> None:
    from tidefall.export.tfjs.page.build import page_bytes, save_page

    labels: list[str] = []
    if flags.labels:
        with open(flags.labels, encoding="utf-8") as file:
            labels = file.read().splitlines()
    try:
        low, high = map(float, flags.picture_range.split(","))
    except ValueError:
        raise InvalidArgumentError(
            None, None, f"--picture_range takes two numbers, not {flags.picture_range!r}"
        ) from None
    save_page(
        flags.model, flags.out, signature=flags.signature_name, labels=labels,
        title=flags.title or os.path.basename(os.path.normpath(flags.model)), about=flags.about,
        picture_range=(low, high), quantize={flags.quantize: "*"} if flags.quantize else None,
        runtime=flags.runtime,
    )  # fmt: skip
    print(f"{flags.out}: open index.html; {page_bytes(flags.out) / 1e6:.2f} MB compressed")


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
