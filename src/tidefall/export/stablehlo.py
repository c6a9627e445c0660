"""StableHLO: models as portable programs of XLA, with free sizes, and back as functions.

A file is what `jax.export` writes: a StableHLO module that later versions read, with the names,
shapes and dtypes of inputs and outputs. jax, IREE and whoever else reads StableHLO run it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.base import dtypes, errors
from tidefall.composite.variables.storage import VariableStorage
from tidefall.export.sources import chosen, sources_of
from tidefall.graph.passes.pipeline import optimize
from tidefall.lite.converter.sources import Source
from tidefall.ops.lowering_cpu import without_native

_STEPS = (
    "inline_calls", "forward_identities", "simplify_shapes", "fold_constants", "remove_dead_code",
)  # fmt: skip
PLATFORMS = ("cpu", "cuda", "rocm", "tpu")


def to_stablehlo(
    model: Any,
    path: Any = None,
    *,
    signature: str | None = None,
    input_signature: Sequence[Any] | None = None,
    platforms: Sequence[str] = ("cpu",),
    batch: int | None = None,
    module_only: bool = False,
) -> bytes:
    """Return a model as a portable StableHLO program, and write it to a file if one is named.

    Args:
        model: the folder of a SavedModel, a `.keras` file, a Keras model, a `tf.function` or a
            concrete function.
        path: the file to write; it is there whole or not at all.
        signature: which signature of a SavedModel.
        input_signature: `tf.TensorSpec`s of the arguments of a function without a signature.
        platforms: what it is to run on, of "cpu", "cuda", "rocm" and "tpu"; it may be several.
        batch: what the first dimension becomes where it is free; it stays free for None.
        module_only: whether to give the StableHLO module alone, for readers other than jax. Such
            readers mostly want all sizes known and one platform.

    Returns:
        The bytes of `jax.export`'s format; with `module_only` those of the MLIR module.

    Raises:
        tf.errors.InvalidArgumentError: if the model cannot be compiled as a whole; the ops in the
            way are named.
        ValueError: for an unknown platform.

    >>> import tidefall as tf
    >>> from tidefall.export.stablehlo import from_stablehlo, to_stablehlo
    >>> @tf.function(input_signature=[tf.TensorSpec([None, 2], name="x")])
    ... def double(x):
    ...     return x * 2.0
    >>> again = from_stablehlo(to_stablehlo(double))
    >>> again(tf.ones([3, 2])).shape
    TensorShape([3, 2])
    """
    unknown = [p for p in platforms if p not in PLATFORMS]
    if unknown or not platforms:
        raise ValueError(f"platforms takes some of {', '.join(PLATFORMS)}. Received: {platforms!r}")
    sources, _alive = sources_of(model, signature, input_signature)
    exported = _exported(chosen(sources, signature), list(platforms), batch)
    content = bytes(exported.mlir_module_serialized if module_only else exported.serialize())
    if path is not None:
        _write(content, path)
    return content


def _exported(source: Source, platforms: list[str], batch: int | None) -> Any:
    from tidefall.runtime.xla.compilable import MissingLowering, not_compilable
    from tidefall.runtime.xla.jax_bridge import load_jax
    from tidefall.runtime.xla.lowering import Lowering, TracedVariable

    jax = load_jax()
    from jax import export

    # Sizes that are free become "the rest", which needs no arithmetic on them.
    graph = optimize(source.function.graph, only=_STEPS)
    captured = [_captured(t) for t in source.function.captured_inputs]

    def run(inputs: dict[str, Any]) -> dict[str, Any]:
        arguments: list[Any] = [inputs[name] for name in source.inputs]
        for tensor, value in zip(graph.inputs[len(arguments) :], captured, strict=True):
            is_variable = tensor.dtype == dtypes.resource
            arguments.append(TracedVariable(tensor, value) if is_variable else value)
        results = Lowering(arguments, graph).run()
        pairs = zip(source.outputs, results, strict=True)
        return {name: jax.numpy.asarray(value) for name, value in pairs}

    try:
        # Native kernels are of this machine alone.
        with jax.enable_x64(True), without_native():
            given = _shapes(source, batch, export, jax)
            return export.export(jax.jit(run), platforms=platforms)(given)
    except MissingLowering as error:
        raise not_compilable(graph, source.key) from error
    except (TypeError, errors.OpError, jax.errors.InconclusiveDimensionOperation) as error:
        if isinstance(error, errors.OpError) and "_DimExpr" not in error.message:
            raise
        raise errors.InvalidArgumentError(
            None, None,
            f"The signature {source.key} cannot be exported with free sizes: "
            f"{str(error).splitlines()[0]}. Give the batch a size, or all inputs known sizes.",
        ) from error  # fmt: skip


def _shapes(source: Source, batch: int | None, export: Any, jax: Any) -> dict[str, Any]:
    scope = export.SymbolicScope()
    found: dict[str, Any] = {}
    for name, tensor in zip(source.inputs, source.arguments, strict=True):
        if tensor.shape.rank is None or tensor.dtype in (dtypes.string, dtypes.resource):
            raise errors.InvalidArgumentError(
                None, None, f"The input {name!r} of {source.key} is no array of known rank."
            )
        plain = re.sub(r"\W", "_", name)
        dims = [
            str(d) if d is not None else str(batch) if a == 0 and batch else
            "batch" if a == 0 else f"{plain}_{a}"
            for a, d in enumerate(tensor.shape.as_list())
        ]  # fmt: skip
        shape = export.symbolic_shape(", ".join(dims), scope=scope) if dims else ()
        found[name] = jax.ShapeDtypeStruct(shape, tensor.dtype.as_numpy_dtype)
    return found


def _captured(tensor: Any) -> Any:
    storage = getattr(tensor, "storage", None)
    if isinstance(storage, VariableStorage):
        return np.asarray(storage.read())
    if tensor.dtype in (dtypes.resource, dtypes.variant):
        raise errors.InvalidArgumentError(
            None, None, "The model uses a table or another resource, which XLA does not have."
        )
    return tensor.numpy()


def _write(content: bytes, path: Any) -> None:
    name = os.fspath(path)
    temporary = f"{name}.partial"
    with open(temporary, "wb") as file:
        file.write(content)
    os.replace(temporary, name)


def from_stablehlo(source: Any) -> Any:
    """Return a portable program as a `tf.function`, which can be saved in a SavedModel.

    Args:
        source: a file that `to_stablehlo` or `jax.export` wrote, or its bytes.

    Returns:
        A function of the inputs in their order. It gives the only output, or a dict by name.

    Raises:
        tf.errors.NotFoundError: if there is no such file.
        tf.errors.DataLossError: if it is no such program, or damaged.
    """
    import tidefall as tf
    from tidefall.runtime.xla.jax_bridge import load_jax

    load_jax()
    from jax import export

    if isinstance(source, (bytes, bytearray)):
        content, name = bytes(source), "The program"
    else:
        name = os.fspath(source)
        if not os.path.isfile(name):
            raise errors.NotFoundError(None, None, f"There is no file {name}.")
        with open(name, "rb") as file:
            content = file.read()
    try:
        exported = export.deserialize(bytearray(content))
        names = _names(exported.in_tree, len(exported.in_avals), "input")
        outputs = _names(exported.out_tree, len(exported.out_avals), "output")
    except Exception as error:  # whatever the reader stumbles over
        raise errors.DataLossError(
            None, None, f"{name} is no program of jax.export, or is damaged: {error}"
        ) from error
    specs = [
        tf.TensorSpec(_dims(a.shape), tf.as_dtype(a.dtype), n)
        for a, n in zip(exported.in_avals, names, strict=True)
    ]
    sout = [_dims(a.shape) for a in exported.out_avals]
    tout = [tf.as_dtype(a.dtype) for a in exported.out_avals]
    kept = exported.module_kept_var_idx
    module = bytes(exported.mlir_module_serialized)

    def run(*inputs: Any) -> Any:
        found = tf.raw_ops.XlaCallModule(
            args=[inputs[i] for i in kept], version=exported.calling_convention_version,
            module=module, Sout=sout, Tout=tout, dim_args_spec=[],
            platforms=[p.upper() for p in exported.platforms], function_list=[],
            has_token_input_output=False, disabled_checks=[], use_shardy_partitioner=False,
        )  # fmt: skip
        return found[0] if len(found) == 1 else dict(zip(outputs, found, strict=True))

    return tf.function(run, input_signature=specs, autograph=False)


def _names(tree: Any, count: int, kind: str) -> list[str]:
    """Names of leaves where the tree is dicts, else their numbers."""
    import jax

    places = jax.tree_util.tree_unflatten(tree, range(count))
    found: list[str] = []
    for path, number in jax.tree_util.tree_flatten_with_path(places)[0]:
        keys = [str(p.key) for p in path if isinstance(p, jax.tree_util.DictKey)]
        found.append("_".join(keys) or f"{kind}_{number}")
    return found


def _dims(shape: Sequence[Any]) -> list[int | None]:
    return [d if isinstance(d, int) else None for d in shape]
