"""`aot_compile`: the signatures of a model, compiled before it is served."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from time import perf_counter
from typing import Any

from tidefall.base.errors import UnimplementedError
from tidefall.tools.saved_model_cli.cli import add_switch
from tidefall.tools.saved_model_cli.messages import tags_of

_BACKENDS = {"aot_compile": None, "aot_compile_cpu": "cpu", "aot_compile_gpu": "gpu"}
_NOT_IMPLEMENTED = (
    "checkpoint_path",
    "cpp_class",
    "multithreading",
    "output_prefix",
    "target_cpu",
    "target_triple",
    "variables_to_feed",
)
"""Flags with which TensorFlow's command makes object files for C++ programs."""
_RESERVED = ("__saved_model_init_op", "__saved_model_train_op")


def add_flags(parser: argparse.ArgumentParser) -> None:
    """The flags of the command."""
    parser.add_argument("--dir", required=True, help="directory of the SavedModel")
    parser.add_argument("--tag_set", default="serve", help="comma-separated tags (serve)")
    parser.add_argument(
        "--signature_def_key",
        "--signature_def",
        default="serving_default",
        help="comma-separated keys of signatures; all: every one (serving_default)",
    )
    parser.add_argument(
        "--batch_sizes",
        help="comma-separated sizes; each is what an unknown first dimension becomes\n"
        "in one program (1)",
    )
    parser.add_argument(
        "--shapes",
        action="append",
        default=[],
        help="shapes of inputs whose other dimensions are unknown, such as\n"
        "'image=1,224,224,3;size=2'; may be given several times, for several programs",
    )
    add_switch(parser, "remove", "remove the programs stored beside the model instead")
    for name in _NOT_IMPLEMENTED:
        parser.add_argument(f"--{name}", nargs="?", const="true", help=argparse.SUPPRESS)


def execute(flags: argparse.Namespace) -> int:
    """Compile and store what the flags ask for."""
    for name in _NOT_IMPLEMENTED:
        if getattr(flags, name) is not None:
            raise UnimplementedError(
                None,
                None,
                f"--{name} is not implemented: programs are stored beside the model for Tidefall "
                "to run, not as object files for C++.",
            )
    from tidefall.saving.saved_model import ahead_of_time

    if flags.remove:
        print(f"Removed {ahead_of_time.remove_programs(flags.dir)} files.")
        return 0
    return _compile(flags, _BACKENDS[flags.command])


def _compile(flags: argparse.Namespace, backend: str | None) -> int:
    import tidefall as tf
    from tidefall.runtime.xla.ahead_of_time import compile_program, machine
    from tidefall.saving.saved_model import ahead_of_time

    here = machine(backend)
    tags = tags_of(flags.tag_set).split(",")
    signatures = tf.saved_model.load(flags.dir, tags).signatures
    programs: dict[str, list[Any]] = {}
    for key in _keys(flags.signature_def_key, signatures):
        function = signatures[key]
        captured = [tensor.storage for tensor in function.captured_inputs]
        for shapes in _variants(flags, key, function):
            start = perf_counter()
            given = [
                (shape, tensor.dtype.as_numpy_dtype)
                for shape, tensor in zip(shapes.values(), function.graph.arguments, strict=True)
            ]
            program = compile_program(
                function.graph, f"The signature {key}", [*given, *captured], backend
            )
            programs.setdefault(key, []).append(program)
            shown = ", ".join(f"{name}{list(shape)}" for name, shape in shapes.items())
            print(
                f"Compiled {key}({shown}) for {here['platform']} in "
                f"{perf_counter() - start:.1f} s: {len(program.content()) / 1e6:.2f} MB"
            )
    total = ahead_of_time.write_programs(flags.dir, tags, programs, here)
    print(
        f"Stored {sum(map(len, programs.values()))} programs ({total / 1e6:.2f} MB) in "
        f"{flags.dir}/{ahead_of_time.FOLDER}. They run where {ahead_of_time.TRUST_VARIABLE} says "
        "that the model is trusted."
    )
    return 0


def _keys(text: str, signatures: Any) -> list[str]:
    known = [key for key in sorted(signatures) if key not in _RESERVED]
    keys = known if text == "all" else [key.strip() for key in text.split(",") if key.strip()]
    for key in keys:
        if key not in known:
            raise ValueError(
                f'Could not find signature "{key}". Please choose from: {", ".join(known)}'
            )
    if not keys:
        raise ValueError("The model has no signature to compile.")
    return keys


def _variants(flags: argparse.Namespace, key: str, function: Any) -> list[dict[str, Any]]:
    """The shapes of the inputs for each program to make, by the inputs' names."""
    names = list(function._arg_keywords)
    declared = {
        name: tensor.shape for name, tensor in zip(names, function.graph.arguments, strict=True)
    }
    given = [parse_shapes(text) for text in flags.shapes] or [{}]
    batches = [int(text) for text in (flags.batch_sizes or "1").split(",")]
    if min(batches) < 1:
        raise ValueError(f"--batch_sizes takes numbers above 0, received {flags.batch_sizes}")
    found: list[dict[str, Any]] = []
    for shapes in given:
        for batch in batches:
            variant = {n: _static(key, n, declared[n], shapes.get(n), batch) for n in names}
            if variant not in found:
                found.append(variant)
    return found


def parse_shapes(text: str) -> dict[str, tuple[int, ...]]:
    """Shapes by name.

    >>> parse_shapes("image=1,224,224,3;scale=")
    {'image': (1, 224, 224, 3), 'scale': ()}
    """
    found = {}
    for item in filter(None, text.split(";")):
        name, equals, sizes = item.partition("=")
        sizes = sizes.strip().strip("[]()")
        if not equals or not re.fullmatch(r"(\s*\d+\s*,?)*", sizes):
            raise ValueError(f"--shapes takes 'name=2,3;other=4', received {item!r} in {text!r}")
        found[name.strip()] = tuple([int(size) for size in sizes.split(",") if size.strip()])
    return found


def _static(
    key: str, name: str, declared: Any, given: Sequence[int] | None, batch: int
) -> tuple[int, ...]:
    if given is not None:
        if not declared.is_compatible_with(given):
            raise ValueError(f"{key} takes {name} of shape {declared}, not {list(given)}")
        return tuple(given)
    sizes = None if declared.rank is None else declared.as_list()
    if sizes and sizes[0] is None:
        sizes[0] = batch
    if sizes is None or None in sizes:
        raise ValueError(
            f"{key} takes {name} of shape {declared}; XLA compiles static shapes only: say which "
            f"with --shapes '{name}=...'"
        )
    return tuple(sizes)
