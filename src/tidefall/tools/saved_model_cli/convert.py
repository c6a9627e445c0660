"""`convert`: what TensorFlow's command does with TensorRT, which is reached over ONNX here."""

from __future__ import annotations

import argparse

from tidefall.base.errors import UnimplementedError


def add_flags(parser: argparse.ArgumentParser) -> None:
    """The flags of the command."""
    parser.add_argument("--dir", required=True, help="directory of the SavedModel")
    parser.add_argument("--output_dir", help="directory of the new SavedModel")
    parser.add_argument("--tag_set", default="serve", help="comma-separated tags (serve)")
    parser.add_argument("method", choices=("tensorrt",), help="what to convert for")


def execute(flags: argparse.Namespace) -> int:
    """Say how TensorRT is reached.

    Raises:
        UnimplementedError: always.
    """
    raise UnimplementedError(
        None,
        None,
        "SavedModels with TensorRT's ops are not made. Export the model with "
        f"`tidefall onnx export {flags.dir} -o model.onnx` and build an engine with "
        "`trtexec --onnx=model.onnx --saveEngine=model.plan`; see docs/onnx.md.",
    )
