"""`show`: what a SavedModel offers, in the words of TensorFlow's command."""

from __future__ import annotations

import argparse
from typing import Any

from tidefall.proto import DataType
from tidefall.saving.saved_model.reader import read_saved_model
from tidefall.tools.saved_model_cli.cli import add_switch
from tidefall.tools.saved_model_cli.functions import show_functions
from tidefall.tools.saved_model_cli.messages import as_set, meta_graph, ops_used, tags_of


def add_flags(parser: argparse.ArgumentParser) -> None:
    """The flags of the command."""
    parser.add_argument("--dir", required=True, help="directory of the SavedModel")
    add_switch(parser, "all", "show everything")
    parser.add_argument("--tag_set", help="comma-separated tags of the graph to show")
    parser.add_argument("--signature_def", help="the signature to show, by its key")
    add_switch(parser, "list_ops", "show the ops of the graph chosen by --tag_set")


def execute(flags: argparse.Namespace) -> int:
    """Show what the flags ask for."""
    if flags.all:
        _show_all(flags.dir)
        return 0
    if flags.tag_set is None:
        if flags.list_ops:
            print("--list_ops must be paired with a tag-set or with --all.")
        _show_tag_sets(flags.dir)
        return 0
    meta = meta_graph(flags.dir, tags_of(flags.tag_set))
    if flags.list_ops:
        _show_ops(meta)
    if flags.signature_def is None:
        print("The given SavedModel MetaGraphDef contains SignatureDefs with the following keys:")
        for key in sorted(meta.signature_def):
            print(f'SignatureDef key: "{key}"')
    else:
        show_signature(meta, flags.signature_def)
    return 0


def signature_def(meta: Any, key: str) -> Any:
    """The SignatureDef of a key.

    Raises:
        ValueError: if there is none.
    """
    if key not in meta.signature_def:
        raise ValueError(
            f'Could not find signature "{key}". Please choose from: '
            f"{', '.join(sorted(meta.signature_def))}"
        )
    return meta.signature_def[key]


def show_signature(meta: Any, key: str, indent: int = 0) -> None:
    """Print the inputs and outputs of a signature."""
    signature, margin = signature_def(meta, key), "  " * indent
    for what, infos in (("input", signature.inputs), ("output", signature.outputs)):
        print(f"{margin}The given SavedModel SignatureDef contains the following {what}(s):")
        for name in sorted(infos):
            print(f"{margin}  {what}s['{name}'] tensor_info:")
            for line in _described(infos[name]):
                print(f"{margin}      {line}")
    print(f"{margin}Method name is: {signature.method_name}")


def _described(info: Any) -> tuple[str, str, str]:
    sizes = ", ".join(str(dim.size) for dim in info.tensor_shape.dim)
    shape = "unknown_rank" if info.tensor_shape.unknown_rank else f"({sizes})"
    return f"dtype: {_dtype_name(info.dtype)}", f"shape: {shape}", f"name: {info.name}"


def _dtype_name(number: int) -> str:
    try:
        return DataType.Name(number)
    except ValueError:
        return str(number)


def _show_tag_sets(folder: str) -> None:
    saved = read_saved_model(folder)
    print("The given SavedModel contains the following tag-sets:")
    for tags in sorted(list(meta.meta_info_def.tags) for meta in saved.meta_graphs):
        print(repr(", ".join(sorted(tags))))


def _show_ops(meta: Any) -> None:
    tags = list(meta.meta_info_def.tags)
    print(f"The MetaGraph with tag set {tags} contains the following ops: {as_set(ops_used(meta))}")


def _show_all(folder: str) -> None:
    saved = read_saved_model(folder)
    for meta in sorted(saved.meta_graphs, key=lambda meta: list(meta.meta_info_def.tags)):
        tags = ", ".join(meta.meta_info_def.tags)
        print(f"\nMetaGraphDef with tag-set: '{tags}' contains the following SignatureDefs:")
        for key in sorted(meta.signature_def):
            print(f"\nsignature_def['{key}']:")
            show_signature(meta, key, indent=1)
        _show_ops(meta)
    show_functions(saved.meta_graphs)
