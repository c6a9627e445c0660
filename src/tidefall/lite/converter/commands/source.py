"""What the commands share: models and samples from files, and the flags of quantization."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.lite.converter.converter import TFLiteConverter
from tidefall.lite.converter.target import INT16_ACTIVATIONS, OpsSet, Optimize
from tidefall.lite.interpreter.files import read_arrays

KINDS = ("none", "float16", "dynamic", "int8", "int16")


def add_source(parser: argparse.ArgumentParser) -> None:
    """Add the model, and how it is to be converted."""
    parser.add_argument(
        "model", metavar="MODEL", help="a SavedModel's folder, or a .keras or .h5 file"
    )
    parser.add_argument(
        "--signature", action="append", metavar="KEY",
        help="convert this signature of a SavedModel; may be repeated; all by default",
    )  # fmt: skip
    parser.add_argument(
        "--quantize", choices=KINDS, default="none", help="what numbers become; none by default"
    )
    parser.add_argument(
        "--strict", action="store_true", help="for int8 and int16: refuse layers that stay float"
    )
    parser.add_argument(
        "--io",
        choices=("float32", "int8", "uint8", "int16"),
        default="float32",
        help="dtype of inputs and outputs of integer models; float32 by default",
    )
    parser.add_argument(
        "--select-tf-ops", action="store_true", help="allow TensorFlow's ops (the Flex delegate)"
    )
    parser.add_argument(
        "--allow-custom-ops",
        action="store_true",
        help="let ops without builtins become custom operators",
    )


def add_data(parser: argparse.ArgumentParser, required: bool) -> None:
    """Add the samples."""
    what = (
        ".npz file with an array of samples for each input, by name or in order; or a .npy file "
        "for a model of one input"
    )
    if required:
        parser.add_argument("data", metavar="DATA", help=what)
    else:
        parser.add_argument("--data", metavar="FILE", help=f"representative data: a {what}")
    parser.add_argument(
        "--samples",
        type=int,
        default=100,
        metavar="N",
        help="use the first N samples; 100 by default",
    )


def make_converter(flags: argparse.Namespace) -> TFLiteConverter:
    """The converter that the flags describe.

    Raises:
        ValueError: if the model is no file that can be converted, or data is missing.
    """
    path = flags.model
    if os.path.isdir(path):
        converter = TFLiteConverter.from_saved_model(path, flags.signature)
    elif path.endswith((".keras", ".h5", ".hdf5")):
        import keras

        converter = TFLiteConverter.from_keras_model(keras.saving.load_model(path, compile=False))
    elif not os.path.exists(path):
        raise ValueError(f"There is no {path}.")
    else:
        raise ValueError(
            f"{path} is neither the folder of a SavedModel nor a .keras or .h5 file. A .tflite "
            "file has been converted; `tidefall lite show` and `run` read it."
        )
    converter.allow_custom_ops = flags.allow_custom_ops
    ops = {OpsSet.TFLITE_BUILTINS}
    if flags.quantize in ("int8", "int16"):
        converter.inference_input_type = converter.inference_output_type = dtypes.as_dtype(flags.io)
        if flags.quantize == "int16":
            ops = {INT16_ACTIVATIONS} | (set() if flags.strict else ops)
        elif flags.strict:
            ops = {OpsSet.TFLITE_BUILTINS_INT8}
    if flags.quantize != "none":
        converter.optimizations = [Optimize.DEFAULT]
    if flags.quantize == "float16":
        converter.target_spec.supported_types = {dtypes.float16}
    if flags.select_tf_ops:
        ops = {*ops, OpsSet.SELECT_TF_OPS}
    converter.target_spec.supported_ops = ops
    data = getattr(flags, "data", None)
    if data is not None:
        converter.representative_dataset = lambda: samples(data, converter, flags.samples)
    elif flags.quantize in ("int8", "int16") and hasattr(flags, "data"):
        raise ValueError(f"--quantize {flags.quantize} takes --data with samples of the inputs.")
    return converter


def write_file(path: str, content: bytes) -> None:
    """Write a file that is whole when it is there."""
    temporary = f"{path}.partial"
    with open(temporary, "wb") as file:
        file.write(content)
    os.replace(temporary, path)


def samples(path: str, converter: TFLiteConverter, count: int) -> Iterator[dict[str, Any]]:
    """The samples of a file, each with a batch of one, with a progress bar on a terminal.

    Raises:
        ValueError: if arrays and inputs do not fit.
    """
    sources = converter.sources()
    if len(sources) != 1:
        raise ValueError("Samples from a file are for one signature; choose it with --signature.")
    names = sources[0].inputs
    loaded = read_arrays(path)
    if isinstance(loaded, np.ndarray):
        arrays = {names[0]: loaded}
    elif set(loaded.files) == set(names):
        arrays = {name: loaded[name] for name in names}
    else:
        arrays = dict(zip(names, (loaded[f] for f in loaded.files), strict=False))
    if len(arrays) != len(names):
        raise ValueError(
            f"{path} has {len(arrays)} arrays; the model has the inputs {list(names)}."
        )
    total = min(count, *(len(a) for a in arrays.values()))
    shown = sys.stderr.isatty()
    for i in range(total):
        if shown:
            bar = "#" * (30 * (i + 1) // total)
            print(f"\rsample {i + 1}/{total} [{bar:<30}]", end="", file=sys.stderr)
        yield {name: a[i : i + 1] for name, a in arrays.items()}
    if shown:
        print(file=sys.stderr)
