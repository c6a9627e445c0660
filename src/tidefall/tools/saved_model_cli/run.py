"""`run`: one call of a signature."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from tidefall.base.errors import UnimplementedError
from tidefall.io.file_systems.whole_files import whole_file
from tidefall.tools.saved_model_cli.cli import add_switch
from tidefall.tools.saved_model_cli.inputs import load_inputs
from tidefall.tools.saved_model_cli.messages import meta_graph, tags_of
from tidefall.tools.saved_model_cli.show import signature_def

_NOT_IMPLEMENTED = ("worker", "init_tpu", "use_tfrt", "tf_debug")


def add_flags(parser: argparse.ArgumentParser) -> None:
    """The flags of the command."""
    parser.add_argument("--dir", required=True, help="directory of the SavedModel")
    parser.add_argument("--tag_set", required=True, help="comma-separated tags of the graph")
    parser.add_argument("--signature_def", required=True, help="key of the signature to run")
    parser.add_argument(
        "--inputs",
        default="",
        help="inputs from .npy, .npz and pickle files:\n'key=file;other=file[name of the array]'",
    )
    parser.add_argument(
        "--input_exprs",
        default="",
        help="inputs as Python literals or functions of NumPy:\n"
        "'key=[[1.0, 2.0]];other=np.ones((2, 2))'",
    )
    parser.add_argument(
        "--input_examples",
        default="",
        help="inputs as serialized tf.train.Examples:\n"
        '\'key=[{"age": [22.0], "education": ["BS"]}]\'',
    )
    parser.add_argument("--outdir", help="folder to write every output to, as key.npy")
    add_switch(parser, "overwrite", "replace files in --outdir")
    for name in _NOT_IMPLEMENTED:
        parser.add_argument(f"--{name}", nargs="?", const="true", help=argparse.SUPPRESS)


def execute(flags: argparse.Namespace) -> int:
    """Run the signature, print its outputs and save them."""
    for name in _NOT_IMPLEMENTED:
        if getattr(flags, name) not in (None, "false"):
            raise UnimplementedError(None, None, f"--{name} is not implemented.")
    if not (flags.inputs or flags.input_exprs or flags.input_examples):
        raise ValueError(
            "At least one of --inputs, --input_exprs or --input_examples must be required"
        )
    given = load_inputs(flags.inputs, flags.input_exprs, flags.input_examples)
    tags = tags_of(flags.tag_set)
    definition = signature_def(meta_graph(flags.dir, tags), flags.signature_def)
    results = call(flags.dir, tags, flags.signature_def, definition, given)
    for key in sorted(results):
        print(f"Result for output key {key}:\n{results[key]}")
        if flags.outdir:
            _write(flags.outdir, key, results[key], flags.overwrite)
    return 0


def call(
    folder: str, tags: str, key: str, definition: Any, given: Mapping[str, Any]
) -> dict[str, np.ndarray]:
    """Load a model and call one of its signatures.

    Args:
        folder: the directory of the SavedModel.
        tags: the tags of its graph, separated by commas.
        key: the signature's key.
        definition: its SignatureDef.
        given: the inputs by their keys: arrays, or what NumPy makes arrays of.

    Returns:
        The outputs by their keys.

    Raises:
        ValueError: if the inputs do not fit.
    """
    import tidefall as tf

    feeds = {
        name: value_of(name, definition.inputs[name], given[name])
        for name in given
        if _is_input(name, definition)
    }
    missing = sorted(set(definition.inputs) - set(feeds))
    if missing:
        raise ValueError(f"Signature {key} also takes {', '.join(missing)}, which were not given.")
    signatures = tf.saved_model.load(folder, tags=tags.split(",")).signatures
    if key not in signatures:
        raise ValueError(f"Signature {key} prepares the model; it cannot be run.")
    tensors = {
        name: tf.constant(value, tf.as_dtype(definition.inputs[name].dtype))
        for name, value in feeds.items()
    }
    return {name: value.numpy() for name, value in signatures[key](**tensors).items()}


def _is_input(name: str, definition: Any) -> bool:
    if name not in definition.inputs:
        choices = '"' + '", "'.join(sorted(definition.inputs)) + '"'
        raise ValueError(
            f'"{name}" is not a valid input key. Please choose from {choices}, or use --show '
            "option."
        )
    return True


def value_of(name: str, info: Any, value: Any) -> np.ndarray:
    """A value as the array that an input takes.

    Raises:
        ValueError: if it is of another kind or shape.
    """
    from tidefall.base.dtypes import as_dtype
    from tidefall.base.shapes import TensorShape

    dtype = as_dtype(info.dtype)
    try:
        array = np.array(value, dtype=dtype.as_numpy_dtype)
    except (TypeError, ValueError) as error:
        raise ValueError(f"Input {name} takes {dtype.name}: {error}") from None
    shape = TensorShape(info.tensor_shape)
    if not shape.is_compatible_with(array.shape):
        raise ValueError(
            f"Cannot feed value of shape {array.shape} for Tensor {info.name}, which has shape "
            f"{shape}"
        )
    return array


def _write(folder: str, key: str, array: np.ndarray, overwrite: bool) -> None:
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, os.path.basename(key) + ".npy")
    if not overwrite and os.path.exists(path):
        raise RuntimeError(
            f'Output file {path} already exists. Add "--overwrite" to overwrite the existing '
            "output files."
        )
    with whole_file(path, durable=False) as file:
        np.save(file, _of_fixed_length(array))
    print(f"Output {key} is saved to {path}")


def _of_fixed_length(array: np.ndarray) -> np.ndarray:
    """Texts in a form that is loaded without running code, where that keeps them as they are."""
    if array.dtype != object or any(value.endswith(b"\0") for value in array.flat):
        return array
    return array.astype(np.bytes_)
